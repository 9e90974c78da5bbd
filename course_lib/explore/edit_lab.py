"""The edit lab: push a review's hidden states along the steering vector, and read what the model writes then."""
from dataclasses import dataclass
from functools import cache, partial
from weakref import WeakKeyDictionary

import torch
from matplotlib.axes import Axes

from course_lib.architecture import blocks_of, check_model
from course_lib.display import percent
from course_lib.explore.controls import Control, Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.methods import Steering
from course_lib.methods.steering import hidden_states
from course_lib.plots.style import COLOURS, GREY, fixed_axes, name_above, styled
from course_lib.prompting import complete, score_choices
from course_lib.world.summing_up import PHRASES, short_reviews, unfinished

STRENGTHS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
REVIEWS, SIDE, TOKENS = 6, 30, 4  # reviews to choose from; reviews of each side that make the vector; tokens written
_PLANES: WeakKeyDictionary = WeakKeyDictionary()  # model -> a Plane for each block


@dataclass(frozen=True)
class State:
    """What the controls say: which review, how strong a push, and after which block, counted from 0."""

    review: int = 1
    strength: float = 0.0
    block: int = 2


@dataclass(frozen=True)
class Plane:
    """Two directions (2, d) at right angles: the steering vector's, and the one in which reviews differ most otherwise.

    In it, `favourable` and `unfavourable` are reviews (SIDE, 2), and `choices` those to choose from (REVIEWS, 2).
    """

    vector: torch.Tensor
    axes: torch.Tensor
    favourable: torch.Tensor
    unfavourable: torch.Tensor
    choices: torch.Tensor


@dataclass(frozen=True)
class Result:
    """`favourable`: the probability of "full marks." against "no marks."; `start`, `end`: the review in the plane."""

    state: State
    text: str
    written: str
    favourable: float
    start: tuple[float, float]
    end: tuple[float, float]
    plane: Plane


def controls(model) -> dict[str, Control]:
    """What each control can be, for this model."""
    check_model(model, "edit_lab")
    return {"review": Menu("Review", range(REVIEWS), lambda number: f"review {number + 1}"),
            "strength": Steps("Strength", STRENGTHS, "{:g}".format),
            "block": Menu("After", range(len(blocks_of(model))), lambda number: f"block {number + 1}")}


@cache
def reviews() -> tuple[str, ...]:
    """The reviews to choose from, half of them favourable, with the opening behind them."""
    return tuple(text for pair in zip(*(short_reviews("validation", REVIEWS // 2, 1, label)[0] for label in (1, 0)))
                 for text in pair)


def plane_of(model, tokenizer, block: int) -> Plane:
    """The plane of this block."""
    made_of = [short_reviews("train", SIDE, 0, label)[0] for label in (1, 0)]
    good, bad, choices = (hidden_states(model, tokenizer, unfinished(texts), block)          # (SIDE or REVIEWS, d)
                          for texts in (*made_of, reviews()))
    vector, both = good.mean(0) - bad.mean(0), torch.cat([good, bad])
    first, centre = vector / vector.norm(), both.mean(0)
    rest = (both - centre) - ((both - centre) @ first)[:, None] * first
    axes = torch.stack([first, torch.linalg.svd(rest, full_matrices=False)[2][0]])           # (2, d)
    place = lambda states: (states - centre) @ axes.T                                        # (N, d) -> (N, 2)
    return Plane(vector, axes, place(good), place(bad), place(choices))


def planes(model, tokenizer) -> list[Plane]:
    """A plane for each block, made once for a model: it takes a moment, and should not when a control is moved."""
    if model not in _PLANES:
        _PLANES[model] = [plane_of(model, tokenizer, block) for block in range(len(blocks_of(model)))]
    return _PLANES[model]


def compute(model, tokenizer, state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, controls(model))
    plane, text = planes(model, tokenizer)[state.block], reviews()[state.review]
    steering = Steering(model, state.block, plane.vector, state.strength)
    start = plane.choices[state.review]                                                        # (2,)
    end = start + state.strength * plane.axes @ plane.vector
    with steering.on(model):
        against, favour = score_choices(model, tokenizer, text, PHRASES)
        written = complete(model, tokenizer, text, TOKENS)
    return Result(state, text, written, favour / (favour + against), tuple(start.tolist()), tuple(end.tolist()), plane)


def summary(result: Result) -> str:
    """What the model holds of the review now, and what it writes."""
    state = result.state
    return (f"Strength {state.strength:g} after block {state.block + 1}: “full marks” has {percent(result.favourable)} "
            f"against “no marks”. The model writes: {result.written or 'nothing'}")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    return (f"A plane with {SIDE} favourable reviews as blue circles, in their mean on the right, and {SIDE} "
            "unfavourable ones as orange squares, in their mean on the left. This review stands at "
            f"{result.start[0]:.1f} along the steering vector; the push of strength {result.state.strength:g} takes it "
            f"to {result.end[0]:.1f}.")


@styled
def figure(result: Result) -> Axes:
    """The still figure: reviews in the plane, and the arrow by which this one is moved."""
    axes = fixed_axes(3.2, left=0.13, right=0.96, bottom=0.17, top=0.89)
    for points, colour, marker, name, right in (
            (result.plane.favourable, "blue", "o", "favourable", True),
            (result.plane.unfavourable, "vermillion", "s", "unfavourable", False)):
        axes.plot(*points.T.tolist(), marker, color=COLOURS[colour], markersize=4, linestyle="", alpha=0.7)
        name_above(axes, name, COLOURS[colour], right=right, inward=0)
    axes.axvline(0, color=GREY, linestyle=(0, (4, 3)), linewidth=1)
    axes.plot(*result.start, marker="D", color="black", markersize=7)
    if result.state.strength:
        axes.annotate("", result.end, result.start, arrowprops={"arrowstyle": "->", "linewidth": 1.8})
    reach = max(STRENGTHS[-1], -STRENGTHS[0]) * result.plane.vector.norm().item()
    axes.set_xlim(-reach, 1.2 * reach)
    axes.set(xlabel="along the steering vector", ylabel="otherwise most varied")
    return axes


def rows(result: Result) -> list[str]:
    """The same as text."""
    return [result.text, "", f"along the steering vector: {result.start[0]:.1f} -> {result.end[0]:.1f}"]


def explorable(model, tokenizer) -> Explorable:
    """All that makes it one, for this model."""
    return Explorable("Edit lab", State, controls(model), partial(compute, model, tokenizer), rows, summary,
                      picture_of(figure, alt), above=lambda result: [f"{result.text} {result.written}"])


def edit_lab(model, tokenizer, start: State = State(), text: bool = False) -> None:
    """Shows the edit lab. In text form it shows the one state `start`: State(review=3, strength=2.0)."""
    show(partial(explorable, model, tokenizer), start, text)
