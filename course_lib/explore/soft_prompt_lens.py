"""The soft-prompt lens: which tokens the vectors of a prompt are nearest to, and how far they drift in training.

Shapes: S snapshots, P vectors, d width, V vocabulary.
"""
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn.functional import cosine_similarity

from course_lib import plots
from course_lib.display import columns, decimal
from course_lib.errors import CourseError, shown
from course_lib.explore.controls import Control, Slider
from course_lib.explore.explorable import Explorable, checked, picture_of, show

NEIGHBOURS = 8


@dataclass(frozen=True)
class State:
    """What the controls say: which vector, counted from 1, and after which step of training."""

    vector: int = 1
    step: int = 0


@dataclass(frozen=True)
class Result:
    """The nearest tokens with their cosines, nearest first; the cosine to its start; its length now and then."""

    state: State
    tokens: tuple[tuple[str, float], ...]
    to_start: float
    length: float
    length_at_start: float


def controls(snapshots: Sequence[torch.Tensor]) -> dict[str, Control]:
    """What each control can be. CourseError for what are no snapshots."""
    try:
        shapes = {tuple(one.shape) for one in snapshots}
    except (TypeError, AttributeError):
        shapes = set()
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise CourseError("snapshots is a list with the prompt (P, d) before training and after each step; you gave "
                          f"{shown(snapshots)}.")
    return {"vector": Slider("Vector", range(1, len(snapshots[0]) + 1)),
            "step": Slider("Step of training", range(len(snapshots)))}


def compute(table: torch.Tensor, tokenizer, snapshots: Sequence[torch.Tensor], state: State) -> Result:
    """state -> result. `table` holds the embeddings of all tokens (V, d)."""
    state = checked(state, State, controls(snapshots))
    now, then = (snapshots[step][state.vector - 1] for step in (state.step, 0))          # (d,), (d,)
    cosines, ids = cosine_similarity(table, now[None]).topk(NEIGHBOURS)                  # (V, d), (1, d) -> (V,)
    words = [visible(tokenizer.decode(one)) for one in ids.tolist()]
    return Result(state, tuple(zip(words, cosines.tolist())), cosine_similarity(now, then, dim=0).item(),
                  now.norm().item(), then.norm().item())


def visible(text: str) -> str:
    """A token's text with its spaces as ·, its line breaks as ⏎, and single bytes that are no letter as ▯."""
    shown_text = text.replace(" ", "·").replace("\n", "⏎")
    return "".join(one if one.isprintable() and one != "\ufffd" else "▯" for one in shown_text) or "(empty)"


def summary(result: Result) -> str:
    """One sentence: the nearest token, and how far the vector is from where it started."""
    token, cosine = result.tokens[0]
    longer = result.length / max(result.length_at_start, 1e-9)
    when = f"after step {result.state.step}" if result.state.step else "before training"
    return (f"Vector {result.state.vector} {when}: nearest is {token}, at a cosine of "
            f"{cosine:.2f}. Cosine to its own start: {result.to_start:.2f}; it is {longer:.1f} times as long as there.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    return (f"Bars with the cosine to the {NEIGHBOURS} nearest tokens: "
            + ", ".join(f"{token} {cosine:.2f}" for token, cosine in result.tokens) + ".")


def figure(result: Result) -> plots.Axes:
    """The still figure: a bar for each of the nearest tokens, on a scale from 0 to 1."""
    labels = [f"{place}. {token}" for place, (token, _) in enumerate(result.tokens, start=1)]
    values = [max(0.0, cosine) for _, cosine in result.tokens]
    return plots.bars(labels, values, x_label="cosine to the vector (1: the same direction)", left=0.27, limit=1)


def rows(result: Result) -> list[str]:
    """The same as text."""
    return columns((token, f"{decimal(cosine):>6}", "#" * round(30 * max(0.0, cosine)))
                   for token, cosine in result.tokens)


def explorable(table: torch.Tensor, tokenizer, snapshots: Sequence[torch.Tensor]) -> Explorable:
    """All that makes it one, for this training."""
    return Explorable("Soft-prompt lens", State, controls(snapshots), partial(compute, table, tokenizer, snapshots),
                      rows, summary, picture_of(figure, alt))


def soft_prompt_lens(table: torch.Tensor, tokenizer, snapshots: Sequence[torch.Tensor], start: State = State(),
                     text: bool = False) -> None:
    """Shows the lens. In text form it shows the one state `start`: State(vector=3, step=40)."""
    show(partial(explorable, table, tokenizer, snapshots), start, text)
