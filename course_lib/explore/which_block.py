"""Which block? The recorded runs of recorded/blocks.py: what tuning one block wins back, under one of two shifts."""
from dataclasses import dataclass

from matplotlib.axes import Axes

from course_lib.claims import Figure as Measured
from course_lib.display import percent
from course_lib.explore.controls import Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded.blocks import LABELS, kept, read
from course_lib.plots.style import COLOURS, GREY, fixed_axes, styled

SHIFTS = {"input": "dead key", "label": "new editor"}  # what has changed: what it is called in the lesson
CHANGED = {"input": "the inputs: a dead key", "label": "the labels: a new editor"}
BLOCKS = 4
CONTROLS = {"shift": Menu("What changed", tuple(SHIFTS), CHANGED.get),
            "labels": Steps("New labels", LABELS)}


@dataclass(frozen=True)
class State:
    """What the controls say: what has changed, and how many new labels there are."""

    shift: str = "input"
    labels: int = 64


@dataclass(frozen=True)
class Result:
    """Shares of right answers under the shift, over the seeds."""

    state: State
    before: Measured
    blocks: tuple[Measured, ...]
    everything: Measured


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    figure_of = lambda part: Measured(read()[state.labels][f"{state.shift}_{part}"])
    blocks = tuple(figure_of(f"block_{number}") for number in range(1, BLOCKS + 1))
    return Result(state, figure_of("before"), blocks, figure_of("all"))


def best(result: Result) -> int:
    """The place, 0 to 3, of the block that does best in the mean of the seeds."""
    return max(range(BLOCKS), key=lambda place: result.blocks[place].mean)


def summary(result: Result) -> str:
    """What the model has lost, which block wins most of it back, and what all of them together reach."""
    place = best(result)
    return (f"{SHIFTS[result.state.shift].capitalize()}, {result.state.labels} new labels: as it is, the model is "
            f"right in {percent(result.before.mean)}. Block {place + 1} does best, "
            f"{percent(result.blocks[place].mean)}; everything tuned reaches {percent(result.everything.mean)}.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    told = ", ".join(f"block {place} {percent(one.mean)} (seeds {', '.join(map(percent, one.values))})"
                     for place, one in enumerate(result.blocks, 1))
    return (f"Four bars with the share of right answers after tuning one block: {told}. Dashed lines: as it is "
            f"{percent(result.before.mean)}, everything {percent(result.everything.mean)}.")


@styled
def figure(result: Result) -> Axes:
    """The still figure: a bar for each block, a dot for each seed, and the two ends as dashed lines."""
    axes = fixed_axes(3.1, left=0.1, right=0.8, bottom=0.16, top=0.95)
    places = range(1, BLOCKS + 1)
    colours = [COLOURS["blue"] if place - 1 == best(result) else GREY for place in places]
    axes.bar(places, [one.mean for one in result.blocks], color=colours, width=0.6)
    for place, one in zip(places, result.blocks):
        axes.plot([place] * len(one.values), one.values, linestyle="", marker="o", markersize=4, color="black",
                  clip_on=False)
    heights = {"everything": result.everything.mean, "as it is": result.before.mean}
    apart = max(0.0, 0.06 - abs(heights["everything"] - heights["as it is"])) / 2
    for name, height in heights.items():
        axes.axhline(height, color="black", linestyle=(0, (4, 3)), linewidth=1)
        up = (1 if height == max(heights.values()) else -1) * apart
        axes.annotate(name, (1, height + up), (5, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                      va="center")
    axes.set_xticks(places, [f"block {place}" for place in places])
    axes.set(ylabel="share of right answers", ylim=(0, 1))
    return axes


def note() -> str:
    """What stands below the figure."""
    steps = kept()["steps"]
    return (f"Recorded; a dot is a seed, each with {kept()['test']} test reviews. Short runs: {steps['input']} steps "
            f"with the dead key, {steps['label']} with the new editor, at rates that one seed chose. In so few, block "
            "1 may stay at guessing. Claim C13 gives both more steps, and searched rates.")


def rows(result: Result) -> list[str]:
    """The same as text: a line for each block."""
    parts = [("as it is", result.before), *((f"block {place}", one) for place, one in enumerate(result.blocks, 1)),
             ("everything", result.everything)]
    lines = [f"{name:<10}  {percent(one.mean):>5}  seeds {', '.join(map(percent, one.values))}" for name, one in parts]
    head = (f"{SHIFTS[result.state.shift]}, {result.state.labels} labels, right answers among {kept()['test']} test "
            "reviews")
    return [head, *lines]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Which block?", State, CONTROLS, compute, rows, summary, picture_of(figure, alt, note()))


def which_block(start: State = State(), text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State("label", 16)."""
    show(explorable, start, text)
