"""The drift alarm: its threshold against false alarms and delay, over streams of what a model answered."""
import functools
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from course_lib.display import percent
from course_lib.experiments.drift import KINDS, Answered, streams
from course_lib.experiments.drift_alarms import WATCHES, watches
from course_lib.explore.controls import Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded import drift, drift_alarms
from course_lib.explore.recorded.drift_alarms import CHANGE, LENGTH, PROMISES, SHARES
from course_lib.monitoring import rows_to_alarm
from course_lib.plots.style import COLOURS, GREY, fixed_axes, name_above, styled

STREAMS, DRAWN = 200, 8                  # of which so many are drawn
LEFT = LENGTH - CHANGE                   # rows that an alarm has
CONTROLS = {"kind": Menu("What moves", tuple(KINDS), KINDS.get),
            "share": Steps("How much of it", SHARES, percent),
            "watch": Menu("What is watched", tuple(WATCHES), WATCHES.get),
            "promise": Steps("False alarms promised", PROMISES, percent)}


@dataclass(frozen=True)
class State:
    """What the controls say: what moves half way and how much of it, what is watched, and the promise."""

    kind: str = "turned"
    share: float = 0.3
    watch: str = "errors"
    promise: float = 0.05


@dataclass(frozen=True)
class Point:
    """With one threshold: the share of streams without drift that ring, of those with it that ring by their end, and
    after how many moved rows half of those have rung that had not before; None where fewer do.
    """

    threshold: float
    false: float
    rung: float
    rows: float | None


@dataclass(frozen=True)
class Result:
    """A point for each of PROMISES; and the values of some streams, (DRAWN, T)."""

    state: State
    points: tuple[Point, ...]
    values: np.ndarray

    @property
    def here(self) -> Point:
        """The point of this promise."""
        return self.points[PROMISES.index(self.state.promise)]


@functools.lru_cache(maxsize=16)
def drawn(kind: str, share: float) -> Answered:
    """The streams of a kind: others than were calibrated on."""
    rng = np.random.default_rng([list(KINDS).index(kind), SHARES.index(share)])
    return streams(drift.read().pools, kind, CHANGE, (STREAMS, LENGTH), rng, share)


@functools.lru_cache(maxsize=64)
def values(kind: str, share: float, watch: str) -> np.ndarray:
    """What is watched, after each row: (S, T)."""
    kept = drift.read()
    return watches(kept.pools["reference"], kept.temperature)[watch].values(drawn(kind, share)).astype(np.float32)


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    still = values("nothing", SHARES[-1], state.watch)
    moved = values(state.kind, state.share, state.watch)
    return Result(state, tuple(point(threshold, still, moved)
                               for threshold in drift_alarms.read()["thresholds"][state.watch]), moved[:DRAWN])


def point(threshold: float, still: np.ndarray, moved: np.ndarray) -> Point:
    """What this threshold brings on streams without drift and with it."""
    when = rows_to_alarm(moved, threshold)
    half = np.median(when[when > CHANGE]) - CHANGE if (when > CHANGE).any() else np.inf
    return Point(threshold, float((still.max(-1) > threshold).mean()), float(np.isfinite(when).mean()),
                 float(half) if np.isfinite(half) else None)


def soon(one: Point) -> str:
    """The delay in words."""
    return "fewer than half ring" if one.rows is None else f"half ring within {one.rows:.0f} rows"


