# %% [markdown] statement
# **Your turn: add what was learned.** What a training changed, `tuned - base`, is called its *task vector*. Add to
# the base the change of each tuned model, times its weight.

# %% [markdown] hint
# For one tensor: `base[name] + sum(w * (one[name] - base[name]) for ...)`, over the pairs of
# `zip(tuned, weights)`.

# %% stub
def add_changes(base, tuned, weights):
    """The base with the change of each model of the list `tuned` added, times its weight."""
    raise NotImplementedError

# %% reference
def add_changes(base, tuned, weights):
    """The base with the change of each model of the list `tuned` added, times its weight."""
    return {name: start + sum(w * (one[name] - start) for one, w in zip(tuned, weights))
            for name, start in base.items()}

# %% checks
import torch

TASK = "09.add_changes"
TOLERANCE = 1e-6
GRADIENTS = ()


def draw(seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = {"weight": (2 + seed, 3), "norm": (4 - seed,)}
    base, *tuned = [{name: torch.randn(shape, generator=generator).mul(8).round().div(8)
                     for name, shape in shapes.items()} for _ in range(3 + seed % 2)]
    return {"base": base, "tuned": tuned, "weights": [[1.0, 1.0], [0.5, 0.25, 0.5], [1.0, -1.0]][seed]}

# %% wrong whole-models
# You add whole models. Two tuned models hold the base twice: what is added is `tuned - base`, and the base counts once.
def add_changes(base, tuned, weights):
    return {name: start + sum(w * one[name] for one, w in zip(tuned, weights)) for name, start in base.items()}

# %% wrong no-base
# This is the sum of the changes alone. The base is missing below it.
def add_changes(base, tuned, weights):
    return {name: sum(w * (one[name] - start) for one, w in zip(tuned, weights)) for name, start in base.items()}

# %% wrong mean
# You divide by the number of models: then each task gets only a part of its change. The weights say how much of each.
def add_changes(base, tuned, weights):
    return {name: start + sum(w * (one[name] - start) for one, w in zip(tuned, weights)) / len(tuned)
            for name, start in base.items()}
