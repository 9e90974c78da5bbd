# %% [markdown] statement
# ## Task 08.4 · The module that learns the edit
#
# Build the piece: a module that holds one edit and can be trained.
#
# - `self.raw`, shape `(d, rank)`, is an `nn.Parameter` that starts at random;
# - `self.R`, a property, gives `(rank, d)` with **orthonormal rows**, made from `raw` anew whenever it is asked for:
#   the transpose of the Q that `torch.linalg.qr(raw)` gives first;
# - `self.W`, shape `(rank, d)`, is an `nn.Parameter` that starts as `R`, and `self.b`, shape `(rank,)`, one that
#   starts at zero;
# - `forward(h)`, shape `(n, d)` to `(n, d)`, returns $h + R^\top (W h + b - R h)$.
#
# So at the start nothing changes, and the rows of $R$ stay orthonormal however `raw` is trained. When the check
# passes, the cell after it puts your module into the real model and trains it.

# %% stub
import torch
from torch import nn


class LoReFTEdit(nn.Module):
    """h + R^T (W h + b - R h), with W = R and b = 0 at first."""

    def __init__(self, d: int, rank: int):
        super().__init__()
        raise NotImplementedError

    @property
    def R(self) -> torch.Tensor:
        raise NotImplementedError

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

# %% reference
import torch
from torch import nn


class LoReFTEdit(nn.Module):
    """h + R^T (W h + b - R h), with W = R and b = 0 at first."""

    def __init__(self, d: int, rank: int):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self) -> torch.Tensor:
        return torch.linalg.qr(self.raw)[0].T                           # (d, r) -> (r, d)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        R = self.R
        return h + (h @ self.W.T + self.b - h @ R.T) @ R                # (n, r) @ (r, d) -> (n, d)

# %% checks
import random

import torch

from course_lib.checks.probing import gradients, watched

TASK = "08.4"
TOLERANCE = 1e-4
DRAWS = 4


def draw(seed: int) -> dict:
    """A raw matrix of a width from 5 to 7 and one to three columns, and one to four states."""
    rng = random.Random(seed)
    d, rank, n = rng.choice([5, 6, 7]), [2, 3, 1, 2][seed % 4], [3, 1, 4, 2][seed % 4]

    def matrix(rows: int, columns: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(columns)] for _ in range(rows)])

    return {"raw": matrix(d, rank), "h": matrix(n, d)}


def probe(LoReFTEdit, raw, h) -> dict:
    """How the module starts, what it does and learns with `raw` given, and what training leaves of it."""
    torch.manual_seed(0)
    module = LoReFTEdit(*raw.shape)
    kinds = {f"{name} is a": type(getattr(module, name, None)).__name__ for name in ("raw", "R", "W", "b")}
    if not all(isinstance(getattr(module, name, None), torch.Tensor) for name in ("raw", "R", "W", "b")):
        return kinds
    trained = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    say = watched(module)
    found = kinds | {
        "nothing changes at the start": torch.allclose(say(h), h, atol=1e-5),
        "raw is drawn at random": not torch.equal(module.raw, LoReFTEdit(*raw.shape).raw),
        "different numbers in raw at the start": module.raw.unique().numel(),
        "W is all zero at the start": bool((module.W == 0).all()),
        "b is all zero at the start": bool((module.b == 0).all()),
        "shapes of raw, R, W, b": [list(getattr(module, name).shape) for name in ("raw", "R", "W", "b")],
        "what is trained": sorted(trained),
    }
    with torch.no_grad():
        if module.raw.shape == raw.shape:
            module.raw.copy_(raw)
        found["R R^T, with raw given"] = module.R @ module.R.T
        found["R^T R, with raw given"] = module.R.T @ module.R
        module.W.zero_()
        module.b.zero_()
    states = h.clone().requires_grad_()
    found["with W and b zero it says"] = said = say(states.clone())
    found["gradients"] = gradients(said, h=states, raw=module.raw, W=module.W, b=module.b)
    with torch.no_grad():
        module.W.copy_(module.R)
        module.b.fill_(1.0)
        found["what b = 1 adds, as R sees it"] = (say(h) - h) @ module.R.T
    found["gradient of h, with W = R"] = gradients(say(states.clone()), h=states)["h"]
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    before = module.R.detach().clone()
    for _ in range(3):
        optimizer.zero_grad()
        loss = say(h).square().mean()
        if loss.requires_grad:
            loss.backward()
        optimizer.step()
    found["training moves R"] = not torch.allclose(module.R, before, atol=1e-6)
    found["R R^T after training"] = module.R @ module.R.T
    found["inputs changed"] = ["h"] if say.changed else []
    return found

