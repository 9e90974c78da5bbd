"""Forgetting against KL: what each of nine ways of training forgets, and what would have told it beforehand
(recorded/kl.py).
"""
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from course_lib.display import percent
from course_lib.explore.controls import Menu
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded import line
from course_lib.explore.recorded.kl import METHODS, OTHERS, SEARCHED, SEEDS, read
from course_lib.plots.style import COLOURS, GREY, fixed_axes, styled

FULL = tuple(name for name in METHODS if name.startswith("full"))
SHOWN = {"all": METHODS, "the five with a searched rate": tuple(SEARCHED), "full fine-tuning, three rates": FULL,
         "all but full fine-tuning": tuple(name for name in METHODS if name not in FULL),
         "those that leave the weights alone": ("adapters", *(name for name in OTHERS if name != "scale and shift"))}
# what may tell what is forgotten: in words, and on the axis
CAUSES = {"kl": ("KL", "KL from the base on the task (nats)"), "steps": ("steps", "steps of training"),
          "loss": ("loss on the task", "loss on the task (nats)")}
NEAR_A_COIN = 0.1
LEAST = 3e-4   # nats, the lowest place of the picture
LIMITS = (0.1, 0.25, 0.5, math.inf)
LOOKS = {"full": ("blue", "o"), "full, a third": ("sky blue", "s"), "full, a tenth": ("black", "^"),
         "LoRA": ("vermillion", "D"), "adapters": ("green", "v"), "scale and shift": ("purple", "P"),
         "LoReFT": ("orange", "X"), "prefix": ("yellow", "*"), "soft prompt": ("grey", "h")}
CONTROLS = {"shown": Menu("Methods", tuple(SHOWN)),
            "cause": Menu("Across", tuple(CAUSES), lambda cause: CAUSES[cause][0], noun="axis"),
            "most": Menu("Loss on the task", LIMITS,
                         lambda most: "any" if most == math.inf else f"at most {most:g} nats")}


@dataclass(frozen=True)
class State:
    """What the controls say: whose trainings are shown, over what, and up to which loss on the task."""

    shown: str = "all"
    cause: str = "kl"
    most: float = math.inf


@dataclass(frozen=True)
class Point:
    """One training."""

    method: str
    seed: int
    steps: int
    cause: float
    loss: float
    old: float


@dataclass(frozen=True)
class Result:
    """The trainings that are left, and of pairs of them with one seed (in order, all): of any two, of two methods."""

    state: State
    points: tuple[Point, ...]
    pairs: tuple[int, int]
    across: tuple[int, int]


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    points = tuple(Point(method, seed, one["steps"], one[state.cause], one["loss"], one["old"])
                   for method in SHOWN[state.shown] for seed, runs in zip(SEEDS, read()[method]) for one in runs
                   if one["loss"] <= state.most)
    pairs = list(compared(points))
    counted = lambda some: (sum(a.old > b.old for a, b in some), len(some))
    return Result(state, points, counted(pairs), counted([(a, b) for a, b in pairs if a.method != b.method]))


def compared(points: tuple[Point, ...]) -> Iterator[tuple[Point, Point]]:
    """Every pair with one seed that differs in the cause: what has more of it comes first."""
    for pair in combinations(points, 2):
        less, more = sorted(pair, key=lambda point: point.cause)
        if less.seed == more.seed and less.cause < more.cause:
            yield more, less


def summary(result: Result) -> str:
    """In how many of the pairs more of the cause goes with more forgetting."""
    state, cause = result.state, CAUSES[result.state.cause][0]
    left = f"{state.shown}; loss on the task: {CONTROLS['most'].words(state.most)}: {len(result.points)} trainings"
    (ordered, pairs), (apart, across) = result.pairs, result.across
    if not pairs:
        return f"Methods: {left}. No pair of them can be compared."
    of_two = f", of two different methods in {apart} of {across} ({percent(apart / across)})" if across else ""
    return (f"Methods: {left}. Of two with one seed, the one with more {cause} has forgotten more in {ordered} of "
            f"{pairs} pairs ({percent(ordered / pairs)}){of_two}. A coin would have half.")


