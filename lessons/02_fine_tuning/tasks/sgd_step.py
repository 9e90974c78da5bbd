# %% [markdown] statement
# ## Task 02.1 · One training step
#
# You have a model's parameters, the gradient of the loss for each of them, and a learning rate. Return the
# parameters after one step of plain gradient descent, $w - \eta\,g$: no momentum, no AdamW.
#
# - `parameters`: a list of tensors of any shapes;
# - `gradients`: a list of tensors of the same shapes, in the same order.
#
# Return a new list; leave the given tensors as they are. One line is missing; write it.

# %% stub
import torch


def sgd_step(parameters: list[torch.Tensor], gradients: list[torch.Tensor], rate: float) -> list:
    """The parameters after one step against their gradients."""
    raise NotImplementedError("return the list of the parameters after the step")

# %% reference
import torch


def sgd_step(parameters: list[torch.Tensor], gradients: list[torch.Tensor], rate: float) -> list:
    """The parameters after one step against their gradients."""
    return [w - rate * g for w, g in zip(parameters, gradients)]

# %% checks
import random

import torch

TASK = "02.1"
TOLERANCE = 1e-6
GRADIENTS = ()    # nothing is learnt through the step itself


def draw(seed: int) -> dict:
    """Two or three parameters of different shapes, with gradients on both sides of zero."""
    rng = random.Random(seed)
    shapes = rng.sample([(3,), (2, 4), (5,), (3, 2)], rng.choice([2, 3]))
    new = lambda shape: torch.tensor([round(rng.uniform(-3, 3), 2) for _ in range(torch.Size(shape).numel())]
                                     ).reshape(shape)
    return {"parameters": [new(shape) for shape in shapes], "gradients": [new(shape) for shape in shapes],
            "rate": rng.choice([0.1, 0.05, 0.3])}

# %% wrong with_the_gradient
# You add the step. The gradient points to where the loss rises; go the other way.
def sgd_step(parameters, gradients, rate):
    return [w + rate * g for w, g in zip(parameters, gradients)]

# %% wrong no_rate
# You subtract the whole gradient. The learning rate makes the step small: multiply the gradient by it.
def sgd_step(parameters, gradients, rate):
    return [w - g for w, g in zip(parameters, gradients)]

# %% wrong only_the_step
# You return how far each parameter moves. The task asks for where it stands afterwards: subtract it.
def sgd_step(parameters, gradients, rate):
    return [rate * g for g in gradients]

# %% wrong sign_of_the_gradient
# Each of your parameters moves by the rate itself, whatever its gradient's size. That is the first step of
# AdamW; the plain step is longer where the gradient is larger.
def sgd_step(parameters, gradients, rate):
    return [w - rate * g.sign() for w, g in zip(parameters, gradients)]

# %% wrong weights_shrunk
# You multiply the parameter by (1 - rate * gradient). The step is subtracted; it does not depend on the
# parameter's own size.
def sgd_step(parameters, gradients, rate):
    return [w * (1 - rate * g) for w, g in zip(parameters, gradients)]

# %% wrong first_one_only
# Only your first parameter moves. Fine-tuning in full moves all of them, each against its own gradient.
def sgd_step(parameters, gradients, rate):
    return [parameters[0] - rate * gradients[0], *parameters[1:]]

# %% wrong in_place
# Your numbers are right, but the given tensors have changed as well: -= and .sub_ write into them. Then
# nobody can compare before and after. Compute new tensors.
def sgd_step(parameters, gradients, rate):
    return [w.sub_(rate * g) for w, g in zip(parameters, gradients)]
