"""A reward model learns a number for each answer from pairs of which somebody preferred one (Bradley and Terry).

Shapes: n pairs, d width.
"""
from dataclasses import dataclass

import torch
from torch.nn.functional import logsigmoid

from course_lib.errors import CourseError, shown


def bradley_terry(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """-log sigmoid(r_chosen - r_rejected), the mean over pairs: (n,), (n,) -> ().

    The probability that the better one is preferred grows with the difference of the two rewards,
    so only differences are learned: a constant added to all rewards changes nothing. Bradley and
    Terry 1952; as a loss for a reward model, Ouyang et al. 2022, section 3.5 (arXiv:2203.02155).
    CourseError where the two do not pair up.
    """
    check_pairs(chosen, rejected)
    return -logsigmoid(chosen - rejected).mean()


def accuracy_by_margin(chosen: torch.Tensor, rejected: torch.Tensor, margins: torch.Tensor,
                       edges: tuple[float, ...]) -> list[tuple[int, float]]:
    """(number of pairs, the share in which the chosen answer has the higher reward) for each range of margins.

    `margins` (n,) are how much better the chosen answer really is; `edges` are where one range ends
    and the next begins, in ascending order. A tie of the rewards counts half. An empty range has a
    share of nan. CourseError where the three do not go together.
    """
    check_pairs(chosen, rejected)
    check_pairs(chosen, margins)
    right = (chosen > rejected).double() + (chosen == rejected).double() / 2                         # (n,)
    place = torch.bucketize(margins.double(), torch.tensor(edges, dtype=torch.float64), right=True)  # (n,)
    return [(int((place == one).sum()), right[place == one].mean().item()) for one in range(len(edges) + 1)]


def check_pairs(one: torch.Tensor, other: torch.Tensor) -> None:
    """CourseError where two tensors are not a finite number for each of some pairs."""
    for given in (one, other):
        if not isinstance(given, torch.Tensor) or given.dim() != 1 or not given.numel():
            raise CourseError(f"One number for each pair is wanted, a tensor (n,); you gave {shown(given)}.")
        if not torch.isfinite(given).all():
            raise CourseError("Among these numbers is one that is not finite (nan or inf). Did the model that gave "
                              "them diverge? Train it anew, at a smaller learning rate.")
    if one.shape != other.shape:
        raise CourseError(f"There are {len(one)} of one kind and {len(other)} of the other: they do not pair up.")


@dataclass(frozen=True)
class RewardModel:
    """A line through the base's last hidden state at the end of an answer: `weights` (d,).

    What it gives is as many standard deviations from the mean of the base's own answers as it should be: `middle` and
    `spread` are those. `left` is how much rather left is clicked, whatever stands there.
    """

    weights: torch.Tensor
    left: float = 0.0
    middle: float = 0.0
    spread: float = 1.0

    def scores(self, states: torch.Tensor) -> torch.Tensor:
        """(..., d) -> (...)."""
        scores = (states @ self.weights - self.middle) / self.spread
        if not torch.isfinite(scores).all():
            raise CourseError("The reward model gives a number that is not finite (nan or inf), so nothing could be "
                              "learned from it. Train it anew, with fewer or other pairs.")
        return scores

    def measured_on(self, states: torch.Tensor, reference: torch.Tensor) -> "RewardModel":
        """The same one, its scale by the base's answers: states (P, K, d), log probabilities (P, K)."""
        raw, p = states @ self.weights, reference.softmax(1)
        middle = (p * raw).sum(1).mean()
        spread = (p * (raw - middle).square()).sum(1).mean().sqrt()
        if not spread > 0:
            raise CourseError("This reward model gives the same to all answers, so nothing can be learned from it. "
                              "Had the rater any preference? Ask for more pairs.")
        return RewardModel(self.weights, self.left, middle.item(), spread.item())


def fit_reward(first: torch.Tensor, second: torch.Tensor, clicked: torch.Tensor, penalty: float = 0.01) -> RewardModel:
    """The reward model of these pairs, from the states (n, d) of the one shown left and the one shown right.

    `clicked` (n,) is 1 where left was preferred, 0 where right was, and 0.5 for a tie, which counts
    half each way. Beside the weights it learns how much left is preferred whatever stands there, so
    that a careless rater does no harm but noise. The loss is that of Bradley and Terry plus
    `penalty` times the squared weights; it has one minimum. CourseError for pairs without any
    preference, or numbers that are not finite.
    """
    check_pairs(clicked, clicked)
    if first.shape != second.shape or first.dim() != 2 or len(first) != len(clicked):
        raise CourseError(f"A pair has two states and a click; you gave {tuple(first.shape)}, {tuple(second.shape)} "
                          f"and {len(clicked)} clicks.")
    if not (torch.isfinite(first).all() and torch.isfinite(second).all()):
        raise CourseError("Among the states is a number that is not finite (nan or inf). Which model gave them?")
    if (clicked == 0.5).all():
        raise CourseError("All of these pairs are ties, so there is no preference to learn. Ask about answers that "
                          "differ.")
    apart = first - second                                                                       # (n, d)
    with torch.enable_grad():
        learned = torch.zeros(apart.shape[1] + 1, requires_grad=True)
        optimizer = torch.optim.LBFGS([learned], max_iter=100, line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()
            odds = apart @ learned[1:] + learned[0]                                              # (n,)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, clicked)
            (loss + penalty * learned.square().sum()).backward()
            return loss + penalty * learned.square().sum()

        optimizer.step(closure)
    return RewardModel(learned.detach()[1:], learned[0].item())
