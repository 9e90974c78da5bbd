# %% [markdown] statement
# **Your turn: read it off.** Each run is a point, (loss on the task, loss on old text), and the runs are longer and
# longer. Join the last point above the level and the first one at or below it by a straight line. Which value
# lies on the line where the loss is the level? If the first run is there already, take its own.

# %% [markdown] hint
# Is `first` zero? Then there is nothing to join. Else: how much of the way from `losses[first - 1]` down to
# `losses[first]` is it to the level? Go the same share of the way from the one value to the other.

# %% stub
def at_loss(level, losses, values):
    """The value where the loss first reaches the level; the first one if that is there."""
    first = next(place for place, loss in enumerate(losses) if loss <= level)
    # Run `first` is at the level or below it, run `first - 1` above it, if there is one.
    raise NotImplementedError

# %% reference
def at_loss(level, losses, values):
    """The value where the loss first reaches the level; the first one if that is there."""
    first = next(place for place, loss in enumerate(losses) if loss <= level)
    if first == 0:
        return values[0]
    high, low = losses[first - 1], losses[first]
    share = (high - level) / (high - low)
    return values[first - 1] + share * (values[first] - values[first - 1])

# %% checks
import random

TASK = "09.at_loss"
TOLERANCE = 1e-6
DRAWS = 4


def draw(seed):
    dice = random.Random(seed)
    losses = [0.7, 0.5, 0.3, 0.1][: 3 + seed % 2]
    values = [round(dice.uniform(0.8, 2), 2) for _ in losses]
    return {"level": [0.45, 0.35, 0.8, 0.14][seed], "losses": losses, "values": values}

# %% wrong nearest
# This is the value of the first run that is there. It has trained beyond the level, some runs further than others, so
# you compare them at different losses. Go back along the line to where the loss is the level.
def at_loss(level, losses, values):
    first = next(i for i, loss in enumerate(losses) if loss <= level)
    return values[first]

# %% wrong other-end
# You go the right share of the way, but from the wrong end: where the level is just below the earlier
# run's loss, the value is close to that run's.
def at_loss(level, losses, values):
    first = next(i for i, loss in enumerate(losses) if loss <= level)
    if first == 0:
        return values[0]
    share = (losses[first - 1] - level) / (losses[first - 1] - losses[first])
    return values[first] + share * (values[first - 1] - values[first])

# %% wrong mean
# This is half way between the two runs, wherever the level lies between their losses.
def at_loss(level, losses, values):
    first = next(i for i, loss in enumerate(losses) if loss <= level)
    if first == 0:
        return values[0]
    return (values[first - 1] + values[first]) / 2
