# %% [markdown] statement
# ## Task 09.3 · What did it cost to get there?
#
# A fast method has learned more after 40 steps than a slow one, and often forgotten more, too. To compare what they
# forget, look at each where it has learned equally much: where its loss on the task **first reaches** a level.
#
# - `losses`: the loss on the task at each measurement, in the order of training; it falls, and not always;
# - `values`: what else was measured at the same places, such as the loss on old text;
# - `level`: the loss at which you compare.
#
# Return the value where the loss first comes down to the level:
#
# - Between the last measurement above the level and the first at or below it, both go along a straight line.
# - If the first measurement is at or below the level, its value counts.
# - If no measurement is, return `math.nan`: this run cannot be compared.
#
# `at_level([0.9, 0.5, 0.1], [2.0, 2.2, 3.0], 0.4)` gives `2.4`: the level lies a quarter of the way from `0.5`
# to `0.1`, so the value a quarter of the way from `2.2` to `3.0`.

# %% stub
import math


def at_level(losses: list[float], values: list[float], level: float) -> float:
    """The value where the loss first reaches the level: on the line between two measurements."""
    raise NotImplementedError

# %% reference
import math


def at_level(losses: list[float], values: list[float], level: float) -> float:
    """The value where the loss first reaches the level: on the line between two measurements."""
    for place, loss in enumerate(losses):
        if loss <= level:
            if place == 0:
                return values[0]
            before = losses[place - 1]
            part = (before - level) / (before - loss)     # of the way from one to the next
            return values[place - 1] + part * (values[place] - values[place - 1])
    return math.nan

# %% checks
import random

TASK = "09.3"
TOLERANCE = 1e-6
DRAWS = 6


def draw(seed: int) -> dict:
    """By turns: the loss goes under the level, over it, and under it again; the first is under it; none is; one is the
    level itself, and the next ones above it; the first is the level itself; the last alone is under it.
    """
    rng = random.Random(seed)
    level = rng.choice([0.2, 0.25, 0.3, 0.4])
    far = lambda: round(level + rng.uniform(0.3, 0.6), 2)
    above = lambda: round(level + rng.uniform(0.08, 0.14), 2)
    below = lambda: round(level - rng.uniform(0.03, 0.06), 2)
    losses = [[far(), above(), below(), round(level + 0.2, 2), round(level - 0.01, 2), below()],
              [below(), above(), below(), above()],
              [far(), above(), far(), above(), above()],
              [far(), level, above(), above(), below()],
              [level, above(), below(), far()],
              [far(), far(), above(), below()]][seed % 6]
    return {"losses": losses, "values": [one / 100 for one in rng.sample(range(200, 400), len(losses))],
            "level": level}

# %% wrong first_point_below
# You give the value of the first measurement below the level as it is. There the run has learned more than the level
# asks for, by chance a little or a lot. Go back along the line to where the level was reached.
import math

def at_level(losses, values, level):
    return next((value for loss, value in zip(losses, values) if loss <= level), math.nan)

# %% wrong last_point_above
# You give the value of the last measurement before the level is reached. There the run has learned less than the level
# asks for. Go on along the line to where the level is reached.
import math

def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            return values[max(place - 1, 0)]
    return math.nan

# %% wrong last_point_below
# You give the value of the last measurement that is below the level. By then the run has gone on training for long, and
# forgotten on the way. What counts is where the level is reached for the first time.
import math

def at_level(losses, values, level):
    found = math.nan
    for loss, value in zip(losses, values):
        if loss <= level:
            found = value
    return found

# %% wrong nearest_point
# You give the value of the measurement whose loss is nearest to the level. It is near, not equal, and it may come long
# after the level was first reached. Take the two measurements around the first crossing, and the line between them.
import math

def at_level(losses, values, level):
    if min(losses) > level:
        return math.nan
    return min(zip(losses, values), key=lambda pair: abs(pair[0] - level))[1]

# %% wrong last_crossing
# Your line is right, and it lies at the last crossing. A loss that has risen again comes down a second time: stop at
# the first.
import math

def at_level(losses, values, level):
    found = values[0] if losses[0] <= level else math.nan
    for place in range(1, len(losses)):
        before, loss = losses[place - 1], losses[place]
        if loss <= level < before:
            part = (before - level) / (before - loss)
            found = values[place - 1] + part * (values[place] - values[place - 1])
    return found

# %% wrong any_crossing
# You look for two neighbours with the level between them, and also find places where the loss rises through it. Then a
# run that begins below the level is read off where it gets worse. It is there at its first measurement already: that
# value counts.
import math

