"""The exact optimum: where the answers are a small set, no policy has a higher reward at its distance to the reference.

Shapes: P prompts, K answers to each. A policy is its log probabilities (P, K), in nats, which sum to 1 over the K.
"""
import torch

from course_lib.errors import CourseError

TRIES = 60  # halvings in the search for a coefficient


def optimum(reference: torch.Tensor, rewards: torch.Tensor, beta: float) -> torch.Tensor:
    """The policy that maximises the mean reward less beta times its KL to the reference: (P, K), log probabilities.

    pi(y) = pi_ref(y) exp(r(y) / beta) / Z, for each prompt on its own. Korbak et al. 2022
    (arXiv:2205.11275); Rafailov et al. 2023, equation 4 (arXiv:2305.18290). CourseError where the
    two do not go together, or beta is not above 0.
    """
    check_policy(reference, rewards)
    if not beta > 0:
        raise CourseError(f"beta is above 0; you gave {beta}. At 0 nothing holds the policy to the reference.")
    return torch.log_softmax(reference + rewards / beta, 1)


def best_of(reference: torch.Tensor, rewards: torch.Tensor, n: int) -> torch.Tensor:
    """The policy that draws n answers from the reference and gives the one with the highest reward: (P, K).

    Exact, by enumeration: the best is at most as good as y with probability F(y)^n. Answers of equal
    rewards share in proportion to the reference.
    """
    check_policy(reference, rewards)
    p = reference.double().exp()                                                           # (P, K)
    no_better = (p[:, None] * (rewards[:, None] <= rewards[:, :, None])).sum(2)            # (P, K): F(y)
    worse = (p[:, None] * (rewards[:, None] < rewards[:, :, None])).sum(2)                 # (P, K): F just below y
    share = p / (no_better - worse)                                                        # of those as good as y
    return ((no_better ** n - worse ** n) * share).log().to(reference)


def divergence(policy: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """KL(policy | reference) of each prompt, (P,), in nats."""
    check_policy(policy, reference)
    p = policy.exp()
    return torch.where(p > 0, p * (policy - reference), torch.zeros_like(p)).sum(1)


def frontier(reference: torch.Tensor, learned: torch.Tensor, true: torch.Tensor,
             betas: list[float]) -> list[tuple[float, float, float]]:
    """(KL, learned reward, true reward) of the optimum under the learned rewards, for each of the betas: means over
    prompts. Where the true reward falls while the learned one rises, the reward model is being exploited.
    """
    policies = [optimum(reference, learned, beta) for beta in betas]
    return [(divergence(policy, reference).mean().item(), mean_reward(policy, learned), mean_reward(policy, true))
            for policy in policies]


def mean_reward(policy: torch.Tensor, rewards: torch.Tensor) -> float:
    """What its answers are worth in the mean, over answers and prompts."""
    check_policy(policy, rewards)
    return (policy.exp() * rewards).sum(1).mean().item()


def coefficient_for(reference: torch.Tensor, rewards: torch.Tensor, kl: float) -> float:
    """The beta whose optimum lies this far from the reference, in nats in the mean over prompts; by halving.

    With it, a policy's reward is compared with the best there is at its own distance. CourseError
    where no optimum lies so far.
    """
    low, high = 1e-4, 1e4
    apart = lambda beta: divergence(optimum(reference, rewards, beta), reference).mean().item()
    if not apart(high) <= kl <= apart(low):
        raise CourseError(f"No optimum lies {kl:.3g} nats from the reference; they lie between {apart(high):.3g} and "
                          f"{apart(low):.3g}.")
    for _ in range(TRIES):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if apart(middle) < kl else (middle, high)
    return (low * high) ** 0.5


def highest_at(reference: torch.Tensor, rewards: torch.Tensor, kl: float) -> float:
    """The highest mean reward that any policy has so far from the reference, in nats: the frontier's height.

    Beyond its end, where each prompt gets its best answer alone, it is as high as there; at 0 it is the reference's.
    """
    near, far = (divergence(optimum(reference, rewards, beta), reference).mean().item() for beta in (1e3, 1e-3))
    if kl <= near:
        return mean_reward(reference, rewards)
    return mean_reward(optimum(reference, rewards, 1e-3 if kl >= far else coefficient_for(reference, rewards, kl)),
                       rewards)


def check_policy(policy: torch.Tensor, other: torch.Tensor) -> None:
    """CourseError where two tables of prompts and answers do not go together, or hold nan."""
    if policy.dim() != 2 or policy.shape != other.shape:
        raise CourseError(f"These are tables (prompts, answers) of one shape; you gave {tuple(policy.shape)} and "
                          f"{tuple(other.shape)}.")
    if policy.isnan().any() or other.isnan().any():
        raise CourseError("Among these numbers is a nan. Did the model that gave them diverge? Train it anew, at a "
                          "smaller learning rate.")
