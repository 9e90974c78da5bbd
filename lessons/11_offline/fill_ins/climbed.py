# %% [markdown] statement
# **Your turn: Page and Hinkley's alarm.** Errors come in, 0 or 1, one stream in each row of `x`. After row $t$ take
# $x_t$ less the mean of *all rows so far* (with row $t$), and less `delta`; add these up to $m_t$. How far is $m_t$
# above the lowest $m$ so far?

# %% [markdown] hint
# `numpy` has `cumsum(-1)`, and `np.minimum.accumulate(m, -1)` is the lowest so far. The mean after row t is the sum
# so far, divided by 1, 2, 3, …

# %% stub
import numpy as np


def climbed(x, delta):
    """How far the sum has climbed after each row, (S, T) -> (S, T)."""
    raise NotImplementedError

# %% reference
import numpy as np


def climbed(x, delta):
    """How far the sum has climbed after each row, (S, T) -> (S, T)."""
    means = x.cumsum(-1) / np.arange(1, x.shape[-1] + 1)
    m = (x - means - delta).cumsum(-1)
    return m - np.minimum.accumulate(m, -1)

# %% checks
import random

import numpy as np

TASK = "11.climbed"
TOLERANCE = 1e-5
GRADIENTS = ()    # it counts errors


def draw(seed):
    rng = random.Random(seed)
    S, T = [2, 1, 3][seed % 3], [9, 12, 6][seed % 3]
    x = [[float(rng.random() < (0.2 if t < T // 2 else 0.8)) for t in range(T)] for _ in range(S)]
    return {"x": np.array(x), "delta": [0.05, 0.1, 0.01][seed % 3]}

# %% wrong whole-mean
# You take off the mean of the whole stream, with rows in it that are still to come. After row t only t rows are
# known.
import numpy as np


def climbed(x, delta):
    m = (x - x.mean(-1, keepdims=True) - delta).cumsum(-1)
    return m - np.minimum.accumulate(m, -1)

# %% wrong not-climbed
# That is m itself. It falls while nothing moves, and a drift that begins late would have to make up for it first:
# take off the lowest m so far.
import numpy as np


def climbed(x, delta):
    means = x.cumsum(-1) / np.arange(1, x.shape[-1] + 1)
    return (x - means - delta).cumsum(-1)

# %% wrong lowest-of-all
# You take off the lowest m of the whole stream, some of which is still to come. Take the lowest *so far*.
import numpy as np


def climbed(x, delta):
    means = x.cumsum(-1) / np.arange(1, x.shape[-1] + 1)
    m = (x - means - delta).cumsum(-1)
    return m - m.min(-1, keepdims=True)

# %% wrong no-delta
# Without delta the sum wanders by chance, further and further the longer the stream is.
import numpy as np


def climbed(x, delta):
    means = x.cumsum(-1) / np.arange(1, x.shape[-1] + 1)
    m = (x - means).cumsum(-1)
    return m - np.minimum.accumulate(m, -1)

# %% wrong one-mean-late
# Your mean counts from 0: it divides the sum of t rows by t - 1.
import numpy as np


def climbed(x, delta):
    means = x.cumsum(-1) / np.maximum(1, np.arange(x.shape[-1]))
    m = (x - means - delta).cumsum(-1)
    return m - np.minimum.accumulate(m, -1)

# %% equal last-is-second
# x has two dimensions, so the last one is number 1.
MUTANTS = [
    "means = x.cumsum(-1) / np.arange(1, x.shape[-1] + 1) -> means = x.cumsum(1) / np.arange(1, x.shape[-1] + 1)",
    "means = x.cumsum(-1) / np.arange(1, x.shape[-1] + 1) -> means = x.cumsum(-1) / np.arange(1, x.shape[1] + 1)",
    "m = (x - means - delta).cumsum(-1) -> m = (x - means - delta).cumsum(1)",
    "return m - np.minimum.accumulate(m, -1) -> return m - np.minimum.accumulate(m, 1)"]
