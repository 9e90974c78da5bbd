"""The log probability of each token of an answer: what all losses here are made of.

Shapes: B answers, K places whose logits were kept, T tokens of a text, A tokens of the longest answer, V vocabulary.
"""
import torch

from course_lib.errors import CourseError
from course_lib.training.batches import IGNORED


def answer_log_probabilities(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(log probabilities, mask), each (B, A): an answer's first token stands at 0, and behind its last one is 0, False.

    Logits (B, K, V) and labels (B, T) are as `Batches` and `method.logits` give them: a token is
    predicted from the place before it, and those of the prompt are IGNORED. The sum over A is the
    answer's own log probability; a mean would favour long answers whose tokens are all likely.
    CourseError for an answer without tokens.
    """
    kept = labels[:, -logits.shape[1]:][:, 1:]                                             # (B, K - 1)
    found = logits[:, :-1].log_softmax(-1).gather(2, kept.clamp_min(0)[:, :, None])[:, :, 0]
    found, mask = answers_first(found, labels)
    return found * mask, mask


def answers_first(found: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What belongs to the tokens at the last places, (B, K - 1) or (B, K - 1, d), moved as above; and the mask."""
    real = labels[:, -found.shape[1]:] != IGNORED
    if not real.any(1).all():
        raise CourseError(f"Answer {int((~real.any(1)).nonzero()[0])} has no tokens, so nothing can be said of it. "
                          "Leave empty answers out.")
    order = (~real).int().argsort(dim=1, stable=True)[:, :int(real.sum(1).max())]              # the answer's own first
    row = torch.arange(len(found))[:, None]
    return found[row, order], real[row, order]
