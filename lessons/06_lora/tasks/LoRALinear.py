# %% [markdown] statement
# ## Task 06.3 · A layer with LoRA
#
# Build the piece: a module that wraps a linear layer and trains LoRA beside it.
#
# - `self.linear` is the very layer that it was given, no copy, its weight and its bias, if it has one, **frozen**
#   (`requires_grad` is False);
# - `self.A`, shape `(rank, d_in)`, is an `nn.Parameter` that starts at random, each number drawn by itself;
# - `self.B`, shape `(d_out, rank)`, is an `nn.Parameter` that starts at zero;
# - `forward(x)`, shape `(..., d_in)` to `(..., d_out)`, adds the scaled change to what the layer says.
#
# So at the start nothing changes, and two parameters are trained. Gradients go through to `x`, for the layers below.
# When the check passes, the cell after it puts your layer into the real model and trains it.

# %% stub
import torch
from torch import nn


class LoRALinear(nn.Module):
    """y = linear(x) + (alpha / rank) B A x, linear frozen, A random and B zero at first."""

    def __init__(self, linear: nn.Linear, rank: int, alpha: float):
        super().__init__()
        raise NotImplementedError

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

# %% reference
import torch
from torch import nn


class LoRALinear(nn.Module):
    """y = linear(x) + (alpha / rank) B A x, linear frozen, A random and B zero at first."""

    def __init__(self, linear: nn.Linear, rank: int, alpha: float):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        d_out, d_in = linear.weight.shape
        self.A = nn.Parameter(torch.randn(rank, d_in) / d_in**0.5)
        self.B = nn.Parameter(torch.zeros(d_out, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        few = x @ self.A.T                                              # (..., d_in) -> (..., r)
        return self.linear(x) + self.scale * few @ self.B.T             # (..., r) -> (..., d_out)

# %% checks
import random

import torch
from torch import nn

from course_lib.checks.probing import gradients, shares_numbers, watched

TASK = "06.3"
TOLERANCE = 1e-4
DRAWS = 4


def draw(seed: int) -> dict:
    """A layer that is not square, with a bias or without, one token or many, and A and B to set."""
    rng = random.Random(seed)
    d_in, d_out = rng.sample([4, 5, 6, 7], 2)
    r = [2, 3, 1, 2][seed % 4]

    def matrix(*shape: int) -> torch.Tensor:
        if len(shape) == 1:
            return torch.tensor([round(rng.uniform(-2, 2), 2) for _ in range(shape[0])])
        return torch.stack([matrix(*shape[1:]) for _ in range(shape[0])])

    return {"weight": matrix(d_out, d_in), "bias": None if seed % 4 == 1 else matrix(d_out),
            "x": matrix(*[(2, 3), (4,), (3, 1), ()][seed % 4], d_in), "A": matrix(r, d_in), "B": matrix(d_out, r),
            "alpha": rng.choice([0.5, 5.0, 7.5, 11.0])}


def probe(LoRALinear, weight, bias, x, A, B, alpha) -> dict:
    """How the layer starts, what two steps of training move, and what it says and learns with A and B given."""
    torch.manual_seed(0)

    def given() -> nn.Linear:
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        linear.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
        return linear

    linear = given()
    held, plain = linear.weight.detach(), linear(x).detach()
    layer = LoRALinear(linear, len(A), alpha)
    kinds = {f"{name} is a": type(getattr(layer, name, None)).__name__ for name in ("A", "B")}
    if not all(isinstance(getattr(layer, name, None), torch.Tensor) for name in ("A", "B")):
        return kinds
    trained = {name: parameter for name, parameter in layer.named_parameters() if parameter.requires_grad}
    say = watched(layer)
    found = kinds | {
        "self.linear is the layer that it was given": getattr(layer, "linear", None) is linear,
        "the layer's weight is the tensor that it was": shares_numbers(linear.weight, held),
        "says at the start what the bare layer says": torch.allclose(say(x), plain, atol=1e-6),
        "shape of A": list(layer.A.shape),
        "shape of B": list(layer.B.shape),
        "different numbers in A at the start": layer.A.unique().numel(),
        "another layer starts with another A": not torch.equal(layer.A, LoRALinear(given(), len(A), alpha).A),
        "B is all zero at the start": bool((layer.B == 0).all()),
        "numbers that are trained": sum(parameter.numel() for parameter in trained.values()),
    }
    start = {name: getattr(layer, name).detach().clone() for name in ("A", "B")}
    if trained:
        optimizer = torch.optim.SGD(trained.values(), lr=0.01)
        for _ in range(2):
            optimizer.zero_grad()
            loss = say(x).square().mean()
            if loss.requires_grad:
                loss.backward()
            optimizer.step()
    found["two steps of training move"] = [name for name in start if not torch.equal(getattr(layer, name), start[name])]
    found["the layer's own weights stay where they were"] = torch.equal(linear.weight, weight)
    found["with A and B given it says"] = "nothing, for A or B has another shape"
    if (layer.A.shape, layer.B.shape) == (A.shape, B.shape):
        linear.load_state_dict(given().state_dict())
        with torch.no_grad():
            layer.A.copy_(A)
            layer.B.copy_(B)
        states = x.clone().requires_grad_()
        found["with A and B given it says"] = said = say(states.clone())
        found["gradients"] = gradients(said, x=states, A=layer.A, B=layer.B)
    found["inputs changed"] = ["x"] if say.changed else []
    return found

# %% wrong b_not_zero
# Your layer does not begin where the model stands: B is random, so the very first answers are already off, and
# training has to repair that before it can learn. Start B at zero, and A B x is zero whatever A is.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.randn(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong both_zero
# A and B are both zero at the start, and there they stay: the gradient of each is a product with the other one, so
# neither ever moves. One of them has to be random; in LoRA that is A.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.zeros(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong a_zero_b_random
# You start A at zero and B at random. That is a no-op as well, and it would learn; but the paper, peft and this
# task have it the other way round, and saved files rely on it. Start A at random and B at zero.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.zeros(rank, linear.in_features))
        self.B = nn.Parameter(torch.randn(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong base_not_frozen
# The wrapped layer is trained as well: its weight and bias still ask for gradients. Then this is full fine-tuning
# with something added. Call linear.requires_grad_(False).
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear, alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong bias_not_frozen
# You froze the layer's weight and forgot its bias, which is trained now. Freeze the whole layer:
# linear.requires_grad_(False).
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        linear.weight.requires_grad_(False)
        self.linear, self.scale = linear, alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong no_parameters
# A and B are plain tensors, so no optimizer will find them: parameters() lists neither. Wrap both in nn.Parameter.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = torch.randn(rank, linear.in_features)
        self.B = torch.zeros(linear.out_features, rank)

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong alpha_not_divided
# Your layer scales by alpha, where alpha / rank belongs: the change is `rank` times too strong. At the start nobody
# sees it, for B is zero.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong bias_lost
# You use the layer's weight and lose its bias. Call the layer itself, self.linear(x): it does both.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return x @ self.linear.weight.T + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong b_turned_round
# Your B has the shape (rank, d_out). B writes the change, so it has d_out rows and one column for each direction:
# (d_out, rank). In the forward pass use B.T.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(rank, linear.out_features))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B

# %% wrong layers_for_matrices
# Your A and B are layers of their own (peft builds them so, too). Here they are the matrices themselves: make each an
# nn.Parameter of the shape that the task names.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Linear(linear.in_features, rank, bias=False)
        self.B = nn.Linear(rank, linear.out_features, bias=False)
        nn.init.zeros_(self.B.weight)

    def forward(self, x):
        return self.linear(x) + self.scale * self.B(self.A(x))

# %% wrong only_the_change
# Your layer returns the change alone, and at the start that is zero: the model would lose this layer. Add it to what
# the frozen layer says, self.linear(x).
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.scale * (x @ self.A.T) @ self.B.T

# %% wrong equal_rows
# The rows of your A are all alike. They get the same gradients then, and stay alike: it is a LoRA of rank 1. Draw every
# number of A by itself, torch.randn(rank, d_in).
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(1, linear.in_features).repeat(rank, 1))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong a_the_same_everywhere
# Every layer starts with the same A: you set a seed inside of __init__ (which also disturbs what the rest of the
# program draws). Leave the seed to whoever builds the model.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        torch.manual_seed(0)
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong a_of_ones
# Your A is not random: all its numbers are alike, so all its rows learn the same, and your LoRA has rank 1. Draw it,
# torch.randn(rank, d_in).
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.ones(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong copy_of_the_layer
# Your self.linear is a copy of the layer. The model would hold the frozen weights twice, and a change of the layer,
# such as merging, would not reach yours. Keep the very layer that you were given: self.linear = linear.
import copy

import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = copy.deepcopy(linear).requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong bias_expected
# Your layer needs a bias, and many layers of real models have none: there linear.bias is None. Call the layer itself,
# self.linear(x), and freeze it as a whole, linear.requires_grad_(False).
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        linear.weight.requires_grad_(False)
        linear.bias.requires_grad_(False)
        self.linear, self.scale = linear, alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong way_back_cut
# What you compute is right, and the gradient of x lacks the part that comes through the frozen layer. To freeze means
# that its weights ask for no gradients; the layers below still learn through it. Leave out torch.no_grad and .detach()
# in forward.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        with torch.no_grad():
            frozen = self.linear(x)
        return frozen + self.scale * (x @ self.A.T) @ self.B.T

# %% wrong a_gets_no_gradient
# What you compute is right, and no gradient reaches A, so that B alone is trained. Use self.A itself in forward,
# without .detach(), .data or torch.no_grad.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.detach().T) @ self.B.T

# %% wrong a_frozen
# Your A is frozen: it asks for no gradient. A and B are both trained; only the layer that you were given is frozen.
import torch
from torch import nn

class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features), requires_grad=False)
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

# %% equal any-random-start
# A starts at random, whatever its size and its middle: only the scale of learning differs.
START = "self.A = nn.Parameter(torch.randn(rank, d_in) / d_in ** 0.5)"
OTHERS = ["torch.randn(rank, d_in) + d_in ** 0.5", "torch.randn(rank, d_in) - d_in ** 0.5",
          "torch.randn(rank, d_in) * d_in ** 0.5", "torch.randn(rank, d_in) % d_in ** 0.5",
          "torch.randn(rank, d_in) / d_in + 0.5", "torch.randn(rank, d_in) / d_in - 0.5",
          "torch.randn(rank, d_in) / d_in * 0.5", "torch.randn(rank, d_in) / d_in / 0.5",
          "torch.randn(rank, d_in) / d_in % 0.5", "torch.randn(rank, d_in) / d_in ** 1.5",
          "torch.randn(rank, d_in) / d_in ** (-0.5)", "torch.randn(rank, d_in) / 0.5 ** d_in",
          "d_in ** 0.5 / torch.randn(rank, d_in)"]
MUTANTS = [f"{START} -> self.A = nn.Parameter({other})" for other in OTHERS]

# %% equal what-starts-has-no-past
# A parameter is a leaf: how its first numbers were made carries no gradient anyway.
MUTANTS = ["+ with no_grad():", "self.A = nn.Parameter(torch.randn(rank, d_in) / d_in ** 0.5) -> "
           "self.A = nn.Parameter(detached(torch.randn(rank, d_in)) / d_in ** 0.5)"]
