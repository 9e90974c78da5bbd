"""The learning-rate sweep: the losses of recorded runs (histories.py) that differ in the learning rate alone."""
from dataclasses import dataclass
from statistics import mean

from course_lib import plots
from course_lib.explore.controls import Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded import histories

EVERY, STEPS = 5, 40
LAST = 5  # steps, over which a training loss is averaged: a single batch jumps about
CONTROLS = {"rate": Steps("Learning rate", histories.RATES),
            "step": Steps("Up to step", tuple(range(EVERY, STEPS + 1, EVERY)))}


@dataclass(frozen=True)
class State:
    """What the controls say: which run, and up to which step."""

    rate: str = "0.0001"
    step: int = STEPS


@dataclass(frozen=True)
class Result:
    """The losses up to the step, and where every rate stands there: {rate: (training, validation)}."""

    rate: str
    step: int
    loss: list[float]
    validation: list[dict[str, float]]
    all_rates: dict[str, tuple[float, float]]

    def best(self, place: int) -> str:
        """The rate with the lowest loss: on training (0) or validation (1)."""
        return min(self.all_rates, key=lambda rate: self.all_rates[rate][place])


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    runs, until = histories.read()["rates"], state.step
    standing = {}
    for rate, run in runs.items():
        [validation] = [point["loss"] for point in run["validation"] if point["step"] == until]
        standing[rate] = mean(run["loss"][until - LAST:until]), validation
    run = runs[state.rate]
    return Result(state.rate, until, run["loss"][:until],
                  [point for point in run["validation"] if point["step"] <= until], standing)


def summary(result: Result) -> str:
    """Where this run stands, and which rates are lowest."""
    training, validation = result.all_rates[result.rate]
    return (f"Rate {result.rate}, step {result.step}: training {training:.2f} nats (mean of {LAST} batches), "
            f"validation {validation:.2f}. Lowest of all rates at this step: {result.best(0)} on training, "
            f"{result.best(1)} on validation.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    points = ", ".join(f"{point['loss']:.2f} at step {point['step']}" for point in result.validation)
    return f"Training loss of each batch, smoothed, and on validation {points}."


def figure(result: Result) -> plots.Axes:
    """The still figure: always on the same scale, so that two rates can be compared."""
    axes = plots.training_curve(result.loss, result.validation)
    axes.set(xlim=(0, STEPS + 1), ylim=(0, 2))  # the first steps lie above it, with every rate
    return axes


def rows(result: Result) -> list[str]:
    """The same as text: a line for each rate."""
    lines = [f"rate {rate:>8}   training {training:5.2f}   validation {validation:5.2f}"
             for rate, (training, validation) in result.all_rates.items()]
    return [f"Losses at step {result.step}, in nats", *lines]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Learning-rate sweep", State, CONTROLS, compute, rows, summary, picture_of(figure, alt))


def learning_rate_sweep(start: State = State(), text: bool = False) -> None:
    """Shows the sweep. In text form it shows the one state `start`: State("0.001", 20)."""
    show(explorable, start, text)