def summary(result: Result) -> str:
    """This threshold in words."""
    state, here = result.state, result.here
    return (f"{KINDS[state.kind]} ({percent(state.share)} of it). An alarm on {WATCHES[state.watch]} with "
            f"{percent(state.promise)} promised, a threshold of {here.threshold:.3g}: of streams without drift "
            f"{percent(here.false)} ring, of these {percent(here.rung)} by their end; {soon(here)} after the change.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    points = "; ".join(f"{percent(one.false)}, {soon(one)}" for one in result.points)
    return (f"Left: {drawn_as(result.state.watch)}, over {LENGTH} rows in {DRAWN} streams, with the change after "
            f"{CHANGE} rows and the threshold, {result.here.threshold:.3g}. Right: false alarms and delay of each: "
            f"{points}.")


def drawn_as(watch: str) -> str:
    """What the lines on the left are."""
    return WATCHES[watch] if watch == "scores" else f"{WATCHES[watch]}: how far they have climbed"


@styled
def figure(result: Result) -> Figure:
    """The still figure: some streams with the threshold; and all thresholds, by false alarms and delay."""
    left, right = fixed_axes(3.2, left=0.08, right=0.98, bottom=0.17, top=0.89, columns=2)
    left.set_position([0.08, 0.17, 0.46, 0.72])
    right.set_position([0.64, 0.17, 0.30, 0.72])
    blue, red = COLOURS["blue"], COLOURS["vermillion"]
    rows = np.arange(1, LENGTH + 1)
    for stream in result.values:
        looked = stream > 0 if result.state.watch == "scores" else slice(None)
        left.plot(rows[looked], stream[looked], color=blue, alpha=0.5, linewidth=0.9)
    left.axhline(result.here.threshold, color=red, linewidth=1.6)
    left.axvline(CHANGE, color=GREY, linestyle=(0, (4, 3)), linewidth=1.2)
    left.set(xlabel="rows", xlim=(0, LENGTH), ylim=(0, 4 * result.here.threshold))
    left.annotate("threshold", (0.01 * LENGTH, result.here.threshold), (0, 4), textcoords="offset points", color=red,
                  fontsize=9.5)
    name_above(left, drawn_as(result.state.watch), blue)
    left.annotate("change", (CHANGE, 1), (-4, -10), xycoords=("data", "axes fraction"), textcoords="offset points",
                  ha="right", color="#5A5A5A", fontsize=9.5)
    false = [max(one.false, 0.003) for one in result.points]
    delay = [LEFT if one.rows is None else one.rows for one in result.points]
    right.plot(false, delay, color=blue, marker="o", markersize=5, linewidth=1.2, clip_on=False)
    place = PROMISES.index(result.state.promise)
    right.plot(false[place], delay[place], marker="o", markersize=10, color=red, markeredgecolor="black", zorder=5,
               clip_on=False)
    right.set(xlabel="false alarms", xscale="log", xlim=(0.003, 1), ylim=(0, 1.05 * LEFT),
              xticks=(0.01, 0.1, 1), xticklabels=("1 %", "10 %", "100 %"))
    right.minorticks_off()
    if any(one.rows is None for one in result.points):
        right.annotate("most never ring", (0.99, LEFT), (0, -13), xycoords=("axes fraction", "data"),
                       textcoords="offset points", ha="right", color="#5A5A5A", fontsize=9)
    name_above(right, "rows to half of the alarms", blue, inward=-8)
    return left.figure


NOTE = (f"Recorded answers. {STREAMS} streams with drift and as many without, of {LENGTH} rows that the alarm was "
        "not calibrated on. A false alarm: anywhere in a stream without drift.")


def rows(result: Result) -> list[str]:
    """The same as text: a line for each promise."""
    lines = [f"promised {percent(promise):>5}  threshold {one.threshold:7.3f}  false {percent(one.false):>5}  rung "
             f"{percent(one.rung):>5}  {soon(one)}" + ("  <" if promise == result.state.promise else "")
             for promise, one in zip(PROMISES, result.points)]
    return [NOTE, *lines]


def found() -> str:
    """What is to be found here, in sentences: which alarms ring at one false alarm in twenty, whole drift."""
    told = []
    for kind, words in KINDS.items():
        if kind != "nothing":
            here = {name: compute(State(kind, SHARES[-1], name)).here for name in WATCHES}
            ring = [f"{WATCHES[name]} (after {one.rows:.0f} rows)" for name, one in here.items()
                    if one.rung > 0.5 and one.rows is not None]
            told.append(f"**{words[0].upper()}{words[1:]}.** " + (
                f"In most streams ring: {', '.join(ring)}." if ring else "No alarm rings in most streams."))
    return " ".join(told)


def explorable() -> Explorable:
    """All that makes it one. Streams without drift are compared with all others, so they are drawn first."""
    for watch in WATCHES:
        values("nothing", SHARES[-1], watch)
    return Explorable("Drift alarm", State, CONTROLS, compute, rows, summary, picture_of(figure, alt, NOTE))


def drift_alarm(start: State = State(), text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State("gadgets", 1.0, "scores", 0.01)."""
    show(explorable, start, text)
