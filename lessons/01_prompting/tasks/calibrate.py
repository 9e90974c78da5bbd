# %% [markdown] statement
# ## Task 01.3 · Contextual calibration
#
# Even with a query that says nothing (`N/A:`), a prompt prefers some answers. Contextual calibration
# measures that leaning once and divides it out: where an answer is likely whatever is asked, its
# probability should count for less.
#
# - `probabilities`, shape `(B, C)`: for each of `B` questions, the probabilities of the `C` choices;
# - `content_free`, shape `(C,)`: the probabilities of the same choices for the query that says nothing.
#
# Return the calibrated probabilities, shape `(B, C)`; every row sums to one.

# %% stub
import torch


def calibrate(probabilities: torch.Tensor, content_free: torch.Tensor) -> torch.Tensor:
    """Divide the prompt's own leaning out: (B, C), (C,) -> (B, C); every row sums to one."""
    raise NotImplementedError

# %% reference
import torch


def calibrate(probabilities: torch.Tensor, content_free: torch.Tensor) -> torch.Tensor:
    """Divide the prompt's own leaning out: (B, C), (C,) -> (B, C); every row sums to one."""
    weighted = probabilities / content_free                     # (B, C) / (C,) -> (B, C)
    return weighted / weighted.sum(dim=-1, keepdim=True)        # (B, C) / (B, 1) -> (B, C)

# %% checks
import random

import torch

TASK = "01.3"
TOLERANCE = 1e-5
GRADIENTS = ()    # probabilities that are read, not learnt from


def draw(seed: int) -> dict:
    """Three to five questions with two to four choices, none of them hopeless."""
    rng = random.Random(seed)
    choices = rng.choice([2, 3, 4])

    def row() -> list[float]:
        weights = [rng.uniform(1, 10) for _ in range(choices)]
        return [round(weight / sum(weights), 4) for weight in weights]

    questions = [row() for _ in range(rng.choice([3, 5]))]
    return {"probabilities": torch.tensor(questions), "content_free": torch.tensor(row())}

# %% equal the-last-axis
# A matrix has two axes, so the last one is dim 1.
MUTANTS = ["return weighted / weighted.sum(dim=-1, keepdim=True) -> "
           "return weighted / weighted.sum(dim=1, keepdim=True)"]

# %% wrong not_renormalised
# You divide rightly, but your rows no longer sum to one. Divide each row by its own sum at the end.
def calibrate(probabilities, content_free):
    return probabilities / content_free

# %% wrong subtracted
# You subtract the leaning. Subtracted probabilities can be negative, and are no probabilities any more: the
# leaning is a factor, so divide by it, then make each row sum to one.
def calibrate(probabilities, content_free):
    return probabilities - content_free

# %% wrong subtracted_and_cut
# You subtract the leaning and cut what is negative. An answer below its leaning then has no chance at all;
# the leaning is a factor, so divide by it.
def calibrate(probabilities, content_free):
    rest = (probabilities - content_free).clamp(min=0)
    return rest / rest.sum(dim=-1, keepdim=True).clamp(min=1e-9)

# %% wrong multiplied
# You multiply by the content-free probabilities, which counts the leaning twice. Dividing takes it out.
def calibrate(probabilities, content_free):
    weighted = probabilities * content_free
    return weighted / weighted.sum(dim=-1, keepdim=True)

# %% wrong batch_average
# You divide by the average over the questions at hand. That makes all answers equally common in this batch,
# whatever was asked, and an answer depends on its neighbours. Use content_free: it was measured once, with
# nothing asked.
def calibrate(probabilities, content_free):
    weighted = probabilities / probabilities.mean(dim=0)
    return weighted / weighted.sum(dim=-1, keepdim=True)

# %% wrong normalised_over_questions
# Your columns sum to one, and your rows do not: you normalised over the questions (dim 0). The choices of
# one question compete with each other, so sum over the last axis.
def calibrate(probabilities, content_free):
    weighted = probabilities / content_free
    return weighted / weighted.sum(dim=0, keepdim=True)

# %% wrong normalised_over_everything
# You divide by the sum over all questions and choices. Each question is a case of its own: every row has to
# sum to one.
def calibrate(probabilities, content_free):
    weighted = probabilities / content_free
    return weighted / weighted.sum()

# %% wrong softmax_of_ratio
# You push the ratios through a softmax. That is for scores on a logarithmic scale; ratios of probabilities
# only need to be divided by their sum.
def calibrate(probabilities, content_free):
    return (probabilities / content_free).softmax(dim=-1)