# %% wrong not_orthonormal
# Your R is raw turned round, and its rows are neither of length 1 nor at right angles. Then R^T R h is no longer the
# part of h in the subspace, and the edit takes out more than is there. Make R by torch.linalg.qr.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return self.raw.T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong only_length_one
# The rows of your R have length 1, but they do not stand at right angles. Two rows that point nearly the same way
# would count that direction twice. torch.linalg.qr does both.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return (self.raw / self.raw.norm(dim=0)).T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong r_made_once
# You make R once, at the start. Then training moves raw, and R never hears of it. Make it anew in the property.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.made = torch.linalg.qr(self.raw.detach())[0].T
        self.W = nn.Parameter(self.made.clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return self.made

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong w_at_random
# Your edit is no no-op at the start: W is random. With W = R and b = 0 what is taken out is put back, and the model
# begins as the base.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(torch.randn(rank, d))
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong w_at_zero
# W starts at zero. In LoRA a zero is the no-op; here W h replaces what R saw, so a zero wipes it out. Start with W = R.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(torch.zeros(rank, d))
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong seen_not_taken_out
# You leave out - R h, so what R saw stays and W h + b comes on top. Subtract R h: LoReFT replaces.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b) @ self.R

# %% wrong without_b
# b is there, and your forward does not use it. It belongs to what is written: W h + b.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T - h @ self.R.T) @ self.R

# %% wrong raw_not_trained
# raw is a plain tensor, so no optimizer finds it, and the subspace stays where chance put it. Wrap it in nn.Parameter.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = torch.randn(d, rank)
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong raw_at_zero
# raw starts at zero, and every module would start with the same R. Draw it: torch.randn(d, rank).
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.zeros(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong b_at_one
# Your edit is no no-op at the start: b is not zero.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.ones(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong r_without_gradient
# You detach raw in the property, so no gradient reaches it and the subspace never moves. Detach only the copy with
# which W starts.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw.detach())[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong w_and_b_not_trained
# W and b are plain tensors, so no optimizer finds them. Wrap both in nn.Parameter.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = self.R.detach().clone()
        self.b = torch.zeros(rank)

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong raw_turned_round
# Your raw has the shape (rank, d). It is (d, rank): qr makes the **columns** of what it gets orthonormal.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(rank, d))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw.T)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong half_of_r
# What you compute is right, and only one of the two R in forward gets a gradient, so raw is trained into a wrong
# direction. Use self.R in both places, without .detach() or .data.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R.detach()

# %% wrong h_gets_no_gradient
# What you compute is right, and no gradient reaches h, so that edits in the blocks below could not be trained. Use h
# itself, without .detach() or .data.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        h = h.detach()
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong no_gradient
# What you compute is right, and nothing can be learned from it: no gradient comes out of your forward. Leave out
# torch.no_grad, .detach() and .data there.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        with torch.no_grad():
            return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong w_and_b_get_no_gradient
# What you compute is right, and no gradient reaches W and b: they would stay where they start. Use both themselves in
# forward, without .detach(), .data or torch.no_grad.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.detach().T + self.b.detach() - h @ self.R.T) @ self.R

# %% wrong equal_columns
# The columns of your raw are all alike, so they span one direction only: the others that qr gives are chance, and have
# no gradient that makes sense. Draw every number by itself, torch.randn(d, rank).
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, 1).repeat(1, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R.T) @ self.R

# %% wrong h_overwritten
# Your result is right, and you write it into h: the states that you were given are lost, and with them what others read
# there. Return a new tensor, h + ..., and not h += ....
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R.detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    @property
    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        h += (h @ self.W.T + self.b - h @ self.R.T) @ self.R
        return h

# %% wrong r_is_a_method
# Your R is a method. The task asks for a property, so that one writes self.R and gets the matrix: put @property above
# it.
import torch
from torch import nn

class LoReFTEdit(nn.Module):
    def __init__(self, d, rank):
        super().__init__()
        self.raw = nn.Parameter(torch.randn(d, rank))
        self.W = nn.Parameter(self.R().detach().clone())
        self.b = nn.Parameter(torch.zeros(rank))

    def R(self):
        return torch.linalg.qr(self.raw)[0].T

    def forward(self, h):
        return h + (h @ self.W.T + self.b - h @ self.R().T) @ self.R()

# %% equal what-starts-has-no-past
# nn.Parameter cuts W off from how it was made, and the R that it starts from is made for it alone.
MUTANTS = ["+ with no_grad():",
           "self.W = nn.Parameter(self.R.detach().clone()) -> self.W = nn.Parameter(self.R.detach())"]
