"""The prune lab: take heads, neurons or layers out of a tuned model, and see what it still can."""
from dataclasses import dataclass

from matplotlib.figure import Figure

from course_lib.display import percent
from course_lib.explore.controls import Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded.pruning import ORDERS, TAKEN, TEST, read
from course_lib.plots.style import COLOURS, GREY, fixed_axes, name_above, styled

LEVELS = range(len(TAKEN["heads"]))
GUESSING = 0.2  # five kinds of stars, each equally often
CONTROLS = {"part": Menu("Take out", tuple(TAKEN), noun="part of a model"),
            "order": Menu("In which order", ORDERS),
            "level": Steps("How far", LEVELS, lambda level: f"step {level} of {LEVELS[-1]}")}


@dataclass(frozen=True)
class State:
    """What the controls say: the kind of part, in which order parts are taken, and how far."""

    part: str = "heads"
    order: str = ORDERS[0]
    level: int = 0


@dataclass(frozen=True)
class Result:
    """At this level: `left` parts of `each` in every layer, right answers, loss on ordinary text, parameters.

    `accuracy` and `loss` hold every level; `random` is the accuracy at every level with parts drawn by chance.
    """

    state: State
    left: tuple[int, ...]
    each: int
    shares: tuple[float, ...]
    accuracy: tuple[float, ...]
    random: tuple[float, ...]
    loss: tuple[float, ...]
    parameters: float


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    kept = read()
    L, each = kept["sizes"][state.part]
    of = lambda order, key: tuple(level[key] for level in kept["runs"][state.part][order])
    return Result(state, tuple(of(state.order, "left")[state.level]), each,
                  tuple(taken / (L * each) for taken in TAKEN[state.part]), of(state.order, "accuracy"),
                  of("random", "accuracy"), of(state.order, "loss"),
                  of(state.order, "parameters")[state.level] / kept["parameters"])


def summary(result: Result) -> str:
    """What is gone, and what the model still can."""
    state, level = result.state, result.state.level
    return (f"Without {percent(result.shares[level])} of its {state.part} ({state.order}) the model has "
            f"{percent(result.parameters)} of its parameters. Right stars: {percent(result.accuracy[level])} (whole: "
            f"{percent(result.accuracy[0])}; as many drawn by chance: {percent(result.random[level])}; guessing: "
            f"{percent(GUESSING)}). Loss on ordinary text: {result.loss[level]:.2f} nats a token (whole: "
            f"{result.loss[0]:.2f}).")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    curves = [", ".join(percent(share) for share in shares) for shares in (result.accuracy, result.random)]
    losses = ", ".join(f"{loss:.1f}" for loss in result.loss)
    return (f"Left: bars with the {result.state.part} left in each layer, {', '.join(map(str, result.left))} of "
            f"{result.each}. Middle: right answers as more is taken out, {curves[0]}; drawn by chance {curves[1]}. "
            f"Right: the loss on ordinary text, {losses}.")


@styled
def figure(result: Result) -> Figure:
    """The still figure: what is left in each layer, right answers by what is gone, and what became of the language."""
    left, middle, right = fixed_axes(3.0, left=0.1, right=0.98, bottom=0.19, top=0.86, columns=3, between=0.5)
    layers = range(1, len(result.left) + 1)
    left.bar(layers, [result.each] * len(layers), color="white", edgecolor=GREY, width=0.7)
    left.bar(layers, result.left, color=COLOURS["blue"], width=0.7)
    left.set(xlabel="layer", ylabel=f"{result.state.part} left", ylim=(0, result.each))
    left.set_xticks(layers)
    left.set_yticks([0, result.each / 2, result.each] if result.each > 1 else [0, 1])
    gone = [100 * share for share in result.shares]
    middle.plot(gone, result.random, color=COLOURS["vermillion"], marker="s", markersize=4, linewidth=1.4)
    middle.plot(gone, result.accuracy, color=COLOURS["blue"], marker="o", markersize=4, linewidth=1.4)
    middle.axhline(GUESSING, color=GREY, linewidth=1)
    middle.annotate("guessing", (0, GUESSING), (2, -12), textcoords="offset points", color=GREY)
    middle.set(xlabel="% taken out", ylabel="share of right stars", ylim=(0, 1.03))
    name_above(middle, "this order", COLOURS["blue"], inward=-6)
    name_above(middle, "by chance", COLOURS["vermillion"], right=True, inward=-2)
    right.plot(gone, result.loss, color=COLOURS["blue"], marker="o", markersize=4, linewidth=1.4)
    right.set(xlabel="% taken out", ylabel="loss on ordinary text")
    right.set_ylim(bottom=0)
    for axes in (middle, right):
        axes.axvline(gone[result.state.level], color="black", linestyle=(0, (4, 3)), linewidth=1)
        axes.set_xlim(-4, 104)
    return left.figure


def rows(result: Result) -> list[str]:
    """The same as text."""
    lines = [f"{percent(gone):>5} gone  right {percent(right):>5}  by chance {percent(chance):>5}  loss {loss:5.2f}"
            + ("  <" if place == result.state.level else "") for place, (gone, right, chance, loss) in
            enumerate(zip(result.shares, result.accuracy, result.random, result.loss))]
    head = f"{result.state.part}, {result.state.order}; right stars among {TEST} test reviews"
    return [head, *lines]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Prune lab", State, CONTROLS, compute, rows, summary, picture_of(figure, alt))


def prune_lab(start: State = State(), text: bool = False) -> None:
    """Shows the prune lab. In text form it shows the one state `start`: State(level=2)."""
    show(explorable, start, text)
