# %% [markdown] statement
# **Your turn: PPO's clip.** `ratio` says how many times as likely a token is now as when it was drawn. Its gain is
# `ratio * advantage`. But a gain must not be had by going far: clip the ratio to 1 - epsilon … 1 + epsilon, take the
# gain of that, too, and of the two the **smaller** one.

# %% [markdown] hint
# `ratio.clamp(low, high)` clips, and `torch.minimum(a, b)` takes the smaller of two, element by element. Where an
# advantage is negative, which of the two is smaller?

# %% stub
import torch


def clipped(ratio, advantage, epsilon):
    """The gain of each token, (n,)."""
    raise NotImplementedError

# %% reference
import torch


def clipped(ratio, advantage, epsilon):
    """The gain of each token, (n,)."""
    return torch.minimum(ratio * advantage, ratio.clamp(1 - epsilon, 1 + epsilon) * advantage)

# %% checks
import torch

TASK = "10.clipped"
TOLERANCE = 1e-5
GRADIENTS = ("ratio",)


def draw(seed):
    ratio = torch.tensor([0.5, 0.9, 1.0, 1.1, 1.5, 0.5, 0.9, 1.0, 1.1, 1.5])
    advantage = torch.tensor([1.0, 2.0, 0.5, 1.5, 1.0, -1.0, -0.5, -2.0, -1.5, -1.0]) * (1 + seed)
    return {"ratio": ratio, "advantage": advantage, "epsilon": [0.2, 0.3, 0.15][seed]}

# %% wrong no-minimum
# You clip always. A token that has become less likely by mistake (ratio 0.5, advantage above 0) gets no gradient any
# more, and cannot come back. The smaller of the two gains keeps that way open.
def clipped(ratio, advantage, epsilon):
    return ratio.clamp(1 - epsilon, 1 + epsilon) * advantage

# %% wrong maximum
# You take the larger of the two, so that going far pays more than ever. Take the smaller one.
import torch


def clipped(ratio, advantage, epsilon):
    return torch.maximum(ratio * advantage, ratio.clamp(1 - epsilon, 1 + epsilon) * advantage)

# %% wrong clipped-gain
# You clip the gain. It is the ratio that is held near to 1, whatever the advantage is.
import torch


def clipped(ratio, advantage, epsilon):
    return torch.minimum(ratio * advantage, (ratio * advantage).clamp(1 - epsilon, 1 + epsilon))

# %% wrong no-clip
# Nothing is clipped here: a single batch may drive a token's probability as far as it goes.
def clipped(ratio, advantage, epsilon):
    return ratio * advantage
