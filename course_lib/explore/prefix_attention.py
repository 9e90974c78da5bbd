"""Attention on the prefix: where the tokens of a text look, in each block and head, with a prefix before them.

Shapes: L blocks, H heads, T tokens, P positions of the prefix.
"""
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch

from course_lib import plots
from course_lib.cost import eager_attention
from course_lib.display import columns, percent
from course_lib.errors import CourseError, shown
from course_lib.explore.controls import Control, Menu, Slider, TextBox
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.plots.style import fixed_axes, styled

TEXTS = ("The movie was absolutely fantastic!", "The waiter was awful.", "What a wonderful tea room this is.",
         "Nobody could call the lead excellent.")
MOST = 24  # tokens that a picture shows


class FirstIfEmpty(Menu):
    """A menu in which an empty text stands for the first."""

    def checked(self, name: str, state) -> str:
        return self.values[0] if getattr(state, name) == "" else super().checked(name, state)


class TextMenu(TextBox):
    """Any text: the menu offers those of `values`, and before them the state's own where that is another."""

    kind = "Dropdown"

    def traits(self, state) -> dict:
        return {"options": self.values if state.text in self.values else (state.text, *self.values)}


@dataclass(frozen=True)
class State:
    """What the controls say; blocks and heads are counted from 1. `prefix` is the name of one that was given."""

    prefix: str = ""
    text: str = TEXTS[0]
    block: int = 1
    head: int = 1


@dataclass(frozen=True)
class Result:
    """A row for each token of the text: what it gives to each position of the prefix and to each token."""

    state: State
    tokens: tuple[str, ...]
    n_prefix: int
    weights: tuple[tuple[float, ...], ...]  # (T, P + T), each row sums to one

    @property
    def mass(self) -> float:
        """The share of all attention that the prefix gets."""
        return sum(sum(row[:self.n_prefix]) for row in self.weights) / len(self.weights)

    @property
    def even(self) -> float:
        """That share, if every token looked evenly at all that it sees."""
        T = len(self.tokens)
        return sum(self.n_prefix / (self.n_prefix + seen) for seen in range(1, T + 1)) / T


@torch.no_grad()
def attention_of(model, tokenizer, method, text: str) -> torch.Tensor:
    """The attention of every token of the text, in all blocks and heads, (L, H, T, P + T)."""
    with method.on(model), eager_attention(model):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]                          # (1, T)
        out = model(**method.prepare({"input_ids": ids}), output_attentions=True)
    return torch.cat(out.attentions)                                                     # L × (1, H, T, P + T)


def controls(model, prefixes: Mapping) -> dict[str, Control]:
    """What each control can be. CourseError where there are no prefixes."""
    given = prefixes.values() if isinstance(prefixes, Mapping) else ()
    if not given or not all(hasattr(one, "prefix") for one in given):
        raise CourseError("prefixes is a dictionary, name -> a PrefixTuning built on this model; you gave "
                          f"{shown(prefixes)}.")
    L, _, _, _, _ = next(iter(prefixes.values())).prefix.shape
    return {"prefix": FirstIfEmpty("Prefix", tuple(prefixes)),
            "text": TextMenu("Text", TEXTS),
            "block": Slider("Block", range(1, L + 1)),
            "head": Slider("Head", range(1, model.config.num_attention_heads + 1))}


def compute(model, tokenizer, prefixes: Mapping, state: State) -> Result:
    """state -> result: one head of one block, for one text."""
    state = checked(state, State, controls(model, prefixes))
    if not state.text.strip():
        raise CourseError(f"text is some text to read; you gave {shown(state.text)}.")
    ids = tokenizer(state.text)["input_ids"]
    if len(ids) > MOST:
        raise CourseError(f"This text has {len(ids)} tokens; the picture shows at most {MOST}. Take a shorter one.")
    method = prefixes[state.prefix]
    weights = attention_of(model, tokenizer, method, state.text)[state.block - 1, state.head - 1]
    words = tuple(tokenizer.decode(one).strip() or "·" for one in ids)
    return Result(state, words, method.length, tuple(map(tuple, weights.tolist())))


def summary(result: Result) -> str:
    """One sentence: what the prefix gets, and what it would get evenly."""
    return (f"Block {result.state.block}, head {result.state.head}, prefix {result.state.prefix}: the prefix gets "
            f"{percent(result.mass)} of the attention; evenly it would get {percent(result.even)}.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    rows = [f"{token} {percent(sum(row[:result.n_prefix]))}" for token, row in zip(result.tokens, result.weights)]
    return ("Squares, darker for more attention, from each token to the prefix and to the tokens up to itself. To the "
            f"prefix: {', '.join(rows)}.")


@styled
def figure(result: Result) -> plots.Axes:
    """The still figure: a row for each token; a column for the whole prefix, and one for each token."""
    rows = [(sum(row[:result.n_prefix]), *row[result.n_prefix:]) for row in result.weights]  # (T, 1 + T)
    height = min(7.0, 1.9 + 0.34 * len(rows))
    axes = fixed_axes(height, left=0.24, right=0.96, bottom=0.03, top=1.03 - 1.4 / height)
    plots.heat(rows, list(result.tokens), ["prefix", *result.tokens], x_label="is looked at",
               y_label="token that looks", colour_label="share of attention", axes=axes)
    axes.axvline(0.5, color=plots.COLOURS["vermillion"], linewidth=1.6)  # the prefix ends here
    return axes


def rows(result: Result) -> list[str]:
    """The same as text: what each token gives to the prefix."""
    shares = [sum(row[:result.n_prefix]) for row in result.weights]
    bars = [(token, f"{percent(one):>6}", "#" * round(30 * one)) for token, one in zip(result.tokens, shares)]
    return ["share of its attention that each token gives to the prefix", *columns(bars)]


def explorable(model, tokenizer, prefixes: Mapping) -> Explorable:
    """All that makes it one, for these prefixes."""
    return Explorable("Attention on the prefix", State, controls(model, prefixes),
                      partial(compute, model, tokenizer, prefixes), rows, summary, picture_of(figure, alt, dpi=72))


def prefix_attention(model, tokenizer, prefixes: Mapping, start: State = State(), text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State(block=4, head=2)."""
    show(partial(explorable, model, tokenizer, prefixes), start, text)
