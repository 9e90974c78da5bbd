"""Keeping a run safe: a checkpoint that survives a kill at any moment, and finished model folders."""
import copy
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from course_lib.models.card import write_card
from course_lib.models.loading import quiet
from course_lib.training.checkpoint import put_state, read_run, save_run

CHECKPOINT = "checkpoint.safetensors"


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


def save_checkpoint(out: Path, model, optimizer: torch.optim.Optimizer, step: int, seconds: float) -> None:
    """Keep the weights (float32), the optimizer's state and the step, in place of those that were kept before."""
    save_run(out / CHECKPOINT, model.state_dict(), {}, optimizer, {"step": step, "seconds": seconds})


def load_checkpoint(out: Path, model, optimizer: torch.optim.Optimizer) -> tuple[int, float]:
    """Put what is kept, if anything is, into model and optimizer: (steps taken, seconds spent)."""
    if not (out / CHECKPOINT).exists():
        return 0, 0.0
    parts, facts = read_run(out / CHECKPOINT)
    model.load_state_dict(parts["now"])
    put_state(optimizer, parts["optimizer"])
    return facts["step"], facts["seconds"]


def export_model(folder: Path, model, tokenizer, card: dict) -> None:
    """A folder that `load_model` takes: bf16 safetensors, config, tokenizer, card.json and README.md."""
    kept = copy.deepcopy(model).to(device="cpu", dtype=torch.bfloat16).eval()
    with whole_folder(folder) as scratch:
        with quiet():
            kept.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        write_card(scratch, card)
