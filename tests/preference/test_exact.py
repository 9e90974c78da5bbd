"""The exact optimum: closed forms on two answers, and that no policy is above it."""
import math

import pytest
import torch

from course_lib.errors import CourseError
from course_lib.preference import best_of, coefficient_for, divergence, frontier, highest_at, mean_reward, optimum
from tests.closeness import assert_near

HALF = torch.tensor([[0.5, 0.5]], dtype=torch.float64).log()
LEFT = torch.tensor([[1.0, 0.0]], dtype=torch.float64)


def random_case(seed: int, K: int = 7):
    generator = torch.Generator().manual_seed(seed)
    draw = lambda: torch.randn(3, K, generator=generator, dtype=torch.float64)
    return torch.log_softmax(draw(), 1), draw()


@pytest.mark.parametrize("beta", [0.1, 1.0, 10.0])
def test_of_two_answers_the_optimum_is_a_logistic_curve(beta):
    """pi(left) = 1 / (1 + exp(-1 / beta)), and its KL is log 2 less its entropy."""
    p = 1 / (1 + math.exp(-1 / beta))
    found = optimum(HALF, LEFT, beta)
    assert_near(found.exp(), torch.tensor([[p, 1 - p]], dtype=torch.float64), terms=8)
    entropy = -sum(one * math.log(one) for one in (p, 1 - p))
    assert_near(divergence(found, HALF), torch.tensor([math.log(2) - entropy], dtype=torch.float64), terms=8, size=1.0)


@pytest.mark.parametrize("seed, beta", [(0, 0.2), (1, 1.0), (2, 5.0)])
def test_no_policy_has_more_reward_less_beta_times_kl(seed, beta):
    reference, rewards = random_case(seed)
    objective = lambda policy: (policy.exp() * rewards).sum(1) - beta * divergence(policy, reference)
    best = objective(optimum(reference, rewards, beta))
    assert_near(best, beta * torch.logsumexp(reference + rewards / beta, 1), terms=100)
    for other in range(50):
        assert (objective(random_case(100 + other)[0]) < best).all()


def test_best_of_by_hand_and_by_drawing():
    """Of two draws from a fair coin, one is left in three of four cases."""
    assert_near(best_of(HALF, LEFT, 2).exp(), torch.tensor([[0.75, 0.25]], dtype=torch.float64))
    assert_near(best_of(HALF, torch.ones(1, 2), 5).exp(), torch.tensor([[0.5, 0.5]], dtype=torch.float64))
    reference, rewards = random_case(0)
    assert_near(best_of(reference, rewards, 1), reference, terms=7)
    drawn = torch.multinomial(reference[0].exp(), 4 * 40000, replacement=True,
                              generator=torch.Generator().manual_seed(0)).view(-1, 4)
    best = drawn.gather(1, rewards[0][drawn].argmax(1, keepdim=True)).flatten()
    share = torch.bincount(best, minlength=7) / len(best)
    assert (share - best_of(reference, rewards, 4)[0].exp()).abs().max() < 0.01
    assert (divergence(best_of(reference, rewards, 4), reference) <= math.log(4) - 3 / 4 + 1e-9).all()


def test_the_frontier_goes_from_the_reference_to_the_best_answer():
    reference, rewards = random_case(1)
    points = frontier(reference, rewards, -rewards, [100.0, 1.0, 0.1, 0.01])
    kls, learned, true = zip(*points)
    assert sorted(kls) == list(kls) and sorted(learned) == list(learned) and sorted(true) == list(true)[::-1]
    assert_near(learned[-1], rewards.max(1).values.mean().item(), terms=1000)


def test_the_coefficient_for_a_distance():
    reference, rewards = random_case(2)
    beta = coefficient_for(reference, rewards, 0.3)
    assert_near(divergence(optimum(reference, rewards, beta), reference).mean().item(), 0.3, terms=100)
    with pytest.raises(CourseError, match="No optimum lies 50 nats"):
        coefficient_for(reference, rewards, 50.0)


@pytest.mark.parametrize("act, said", [
    (lambda: optimum(HALF, LEFT, 0.0), "beta is above 0"), (lambda: optimum(HALF, LEFT[:, :1], 1.0), "one shape"),
    (lambda: optimum(HALF, LEFT * math.nan, 1.0), "is a nan")])
def test_bad_input_is_refused(act, said):
    with pytest.raises(CourseError, match=said):
        act()


def test_the_frontiers_height_is_that_of_the_optimum_there_and_flat_beyond_its_end():
    reference, rewards = random_case(4)
    policy = optimum(reference, rewards, 0.7)
    there = divergence(policy, reference).mean().item()
    assert highest_at(reference, rewards, there) == pytest.approx(mean_reward(policy, rewards), rel=1e-6)
    assert highest_at(reference, rewards, 50.0) == pytest.approx(rewards.max(1).values.mean().item(), rel=1e-6)
    assert highest_at(reference, rewards, 0.0) == pytest.approx(mean_reward(reference, rewards))
