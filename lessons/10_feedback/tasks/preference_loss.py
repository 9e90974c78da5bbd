# %% [markdown] statement
# ## Task 10.1 · What a comparison teaches a reward model
#
# A reward model gives every answer a number. Nobody tells it which: people only say which of two answers they like
# better. It is trained as if they preferred an answer with the probability $\sigma(r_{\text{chosen}} -
# r_{\text{rejected}})$ (Bradley and Terry). You get `n` pairs:
#
# - `chosen` and `rejected`, shape `(n,)` each: the rewards of the two answers of each pair;
# - `tied`, shape `(n,)`, true where somebody could not decide. Such a pair counts as **half** a preference for the
#   one, and **half** a preference for the other.
#
# Return the loss, a tensor of shape `()`: over all pairs, the mean of $-\ln \sigma(r_{\text{chosen}} -
# r_{\text{rejected}})$, and of the two halves where it is a tie. Two rewards may lie a hundred apart, and the loss
# stays finite: `logsigmoid` is $\ln \sigma$ in one step. One line is missing, or two; write them.

# %% stub
import torch
from torch.nn.functional import logsigmoid


def preference_loss(chosen: torch.Tensor, rejected: torch.Tensor,
                    tied: torch.Tensor) -> torch.Tensor:
    """-ln sigmoid of how far the preferred answer is ahead, the mean over pairs: all (n,) -> ()."""
    first = torch.where(tied, 0.5, 1.0)     # (n,): how far the first of the pair is preferred
    raise NotImplementedError("weigh the two ways in which a pair can come out")

# %% reference
import torch
from torch.nn.functional import logsigmoid


def preference_loss(chosen: torch.Tensor, rejected: torch.Tensor,
                    tied: torch.Tensor) -> torch.Tensor:
    """-ln sigmoid of how far the preferred answer is ahead, the mean over pairs: all (n,) -> ()."""
    first = torch.where(tied, 0.5, 1.0)     # (n,): how far the first of the pair is preferred
    ahead = chosen - rejected                        # (n,)
    return -(first * logsigmoid(ahead) + (1 - first) * logsigmoid(-ahead)).mean()

# %% checks
import random

import torch

TASK = "10.1"
TOLERANCE = 1e-5
DRAWS = 5


def draw(seed: int) -> dict:
    """Two pairs to five, with and without ties; rewards of either sign, the chosen one by turns higher and lower. In
    one draw two rewards lie more than a hundred apart.
    """
    rng = random.Random(seed)
    n = [3, 4, 2, 5, 3][seed % 5]
    chosen, rejected = ([round(rng.uniform(-3, 3), 2) for _ in range(n)] for _ in range(2))
    tied = [[True, False, False], [False] * 4, [False, True], [False, True, False, True, False],
            [False, False, True]][seed % 5]
    if seed % 5 == 3:
        chosen[0], rejected[0] = -70.5, 50.25
    return {"chosen": torch.tensor(chosen), "rejected": torch.tensor(rejected), "tied": torch.tensor(tied)}

# %% wrong sigmoid_without_log
# The logarithm is missing: you average the probabilities themselves. Then a pair that is judged quite wrongly costs
# hardly more than one that is a little wrong, and its gradient vanishes just where there is most to learn.
import torch

def preference_loss(chosen, rejected, tied):
    first, ahead = torch.where(tied, 0.5, 1.0), chosen - rejected
    return -(first * torch.sigmoid(ahead) + (1 - first) * torch.sigmoid(-ahead)).mean()

# %% wrong log_of_a_zero
# Right, until two rewards lie far apart: there the sigmoid is rounded to 0, and its logarithm is minus infinity. Take
# `logsigmoid`, which never computes the sigmoid itself.
import torch

def preference_loss(chosen, rejected, tied):
    first, ahead = torch.where(tied, 0.5, 1.0), chosen - rejected
    return -(first * torch.sigmoid(ahead).log() + torch.where(tied, 0.5 * torch.sigmoid(-ahead).log(), 0.0)).mean()

# %% wrong chosen_and_rejected_swapped
# Your difference is the wrong way round: it teaches the model to give the rejected answer the higher reward. It is
# chosen - rejected.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    first, ahead = torch.where(tied, 0.5, 1.0), rejected - chosen
    return -(first * logsigmoid(ahead) + (1 - first) * logsigmoid(-ahead)).mean()

