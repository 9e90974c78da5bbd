# %% [markdown] statement
# ## Task 09.1 · A point on the line between two models
#
# You get the state dicts of two models, name → tensor: `start`, such as the base, and `end`, such as the model that
# was tuned from it. Both have the same names, perhaps in another order. Return the state dict of the model between
# them, for `alpha` from 0 (`start`) to 1 (`end`):
#
# $$\theta = (1 - \alpha)\,\theta_{\text{start}} + \alpha\,\theta_{\text{end}}$$
#
# What counts or marks, so holds whole numbers or true and false, has nothing in between. Take it whole from the
# `nearer` end, which the stub works out. `one.is_floating_point()` says whether a tensor holds numbers with a point.
#
# Leave `start` and `end` as they are. One line is missing; write it.

# %% stub
import torch


def interpolate(start: dict[str, torch.Tensor], end: dict[str, torch.Tensor],
                alpha: float) -> dict[str, torch.Tensor]:
    """(1 - alpha) start + alpha end, name by name; what is not floats is that of the nearer end."""
    between = {}
    for name, one in start.items():
        other = end[name]
        nearer = one if alpha < 0.5 else other
        raise NotImplementedError(f"put {name} into between")
    return between

# %% reference
import torch


def interpolate(start: dict[str, torch.Tensor], end: dict[str, torch.Tensor],
                alpha: float) -> dict[str, torch.Tensor]:
    """(1 - alpha) start + alpha end, name by name; what is not floats is that of the nearer end."""
    between = {}
    for name, one in start.items():
        other = end[name]
        nearer = one if alpha < 0.5 else other
        between[name] = (1 - alpha) * one + alpha * other if one.is_floating_point() else nearer
    return between

# %% checks
import random

import torch

TASK = "09.1"
TOLERANCE = 1e-5
DRAWS = 4
GRADIENTS = ()     # a model is made of two, nothing is trained


def draw(seed: int) -> dict:
    """Two layers, a running mean, a head, a counter and a mask that differ in the two; alpha by turns below a half, a
    half, above it, and one of the ends. The end's layers stand in another order.
    """
    rng = random.Random(seed)
    d, labels = rng.choice([2, 3]), rng.choice([2, 4])

    def floats(*shape: int) -> torch.Tensor:
        numbers = [round(rng.uniform(-2, 2), 2) for _ in range(torch.Size(shape).numel())]
        return torch.tensor(numbers).reshape(shape)

    def state(seen: int, marks: list[bool]) -> dict:
        return {"0.weight": floats(d, d), "1.weight": floats(d, d), "1.mean": floats(d), "1.seen": torch.tensor(seen),
                "1.mask": torch.tensor(marks), "head.weight": floats(labels, d), "head.bias": floats(labels)}

    marks = rng.sample([True, False, True, False], 4)
    start, end = state(rng.randrange(10), marks), state(rng.randrange(50, 100), [not one for one in marks])
    alpha = [rng.choice([0.1, 0.2, 0.3, 0.4]), 0.5, rng.choice([0.6, 0.7, 0.8, 0.9]), rng.choice([0.0, 1.0])]
    return {"start": start, "end": {"1.weight": end["1.weight"]} | end, "alpha": alpha[seed % 4]}

# %% wrong turned_round
# Your alpha runs the other way: at 0 you give the end, at 1 the start. Both ways are in use, so it is easily turned
# round. Here alpha says how far you go from the start: it belongs to the end, and 1 - alpha to the start.
def interpolate(start, end, alpha):
    return {name: alpha * one + (1 - alpha) * end[name] if one.is_floating_point() else
            one if alpha < 0.5 else end[name] for name, one in start.items()}

# %% wrong counters_averaged
# You average the counters and masks like weights, and they come out as numbers with a point. A mask that is 0.3 true
# marks nothing. What holds no floats comes whole from the nearer end.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] for name, one in start.items()}

# %% wrong counters_averaged_and_cut
# You average the counters, and make whole numbers of them again. The type is right now, and the number is one that no
# model ever counted. Take the counter of the nearer end.
def interpolate(start, end, alpha):
    return {name: ((1 - alpha) * one + alpha * end[name]).to(one.dtype) for name, one in start.items()}

