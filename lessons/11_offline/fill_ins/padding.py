# %% [markdown] statement
# **Your turn: what is read for nothing.** All rows of a batch are made as long as its longest one. Given the lengths of
# the rows in the order in which they are read, `batch_size` at once, how many tokens of padding are read?

# %% [markdown] hint
# `lengths[start:start + batch_size]` is a batch, the last one perhaps short. It takes `max(batch) * len(batch)` places;
# `sum(batch)` of them hold tokens.

# %% stub
def padding(lengths, batch_size):
    """How many tokens of padding all batches have together."""
    raise NotImplementedError

# %% reference
def padding(lengths, batch_size):
    """How many tokens of padding all batches have together."""
    batches = [lengths[start:start + batch_size] for start in range(0, len(lengths), batch_size)]
    return sum(max(batch) * len(batch) - sum(batch) for batch in batches)

# %% checks
import random

TASK = "11.padding"
TOLERANCE = 0


def draw(seed):
    rng = random.Random(seed)
    return {"lengths": [rng.randint(1, 30) for _ in range([7, 12, 5][seed % 3])], "batch_size": [3, 4, 8][seed % 3]}

# %% wrong longest-of-all
# You make every batch as long as the longest row of all. A batch is as long as its own longest row.
def padding(lengths, batch_size):
    return max(lengths) * len(lengths) - sum(lengths)

# %% wrong short-batch-filled-up
# The last batch may be short, and has only as many rows as are left. You count it as a full one.
def padding(lengths, batch_size):
    batches = [lengths[start:start + batch_size] for start in range(0, len(lengths), batch_size)]
    return sum(max(batch) * batch_size - sum(batch) for batch in batches)

# %% wrong all-places
# You count all places, also those with tokens. Padding is what is left of them.
def padding(lengths, batch_size):
    batches = [lengths[start:start + batch_size] for start in range(0, len(lengths), batch_size)]
    return sum(max(batch) * len(batch) for batch in batches)

# %% wrong sorted-first
# You sort first. Then the order that was given makes no difference, and that is what you want to measure.
def padding(lengths, batch_size):
    lengths = sorted(lengths)
    batches = [lengths[start:start + batch_size] for start in range(0, len(lengths), batch_size)]
    return sum(max(batch) * len(batch) - sum(batch) for batch in batches)

# %% equal a-sum-has-no-order
# The batches are summed up, in whatever order they come.
BATCHES = "batches = [lengths[start:start + batch_size] for start in"
STARTS = "range(0, len(lengths), batch_size)"
SUM = "return sum((max(batch) * len(batch) - sum(batch) for batch in"
MUTANTS = [f"{BATCHES} {STARTS}] -> {BATCHES} {way}({STARTS})]" for way in ("turned", "mixed")] + [
    f"{SUM} batches)) -> {SUM} {way}(batches)))" for way in ("turned", "mixed")]
