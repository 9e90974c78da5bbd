"""Direct preference optimisation: the policy is trained on the pairs themselves, without a reward model.

Shapes: n pairs. A log probability is that of a whole answer: the sum over its tokens, and over no token of the prompt.
"""
import torch
from torch.nn.functional import logsigmoid

from course_lib.preference.reward import check_pairs


def implicit_rewards(policy: torch.Tensor, reference: torch.Tensor, beta: float) -> torch.Tensor:
    """beta (log pi - log pi_ref), (n,): the reward under which this policy would be the optimum, up to a constant."""
    check_pairs(policy, reference)
    return beta * (policy - reference)


def dpo_loss(chosen: torch.Tensor, rejected: torch.Tensor, reference_chosen: torch.Tensor,
             reference_rejected: torch.Tensor, beta: float = 0.1) -> torch.Tensor:
    """-log sigmoid(beta (log pi/pi_ref of chosen - log pi/pi_ref of rejected)), the mean over pairs.

    The loss of Bradley and Terry with the policy's own reward in it. The reference is the model as
    it was; nothing is learned about it. Rafailov et al. 2023, equation 7 (arXiv:2305.18290).

    Args:
        chosen: the policy's log probabilities of the preferred answers, (n,), in nats.
        rejected: those of the others.
        reference_chosen: the reference's log probabilities of the preferred answers, (n,).
        reference_rejected: those of the others.
        beta: how closely the policy is held to the reference, above 0.

    Returns:
        The loss, ().

    Raises:
        CourseError: if these do not pair up, or are not finite.
    """
    check_pairs(chosen, rejected)
    better = implicit_rewards(chosen, reference_chosen, beta)
    worse = implicit_rewards(rejected, reference_rejected, beta)
    return -logsigmoid(better - worse).mean()