# %% wrong counters_averaged_and_rounded
# You average the counters and round them. That looks tidy, and the number is one that no model ever counted. Take the
# counter of the nearer end.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if one.is_floating_point() else
            ((1 - alpha) * one + alpha * end[name]).round().to(one.dtype) for name, one in start.items()}

# %% wrong counters_of_the_start
# You always take counters and masks from the start. From a half on, the end is the nearer one: the stub's `nearer` has
# worked that out.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if one.is_floating_point() else one
            for name, one in start.items()}

# %% wrong counters_of_the_end
# You always take counters and masks from the end. Below a half, the start is the nearer one: the stub's `nearer` has
# worked that out.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if one.is_floating_point() else end[name]
            for name, one in start.items()}

# %% wrong counters_of_the_farther
# Your counters and masks come from the end that is farther away. Below a half, alpha is near to the start.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if one.is_floating_point() else
            end[name] if alpha < 0.5 else one for name, one in start.items()}

# %% wrong a_half_is_the_start
# At alpha = 0.5 exactly you take counters and masks from the start. Neither end is nearer there, so the task, like the
# stub, has to say: from 0.5 on, the end.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if one.is_floating_point() else
            one if alpha <= 0.5 else end[name] for name, one in start.items()}

# %% wrong counters_left_out
# Counters and masks are missing from your result. A model does not load without them: each name of the start belongs
# into it.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] for name, one in start.items() if one.is_floating_point()}

# %% wrong head_of_the_end
# You take the head whole from the end, and mix only the rest. It is tempting, as a head is what was trained for the
# task. But it is a part of both models like any other: it lies on the line, too.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if one.is_floating_point() and not name.startswith("head") else
            end[name] if alpha >= 0.5 or name.startswith("head") else one for name, one in start.items()}

# %% wrong head_forgotten
# The head is missing from your result. A model does not load without it: each name of the start belongs into it.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if one.is_floating_point() else
            one if alpha < 0.5 else end[name] for name, one in start.items() if not name.startswith("head")}

# %% wrong only_what_is_trained
# You mix weights and biases alone, and leave a running mean at one of the ends. An optimizer does not move it, and yet
# the two models differ in it, and it holds floats: it lies on the line like a weight.
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * end[name] if name.endswith(("weight", "bias")) else
            one if alpha < 0.5 else end[name] for name, one in start.items()}

# %% wrong end_on_top
# You add alpha times the end to the whole start. Then both are in there, and the sum is too large: the start has to go
# down to 1 - alpha as the end comes up.
def interpolate(start, end, alpha):
    return {name: one + alpha * end[name] if one.is_floating_point() else one if alpha < 0.5 else end[name]
            for name, one in start.items()}

# %% wrong only_the_change
# You return alpha times the change, end - start, without what it changes. Add the start.
def interpolate(start, end, alpha):
    return {name: alpha * (end[name] - one) if one.is_floating_point() else one if alpha < 0.5 else end[name]
            for name, one in start.items()}

# %% wrong always_the_middle
# You take the mean of the two, whatever alpha is. That is the point in the middle of the line, alpha = 0.5.
def interpolate(start, end, alpha):
    return {name: (one + end[name]) / 2 if one.is_floating_point() else one if alpha < 0.5 else end[name]
            for name, one in start.items()}

# %% wrong paired_by_place
# You pair the tensors by their place, the first with the first. The two state dicts may list their names in another
# order: look the other one up by its name, end[name].
def interpolate(start, end, alpha):
    return {name: (1 - alpha) * one + alpha * other if one.is_floating_point() else
            one if alpha < 0.5 else other for (name, one), other in zip(start.items(), end.values())}

# %% wrong start_overwritten
# Your numbers are right, and you write them into the start's own tensors, with lerp_ or +=. A state dict shares its
# numbers with its model, so the base is lost, and your next point lies on another line. Make new tensors.
def interpolate(start, end, alpha):
    return {name: one.lerp_(end[name], alpha) if one.is_floating_point() else one if alpha < 0.5 else end[name]
            for name, one in start.items()}

# %% equal names-have-no-order
# A dict is the same in whatever order its names were put in.
MUTANTS = ["for name, one in start.items(): -> for name, one in turned(start.items()):"]
