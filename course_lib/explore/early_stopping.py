"""Early stopping: where a run (histories.py) would have stopped with patience p, and what that saves or costs."""
from dataclasses import dataclass

from course_lib import plots
from course_lib.explore.controls import Slider, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded import histories

PATIENCE = 10
STOP = "#4D4D4D"
CONTROLS = {"labels": Steps("Labels", histories.LABELS, noun="number of labels"),
            "patience": Slider("Patience", range(1, PATIENCE + 1))}


@dataclass(frozen=True)
class State:
    """What the controls say: which run, and after how many measurements without a new best it stops."""

    labels: str = "16"
    patience: int = 2


@dataclass(frozen=True)
class Result:
    """The losses of the whole run, and points {"step", "loss"} on validation: kept, where it stops, lowest, last."""

    loss: list[float]
    validation: list[dict[str, float]]
    kept: dict[str, float]
    stop: dict[str, float]
    lowest: dict[str, float]

    @property
    def last(self) -> dict[str, float]:
        """The end of the run."""
        return self.validation[-1]


def stopping(validation: list[dict[str, float]], patience: int) -> tuple[dict, dict]:
    """(the best point so far, the point at which `patience` points in a row were no better than it).

    >>> points = [{"step": step, "loss": loss} for step, loss in enumerate([3, 1, 2, 2, 0])]
    >>> stopping(points, 2)
    ({'step': 1, 'loss': 1}, {'step': 3, 'loss': 2})
    """
    best = None
    for place, point in enumerate(validation):
        if best is None or point["loss"] < validation[best]["loss"]:
            best = place
        elif place - best >= patience:
            break
    return validation[best], point


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    run = histories.read()["labels"][state.labels]
    kept, stop = stopping(run["validation"], state.patience)
    return Result(run["loss"], run["validation"], kept, stop, min(run["validation"], key=lambda point: point["loss"]))


def told(point: dict[str, float]) -> str:
    """A point in words."""
    return f"{point['loss']:.2f} nats at step {point['step']}"


def summary(result: Result) -> str:
    """What is kept, and what was there to be had."""
    missed = "" if result.kept == result.lowest else f" It misses the lowest of the whole run, {told(result.lowest)}."
    stops = (f"Stops at step {result.stop['step']} of {result.last['step']}" if result.stop != result.last
             else f"Runs to its end, step {result.last['step']},")
    return f"{stops} and keeps the parameters with {told(result.kept)}.{missed} At the end: {told(result.last)}."


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    points = ", ".join(f"{point['loss']:.2f}" for point in result.validation)
    return f"Validation loss, every {result.validation[0]['step']} steps: {points}. {summary(result)}"


def figure(result: Result) -> plots.Axes:
    """The still figure: the curves, a ring around what is kept, a dashed line where it stops."""
    axes = plots.training_curve(result.loss, result.validation)
    axes.set(xlim=(0, len(result.loss) + 1), ylim=(0, 1))  # the first steps lie above it, with every run
    axes.axvline(result.stop["step"], color=STOP, linestyle=(0, (2, 2)), linewidth=1.4)
    axes.annotate("stops", (result.stop["step"], 0.93), (-4, 0), textcoords="offset points", ha="right", color=STOP)
    axes.plot(result.kept["step"], result.kept["loss"], marker="o", markersize=13, markerfacecolor="none",
              markeredgecolor="black", markeredgewidth=1.6, linestyle="none")
    axes.annotate("kept", (result.kept["step"], result.kept["loss"]), (0, 12), textcoords="offset points",
                  ha="center", bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1})
    return axes


def rows(result: Result) -> list[str]:
    """The same as text: a line for each measurement."""
    notes = {result.kept["step"]: "kept", result.stop["step"]: "stops"}
    return [f"step {point['step']:3}   validation {point['loss']:.2f}   {notes.get(point['step'], '')}".rstrip()
            for point in result.validation]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Early stopping", State, CONTROLS, compute, rows, summary, picture_of(figure, alt))


def early_stopping(start: State = State(), text: bool = False) -> None:
    """Shows the run. In text form it shows the one state `start`: State(labels="128", patience=3)."""
    show(explorable, start, text)