def at_level(losses, values, level):
    for place in range(1, len(losses)):
        before, loss = losses[place - 1], losses[place]
        if min(before, loss) <= level <= max(before, loss):
            part = (before - level) / (before - loss)
            return values[place - 1] + part * (values[place] - values[place - 1])
    return math.nan

# %% wrong turned_interpolation
# Your line is walked from the wrong end. If the level lies near to the loss before, the value must lie near to the
# value before: part = (before - level) / (before - loss) is how far you go from there.
import math

def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            if place == 0:
                return values[0]
            part = (level - loss) / (losses[place - 1] - loss)
            return values[place - 1] + part * (values[place] - values[place - 1])
    return math.nan

# %% wrong half_way
# You take the mean of the two values around the crossing. The level need not lie in the middle of the two losses: go as
# far between the values as the level lies between the losses.
import math

def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            return (values[max(place - 1, 0)] + values[place]) / 2
    return math.nan

# %% wrong line_from_the_first
# Your line begins at the very first measurement. The loss does not fall evenly: begin at the measurement just before
# the level is reached.
import math

def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            if place == 0:
                return values[0]
            part = (losses[0] - level) / (losses[0] - loss)
            return values[0] + part * (values[place] - values[0])
    return math.nan

# %% wrong sorted_by_loss
# You sort the measurements by their loss, as an interpolation from a library asks you to. With that you lose their
# order in time, and where a loss rises again the neighbours are no neighbours. Go through them in the order of
# training.
import math

def at_level(losses, values, level):
    pairs = sorted(zip(losses, values), reverse=True)
    for place, (loss, value) in enumerate(pairs):
        if loss <= level:
            if place == 0:
                return values[0]
            before, earlier = pairs[place - 1]
            return earlier + (before - level) / (before - loss) * (value - earlier)
    return math.nan

# %% wrong strictly_below
# A measurement that has exactly the level has reached it. You wait for one that lies below: write <= instead of <.
import math

def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss < level:
            if place == 0:
                return values[0]
            before = losses[place - 1]
            return values[place - 1] + (before - level) / (before - loss) * (values[place] - values[place - 1])
    return math.nan

# %% wrong last_value_if_never
# If the level is never reached, you give the last value. That run has learned less than the others, so it has had less
# occasion to forget: it would look better than it is. Return math.nan.
def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            if place == 0:
                return values[0]
            before = losses[place - 1]
            return values[place - 1] + (before - level) / (before - loss) * (values[place] - values[place - 1])
    return values[-1]

# %% wrong none_if_never
# If the level is never reached, you return None; does a `return` lack at the end? Return math.nan: it is a number for
# whoever draws or averages, and says that there is none.
def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            if place == 0:
                return values[0]
            before = losses[place - 1]
            return values[place - 1] + (before - level) / (before - loss) * (values[place] - values[place - 1])

# %% wrong zero_if_never
# If the level is never reached, you return 0. That is a measurement, and a very good one. Return math.nan, which says
# that there is none.
def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            if place == 0:
                return values[0]
            before = losses[place - 1]
            return values[place - 1] + (before - level) / (before - loss) * (values[place] - values[place - 1])
    return 0.0

# %% wrong nan_if_there_already
# You say nan where the first measurement is at the level already, or below. It can be compared: its value counts.
import math

def at_level(losses, values, level):
    if losses[0] <= level:
        return math.nan
    for place, loss in enumerate(losses):
        if loss <= level:
            before = losses[place - 1]
            return values[place - 1] + (before - level) / (before - loss) * (values[place] - values[place - 1])
    return math.nan

# %% wrong before_the_first
# Where the first measurement is below the level, you draw a line to the one before it. There is none, and
# losses[0 - 1] is the last: Python counts from behind, and says nothing. Its own value counts.
import math

def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            before = losses[place - 1]
            return values[place - 1] + (before - level) / (before - loss) * (values[place] - values[place - 1])
    return math.nan

# %% wrong never_compares_the_first
# You begin with the second measurement, and do not see that the first one is at the level already, or below. Then its
# value counts.
import math

def at_level(losses, values, level):
    for place in range(1, len(losses)):
        before, loss = losses[place - 1], losses[place]
        if loss <= level < before:
            return values[place - 1] + (before - level) / (before - loss) * (values[place] - values[place - 1])
    return math.nan

# %% wrong the_step_not_the_value
# You return how far between the two measurements the level is reached, a place and a part, not the value there. Go
# along the line of the values by the same part.
import math

def at_level(losses, values, level):
    for place, loss in enumerate(losses):
        if loss <= level:
            return place - (level - loss) / (losses[place - 1] - loss) if place else 0.0
    return math.nan

# %% equal places-begin-at-zero
# No place is below zero.
MUTANTS = ["if place == 0: -> if place <= 0:"]
