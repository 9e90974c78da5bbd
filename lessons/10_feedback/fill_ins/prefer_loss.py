# %% [markdown] statement
# **Your turn: the loss of a click.** Bradley and Terry: the better answer is clicked on with probability
# $\sigma(r_{chosen} - r_{rejected})$. Give minus the logarithm of that, the mean over pairs.

# %% [markdown] hint
# `logsigmoid` takes a tensor and gives the logarithm of its sigmoid without rounding. What goes in is one number for
# each pair: how far the chosen answer is ahead.

# %% stub
from torch.nn.functional import logsigmoid


def prefer_loss(chosen, rejected):
    """The loss of n pairs from their rewards, (n,) and (n,) -> ()."""
    raise NotImplementedError

# %% reference
from torch.nn.functional import logsigmoid


def prefer_loss(chosen, rejected):
    """The loss of n pairs from their rewards, (n,) and (n,) -> ()."""
    return -logsigmoid(chosen - rejected).mean()

# %% checks
import torch
from torch.nn.functional import logsigmoid

TASK = "10.prefer_loss"
TOLERANCE = 1e-5
GRADIENTS = ("chosen", "rejected")


def draw(seed):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(3 + seed, generator=generator).mul(8).round().div(4) for name in ("chosen", "rejected")}

# %% wrong swapped
# The two are swapped: a low loss would mean that the *rejected* answers are ahead.
from torch.nn.functional import logsigmoid


def prefer_loss(chosen, rejected):
    return -logsigmoid(rejected - chosen).mean()

# %% wrong no-sign
# This grows as the chosen answers get ahead, so training would drive them back. A loss is *minus* the logarithm.
from torch.nn.functional import logsigmoid


def prefer_loss(chosen, rejected):
    return logsigmoid(chosen - rejected).mean()

# %% wrong no-logarithm
# This is the probability that the click goes the other way. The loss is the logarithm of the click's own probability,
# with a minus: the mean of probabilities hardly cares how wrong a sure answer is.
import torch


def prefer_loss(chosen, rejected):
    return torch.sigmoid(rejected - chosen).mean()

# %% wrong total
# That is the sum. Take the mean, so that the loss does not grow with the number of pairs.
from torch.nn.functional import logsigmoid


def prefer_loss(chosen, rejected):
    return -logsigmoid(chosen - rejected).sum()
