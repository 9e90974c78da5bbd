# %% [markdown] statement
# ## Task 06.2 · The forward pass
#
# Write what a linear layer with LoRA computes, for every row of `x`:
#
# $$y = W x + \frac{\alpha}{r}\, B A\, x$$
#
# - `x`, shape `(T, k)`: one row for each token;
# - `W`, shape `(d, k)`: the frozen weights (here always with d = k, so that a matrix turned round still fits);
# - `A`, shape `(r, k)`, and `B`, shape `(d, r)`; you can read `r` off them;
# - `alpha`: a number, the scale before it is divided by the rank.
#
# Return `y`, shape `(T, d)`. In PyTorch the tokens are rows, so $W x$ is written `x @ W.T`.

# %% stub
import torch


def lora_forward(x: torch.Tensor, W: torch.Tensor, A: torch.Tensor, B: torch.Tensor,
                 alpha: float) -> torch.Tensor:
    """y = W x + (alpha / r) B A x for every row: (T, k), (d, k), (r, k), (d, r) -> (T, d)."""
    raise NotImplementedError

# %% reference
import torch


def lora_forward(x: torch.Tensor, W: torch.Tensor, A: torch.Tensor, B: torch.Tensor,
                 alpha: float) -> torch.Tensor:
    """y = W x + (alpha / r) B A x for every row: (T, k), (d, k), (r, k), (d, r) -> (T, d)."""
    r = A.shape[0]
    few = x @ A.T                                        # (T, k) @ (k, r) -> (T, r)
    return x @ W.T + alpha / r * few @ B.T               # (T, r) @ (r, d) -> (T, d)

# %% checks
import random

import torch

TASK = "06.2"
TOLERANCE = 1e-5


def draw(seed: int) -> dict:
    """Three or four tokens, a square W, a rank of 2 or 3, and an alpha that is neither the rank nor 1."""
    rng = random.Random(seed)
    d, r = rng.choice([5, 6, 7]), rng.choice([2, 3])

    def matrix(rows: int, columns: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(columns)] for _ in range(rows)])

    return {"x": matrix(rng.choice([3, 4]), d), "W": matrix(d, d), "A": matrix(r, d), "B": matrix(d, r),
            "alpha": float(rng.choice([5, 7, 8, 11, 16]))}

# %% wrong alpha_not_divided
# Your change is r times too strong: you scale by alpha, and the formula says alpha / r. A well-known book made
# this mistake, until a reader noticed. The division keeps the size of the change alike when you try
# another rank.
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha * (x @ A.T) @ B.T

# %% wrong no_scale
# Your change is not scaled at all. Multiply it by alpha / r.
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + x @ A.T @ B.T

# %% wrong only_the_change
# You return the change alone. LoRA adds it to what the frozen layer says: x @ W.T belongs to the sum.
def lora_forward(x, W, A, B, alpha):
    return alpha / A.shape[0] * (x @ A.T) @ B.T

# %% wrong base_scaled_too
# You scale the whole sum. The frozen layer keeps its own size: alpha / r belongs to the change alone.
def lora_forward(x, W, A, B, alpha):
    return alpha / A.shape[0] * (x @ W.T + x @ A.T @ B.T)

# %% wrong change_turned_round
# Your change is turned round: x meets B first and A last, as if the two were swapped. A reads the token and B writes
# the change: first A makes r numbers of each token (x @ A.T), then B makes d of them (@ B.T).
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha / A.shape[0] * x @ (B @ A)

# %% wrong weight_turned_round
# You multiply x by W where its transpose belongs. W has the shape (d, k), out times in, and tokens are rows: write
# x @ W.T.
def lora_forward(x, W, A, B, alpha):
    return x @ W + alpha / A.shape[0] * (x @ A.T) @ B.T

# %% wrong divided_by_the_width
# You divide alpha by the width, not by the rank. A has the shape (r, k) and B the shape (d, r): the rank is A.shape[0].
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha / A.shape[1] * (x @ A.T) @ B.T

# %% wrong divided_by_the_root
# You divide by the square root of the rank. That is a later variant (rsLoRA). The paper's LoRA, and this task,
# divide by the rank itself.
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha / A.shape[0] ** 0.5 * (x @ A.T) @ B.T
