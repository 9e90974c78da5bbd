# %% [markdown] statement
# ## Task 04.1 · Soften
#
# You get a teacher's logits, shape `(R, N)`: `R` reviews, and for each of them a number for every one of `N`
# answers. Return what the teacher says at the temperature `T`: a tensor with a probability for each answer to
# every review, shape `(R, N)`,
#
# $$p_i = \frac{e^{z_i / T}}{\sum_j e^{z_j / T}}.$$
#
# One line is missing; write it.

# %% stub
import torch


def soften(logits: torch.Tensor, T: float) -> torch.Tensor:
    """What the teacher says at temperature T, a row for each review: (R, N) -> (R, N)."""
    raise NotImplementedError

# %% reference
import torch


def soften(logits: torch.Tensor, T: float) -> torch.Tensor:
    """What the teacher says at temperature T, a row for each review: (R, N) -> (R, N)."""
    return (logits / T).softmax(dim=-1)

# %% checks
import random

import torch

TASK = "04.1"
TOLERANCE = 1e-5
DRAWS = 4
GRADIENTS = ()  # a teacher is not trained: NumPy's numbers are as good


def draw(seed: int) -> dict:
    """One review to four, two answers to five, and a temperature above 1 or below it."""
    rng = random.Random(seed)
    R, N = (3, 4, 1, 2)[seed % 4], rng.choice([2, 4, 5])
    logits = torch.tensor([[round(rng.uniform(-3, 3), 2) for _ in range(N)] for _ in range(R)])
    return {"logits": logits, "T": (3.0, 0.4, 2, 1.5)[seed % 4]}

# %% wrong no_temperature
# You take the softmax of the logits as they are: this is what the teacher says at T = 1. Divide the logits by T
# first.
def soften(logits, T):
    return logits.softmax(dim=-1)

# %% wrong multiplied
# You multiply the logits by T. That makes the distribution sharper as T grows; a temperature above 1 makes it
# flatter. Divide.
def soften(logits, T):
    return (logits * T).softmax(dim=-1)

# %% wrong divided_after
# You divide the probabilities by T, after the softmax. Then they sum to 1 / T, and are as sharp as before. Divide
# the logits, and let the softmax make them sum to one.
def soften(logits, T):
    return logits.softmax(dim=-1) / T

# %% wrong over_the_batch
# Your probabilities sum to one over the reviews: each column does, and no row. A review's answers are a row, so
# take the softmax over the last axis, dim=-1.
def soften(logits, T):
    return (logits / T).softmax(dim=0)

# %% wrong over_everything
# Your probabilities sum to one over all reviews and answers together. Each review has a distribution of its own:
# softmax over the last axis alone, dim=-1.
def soften(logits, T):
    return (logits / T).flatten().softmax(dim=0).view_as(logits)

# %% wrong logarithms
# You return the logarithms of the probabilities: they are all below zero. What is asked for are the probabilities;
# take softmax, and not log_softmax.
def soften(logits, T):
    return (logits / T).log_softmax(dim=-1)

# %% wrong softmax_twice
# You take a softmax of probabilities. The first one has made them small numbers between 0 and 1, so the second
# makes them all nearly alike. Once is enough.
def soften(logits, T):
    return (logits.softmax(dim=-1) / T).softmax(dim=-1)

# %% wrong not_normalised
# Your numbers are e^(z/T), and sum to more than one. Divide each row by its sum; softmax does both.
def soften(logits, T):
    return (logits / T).exp()

# %% wrong each_alone
# You squeeze each number between 0 and 1 by itself. The answers compete: what one of them gets, the others lose. Take
# softmax, and not sigmoid.
def soften(logits, T):
    return (logits / T).sigmoid()

# %% wrong answers_alone
# You return which answer is the most probable. Asked for are the probabilities of all of them: a student learns from
# the small ones, too.
def soften(logits, T):
    return logits.argmax(dim=-1)

# %% wrong divided_by_the_square
# You divide by T squared. The square belongs to a loss, which comes in the next task: the logits are divided by T.
def soften(logits, T):
    return (logits / T**2).softmax(dim=-1)

# %% equal last_axis
# A matrix has two axes: the last one is number 1.
MUTANTS = ["return (logits / T).softmax(dim=-1) -> return (logits / T).softmax(dim=1)"]
