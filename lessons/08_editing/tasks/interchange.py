# %% [markdown] statement
# ## Task 08.2 · The interchange swap
#
# Swap the part of a hidden state that lies in the subspace of $R$, and keep the rest, for every row:
#
# $$h_b + R^\top R\,(h_s - h_b)$$
#
# - `h_base`, shape `(n, d)`: the states of the base texts;
# - `h_source`, shape `(n, d)`: those of the source texts;
# - `R`, shape `(r, d)`: its rows have length 1 and stand at right angles.
#
# Return the new states, shape `(n, d)`. The states are rows, so $R\,h$ is written `h @ R.T`. If the source is the
# base, the result must be the base. `R` is found by training: gradients must reach it, and the states.

# %% stub
import torch


def interchange(h_base: torch.Tensor, h_source: torch.Tensor, R: torch.Tensor) -> torch.Tensor:
    """h_b + R^T R (h_s - h_b) for every row: (n, d), (n, d), (r, d) -> (n, d)."""
    raise NotImplementedError

# %% reference
import torch


def interchange(h_base: torch.Tensor, h_source: torch.Tensor, R: torch.Tensor) -> torch.Tensor:
    """h_b + R^T R (h_s - h_b) for every row: (n, d), (n, d), (r, d) -> (n, d)."""
    seen = (h_source - h_base) @ R.T                     # (n, d) @ (d, r) -> (n, r)
    return h_base + seen @ R                             # (n, r) @ (r, d) -> (n, d)

# %% checks
import random

import torch

TASK = "08.2"
TOLERANCE = 1e-4
DRAWS = 4
GRADIENTS = ("h_base", "h_source", "R")     # R is found by training


def draw(seed: int) -> dict:
    """One to four pairs of states, and one to three orthonormal rows of a width from 5 to 7."""
    rng = random.Random(seed)
    n, d, r = 1 + (seed + 2) % 4, rng.choice([5, 6, 7]), 1 + (seed + 1) % 3

    def matrix(rows: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(d)] for _ in range(rows)])

    # Rows of the reflection I - 2 v v^T / v.v: orthonormal, and of the same bits on every computer.
    v = [rng.choice([-2, -1, 1, 2]) for _ in range(d)]
    length = sum(x * x for x in v)
    R = torch.tensor([[(i == j) - 2 * v[i] * v[j] / length for j in range(d)] for i in rng.sample(range(d), r)])
    return {"h_base": matrix(n), "h_source": matrix(n), "R": R}

# %% wrong whole_vector
# You swap the whole state: the result is the source's. Only the part that R sees is to come from it; the rest stays
# the base's.
def interchange(h_base, h_source, R):
    return h_source.clone()

# %% wrong the_rest_swapped
# It is the wrong part that you swap: what R sees stays the base's, and all the rest comes from the source. Exchange the
# two.
def interchange(h_base, h_source, R):
    return h_source + (h_base - h_source) @ R.T @ R

# %% wrong added_not_replaced
# You add the source's part without taking the base's out: then both are in there. If the source is the base, your
# result differs from it. Project the difference h_source - h_base.
def interchange(h_base, h_source, R):
    return h_base + h_source @ R.T @ R

# %% wrong base_forgotten
# You return the change alone. The base's state belongs to the sum.
def interchange(h_base, h_source, R):
    return (h_source - h_base) @ R.T @ R

# %% wrong rest_lost
# You keep only what R sees of the source. What R does not see of the base is lost: start from h_base.
def interchange(h_base, h_source, R):
    return h_source @ R.T @ R

# %% wrong sign
# Your change points the other way: it is the source less the base.
def interchange(h_base, h_source, R):
    return h_base - (h_source - h_base) @ R.T @ R

# %% wrong one_row
# You use the first row of R alone. The subspace has as many directions as R has rows.
def interchange(h_base, h_source, R):
    return h_base + (h_source - h_base) @ R[:1].T @ R[:1]

# %% wrong half_way
# Your result lies half-way between base and source. A swap replaces: inside of the subspace nothing of the base is
# left.
def interchange(h_base, h_source, R):
    return h_base + 0.5 * (h_source - h_base) @ R.T @ R

# %% wrong places_instead_of_directions
# You exchange the first r numbers of the state. R's rows are directions, and each of them runs through all d numbers.
import torch

def interchange(h_base, h_source, R):
    return torch.cat([h_source[:, :len(R)], h_base[:, len(R):]], dim=1)

# %% wrong in_the_subspace
# You stop inside of the subspace, with r numbers a row. Multiply by R to come back to d, and add it to the base.
def interchange(h_base, h_source, R):
    return (h_source - h_base) @ R.T

# %% wrong taken_out_only
# You take out what R sees of the base, and put nothing in its place. The source's part belongs there.
def interchange(h_base, h_source, R):
    return h_base - h_base @ R.T @ R

# %% wrong on_top_of_the_source
# You start from the source. The rest, what R does not see, is to be the base's: start from h_base.
def interchange(h_base, h_source, R):
    return h_source + (h_source - h_base) @ R.T @ R

# %% wrong no_gradient
# Your numbers are right, and nothing can be learned from them: no gradient reaches R, and R is what is searched for.
# Leave out torch.no_grad, .detach(), .data and .numpy() on the way from the inputs to the result.
import torch

def interchange(h_base, h_source, R):
    with torch.no_grad():
        return h_base + (h_source - h_base) @ R.T @ R

# %% wrong r_gets_no_gradient
# Your numbers are right, and no gradient reaches R, so the subspace could never be trained. Use R itself, without
# .detach() or .data.
def interchange(h_base, h_source, R):
    return h_base + (h_source - h_base) @ R.detach().T @ R.detach()

# %% wrong half_of_r
# Your numbers are right, and only one of the two R gets a gradient, so R would be trained into a wrong direction. Use R
# itself in both places, without .detach() or .data.
def interchange(h_base, h_source, R):
    return h_base + (h_source - h_base) @ R.detach().T @ R

# %% wrong source_gets_no_gradient
# Your numbers are right, and no gradient reaches h_source. Use the states as they are, without .detach() or .data.
def interchange(h_base, h_source, R):
    return h_base + (h_source.detach() - h_base) @ R.T @ R

# %% wrong two_rows_expected
# You take two rows of R, R[0] and R[1]. There are r of them, one or many: h @ R.T @ R uses all.
def interchange(h_base, h_source, R):
    return h_base + (h_source - h_base) @ R[:2].T @ R[:2]

# %% wrong states_overwritten
# Your result is right, and you write it into h_base: the base's states are lost. Make a new tensor, h_base + ..., and
# not h_base += ....
def interchange(h_base, h_source, R):
    h_base += (h_source - h_base) @ R.T @ R
    return h_base

# %% wrong divided_by_the_rank
# You divide what is swapped by the number of rows. The rows of R are orthonormal, so each direction counts once by
# itself: leave the division out.
def interchange(h_base, h_source, R):
    return h_base + (h_source - h_base) @ R.T @ R / len(R)
