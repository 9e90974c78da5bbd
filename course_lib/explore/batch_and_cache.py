"""Batch and cache: what a thousand prompts cost where many are read at once, some come again, and all begin alike."""
from dataclasses import dataclass

from matplotlib.figure import Figure

from course_lib.display import percent
from course_lib.explore.controls import Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded.batches import AGAIN, ALONE, BASE, PROMPTS, ROUNDS, SHOTS, SIZES, read
from course_lib.plots.style import COLOURS, GREY, fixed_axes, name_above, styled

THOUSAND = 1000
CONTROLS = {"size": Steps("Batch size", SIZES, str),
            "again": Steps("Come again", AGAIN, percent),
            "shots": Steps("Examples before", SHOTS, lambda shots: f"{shots} ({read()[shots]['prefix']} tokens)")}


@dataclass(frozen=True)
class State:
    """What the controls say: prompts read at once, the share that is there already, and the examples before each."""

    size: int = 1
    again: float = 0.0
    shots: int = 4


@dataclass(frozen=True)
class Result:
    """`points` {share that comes again: {batch size: figures}} with these examples; figures of one prompt `alone`."""

    state: State
    prefix: int
    alone: dict[str, float]
    points: dict[float, dict[int, dict[str, float]]]

    @property
    def here(self) -> dict[str, float]:
        """The figures of this state."""
        return self.points[self.state.again][self.state.size]


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    found = read()[state.shots]
    return Result(state, found["prefix"], found["alone"], found["points"])


def for_thousand(figures: dict[str, float]) -> str:
    """What a thousand prompts cost, in words."""
    return (f"as much time as {THOUSAND * figures['cost']:,.0f} prompts alone, {THOUSAND * figures['tokens']:,.0f} "
            f"tokens read, {THOUSAND * figures['passes']:,.0f} passes of the model")


def summary(result: Result) -> str:
    """What a thousand prompts cost here, and one by one."""
    return (f"{THOUSAND:,} prompts cost {for_thousand(result.here)}. One by one: {for_thousand(result.alone)}.")


def found() -> str:
    """What is to be found here, in sentences."""
    of = lambda shots, again, size: read()[shots]["points"][again][size]
    few, many, prefix, last = SIZES[0], SIZES[-1], SHOTS[-1], AGAIN[-1]
    alone = read()[prefix]["alone"]
    batched, shared, repeated = of(0, 0.0, many), of(prefix, 0.0, few), of(0, last, few)
    tokens = percent(shared["tokens"] / alone["tokens"])
    return (f"Nothing comes again, no examples: a batch of {many} takes {percent(batched['cost'])} of the time of one "
            f"by one. It reads no fewer tokens ({batched['tokens']:.0f} for a prompt, padding among them, instead of "
            f"{read()[0]['alone']['tokens']:.0f}): what it saves is passes, for in each the model looks at all its "
            f"weights. {prefix} examples read once, and one prompt at a time: {tokens} of the tokens, and "
            f"{percent(shared['cost'])} of the time. A model as small as {BASE} is paid for by the pass, a large one "
            f"more by the token. Of what comes again nothing is read: where {percent(last)} do, "
            f"{percent(repeated['cost'])} of the time is left.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    curves = "; ".join(f"{percent(again)} come again: {', '.join(percent(point['cost']) for point in line.values())}"
                       for again, line in result.points.items())
    return (f"Left: time of a prompt as a share of that of one alone, by batch size {', '.join(map(str, SIZES))}: "
            f"{curves}. Marked: a batch of {result.state.size}, {percent(result.state.again)} come again. Right: "
            f"tokens read for a prompt: one by one {result.alone['tokens']:.1f}, here {result.here['tokens']:.1f}.")


@styled
def figure(result: Result) -> Figure:
    """The still figure: time by batch size, a line for each share that comes again; and the tokens that are read."""
    left, right = fixed_axes(3.2, left=0.1, right=0.98, bottom=0.17, top=0.88, columns=2)
    left.set_position([0.1, 0.17, 0.5, 0.71])
    right.set_position([0.76, 0.17, 0.2, 0.71])
    for again, line in result.points.items():
        chosen = again == result.state.again
        costs = [point["cost"] for point in line.values()]
        left.plot(SIZES, costs, color=COLOURS["blue"] if chosen else GREY, linewidth=2 if chosen else 1.2, marker="o",
                  markersize=4, zorder=3 if chosen else 2)
        left.annotate(percent(again), (SIZES[-1], costs[-1]), (6, -3), textcoords="offset points", fontsize=9,
                      color=COLOURS["blue"] if chosen else "#5A5A5A")
    left.plot(result.state.size, result.here["cost"], marker="o", markersize=10, color=COLOURS["blue"],
              markeredgecolor="black", markeredgewidth=1.2, zorder=5)
    left.axhline(1, color=GREY, linestyle=(0, (4, 3)), linewidth=1)
    left.annotate("one by one", (SIZES[-1], 1), (0, -12), textcoords="offset points", color="#5A5A5A", fontsize=9,
                  ha="right")
    left.set(xscale="log", yscale="log", xticks=SIZES, xticklabels=SIZES, xlabel="prompts read at once",
             ylim=(0.007, 1.3), xlim=(0.85, 480), yticks=(0.01, 0.1, 1), yticklabels=("1 %", "10 %", "100 %"))
    left.minorticks_off()
    name_above(left, "time of a prompt; behind each line: come again", "#3C3C3C")
    bars = {"one by\none": (result.alone["tokens"], GREY), "here": (result.here["tokens"], COLOURS["blue"])}
    for place, (tokens, colour) in enumerate(bars.values()):
        right.bar(place, tokens, color=colour, width=0.6)
        right.annotate(f"{tokens:.0f}" if tokens >= 10 else f"{tokens:.1f}", (place, tokens), (0, 3), ha="center",
                       textcoords="offset points", fontsize=9)
    right.set(xticks=range(2), xticklabels=bars, xlim=(-0.6, 1.6),
              ylim=(0, 1.15 * max(one["alone"]["tokens"] for one in read().values())))
    name_above(right, "tokens read", "#3C3C3C")
    return left.figure


def note() -> str:
    """Below the picture."""
    return (f"Recorded on {BASE}: {PROMPTS} questions with answers of some {read()[0]['alone']['passes']:.0f} tokens, "
            f"medians of {ROUNDS} rounds in turns; one by one on {ALONE} of them. Tokens are counted, with padding.")


def rows(result: Result) -> list[str]:
    """The same as text: a line for each batch size and share."""
    lines = [f"{percent(again):>5} come again, batch {size:>3}: {percent(point['cost']):>6} of the time, "
             f"{point['tokens']:6.1f} tokens, {point['passes']:6.2f} passes a prompt"
             + ("  <" if (again, size) == (result.state.again, result.state.size) else "")
             for again, line in result.points.items() for size, point in line.items()]
    alone = (f"one by one: 100 % of the time, {result.alone['tokens']:.1f} tokens, {result.alone['passes']:.2f} passes "
             "a prompt")
    return [f"Examples before: {CONTROLS['shots'].words(result.state.shots)}. {note()}", alone, *lines]


def picture(result: Result) -> str:
    """The figure with its note."""
    return picture_of(figure, alt, note())(result)


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Batch and cache", State, CONTROLS, compute, rows, summary, picture)


def batch_and_cache(start: State = State(), text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State(64, 0.3, 4)."""
    show(explorable, start, text)
