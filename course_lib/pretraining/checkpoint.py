"""Keeping a run safe: checkpoints that survive a kill at any moment, and finished model folders."""
import copy
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_model as load_weights
from safetensors.torch import save_model as save_weights

from course_lib.files import write_text
from course_lib.models.card import write_card
from course_lib.models.loading import quiet


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, NAME.new; at the end of the block it takes the place of `folder`.

    So nobody ever finds a folder half filled: where the block fails, `folder` is as it was.
    """
    scratch = folder.with_name(folder.name + ".new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    yield scratch
    if folder.exists():
        shutil.rmtree(folder)
    os.rename(scratch, folder)


def checkpoints(out: Path) -> list[Path]:
    """The complete checkpoints of a run, oldest first."""
    return sorted(out.glob("checkpoint-*[0-9]"), key=lambda folder: int(folder.name.split("-")[1]))


def save_checkpoint(out: Path, model, optimizer: torch.optim.Optimizer, step: int, seconds: float) -> None:
    """Keep the weights (float32), the optimizer's state and the step; then drop older checkpoints."""
    with whole_folder(out / f"checkpoint-{step}") as folder:
        save_weights(model, str(folder / "model.safetensors"))      # a tied tensor is written once
        torch.save(optimizer.state_dict(), folder / "optimizer.pt")
        write_text(folder / "state.json", json.dumps({"step": step, "seconds": seconds}))
    for older in checkpoints(out)[:-1]:
        shutil.rmtree(older)


def load_checkpoint(out: Path, model, optimizer: torch.optim.Optimizer) -> tuple[int, float]:
    """Put the newest checkpoint, if there is one, into model and optimizer: (steps taken, seconds spent)."""
    found = checkpoints(out)
    if not found:
        return 0, 0.0
    load_weights(model, str(found[-1] / "model.safetensors"), device=str(model.device))
    kept = torch.load(found[-1] / "optimizer.pt", map_location=model.device, weights_only=True)
    optimizer.load_state_dict(kept)
    state = json.loads((found[-1] / "state.json").read_text(encoding="utf-8"))
    return state["step"], state["seconds"]


def export_model(folder: Path, model, tokenizer, card: dict) -> None:
    """A folder that `load_model` takes: bf16 safetensors, config, tokenizer, card.json and README.md."""
    kept = copy.deepcopy(model).to(device="cpu", dtype=torch.bfloat16).eval()
    with whole_folder(folder) as scratch:
        with quiet():
            kept.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        write_card(scratch, card)
