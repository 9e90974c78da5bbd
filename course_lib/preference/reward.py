"""A reward model learns a number for each answer from pairs of which somebody preferred one (Bradley and Terry).

Shapes: n pairs.
"""
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
