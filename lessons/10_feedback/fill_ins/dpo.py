# %% [markdown] statement
# **Your turn: DPO.** The policy's own reward of an answer is `beta * (policy - reference)`, of log probabilities. Put
# that into the loss of a click, which you have written above.

# %% [markdown] hint
# `prefer_loss(reward of the chosen answers, reward of the rejected ones)`. Four tensors come in: the policy's and the
# reference's, of each.

# %% stub
from torch.nn.functional import logsigmoid


def dpo(chosen, rejected, reference_chosen, reference_rejected, beta):
    """The loss of n pairs from log probabilities of whole answers, each (n,) -> ()."""
    raise NotImplementedError

# %% reference
from torch.nn.functional import logsigmoid


def dpo(chosen, rejected, reference_chosen, reference_rejected, beta):
    """The loss of n pairs from log probabilities of whole answers, each (n,) -> ()."""
    ahead = (chosen - reference_chosen) - (rejected - reference_rejected)
    return -logsigmoid(beta * ahead).mean()

# %% checks
import torch
from torch.nn.functional import logsigmoid

TASK = "10.dpo"
TOLERANCE = 1e-5
GRADIENTS = ("chosen", "rejected")


def draw(seed):
    generator = torch.Generator().manual_seed(seed)
    names = ("chosen", "rejected", "reference_chosen", "reference_rejected")
    drawn = {name: -torch.rand(3 + seed, generator=generator).mul(40).round().div(4) for name in names}
    return drawn | {"beta": [0.5, 0.1, 1.0][seed]}

# %% wrong no-reference
# The reference is missing. Then an answer counts as good because it is likely, and likely it was before any click.
from torch.nn.functional import logsigmoid


def dpo(chosen, rejected, reference_chosen, reference_rejected, beta):
    return -logsigmoid(beta * (chosen - rejected)).mean()

# %% wrong swapped
# Chosen and rejected are swapped: this training would make the rejected answers likelier.
from torch.nn.functional import logsigmoid


def dpo(chosen, rejected, reference_chosen, reference_rejected, beta):
    return -logsigmoid(beta * ((rejected - reference_rejected) - (chosen - reference_chosen))).mean()

# %% wrong reference-turned
# You add the reference where it is to be subtracted: what counts is how far the policy has moved *from* it.
from torch.nn.functional import logsigmoid


def dpo(chosen, rejected, reference_chosen, reference_rejected, beta):
    return -logsigmoid(beta * ((chosen + reference_chosen) - (rejected + reference_rejected))).mean()

# %% wrong beta-outside
# beta stands outside of the logarithm. It belongs to the reward: it says how many nats of distance are worth a click.
from torch.nn.functional import logsigmoid


def dpo(chosen, rejected, reference_chosen, reference_rejected, beta):
    return -beta * logsigmoid((chosen - reference_chosen) - (rejected - reference_rejected)).mean()
