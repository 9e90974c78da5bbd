# %% [markdown] statement
# ## Task 11.5 · An alarm that keeps its promise
#
# Somebody checks your model's answers, so you know its errors as they come: 1 for a wrong answer, 0 for a right
# one. An alarm adds up by how much there are more of them than usual, and looks how far that sum has climbed:
#
# $$m_t = \sum_{s \le t} (x_s - \bar{x} - \delta), \qquad \mathrm{climbed}_t = m_t - \min_{s \le t} m_s$$
#
# It rings as soon as `climbed` is **above** a threshold. With which one does a *whole stream* in which nothing has
# moved ring by chance only as often as you promise?
#
# - `recorded`, shape `(N,)`: errors of recorded rows. From the row `change` on something had moved, as you know by
#   now: nothing may be learned from those. $\bar{x}$ is the mean of the `n = change` rows before.
# - `u`, shape `(S, T)`: numbers from 0 to just below 1, which draw `S` streams of `T` rows from those n: a `u` stands
#   for row `int(u * n)`. (With them as an argument, everybody draws the same.)
# - `delta`: a rise of the error rate that is worth no alarm; `false_alarms`: the promised share of streams.
#
# Of each stream the highest `climbed` decides whether it rings. Of the `S` streams, `int(false_alarms * S)` may.
# Return the lowest of those `S` highest values above which at most so many others lie: a tensor of one number.

# %% stub
import torch


def alarm_threshold(recorded: torch.Tensor, change: int, u: torch.Tensor, false_alarms: float,
                    delta: float) -> torch.Tensor:
    """The threshold with this false-alarm rate over streams of T rows: (N,), (S, T) -> ()."""
    raise NotImplementedError

# %% reference
import torch


def alarm_threshold(recorded: torch.Tensor, change: int, u: torch.Tensor, false_alarms: float,
                    delta: float) -> torch.Tensor:
    """The threshold with this false-alarm rate over streams of T rows: (N,), (S, T) -> ()."""
    before = recorded[:change]                                              # (n,)
    streams = before[(u * change).long()]                                   # (S, T)
    m = (streams - before.mean() - delta).cumsum(1)                         # (S, T)
    highest = (m - m.cummin(1).values).max(1).values                        # (S,)
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% checks
import random

import torch

TASK = "11.5"
TOLERANCE = 1e-4
DRAWS = 5
GRADIENTS = ()    # it counts errors


def draw(seed: int) -> dict:
    """Few errors before the change, many after it; as many of the streams as are promised is a whole number or not."""
    rng = random.Random(seed)
    n, later = [10, 16, 8, 20, 12][seed % 5], [6, 4, 8, 3, 5][seed % 5]
    errors = [float(place % 4 == 1) for place in range(n)]
    recorded = errors + [float(place % 4 != 2) for place in range(later)]
    S, T = [8, 10, 6, 12, 9][seed % 5], [12, 20, 15, 8, 25][seed % 5]
    u = [[round(rng.uniform(0, 0.99), 2) for _ in range(T)] for _ in range(S)]
    return {"recorded": torch.tensor(recorded), "change": n, "u": torch.tensor(u),
            "false_alarms": [0.25, 0.1, 0.5, 0.3, 0.2][seed % 5], "delta": [0.05, 0.1, 0.0, 0.02, 0.15][seed % 5]}

# %% wrong a_rate_of_rows
# Your promise is of a row: of all rows of all streams, so few are above the threshold. A stream has many rows, and
# one of them is enough to ring: nearly every stream would. Take the highest value of each stream first.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean() - delta).cumsum(1)
    climbed = (m - m.cummin(1).values).flatten()
    return climbed.sort(descending=True).values[int(false_alarms * len(climbed))]

# %% wrong drifted_rows_too
# You draw from all recorded rows, with those after the change among them. An alarm that has learned what drift looks
# like takes it for normal, and stays silent. Draw from the rows before the change.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    streams = recorded[(u * len(recorded)).long()]
    m = (streams - recorded.mean() - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong mean_of_all
# The streams are right, but the mean is that of all recorded rows. The errors after the change are in it, so your
# alarm expects too many. Take the mean of the rows before the change.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    streams = recorded[:change][(u * change).long()]
    m = (streams - recorded.mean() - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong after_the_change
# You draw from the rows after the change. There the errors are what you want to be warned of.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    after = recorded[change:]
    streams = after[(u * len(after)).long()]
    m = (streams - after.mean() - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong other_end
# You count from the lowest value: nearly all streams would ring. Few may be above the threshold, so begin at the
# highest.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean() - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort().values[int(false_alarms * len(highest))]

# %% wrong one_too_many
# You are off by one. Places count from 0: of the values from the highest down, the one at place k has k others
# above it.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean() - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest)) - 1]

# %% wrong end_of_the_stream
# You look at the last row alone. The alarm rings at *any* row at which the value is above the threshold: take the
# highest of the stream.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean() - delta).cumsum(1)
    highest = (m - m.cummin(1).values)[:, -1]
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong lowest_of_the_whole_stream
# You take off the lowest sum of the *whole* stream, with rows in it that are still to come. After row t you know the
# rows up to t: cummin, not min.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean() - delta).cumsum(1)
    highest = (m - m.min(1, keepdim=True).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong not_from_the_lowest
# You return how high the sum is, not how far it has climbed. It falls all the time while nothing moves, by delta a
# row; a drift that begins late would have to make up for all of that first. Take the lowest sum so far off.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    highest = (streams - before.mean() - delta).cumsum(1).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong delta_forgotten
# delta is missing. Then the sum wanders up and down as far as the stream is long, and the threshold must be high.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean()).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong delta_added
# You add delta, so your sum climbs by itself, and every stream rings in the end. Take it off.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean() + delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong mean_of_the_stream
# You take off each stream's own mean, of rows that are still to come as well. A stream that drifts would be its own
# measure. Take the mean of what was recorded before the change.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - streams.mean(1, keepdim=True) - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong mean_forgotten
# The mean is missing: your sum counts errors, and a model that is wrong as often as ever rings sooner or later.
# Take off how many there usually are.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.sort(descending=True).values[int(false_alarms * len(highest))]

# %% wrong between_two_values
# Your quantile lies between two streams' values, or counts them by another rule. It has to be one of the values: at
# most int(false_alarms * S) of the S streams are above it.
import torch

def alarm_threshold(recorded, change, u, false_alarms, delta):
    before = recorded[:change]
    streams = before[(u * change).long()]
    m = (streams - before.mean() - delta).cumsum(1)
    highest = (m - m.cummin(1).values).max(1).values
    return highest.quantile(1 - false_alarms)
