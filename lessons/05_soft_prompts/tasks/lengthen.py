# %% [markdown] statement
# ## Task 05.1 · Room for the vectors: mask and labels
#
# `length` vectors will stand before every text of a batch. Before they do, make room for them: two tensors
# grow on the left.
#
# - `mask`, shape `(B, T)`: 1 where a token is, 0 where padding is. The vectors may always be seen.
# - `labels`, shape `(B, T)`: the token to predict, or `-100` where nothing counts. At the vectors nothing
#   counts.
#
# Return both, each of shape `(B, length + T)`. The mask is done; one line is missing.

# %% stub
import torch


def lengthen(mask: torch.Tensor, labels: torch.Tensor, length: int):
    """Room on the left for `length` vectors: (B, T), (B, T) -> (B, length + T), (B, length + T)."""
    B = len(mask)
    seen = torch.ones(B, length, dtype=torch.long)                          # (B, length)
    longer_mask = torch.cat([seen, mask], dim=1)                            # (B, length + T)
    raise NotImplementedError("make longer_labels, then: return longer_mask, longer_labels")

# %% reference
import torch


def lengthen(mask: torch.Tensor, labels: torch.Tensor, length: int):
    """Room on the left for `length` vectors: (B, T), (B, T) -> (B, length + T), (B, length + T)."""
    B = len(mask)
    seen = torch.ones(B, length, dtype=torch.long)                          # (B, length)
    longer_mask = torch.cat([seen, mask], dim=1)                            # (B, length + T)
    longer_labels = torch.cat([torch.full((B, length), -100), labels], dim=1)
    return longer_mask, longer_labels

# %% checks
import random

import torch

TASK = "05.1"
TOLERANCE = 0
DRAWS = 4
GRADIENTS = ()  # whole numbers


def draw(seed: int) -> dict:
    """A text of four tokens and a shorter one, padded on the left; then more texts, or one, and answers of more tokens
    or fewer, by turns also as long as the text, so that a first label counts.
    """
    rng = random.Random(seed)
    B, T, length = ((2, 4, 3), (3, 6, 2), (1, 3, 5), (4, 5, 1))[seed % 4]
    lengths = [T, *(rng.randrange(2, T) for _ in range(B - 1))]
    answers = [T if seed % 4 > 1 else rng.choice([1, 2]), *(rng.choice([1, 2]) for _ in range(B - 1))]
    mask = torch.tensor([[0] * (T - n) + [1] * n for n in lengths])                      # (B, T)
    labels = torch.tensor([[-100] * (T - n) + [rng.randrange(5, 40) for _ in range(n)] for n in answers])
    return {"mask": mask, "labels": labels, "length": length}

# %% wrong appended
# Your labels grow on the right. The vectors stand before the text, so their places are the first ones: put
# the new labels in front.
import torch

def lengthen(mask, labels, length):
    room = torch.full((len(mask), length), -100)
    seen = torch.ones(len(mask), length, dtype=torch.long)
    return torch.cat([seen, mask], dim=1), torch.cat([labels, room], dim=1)

# %% wrong not_lengthened
# Your labels are as long as before, and the model reads more positions than that. Every label then belongs to
# another place, or the loss stops with an error: lengthen them, too.
import torch

def lengthen(mask, labels, length):
    seen = torch.ones(len(mask), length, dtype=torch.long)
    return torch.cat([seen, mask], dim=1), labels

# %% wrong zeros
# You label the vectors with 0. That is a token like any other, so the model would learn to predict token 0
# there. What must not count is -100.
import torch

def lengthen(mask, labels, length):
    seen = torch.ones(len(mask), length, dtype=torch.long)
    return torch.cat([seen, mask], dim=1), torch.cat([torch.zeros_like(seen), labels], dim=1)

# %% wrong only_the_first_label
# Your labels are one place short. The loss shifts by one place itself: it predicts each token from the place
# before it. Make room for every vector, as in the mask.
import torch

def lengthen(mask, labels, length):
    seen = torch.ones(len(mask), length, dtype=torch.long)
    room = torch.full((len(mask), length - 1), -100)
    return torch.cat([seen, mask], dim=1), torch.cat([room, labels], dim=1)

# %% wrong all_ignored
# You ignore all labels, the answer's too, so nothing is left to learn from. Put the batch's own labels behind
# the new ones.
import torch

def lengthen(mask, labels, length):
    seen = torch.ones(len(mask), length, dtype=torch.long)
    longer = torch.cat([seen, mask], dim=1)
    return longer, torch.full_like(longer, -100)

# %% wrong length_fixed
# Your labels always grow by 3, and the mask by `length`. Take `length` for both.
import torch

def lengthen(mask, labels, length):
    seen = torch.ones(len(mask), length, dtype=torch.long)
    return torch.cat([seen, mask], dim=1), torch.cat([torch.full((len(mask), 3), -100), labels], dim=1)

# %% wrong first_label_repeated
# You repeat each row's first label. It is often -100, but where an answer begins with the text, the vectors would have
# to predict its first token. Put -100 there, whatever stands behind.
import torch

def lengthen(mask, labels, length):
    seen = torch.ones(len(mask), length, dtype=torch.long)
    return torch.cat([seen, mask], dim=1), torch.cat([labels[:, :1].expand(-1, length), labels], dim=1)
