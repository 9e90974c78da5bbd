# %% [markdown] statement
# ## Task 08.1 · A steering vector
#
# You get the hidden states of texts with something in them and of texts without it: `with_it`, shape `(n, d)`, and
# `without_it`, shape `(m, d)`, one row for each text. The two lists need not be of the same length. Return the
# steering vector, shape `(d,)`: what has to be **added** to get from the second kind to the first, in the mean.
#
# One line is missing; write it.

# %% stub
import torch


def steering_vector(with_it: torch.Tensor, without_it: torch.Tensor) -> torch.Tensor:
    """What leads from the texts without it to those with it: (n, d), (m, d) -> (d,)."""
    raise NotImplementedError

# %% reference
import torch


def steering_vector(with_it: torch.Tensor, without_it: torch.Tensor) -> torch.Tensor:
    """What leads from the texts without it to those with it: (n, d), (m, d) -> (d,)."""
    return with_it.mean(0) - without_it.mean(0)

# %% checks
import random

import torch

TASK = "08.1"
TOLERANCE = 1e-5
DRAWS = 5
GRADIENTS = ()     # it is measured, and not trained


def draw(seed: int) -> dict:
    """Two lists of different lengths or of the same, or of one text; the width is one of their lengths or neither."""
    rng = random.Random(seed)
    n, m, d = [(3, 5, 4), (4, 2, 6), (3, 3, 2), (1, 4, 4), (6, 1, 3)][seed % 5]

    def matrix(rows: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(d)] for _ in range(rows)])

    return {"with_it": matrix(n), "without_it": matrix(m)}

# %% wrong turned_round
# Your vector points the other way: it leads from the texts with it to those without. Take the mean of with_it, and
# subtract the mean of without_it from it.
def steering_vector(with_it, without_it):
    return without_it.mean(0) - with_it.mean(0)

# %% wrong sums
# You take the difference of two sums. The lists have different lengths, so the longer one weighs more, and the vector
# grows with the number of texts. Take means: .mean(0).
def steering_vector(with_it, without_it):
    return with_it.sum(0) - without_it.sum(0)

# %% wrong over_the_width
# You take the mean over the width, so that each text becomes one number. The mean goes over the texts, which are the
# rows: .mean(0).
def steering_vector(with_it, without_it):
    return with_it.mean(1) - without_it.mean()

# %% wrong one_number
# You take the mean over everything, and get one number. A direction has d numbers: take the mean over the rows alone,
# .mean(0).
def steering_vector(with_it, without_it):
    return with_it.mean() - without_it.mean()

# %% wrong length_one
# You divide the vector by its length. Its length says how far apart the two kinds are, and a strength of 1 should go
# just that far. Leave it as it is.
def steering_vector(with_it, without_it):
    v = with_it.mean(0) - without_it.mean(0)
    return v / v.norm()

# %% wrong from_the_middle
# You subtract the mean of all texts. That is only a part of the way, from the middle to the texts with it. Subtract
# the mean of those without it.
import torch

def steering_vector(with_it, without_it):
    return with_it.mean(0) - torch.cat([with_it, without_it]).mean(0)

# %% wrong first_texts
# You use only the first text of each list. One text says many things besides; the mean over many leaves what they have
# in common.
def steering_vector(with_it, without_it):
    return with_it[0] - without_it[0]

# %% wrong in_pairs
# You compare the texts in pairs, the first with the first, and leave out those that have no partner. The two lists need
# not be of the same length: take each mean by itself.
def steering_vector(with_it, without_it):
    n = min(len(with_it), len(without_it))
    return (with_it[:n] - without_it[:n]).mean(0)

# %% wrong one_mean_only
# You return the mean of the texts with it. What all texts have in common is in there, too, and is far larger. Subtract
# the mean of those without it.
def steering_vector(with_it, without_it):
    return with_it.mean(0)

# %% wrong means_added
# You add the two means. The direction from one to the other is their difference.
def steering_vector(with_it, without_it):
    return with_it.mean(0) + without_it.mean(0)

# %% wrong a_row_too_many
# Your vector has the shape (1, d), one row of a matrix. Leave keepdim out: shape (d,).
def steering_vector(with_it, without_it):
    return with_it.mean(0, keepdim=True) - without_it.mean(0, keepdim=True)

# %% wrong divided_by_the_first
# You divide both sums by the length of the first list. Each list is divided by its own: with_it.mean(0) and
# without_it.mean(0) do so.
def steering_vector(with_it, without_it):
    return (with_it.sum(0) - without_it.sum(0)) / len(with_it)

# %% wrong median
# You take the median of each number. The task asks for the mean: then v is just what leads from the one middle to the
# other.
def steering_vector(with_it, without_it):
    return with_it.median(0).values - without_it.median(0).values

# %% wrong states_overwritten
# Your vector is right, and you subtract from the states that you were given, in place: they are spoilt for whoever
# holds them. Make new ones: a - b, and not a -= b.
def steering_vector(with_it, without_it):
    with_it -= without_it.mean(0)
    return with_it.mean(0)

# %% wrong of_length_one_each
# You give each mean the length one before you subtract. The lengths say how far apart the two kinds are: take the means
# as they are.
def steering_vector(with_it, without_it):
    a, b = with_it.mean(0), without_it.mean(0)
    return a / a.norm() - b / b.norm()
