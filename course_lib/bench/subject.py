"""What the checks of an architecture look at: a model, rows, every method that it takes, and what "equal" means.

Shapes: B rows, T tokens, d width, V vocabulary.
"""
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from course_lib import methods
from course_lib.architecture import can_answer, window_of
from course_lib.errors import CourseError
from course_lib.methods import Adapter, Frozen, ScaleShift
from course_lib.methods.base.method import Method

TOLERANCE = 1e-4      # of the largest value: some hundreds of roundings of float32
ROWS = ([5, 70, 900, 33, 410, 8, 1200, 61, 19, 44, 7], [77, 9, 1500, 6, 12, 300], [250])
SIDES, P = ("left", "right"), 3
SOME = ("BitFit", "PrefixTuning", "DeepPrompts")  # the methods that some models do not take
SETTINGS = {"LoRA": {"rank": 2}, "Adapter": {"bottleneck": 8}, "LoReFT": {"rank": 2, "suffix": 2},
            "Interchange": {"rank": 3}, "PromptTuning": {"length": P}, "PrefixTuning": {"length": P},
            "DeepPrompts": {"length": P}}  # of the others the defaults
MORE = {"head alone": (Frozen, {"train": ()}), "parallel adapter": (Adapter, {"bottleneck": 8, "parallel": True}),
        "red": (ScaleShift, {"kind": "red"})}


@dataclass(frozen=True)
class Subject:
    """One model of an architecture: as transformers' own class made it, and as `load_model` read it from its folder."""

    name: str
    folder: Path
    bare: PreTrainedModel
    model: PreTrainedModel
    tokenizer: object


def must(holds: bool, what: str) -> None:
    """AssertionError in words where this does not hold."""
    if not holds:
        raise AssertionError(what)


def refused(call: Callable, *given, **more) -> bool:
    """Whether this call is refused in the course's own words."""
    try:
        call(*given, **more)
    except CourseError:
        return True
    return False


def apart(given: torch.Tensor, wanted: torch.Tensor) -> float:
    """How far the two differ, as a share of what is tolerated."""
    must(given.shape == wanted.shape, f"shape {tuple(given.shape)} for {tuple(wanted.shape)}")
    must(bool(wanted.isfinite().all() and given.isfinite().all()), "not everything is a number")
    return ((given - wanted).abs().max() / wanted.abs().max() / TOLERANCE).item()


def batch_of(rows=ROWS, side: str = "left") -> dict:
    """The rows as `input_ids` and `attention_mask`, each (B, T), padded on this side."""
    T = max(map(len, rows))
    pad = lambda row: [0] * (T - len(row)) + row if side == "left" else row + [0] * (T - len(row))
    return {"input_ids": torch.tensor([pad(list(row)) for row in rows]),
            "attention_mask": torch.tensor([pad([1] * len(row)) for row in rows])}


def with_source(method: Method, batch: dict) -> dict:
    """The batch with other tokens as the source of each row, where the method takes one."""
    if not method.takes_source:
        return batch
    mask = batch["attention_mask"]
    return {**batch, "source": {"input_ids": (7 * batch["input_ids"] + 5) % 2000 * mask, "attention_mask": mask}}


def outputs(model, inputs: dict) -> torch.Tensor:
    """All that the model says: its last hidden state (B, T, d), and a decoder's logits (B, T, V)."""
    hidden = model.base_model(**inputs).last_hidden_state
    return torch.cat([hidden, model.lm_head(hidden)], dim=-1) if can_answer(model) else hidden


def said(model, method: Method, batch: dict) -> torch.Tensor:
    """`outputs` at the text's own places, with the method."""
    with method.on(model):
        inputs = method.prepare(with_source(method, batch))
        return outputs(model, {name: value for name, value in inputs.items() if name != "labels"}
                       )[:, -batch["input_ids"].shape[1]:]


def moved(method: Method, by: float = 0.1) -> Method:
    """The method away from its start, the same way at every call."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for tensor in method.state_dict().values():
            tensor.add_(torch.randn(tensor.shape, generator=generator) * by)
    return method


def builds(model) -> dict[str, Callable[[], Method]]:
    """Every public method that the model takes, at its start, with a head of two labels."""
    kinds = {name: (getattr(methods, name), SETTINGS.get(name, {})) for name in methods.__all__} | MORE
    return {name: lambda kind=kind, settings=settings: kind(model, **settings, num_labels=2)
            for name, (kind, settings) in kinds.items() if not (name in SOME and refused(kind, model))}


def narrow(model, places: int) -> bool:
    """Whether some block of the model does not look over as many places."""
    return window_of(model) is not None and window_of(model) < places
