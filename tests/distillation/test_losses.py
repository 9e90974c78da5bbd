"""The losses of distillation, against torch's own and against arithmetic done by hand."""
import math

import pytest
import torch
from torch.nn.functional import kl_div, softmax

from course_lib.distillation import hidden_loss, soft_target_loss
from course_lib.errors import CourseError
from tests.closeness import assert_near

NAN = float("nan")


def logits(*shape, seed=0, spread=3.0):
    return spread * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("R, N", [(1, 2), (5, 3), (7, 2048)])
@pytest.mark.parametrize("T", [0.5, 1, 2.0, 20])
def test_soft_targets_are_torchs_kl_div(R, N, T):
    student, teacher = logits(R, N), logits(R, N, seed=1)
    theirs = kl_div((student / T).log_softmax(-1), (teacher / T).log_softmax(-1), reduction="batchmean",
                    log_target=True)
    assert_near(soft_target_loss(student, teacher, T), T**2 * theirs, terms=R * N, depth=2)


def test_soft_targets_by_hand():
    """One row, two classes, T = 2.

    Teacher's logits 2 ln 3 and 0: divided by 2, ln 3 and 0, so p = (3/4, 1/4). Student's 0 and 0: q = (1/2, 1/2).
    KL = 3/4 ln(3/4 / 1/2) + 1/4 ln(1/4 / 1/2) = 3/4 ln 3/2 - 1/4 ln 2, and T² = 4: 3 ln 3/2 - ln 2 = 0.523248.
    The other way round it is 1/2 ln(2/3) + 1/2 ln 2, times 4: 2 ln(4/3) = 0.575364.
    """
    teacher, student = torch.tensor([[2 * math.log(3), 0.0]]), torch.zeros(1, 2)
    assert_near(soft_target_loss(student, teacher, 2.0), 3 * math.log(3 / 2) - math.log(2), terms=2, depth=2, size=4)
    assert_near(soft_target_loss(teacher, student, 2.0), 2 * math.log(4 / 3), terms=2, depth=2, size=4)


def test_rows_are_averaged_and_a_shift_of_all_logits_changes_nothing():
    student, teacher = logits(4, 3), logits(4, 3, seed=1)
    rows = [soft_target_loss(student[i:i + 1], teacher[i:i + 1], 2.0).item() for i in range(4)]
    size = 2.0**2 * torch.cat([student + 7, teacher - 5]).abs().max().item()  # these are subtracted
    assert_near(soft_target_loss(student, teacher, 2.0), sum(rows) / 4, terms=12, size=size)
    assert_near(soft_target_loss(student + 7, teacher - 5, 2.0), sum(rows) / 4, terms=12, size=size)


def test_an_equal_student_has_no_loss_and_no_gradient():
    student = logits(3, 4).requires_grad_()
    loss = soft_target_loss(student, student.detach().clone(), 3.0)
    loss.backward()
    assert_near(loss, 0.0, terms=12, size=1)
    assert_near(student.grad, torch.zeros(3, 4), terms=4, size=1)


@pytest.mark.parametrize("T", [0.7, 1.0, 4.0])
def test_the_gradient_is_t_times_what_the_student_says_too_much(T):
    """d/dz of T² KL is T (q - p), a row's R-th part: uphill where the student gives more than the teacher."""
    student, teacher = logits(3, 4).requires_grad_(), logits(3, 4, seed=1)
    soft_target_loss(student, teacher, T).backward()
    expected = T * (softmax(student / T, -1) - softmax(teacher / T, -1)) / 3
    assert_near(student.grad, expected, terms=4, depth=2)


def test_with_t_squared_the_gradient_keeps_its_size_when_hot():
    """Hinton et al., eq. 4: for a hot T it is (z - v) / N of logits with mean 0, whatever T is."""
    student, teacher = (one - one.mean(-1, keepdim=True) for one in (logits(1, 4), logits(1, 4, seed=1)))
    gradients = []
    for T in (100.0, 1000.0):
        z = student.clone().requires_grad_()
        soft_target_loss(z, teacher, T).backward()
        gradients.append(z.grad)
    limit = (student - teacher) / 4  # from which each is away by 1 / T and smaller parts
    assert (gradients[1] - limit).abs().max() < 10 * limit.abs().max() / 1000
    assert (gradients[0] - limit).abs().max() < 10 * limit.abs().max() / 100


def test_hidden_states_by_hand():
    """(3, 4) against (0, 5): the difference is (3, -1), 10; the teacher's own square is 25; 10 / 25 = 0.4."""
    student, teacher = torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 5.0]])
    assert_near(hidden_loss(student, teacher), 0.4)
    assert hidden_loss(teacher, teacher).item() == 0 and hidden_loss(0 * teacher, teacher).item() == 1


@pytest.mark.parametrize("temperature", [0, -1, NAN, float("inf"), 1001, "2", None, True])
def test_a_temperature_that_is_none(temperature):
    with pytest.raises(CourseError, match="temperature is a number above 0, at most 1000; you gave"):
        soft_target_loss(logits(2, 3), logits(2, 3), temperature)


@pytest.mark.parametrize("temperature", [1e-300, 0.0009])
def test_a_temperature_by_which_logits_cannot_be_divided(temperature):
    with pytest.raises(CourseError, match="temperature is at least 0.001.*take taught_rows"):
        soft_target_loss(logits(2, 3), logits(2, 3), temperature)


@pytest.mark.parametrize("teacher", [torch.tensor([[0, NAN]]), torch.tensor([[0, -math.inf]]), torch.zeros(0, 2)])
def test_a_teacher_that_says_no_numbers(teacher):
    for loss in (lambda a, b: soft_target_loss(a, b, 1.0), hidden_loss):
        with pytest.raises(CourseError, match="The teacher says nan, inf or nothing at all"):
            loss(torch.zeros(teacher.shape), teacher)


@pytest.mark.parametrize("student, teacher, said", [
    ([[0.0, 1.0]], torch.ones(1, 2), "The student is given as a tensor"),
    (torch.ones(1, 2), None, "The teacher is given as a tensor")])
def test_what_is_no_tensor(student, teacher, said):
    for loss in (lambda a, b: soft_target_loss(a, b, 1.0), hidden_loss):
        with pytest.raises(CourseError, match=said):
            loss(student, teacher)


def test_states_that_are_all_zero_are_near_to_nothing():
    with pytest.raises(CourseError, match="hidden states are all 0"):
        hidden_loss(torch.ones(2, 3), torch.zeros(2, 3))


@pytest.mark.parametrize("student, teacher", [((2, 3), (1, 3)), ((2, 3), (2, 1)), ((2, 3), (3,)), ((2, 3, 4),) * 2])
def test_shapes_that_torch_would_stretch_are_refused(student, teacher):
    for loss in (lambda a, b: soft_target_loss(a, b, 1.0), hidden_loss):
        with pytest.raises(CourseError, match=r"both need one shape \(R, N\)"):
            loss(logits(*student), logits(*teacher))
