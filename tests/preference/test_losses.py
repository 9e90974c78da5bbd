"""The losses of preference learning against arithmetic worked by hand."""
import math

import pytest
import torch

from course_lib.errors import CourseError
from course_lib.preference import (
    accuracy_by_margin,
    bradley_terry,
    clipped_surrogate,
    dpo_loss,
    gae,
    group_advantages,
    grpo_loss,
    implicit_rewards,
    rloo_advantages,
    shaped_rewards,
    value_loss,
)
from tests.closeness import assert_near

T = torch.tensor
softplus = lambda x: math.log1p(math.exp(x))


def test_bradley_terry_sees_differences_alone():
    """Rewards 2 and 0, then 1 and 2: -log sigmoid(2) and -log sigmoid(-1)."""
    chosen, rejected = T([2.0, 1.0]), T([0.0, 2.0])
    assert_near(bradley_terry(chosen, rejected), (softplus(-2) + softplus(1)) / 2)
    assert_near(bradley_terry(chosen + 7, rejected + 7), bradley_terry(chosen, rejected))
    assert_near(bradley_terry(T([3.0]), T([3.0])), math.log(2))


def test_accuracy_by_margin_counts_a_tie_half():
    chosen, rejected = T([1.0, 0.0, 5.0, 2.0]), T([0.0, 0.0, 9.0, 1.0])
    found = accuracy_by_margin(chosen, rejected, T([0.1, 0.2, 1.0, 3.0]), (0.5, 2.0))
    assert found == [(2, 0.75), (1, 0.0), (1, 1.0)]
    (none, share), _ = accuracy_by_margin(chosen, rejected, T([1.0] * 4), (0.5,))
    assert none == 0 and math.isnan(share)


def test_dpo_by_hand():
    """beta 0.5: the chosen gains 2 nats over the reference, the rejected loses 1: -log sigmoid(0.5 * 3)."""
    given = (T([-3.0]), T([-9.0]), T([-5.0]), T([-8.0]))
    assert_near(dpo_loss(*given, beta=0.5), softplus(-1.5))
    assert implicit_rewards(given[0], given[2], 0.5).tolist() == [1.0]
    same = (T([-3.0]), T([-9.0]), T([-3.0]), T([-9.0]))
    assert_near(dpo_loss(*same, beta=0.5), math.log(2))


def test_the_gradient_of_dpo_raises_the_chosen_and_lowers_the_rejected_alike():
    chosen, rejected = (T([-3.0], requires_grad=True) for _ in range(2))
    dpo_loss(chosen, rejected, T([-3.0]), T([-3.0]), beta=0.1).backward()
    assert_near(chosen.grad, T([-0.05]))
    assert_near(rejected.grad, T([0.05]))


MASK = T([[True, True, True], [True, True, False]])


def test_the_score_comes_with_the_last_token_and_every_token_pays_for_its_distance():
    policy, reference = T([[-1.0, -1.0, -1.0], [-2.0, -2.0, -9.0]]), T([[-2.0, -1.0, -0.5], [-2.0, -1.0, -1.0]])
    found = shaped_rewards(T([10.0, 20.0]), policy, reference, MASK, beta=0.1)
    assert_near(found, T([[-0.1, 0.0, 10.05], [0.0, 20.1, 0.0]]))


def test_gae_by_hand():
    """gamma 0.5, lambda 0.5. Last: 3 - 1 = 2. Before: 0 + .5 * 1 - 2 + .25 * 2 = -1. First: 1 + 1 - 0 - .25."""
    rewards, values = T([[1.0, 0.0, 3.0], [1.0, 2.0, 99.0]]), T([[0.0, 2.0, 1.0], [0.0, 1.0, 99.0]])
    advantages, returns = gae(rewards, values, MASK, gamma=0.5, lam=0.5)
    assert_near(advantages, T([[1.75, -1.0, 2.0], [1.75, 1.0, 0.0]]))
    assert_near(returns, T([[1.75, 1.0, 3.0], [1.75, 2.0, 0.0]]))
    whole, _ = gae(rewards, values, MASK, gamma=1.0, lam=1.0)   # all that is still to come, less what was expected
    assert_near(whole, T([[4.0, 1.0, 2.0], [3.0, 1.0, 0.0]]))


