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
# Return `y`, shape `(T, d)`. In PyTorch the tokens are rows, so $W x$ is written `x @ W.T`. `A` and `B` are trained,
# and so are layers below: gradients must reach `A`, `B` and `x`.

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
DRAWS = 4
GRADIENTS = ("x", "A", "B")     # W is frozen


def draw(seed: int) -> dict:
    """One to four tokens, a square W, a rank from 1 to 3, and an alpha that need not be whole."""
    rng = random.Random(seed)
    T, r, d = 1 + (seed + 2) % 4, 1 + (seed + 1) % 3, rng.choice([4, 5, 6, 7])

    def matrix(rows: int, columns: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(columns)] for _ in range(rows)])

    return {"x": matrix(T, d), "W": matrix(d, d), "A": matrix(r, d), "B": matrix(d, r),
            "alpha": rng.choice([0.5, 2.5, 7.0, 8.0, 11.5, 16.0])}

# %% wrong alpha_not_divided
# Your change is r times too strong: you scale by alpha, and the formula says alpha / r. A well-known book made
# this mistake, until a reader noticed. With r = 1 nobody sees it.
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

# %% wrong whole_division
# You divide with //, which cuts off what is behind the point: alpha // r. Divide with a single /.
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha // A.shape[0] * (x @ A.T) @ B.T

# %% wrong no_gradient
# Your numbers are right, and nothing can be learned from them: no gradient reaches A and B. Leave out torch.no_grad,
# .detach(), .data, .numpy() and .tolist() on the way from the inputs to y.
import torch

def lora_forward(x, W, A, B, alpha):
    with torch.no_grad():
        return x @ W.T + alpha / A.shape[0] * (x @ A.T) @ B.T

# %% wrong a_gets_no_gradient
# Your numbers are right, and no gradient reaches A: it would stay as it was drawn. Use A itself, without .detach(),
# .data or torch.no_grad.
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha / A.shape[0] * (x @ A.detach().T) @ B.T

# %% wrong b_gets_no_gradient
# Your numbers are right, and no gradient reaches B: it would stay at the zero that it starts from, and so would the
# whole change. Use B itself, without .detach(), .data or torch.no_grad.
def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha / A.shape[0] * (x @ A.T) @ B.detach().T

# %% wrong way_back_cut
# Your numbers are right, and the gradient of x lacks the part that comes through W. W is frozen, but the layers below
# still learn through it: freezing is no torch.no_grad around x @ W.T.
import torch

def lora_forward(x, W, A, B, alpha):
    with torch.no_grad():
        frozen = x @ W.T
    return frozen + alpha / A.shape[0] * (x @ A.T) @ B.T

# %% wrong x_detached
# Your numbers are right, and no gradient reaches x, so the layers below could not learn. Use x itself, without
# .detach(), .data or torch.no_grad.
def lora_forward(x, W, A, B, alpha):
    x = x.detach()
    return x @ W.T + alpha / A.shape[0] * (x @ A.T) @ B.T

# %% equal w-is-frozen
# W is frozen: whether a gradient would reach it is all the same. What comes through W to x is looked at.
MUTANTS = ["return x @ W.T + alpha / r * few @ B.T -> return x @ detached(W.T) + alpha / r * few @ B.T"]
