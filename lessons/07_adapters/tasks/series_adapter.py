# %% [markdown] statement
# ## Task 07.2 · The series adapter
#
# Write what a sub-layer says with an adapter in series. The sub-layer here is one frozen matrix, so for every row of
# `x`
#
# $$y = W x, \qquad \mathrm{out} = y + \mathrm{Up}\;\mathrm{relu}(\mathrm{Down}\;y + b_1) + b_2$$
#
# - `x`, shape `(T, d)`, and `W`, shape `(d, d)`;
# - `Down`, shape `(m, d)`, and its bias `b1`, shape `(m,)`;
# - `Up`, shape `(d, m)`, and its bias `b2`, shape `(d,)`.
#
# Return `out`, shape `(T, d)`. In PyTorch the tokens are rows, so $W x$ is written `x @ W.T`. The adapter is trained,
# and so are layers below: gradients must reach `Down`, `b1`, `Up`, `b2` and `x`.

# %% stub
import torch


def series_adapter(x: torch.Tensor, W: torch.Tensor, Down: torch.Tensor, b1: torch.Tensor,
                   Up: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
    """y + Up relu(Down y + b1) + b2 with y = W x, for every row: (T, d) -> (T, d)."""
    raise NotImplementedError

# %% reference
import torch


def series_adapter(x: torch.Tensor, W: torch.Tensor, Down: torch.Tensor, b1: torch.Tensor,
                   Up: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
    """y + Up relu(Down y + b1) + b2 with y = W x, for every row: (T, d) -> (T, d)."""
    y = x @ W.T                                          # (T, d) @ (d, d) -> (T, d)
    low = torch.relu(y @ Down.T + b1)                    # (T, d) @ (d, m) -> (T, m)
    return y + low @ Up.T + b2                           # (T, m) @ (m, d) -> (T, d)

# %% checks
import random

import torch

TASK = "07.2"
TOLERANCE = 1e-5
DRAWS = 4
GRADIENTS = ("x", "Down", "b1", "Up", "b2")     # W is frozen


def draw(seed: int) -> dict:
    """Some tokens, a square W, a bottleneck narrower than the width; about half of what relu sees is below zero."""
    rng = random.Random(seed)
    T, d, m = [4, 2, 5, 1][seed % 4], rng.choice([5, 6, 7]), [3, 4, 1, 2][seed % 4]

    def matrix(*shape: int) -> torch.Tensor:
        if len(shape) == 1:
            return torch.tensor([round(rng.uniform(-1, 1), 2) for _ in range(shape[0])])
        return torch.stack([matrix(*shape[1:]) for _ in range(shape[0])])

    return {"x": 2 * matrix(T, d), "W": matrix(d, d), "Down": matrix(m, d), "b1": matrix(m), "Up": matrix(d, m),
            "b2": matrix(d)}

# %% wrong parallel
# Your adapter reads x, what the sub-layer reads. That is the parallel adapter. In series it reads y = W x, what the
# sub-layer gives.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    return x @ W.T + torch.relu(x @ Down.T + b1) @ Up.T + b2

# %% wrong no_sum
# You return what the adapter adds, and nothing else. It is added to y: without y the sub-layer itself is gone, and an
# adapter of zeros would wipe it out instead of changing nothing.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    return torch.relu(x @ W.T @ Down.T + b1) @ Up.T + b2

# %% wrong no_relu
# There is no relu in what you compute. Then Up · Down is one matrix of low rank, which is LoRA behind a layer: the
# non-linearity is what makes it an adapter, and what keeps it from being merged.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + (y @ Down.T + b1) @ Up.T + b2

# %% wrong relu_at_the_end
# Your relu stands behind Up, so the adapter can only ever add something positive. It belongs into the bottleneck,
# between Down and Up.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.relu((y @ Down.T + b1) @ Up.T + b2)

# %% wrong relu_before_the_bias
# You apply relu to Down y and add the bias b1 afterwards. The bias belongs inside: it decides from where on a unit of
# the bottleneck speaks.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + (torch.relu(y @ Down.T) + b1) @ Up.T + b2

# %% wrong sum_with_the_input
# You add x where y belongs. The adapter changes what the sub-layer gives; the stream's own sum with x comes later, and
# the model does it.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return x + torch.relu(y @ Down.T + b1) @ Up.T + b2

# %% wrong biases_forgotten
# You left both biases out. Down has b1, and Up has b2.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.relu(y @ Down.T) @ Up.T

# %% wrong weight_turned_round
# You multiply x by W where its transpose belongs. W has the shape out times in, and tokens are rows: x @ W.T.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W
    return y + torch.relu(y @ Down.T + b1) @ Up.T + b2

# %% wrong without_b1
# You left b1 out, the bias of Down. It stands inside of relu: from where on does a unit speak?
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.relu(y @ Down.T) @ Up.T + b2

# %% wrong without_b2
# You left b2 out, the bias of Up.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.relu(y @ Down.T + b1) @ Up.T

# %% wrong input_added_too
# You add x as well. The model adds what a sub-layer gives to the stream by itself; here it would be there twice.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return x + y + torch.relu(y @ Down.T + b1) @ Up.T + b2

# %% wrong sublayer_skipped
# W appears nowhere in what you compute: you adapted x itself. The sub-layer comes first, y = W x.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    return x + torch.relu(x @ Down.T + b1) @ Up.T + b2

# %% wrong relu_before_down
# Your relu stands before Down. It belongs into the bottleneck, between Down and Up.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + (torch.relu(y) @ Down.T + b1) @ Up.T + b2

# %% wrong matrices_exchanged
# Down and Up are exchanged, and turned round so that the shapes fit. Down leads into the bottleneck: y @ Down.T.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.relu(y @ Up + b1) @ Down + b2

# %% wrong no_gradient
# Your numbers are right, and nothing can be learned from them: no gradient reaches the adapter. Leave out
# torch.no_grad, .detach(), .data and .numpy() on the way from the inputs to the result.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    with torch.no_grad():
        y = x @ W.T
        return y + torch.relu(y @ Down.T + b1) @ Up.T + b2

# %% wrong no_gradient_below
# Your numbers are right, and no gradient reaches x: you cut it where W is. W is frozen, but the layers below still
# learn through it. Compute y = x @ W.T without torch.no_grad and .detach().
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    with torch.no_grad():
        y = x @ W.T
    return y + torch.relu(y @ Down.T + b1) @ Up.T + b2

# %% wrong adapter_reads_a_copy
# Your numbers are right, and the adapter reads a detached y: what the layers below learn through the adapter is lost.
# Use y itself in both places.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.relu(y.detach() @ Down.T + b1) @ Up.T + b2

# %% wrong down_not_trained
# Your numbers are right, and no gradient reaches Down and b1: you cut it between Down and Up. Leave out .detach(),
# .data and torch.no_grad there.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.relu(y @ Down.T + b1).detach() @ Up.T + b2

# %% wrong another_curve
# You use another curve than relu (gelu, perhaps, as many models do). The formula says relu: what is below zero becomes
# zero, and the rest stays as it is.
import torch

def series_adapter(x, W, Down, b1, Up, b2):
    y = x @ W.T
    return y + torch.nn.functional.gelu(y @ Down.T + b1) @ Up.T + b2

# %% equal w-is-frozen
# W is frozen: whether a gradient would reach it is all the same. What comes through W to x is looked at.
MUTANTS = ["y = x @ W.T -> y = x @ detached(W.T)"]