def test_an_advantage_is_a_constant():
    rewards = T([[1.0, 0.0, 3.0], [1.0, 2.0, 0.0]])
    values = torch.zeros(2, 3, requires_grad=True)
    advantages, returns = gae(rewards, values, MASK)
    assert not advantages.requires_grad and not returns.requires_grad


@pytest.mark.parametrize("ratio, advantage, gained, gradient", [
    (1.1, 2.0, 2.2, -2.2), (1.5, 2.0, 2.4, 0.0), (0.5, 2.0, 1.0, -1.0),       # better: no further than 1.2; back counts
    (0.9, -2.0, -1.8, 1.8), (0.5, -2.0, -1.6, 0.0), (1.5, -2.0, -3.0, 3.0)])  # worse: no further than 0.8; back counts
def test_the_clip_takes_the_smaller_gain(ratio, advantage, gained, gradient):
    new = T([[math.log(ratio)]], dtype=torch.float64, requires_grad=True)
    loss = clipped_surrogate(new, torch.zeros(1, 1), T([[advantage]]), T([[True]]), epsilon=0.2)
    loss.backward()
    assert_near(loss, -gained)
    assert_near(new.grad, T([[gradient]], dtype=torch.float64))


def test_tokens_behind_an_answer_count_nowhere():
    new = torch.zeros(2, 3)
    advantages = T([[1.0, 2.0, 3.0], [4.0, 5.0, 1000.0]])
    assert_near(clipped_surrogate(new, new, advantages, MASK), -3.0)
    assert_near(value_loss(T([[0.0, 0.0, 0.0], [0.0, 0.0, 9.0]]), T([[1.0, 1.0, 1.0], [1.0, 4.0, 0.0]]), MASK), 2.0)


def test_groups_by_hand():
    rewards = T([[1.0, 3.0], [5.0, 5.0]])
    assert_near(group_advantages(rewards, scaled=False), T([[-1.0, 1.0], [0.0, 0.0]]))
    assert_near(group_advantages(rewards)[0], T([-1.0, 1.0]) / (2 ** 0.5 + 1e-4))
    assert_near(rloo_advantages(rewards), T([[-2.0, 2.0], [0.0, 0.0]]))
    assert_near(rloo_advantages(T([[1.0, 2.0, 6.0]])), T([[-3.0, -1.5, 4.5]]))


def test_grpo_by_hand():
    """Means over each answer's own tokens, then over answers: (2 + 4) / 2 of the gains, and the KL of one token."""
    new, old = torch.zeros(2, 3), torch.zeros(2, 3)
    reference = torch.zeros(2, 3)
    assert_near(grpo_loss(new, old, reference, T([2.0, 4.0]), MASK), -3.0)
    reference[0, 0] = math.log(2)
    assert_near(grpo_loss(new, old, reference, T([2.0, 4.0]), MASK, beta=1.0), -3.0 + (1 - math.log(2)) / 3 / 2)


@pytest.mark.parametrize("act, said", [
    (lambda: bradley_terry(T([1.0]), T([1.0, 2.0])), "do not pair up"),
    (lambda: bradley_terry(T([]), T([])), "each pair"),
    (lambda: bradley_terry(T([math.nan]), T([1.0])), "not finite"),
    (lambda: dpo_loss(T([1.0]), T([1.0]), T([1.0]), T([math.inf])), "not finite"),
    (lambda: gae(torch.zeros(1, 2), torch.zeros(1, 2), T([[False, False]])), "An empty answer"),
    (lambda: gae(torch.zeros(1, 2), torch.zeros(1, 2), T([[False, True]])), "false behind"),
    (lambda: gae(torch.zeros(1, 2), torch.zeros(1, 3), T([[True, True]])), "the mask is|The mask is"),
    (lambda: group_advantages(T([[1.0]])), "at least two answers"),
    (lambda: rloo_advantages(T([1.0])), "at least two answers")])
def test_bad_input_is_refused(act, said):
    with pytest.raises(CourseError, match=said):
        act()
