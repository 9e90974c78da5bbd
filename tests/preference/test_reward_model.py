"""A reward model from clicks: it finds a known line, and refuses what nothing can be learned from."""
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.preference.reward import RewardModel, fit_reward

WIDTH, MANY = 6, 4000
TRUE = torch.tensor([2.0, -1.0, 0.5, 0.0, 0.0, 1.0])


def clicked(left: float = 0.0, n: int = MANY):
    """(first, second, clicks) of somebody with the taste TRUE, who prefers what stands left by so much."""
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(n, WIDTH, generator=generator) for _ in range(2))
    odds = (first - second) @ TRUE + left
    return first, second, (torch.rand(n, generator=generator) < torch.sigmoid(odds)).float()


def test_it_finds_the_taste_and_the_habit_of_clicking_left():
    found = fit_reward(*clicked(left=1.5), penalty=0.0)
    torch.testing.assert_close(found.weights, TRUE, rtol=0.2, atol=0.2)
    assert found.left == pytest.approx(1.5, abs=0.2)


def test_ties_count_half_each_way():
    first, second, _ = clicked(n=50)
    both = fit_reward(torch.cat([first, first]), torch.cat([second, second]), torch.tensor([1.0] * 50 + [0.0] * 50))
    halves = fit_reward(torch.cat([first, first[:1]]), torch.cat([second, second[:1]]),
                        torch.tensor([0.5] * 50 + [1.0]), penalty=1e6)
    assert both.weights.abs().max() < 1e-3 and halves.weights.abs().max() < 1e-3


def test_the_scale_is_that_of_the_bases_own_answers():
    generator = torch.Generator().manual_seed(1)
    states, reference = torch.randn(5, 7, WIDTH, generator=generator), torch.randn(5, 7, generator=generator)
    model = RewardModel(TRUE).measured_on(states, reference)
    scores, p = model.scores(states), reference.softmax(1)
    assert (p * scores).sum(1).mean().item() == pytest.approx(0, abs=1e-5)
    assert (p * scores.square()).sum(1).mean().item() == pytest.approx(1, abs=1e-4)


def test_what_nothing_can_be_learned_from_is_refused():
    first, second, clicks = clicked(n=20)
    with pytest.raises(CourseError, match="ties"):
        fit_reward(first, second, torch.full((20,), 0.5))
    with pytest.raises(CourseError, match="not finite"):
        fit_reward(first * float("nan"), second, clicks)
    with pytest.raises(CourseError, match="two states and a click"):
        fit_reward(first, second[:3], clicks)
    with pytest.raises(CourseError, match="not finite"):
        RewardModel(TRUE * float("nan")).scores(first)
    with pytest.raises(CourseError, match="same to all answers"):
        RewardModel(torch.zeros(WIDTH)).measured_on(torch.randn(2, 3, WIDTH), torch.zeros(2, 3))
