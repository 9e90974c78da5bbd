"""What a student is taught by, as pure functions of tensors.

Shapes: R rows (of a decoder: places of answer tokens), N classes (of a decoder: tokens), d width.

Hinton, Vinyals & Dean 2015, Distilling the knowledge in a neural network: https://arxiv.org/abs/1503.02531
"""
import torch
from torch.nn.functional import log_softmax

from course_lib.errors import CourseError, shown
from course_lib.training.plan import number

COLDEST, HOTTEST = 0.001, 1000  # beyond them every distribution is a single answer, or flat


def soft_target_loss(student: torch.Tensor, teacher: torch.Tensor,
                     temperature: float) -> torch.Tensor:
    """T² · KL(p ‖ q), p = softmax(teacher / T), q = softmax(student / T).

    Logits (R, N), (R, N) -> (), the mean over rows, in nats. The gradient of KL shrinks as 1 / T²,
    so the factor T² keeps its size alike at every temperature (Hinton et al., section 2). Raises
    CourseError for shapes that differ, a teacher that says nan or inf, and a temperature that is
    not above 0.
    """
    T = check_temperature(temperature)
    check_compared(student, teacher)
    log_p, log_q = (log_softmax(teacher / T, -1),
                    log_softmax(student / T, -1))                 # (R, N): over the classes
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()  # (R, N) -> (R,) -> ()


def hidden_loss(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """|student - teacher|² / |teacher|² of hidden states, (R, d), (R, d) -> (): 0 where equal, 1 where all are zero.

    Where the widths differ, a learned projection brings the student's states to the teacher's width first (Jiao et al.
    2020, TinyBERT, eq. 8: https://arxiv.org/abs/1909.10351, who take the mean square as it is).
    """
    check_compared(student, teacher)
    if not teacher.any():
        raise CourseError("The teacher's hidden states are all 0, so there is nothing to be near to. Take another "
                          "block.")
    return (student - teacher).square().sum() / teacher.square().sum()


def check_temperature(temperature: float) -> float:
    """The temperature as a float; CourseError where it is no number above 0, or too small to divide by."""
    T = number("temperature", temperature, HOTTEST, above=True)
    if T < COLDEST:
        raise CourseError(f"temperature is at least {COLDEST}, where any teacher is sure of one answer; you gave "
                          f"{shown(temperature)}. To learn the teacher's answers alone, take taught_rows.")
    return T


def check_compared(student: torch.Tensor, teacher: torch.Tensor) -> None:
    """CourseError where the two are not (R, N) of the same R and N, which torch would stretch in silence, where there
    is nothing in them, and where the teacher says nan or inf: what the student says is the training loop's to judge.
    """
    for name, given in (("student", student), ("teacher", teacher)):
        if not isinstance(given, torch.Tensor):
            raise CourseError(f"The {name} is given as a tensor (R, N), such as torch.tensor([[2.0, 0.5]]); you gave "
                              f"{shown(given)}.")
    if student.dim() != 2 or student.shape != teacher.shape:
        raise CourseError(f"Student and teacher are compared place by place, so both need one shape (R, N); they have "
                          f"{tuple(student.shape)} and {tuple(teacher.shape)}.")
    if not teacher.numel() or not teacher.isfinite().all():
        raise CourseError(f"The teacher says nan, inf or nothing at all: {shown(teacher)}. Give it at least one row of "
                          "numbers; where its training failed, train it again at a lower learning rate.")