def found() -> str:
    """Which of the causes tells best which of two methods forgets more, in sentences."""
    told, by_kl = [], []
    for most in (math.inf, LIMITS[1]):
        across = {cause: compute(State(cause=cause, most=most)).across for cause in CAUSES}
        shares = [f"the one with more {CAUSES[cause][0]} in {percent(ordered / pairs)} of {pairs} pairs"
                  for cause, (ordered, pairs) in across.items()]
        told.append(f"**Loss on the task: {CONTROLS['most'].words(most)}.** More was forgotten by "
                    f"{', by '.join(shares)}.")
        by_kl.append(across["kl"][0] / across["kl"][1])
    said = ("Among all of them the KL tells it hardly better than a coin; among those that have learned the task, it "
            "does." if abs(by_kl[0] - 0.5) < NEAR_A_COIN < by_kl[1] - 0.5 else "")
    left = by_method(compute(State(most=LIMITS[1])))
    gone = [name for name in METHODS if name not in left]
    if said and gone:
        said += f" But no training of {', '.join(gone)} is among those: with the loss, the methods change, too."
    return f"Counted are pairs of two different methods with one seed that differ in it. {' '.join([*told, said])}"


def base_loss() -> float:
    """Of the base on the same old text: what the alpha line has at its beginning."""
    return line.read()[line.RATES[0]][line.ALPHAS.index(0)]["old"][0]


def by_method(result: Result) -> dict[str, list[Point]]:
    """The points that are left of each method that has any."""
    return {name: some for name in METHODS if (some := [point for point in result.points if point.method == name])}


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    middle = lambda values: sum(values) / len(values)
    means = "; ".join(f"{name} {middle([one.cause for one in some]):.2f} and {middle([one.old for one in some]):.2f}"
                      for name, some in by_method(result).items())
    return (f"{len(result.points)} trainings by {CAUSES[result.state.cause][0]} and by the loss on old text. Means by "
            f"method: {means or 'none is left'}. The base: {base_loss():.2f}.")


def rise(point: Point) -> float:
    """What is forgotten, in nats a token: above the base's loss; at least LEAST, as no logarithm goes below."""
    return max(point.old - base_loss(), LEAST)


@styled
def figure(result: Result) -> Axes:
    """The still figure: a sign for each training, the larger the longer; lines go from the shortest to the longest."""
    axes = fixed_axes(3.7, left=0.13, right=0.74, bottom=0.15, top=0.96)
    every = compute(State(result.state.shown, result.state.cause)).points
    for name in SHOWN[result.state.shown]:
        colour, sign = LOOKS[name]
        look = {"color": COLOURS.get(colour, GREY), "marker": sign}
        some = by_method(result).get(name, [])
        for seed in SEEDS:
            path = [point for point in some if point.seed == seed]
            axes.plot([one.cause for one in path], list(map(rise, path)), color=look["color"], linewidth=0.8, alpha=0.5)
        axes.scatter([one.cause for one in some], list(map(rise, some)), s=[20 + one.steps for one in some], **look,
                     edgecolors="black", linewidths=0.5, alpha=0.9, zorder=3)
        axes.plot([], [], linestyle="", **look, markersize=8, markeredgecolor="black", markeredgewidth=0.5, label=name)
    causes, most = [one.cause for one in every], max(map(rise, compute(State()).points))
    margin = 0.05 * (max(causes) - min(causes))
    axes.set(xlabel=CAUSES[result.state.cause][1], ylabel="rise of old text's loss (nats)", yscale="log",
             xlim=(min(causes) - margin, max(causes) + margin), ylim=(0.7 * LEAST, 1.5 * most))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())  # they take a third of the time to draw
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9.5)
    return axes


NOTE = (f"Recorded; a sign is one training, {len(SEEDS)} seeds of each, the larger the longer. A tick of the rise, "
        f"above the base's loss, is ten times the one below. The rates of {', '.join(OTHERS)} were found with fewer "
        "labels. A prefix or a prompt forgets only while it is attached.")


def rows(result: Result) -> list[str]:
    """The same as text: a line for each training."""
    cause = CAUSES[result.state.cause][0]
    lines = [f"{one.method:<15}  seed {one.seed}  {one.steps:2} steps  {cause} {one.cause:6.2f}  task {one.loss:.2f}  "
             f"old text {one.old:.2f}" for one in result.points]
    return [NOTE, *lines]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Forgetting against KL", State, CONTROLS, compute, rows, summary,
                      picture_of(figure, alt, NOTE))


def forgetting_kl(start: State = State(), text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State(cause="steps")."""
    show(explorable, start, text)
