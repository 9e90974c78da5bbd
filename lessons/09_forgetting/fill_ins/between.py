# %% [markdown] statement
# **Your turn: a point on the line.** A state dict maps each parameter's name to its tensor. Go the share `alpha` of
# the way from `start` to `end`, in every tensor.

# %% [markdown] hint
# For one tensor it is `(1 - alpha) * start + alpha * end`. Do that for each name, in a dict.

# %% stub
def between(start, end, alpha):
    """The state dict at `alpha` on the line: 0 is `start`, 1 is `end`."""
    raise NotImplementedError

# %% reference
def between(start, end, alpha):
    """The state dict at `alpha` on the line: 0 is `start`, 1 is `end`."""
    return {name: (1 - alpha) * start[name] + alpha * end[name] for name in start}

# %% checks
import torch

TASK = "09.between"
TOLERANCE = 1e-6
GRADIENTS = ()


def draw(seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = {"weight": (2 + seed, 3), "norm": (4 - seed,)}
    drawn = [{name: torch.randn(shape, generator=generator).mul(8).round().div(8) for name, shape in shapes.items()}
             for _ in range(2)]
    return {"start": drawn[0], "end": drawn[1], "alpha": [0.25, 0.75, 0.5][seed]}

# %% wrong turned
# You have the two ends the wrong way round: alpha = 0 must be `start`, with nothing of `end` in it.
def between(start, end, alpha):
    return {name: alpha * start[name] + (1 - alpha) * end[name] for name in start}

# %% wrong in-place
# The values are right, but `start` itself was changed: after one call the base would be gone. Make new tensors.
def between(start, end, alpha):
    for name in start:
        start[name].mul_(1 - alpha).add_(alpha * end[name])
    return start

# %% wrong no-start
# You added alpha of the whole `end` to a whole `start`. Add alpha of the *difference*, end - start.
def between(start, end, alpha):
    return {name: start[name] + alpha * end[name] for name in start}