# %% wrong uphill
# This is the log probability of what people said, which should grow. A loss falls: put a minus in front.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    first, ahead = torch.where(tied, 0.5, 1.0), chosen - rejected
    return (first * logsigmoid(ahead) + (1 - first) * logsigmoid(-ahead)).mean()

# %% wrong ties_as_preferences
# You treat a tie as if its first answer had been preferred. Then the order in which two equal answers were shown
# becomes a lesson. Where it is a tie, half of the loss is that of the other way round.
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    ahead = chosen - rejected
    return -logsigmoid(ahead).sum() / len(ahead)

# %% wrong ties_left_out
# You leave the ties out. They say something, too: that the two rewards should lie near to each other. Count each as
# half a preference either way.
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    return -logsigmoid(chosen - rejected)[~tied].mean()

# %% wrong ties_cost_nothing
# Your ties cost nothing, and yet they are counted when you take the mean. Of a tie, half of each way belongs into the
# loss: the second half is missing, and so is the first.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    return -torch.where(tied, 0.0, logsigmoid(chosen - rejected)).mean()

# %% wrong half_of_a_tie
# Of a tie you count the half for the first answer alone, so it still pulls the first one up. The other half belongs to
# the second: logsigmoid(-ahead).
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    return -(torch.where(tied, 0.5, 1.0) * logsigmoid(chosen - rejected)).mean()

# %% wrong ties_in_full
# You count a tie as two whole preferences, one each way. It is one pair: half of each.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    ahead = chosen - rejected
    return -(logsigmoid(ahead) + torch.where(tied, logsigmoid(-ahead), 0.0)).mean()

# %% wrong summed
# You sum over the pairs. Then a larger batch makes larger steps: take the mean.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    first, ahead = torch.where(tied, 0.5, 1.0), chosen - rejected
    return -(first * logsigmoid(ahead) + (1 - first) * logsigmoid(-ahead)).sum()

# %% wrong mean_before_the_loss
# You take the mean of the differences first, and one loss of it. Then a pair that is far ahead makes up for one that is
# judged wrongly. Each pair has a loss of its own; the mean comes last.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    return -logsigmoid(torch.where(tied, 0.0, chosen - rejected).mean())

# %% wrong each_by_itself
# You ask of each answer by itself whether it is good: chosen ones above 0, rejected ones below. Nobody said that: of
# two bad answers one is preferred as well. Only the difference of the two counts.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    first = torch.where(tied, 0.5, 1.0)
    return -(first * (logsigmoid(chosen) + logsigmoid(-rejected))
             + (1 - first) * (logsigmoid(-chosen) + logsigmoid(rejected))).mean()

# %% wrong difference_alone
# You minimise minus the difference itself. It has no bottom: the loss falls for ever if all rewards are only made
# larger. The sigmoid's logarithm is missing.
import torch

def preference_loss(chosen, rejected, tied):
    return -torch.where(tied, 0.0, chosen - rejected).mean()

# %% wrong share_of_mistakes
# You count in how many pairs the wrong answer is ahead. That is what you want to know in the end, and it has no
# gradient, so nothing can be learned from it.
import torch

def preference_loss(chosen, rejected, tied):
    return torch.where(tied, 0.5, (chosen <= rejected).float()).mean()

# %% wrong rejected_gets_no_gradient
# The loss is right, and no gradient reaches the rejected answers. The reward model gave both numbers, and learns from
# both: take them as they are, without .detach() or .data.
import torch
from torch.nn.functional import logsigmoid

def preference_loss(chosen, rejected, tied):
    first, ahead = torch.where(tied, 0.5, 1.0), chosen - rejected.detach()
    return -(first * logsigmoid(ahead) + (1 - first) * logsigmoid(-ahead)).mean()

# %% equal ties-have-no-gradient
# What people said is no parameter: nothing flows back into `tied`, so cutting it off there cuts off nothing.
LINE = "return -(first * logsigmoid(ahead) + (1 - first) * logsigmoid(-ahead)).mean()"
MUTANTS = ["first = torch.where(tied, 0.5, 1.0) -> first = detached(torch.where(tied, 0.5, 1.0))",
           *(f"{LINE} -> {LINE.replace(old, new)}" for old, new in (
               ("-(first", "-(detached(first)"), ("(1 - first)", "detached(1 - first)"),
               ("(1 - first)", "(1 - detached(first))")))]
