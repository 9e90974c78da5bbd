"""Temperature: what a teacher says to a text, softened; what its student says; and where the loss pushes the student.

Shapes: B texts, N answers.
"""
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from matplotlib.figure import Figure

from course_lib.display import decimal, percent
from course_lib.distillation.losses import check_compared, soft_target_loss
from course_lib.errors import CourseError, shown
from course_lib.explore.controls import Control, Menu, Steps, Switch
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.plots.style import COLOURS, fixed_axes, name_above, styled

TEMPERATURES = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
SCALE = 1.05  # of the push, which is at most 1 at temperature 1


@dataclass(frozen=True)
class State:
    """What the controls say: which text, the temperature, and whether the loss has its factor T²."""

    text: int = 0
    temperature: float = 1
    squared: bool = True


@dataclass(frozen=True)
class Result:
    """Of one text: `teacher` and `student` are probabilities at the temperature; `loss` is the student's, in nats.

    `push` is what a step of gradient descent does to the student's logits, up to the learning rate.
    """

    state: State
    names: tuple[str, ...]
    teacher: tuple[float, ...]
    student: tuple[float, ...]
    loss: float
    push: tuple[float, ...]


def controls(teacher: torch.Tensor, texts: Sequence[str] = ()) -> dict[str, Control]:
    """What each control can be, for a teacher's logits (B, N) about these texts."""
    return {"text": Menu("Text", range(len(teacher)), lambda place: f"{place + 1}. {texts[place][:40]}…"),
            "temperature": Steps("Temperature", TEMPERATURES, "{:g}".format),
            "squared": Switch("Loss with T²")}


def compute(teacher: torch.Tensor, student: torch.Tensor, names: Sequence[str], state: State) -> Result:
    """state -> result, for the logits (B, N) of teacher and student. CourseError names what a control cannot be."""
    check_compared(student, teacher)
    if not isinstance(names, Sequence) or len(names) != teacher.shape[1] or len(names) < 2:
        raise CourseError(f"names has a name for each of at least two answers; the logits are of {teacher.shape[1]}, "
                          f"and you gave {shown(names)}.")
    state = checked(state, State, controls(teacher))
    text, T = state.text, state.temperature
    with torch.enable_grad():
        own = student[text:text + 1].clone().requires_grad_()                        # (1, N)
        loss = soft_target_loss(own, teacher[text:text + 1], T) / (1 if state.squared else T**2)
        [gradient] = torch.autograd.grad(loss, own)
    at = lambda logits: tuple((logits[text] / T).softmax(-1).tolist())
    return Result(state, tuple(names), at(teacher), at(student), loss.item(), tuple((-gradient[0]).tolist()))


def summary(result: Result) -> str:
    """How sure both are, the loss, and where it pushes."""
    best, *rest = sorted(zip(result.teacher, result.names), reverse=True)
    up = max(range(len(result.push)), key=lambda place: result.push[place])
    size = max(map(abs, result.push))
    return (f"At T = {result.state.temperature:g} the teacher gives {best[1]} a probability of "
            f"{percent(best[0])} and {rest[0][1]} one of {percent(rest[0][0])}. The student's loss, "
            f"{'with' if result.state.squared else 'without'} T², is {decimal(result.loss)} nats"
            + (f"; it pushes {result.names[up]} up most, by {decimal(result.push[up])}." if size >= 0.005 else
               "; there is hardly any push."))


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    told = lambda values: ", ".join(f"{name} {percent(p)}" for name, p in zip(result.names, values))
    pushes = ", ".join(f"{name} {value:+.2f}" for name, value in zip(result.names, result.push))
    return (f"Left: pairs of bars, the teacher's probabilities {told(result.teacher)}; the student's "
            f"{told(result.student)}. Right: bars with the push on each of the student's logits: {pushes}.")


@styled
def figure(result: Result) -> Figure:
    """The still figure: both distributions, and the push on a scale that stays, so that temperatures compare."""
    left, right = fixed_axes(3.0, left=0.09, right=0.98, bottom=0.18, top=0.88, columns=2, between=0.32)
    places = range(len(result.names))
    for values, colour, shift in ((result.teacher, "blue", -0.2), (result.student, "vermillion", 0.2)):
        left.bar([place + shift for place in places], values, 0.38, color=COLOURS[colour])
    left.set(ylim=(0, 1), ylabel="probability", xlabel="answer")
    name_above(left, "teacher", COLOURS["blue"])
    name_above(left, "student", COLOURS["vermillion"], right=True)
    right.bar(places, result.push, 0.6, color=COLOURS["green"])
    right.axhline(0, color="black", linewidth=0.8)
    limit = max(SCALE, 1.1 * max(map(abs, result.push)))
    right.set(ylim=(-limit, limit), ylabel="push on the student's logit", xlabel="answer")
    for axes in (left, right):
        axes.set_xticks(places, result.names)
    return left.figure


def rows(result: Result) -> list[str]:
    """The same as text."""
    return [f"{name:>10}  teacher {percent(p):>5}  student {percent(q):>5}  push {push:+.2f}"
            for name, p, q, push in zip(result.names, result.teacher, result.student, result.push)]


def explorable(teacher: torch.Tensor, student: torch.Tensor, names: Sequence[str], texts: Sequence[str]) -> Explorable:
    """All that makes it one, for these logits and texts. CourseError where they do not belong together."""
    check_compared(student, teacher)
    if len(texts) != len(teacher):
        raise CourseError(f"texts has a text for each row of the logits; there are {len(texts)} and {len(teacher)}.")
    return Explorable("Temperature", State, controls(teacher, texts), partial(compute, teacher, student, names), rows,
                      summary, picture_of(figure, alt), above=lambda result: [texts[result.state.text]])


def temperature(teacher: torch.Tensor, student: torch.Tensor, names: Sequence[str], texts: Sequence[str],
                start: State = State(), text: bool = False) -> None:
    """Shows the explorable for logits (B, N) of both about these texts. In text form it shows the state `start`."""
    show(partial(explorable, teacher, student, names, texts), start, text)
