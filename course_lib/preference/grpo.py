"""Policy gradients without a value model: an answer is compared with the other answers to its own prompt.

Shapes: P prompts, G answers to each, T tokens; B = P G.
"""
import torch

from course_lib.errors import CourseError
from course_lib.preference.ppo import check_mask, clipped_surrogate


def group_advantages(rewards: torch.Tensor, scaled: bool = True) -> torch.Tensor:
    """(P, G) -> (P, G): a reward less the mean of its group and, if `scaled`, over the group's standard deviation.

    A group whose answers are all worth the same teaches nothing: 0. Shao et al. 2024, section 4.1.2
    (arXiv:2402.03300). CourseError where a group has a single answer.
    """
    check_groups(rewards)
    centred = rewards - rewards.mean(1, keepdim=True)
    return centred / (rewards.std(1, keepdim=True) + 1e-4) if scaled else centred


def rloo_advantages(rewards: torch.Tensor) -> torch.Tensor:
    """(P, G) -> (P, G): a reward less the mean of the others in its group, "leave one out".

    Ahmadian et al. 2024, section 3.2 (arXiv:2402.14740). CourseError where a group has a single
    answer.
    """
    check_groups(rewards)
    G = rewards.shape[1]
    return (rewards - rewards.mean(1, keepdim=True)) * G / (G - 1)


def grpo_loss(new: torch.Tensor, old: torch.Tensor, reference: torch.Tensor, advantages: torch.Tensor,
              mask: torch.Tensor, epsilon: float = 0.2, beta: float = 0.0) -> torch.Tensor:
    """PPO's clipped gain with one advantage for all tokens of an answer, less beta times the KL: ().

    The mean over an answer's tokens, then over answers, so a token of a long one counts less. The
    KL is estimated token by token as exp(d) - d - 1 with d = reference - new, which is never below
    0. Shao et al. 2024, equations 3 and 4 (arXiv:2402.03300).

    Args:
        new: log probabilities of the answers' tokens now, (B, T), in nats.
        old: those when the answers were written.
        reference: those of the reference model.
        advantages: one of each answer, (B,).
        mask: true at the answers' tokens, (B, T).
        epsilon: how far a ratio may go.
        beta: the weight of the KL.

    Returns:
        The loss, ().

    Raises:
        CourseError: if the shapes do not go together, or if an answer is empty.
    """
    check_mask(mask, new, old, reference)
    ratio, constant = (new - old).exp(), advantages.detach()[:, None]                      # (B, T), (B, 1)
    gained = torch.minimum(ratio * constant, ratio.clamp(1 - epsilon, 1 + epsilon) * constant)
    apart = reference - new
    loss = beta * (apart.exp() - apart - 1) - gained                                       # (B, T)
    return ((loss * mask).sum(1) / mask.sum(1)).mean()


class GRPO:
    """GRPO as a learner of `improve`: `group` answers a prompt, compared with each other; no value model.

    The KL is a part of the loss. Shao et al. 2024 (arXiv:2402.03300).
    """

    def __init__(self, beta: float = 0.1, group: int = 8, epsilon: float = 0.2):
        self.beta, self.group, self.epsilon = beta, group, epsilon

    def advantages(self, rollout) -> torch.Tensor:
        """One of each answer, (B,)."""
        return group_advantages(rollout.scores.view(-1, self.group)).flatten()

    def loss(self, rollout, advantages: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """GRPO's, ()."""
        return grpo_loss(new, rollout.old, rollout.reference, advantages, rollout.mask, self.epsilon, self.beta)


class RLOO(GRPO):
    """Leave one out: the same with a plainer advantage, and the KL as a part of the reward, as PPO has it.

    Ahmadian et al. 2024 (arXiv:2402.14740).
    """

    def advantages(self, rollout) -> torch.Tensor:
        """One of each answer, (B,), over their standard deviation."""
        found = rloo_advantages((rollout.scores - self.beta * rollout.apart).view(-1, self.group)).flatten()
        return found / (found.std() + 1e-6)

    def loss(self, rollout, advantages: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """-advantage times the answer's log probability, by the clipped ratio of its tokens, ()."""
        return clipped_surrogate(new, rollout.old, advantages[:, None].expand_as(new), rollout.mask, self.epsilon)


def check_groups(rewards: torch.Tensor) -> None:
    """CourseError where rewards are no table of groups with at least two answers."""
    if rewards.dim() != 2 or rewards.shape[1] < 2:
        raise CourseError(f"Rewards are (prompts, answers to each), with at least two answers to compare; these are "
                          f"{tuple(rewards.shape)}.")
