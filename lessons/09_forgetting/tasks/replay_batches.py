# %% [markdown] statement
# ## Task 09.4 · Batches with a share of old rows
#
# Whoever learns only new rows forgets the old ones. **Replay** puts some old rows into every batch. Build what says
# which: for each of `steps` batches a pair, the places of its new rows and the places of its old rows.
#
# - `n_new`, `n_old`: how many rows the two pools have; places count from 0 in each;
# - `batch_size`: how many rows a batch has in all;
# - `share`: which part of the batch is old, from 0 to 1: `round(share * batch_size)` rows;
# - `shuffle(n)`: gives the places 0 to n - 1 in a new order, another one with every call.
#
# Each pool has an order of its own, and each batch goes on in it where the last one stopped. Only when a pool is used
# up, also in the middle of a batch, is it shuffled anew, as a whole, and goes on: every row comes once before any comes
# again. A pool may be smaller than its part of a single batch.
#
# With two new and three old rows, half of a batch of 4, and the orders 1 0, then 0 1 of the new, 2 0 1, then 0 2 1 of
# the old, two steps are `[([1, 0], [2, 0]), ([0, 1], [1, 0])]`.

# %% stub
def replay_batches(n_new: int, n_old: int, batch_size: int, share: float, steps: int,
                   shuffle) -> list[tuple[list[int], list[int]]]:
    """For each step (places of new rows, places of old rows): batch_size, a share of them old."""
    raise NotImplementedError

# %% reference
def replay_batches(n_new: int, n_old: int, batch_size: int, share: float, steps: int,
                   shuffle) -> list[tuple[list[int], list[int]]]:
    """For each step (places of new rows, places of old rows): batch_size, a share of them old."""
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old = endless(n_new), endless(n_old)
    from_old = round(share * batch_size)
    batches = []
    for _ in range(steps):
        batches.append(([next(new) for _ in range(batch_size - from_old)],
                        [next(old) for _ in range(from_old)]))
    return batches

# %% checks
import random

TASK = "09.4"
TOLERANCE = 0
DRAWS = 5


def draw(seed: int) -> dict:
    """By turns: both pools end in the middle of a batch; the old pool is smaller than its part of one; a share that is
    rounded up; no old rows at all; nothing but old rows. `order` is what the shuffles are drawn with.
    """
    rng = random.Random(seed)
    n_new, n_old, batch_size, share = [
        (rng.choice([7, 11]), 5, 6, rng.choice([0.55, 0.6])), (rng.choice([9, 10]), 2, 8, rng.choice([0.64, 0.68])),
        (rng.choice([12, 13]), rng.choice([8, 9]), 5, rng.choice([0.32, 0.34])), (rng.choice([4, 5]), 6, 3, 0.0),
        (3, rng.choice([5, 7]), 4, 1.0)][seed % 5]
    return {"n_new": n_new, "n_old": n_old, "batch_size": batch_size, "share": share, "steps": rng.choice([5, 6, 7]),
            "order": rng.randrange(1000)}


def probe(replay_batches, n_new: int, n_old: int, batch_size: int, share: float, steps: int, order: int) -> list:
    """The batches. Each pool's first, second, third ... order is the same whichever pool is shuffled first."""
    asked = []

    def shuffle(n):
        asked.append(n)
        return random.Random(f"{order} {n} {asked.count(n)}").sample(range(n), n)

    return replay_batches(n_new, n_old, batch_size, share, steps, shuffle)

# %% wrong shuffled_for_every_batch
# You shuffle the old pool for every batch and take the first ones. That draws with replacement from batch to batch:
# some old rows come again at once, and others are not seen for long. Keep the order, and go on in it where the last
# batch stopped.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, from_old = endless(n_new), round(share * batch_size)

    def some_old():
        places = []
        while len(places) < from_old:
            places += shuffle(n_old)
        return places[:from_old]

    return [([next(new) for _ in range(batch_size - from_old)], some_old()) for _ in range(steps)]

# %% wrong new_rows_shuffled_for_every_batch
# You shuffle the new pool for every batch and take the first ones: some new rows come again at once, and others are not
# seen for long. Both pools keep their order, and go on in it where the last batch stopped.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    old, from_old = endless(n_old), round(share * batch_size)

    def some_new():
        places = []
        while len(places) < batch_size - from_old:
            places += shuffle(n_new)
        return places[:batch_size - from_old]

    return [(some_new(), [next(old) for _ in range(from_old)]) for _ in range(steps)]

# %% wrong always_the_first_old_ones
# Every batch gets the same old rows, the first ones. They would be learned by heart, and the rest of the old pool is
# forgotten like before. Shuffle the pool, and go on in it from batch to batch.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, from_old = endless(n_new), round(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [place % n_old for place in range(from_old)])
            for _ in range(steps)]

# %% wrong old_ones_not_shuffled
# Your old rows come in the order in which they are stored: 0, 1, 2, and so on. Files are often sorted, by label or by
# date, and so would your batches be. Ask shuffle for the order of the old pool, too.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    def stored(n):
        while True:
            yield from range(n)

    new, old, from_old = endless(n_new), stored(n_old), round(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong nothing_shuffled
# You do not shuffle at all: the rows come in the order in which they are stored. Files are often sorted, by label or by
# date, and so would your batches be. Each pool's order comes from shuffle.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def stored(n):
        while True:
            yield from range(n)

    new, old, from_old = stored(n_new), stored(n_old), round(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong same_order_again
# You shuffle each pool once, and begin the same order again when it is used up. Then the same rows meet in the same
# batches in every round. Ask shuffle for a new order.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        order = shuffle(n)
        while True:
            yield from order

    new, old, from_old = endless(n_new), endless(n_old), round(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong share_of_the_new_rows
# Your share is one of the new rows: with share = 0.5 you give one old row to two new ones, a third of the batch. It is
# meant of the whole batch: round(share * batch_size) rows are old.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), endless(n_old), round(batch_size * share / (1 + share))
    return [([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong batch_too_large
# Your old rows come on top of a whole batch of new ones, so the batch is too large: a step costs more, and a run with
# replay no longer compares with one without. The old rows take the places of new ones.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old = endless(n_new), endless(n_old)
    return [([next(new) for _ in range(batch_size)], [next(old) for _ in range(round(share * batch_size))])
            for _ in range(steps)]

# %% wrong share_turned_round
# You give the new rows the share that is meant for the old ones. Of the batch, round(share * batch_size) rows are old,
# and the rest is new.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_new = endless(n_new), endless(n_old), round(share * batch_size)
    return [([next(new) for _ in range(from_new)], [next(old) for _ in range(batch_size - from_new)])
            for _ in range(steps)]

# %% wrong share_cut_off
# You cut off what is behind the point, with int(...) or //. Of 5 rows a share of 0.34 would be 1 then, and 2 is nearer
# to it: round.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), endless(n_old), int(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong share_rounded_up
# You always round up. Of 8 rows a share of 0.64 is 5.12, and 5 is nearer to it than 6: use round.
import math

def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), endless(n_old), math.ceil(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong at_least_one_old
# You put an old row into every batch even where the share says none. A share of 0 is the run without replay, to which
# all others are compared: it must stay free of old rows.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), endless(n_old), max(1, round(share * batch_size))
    return [([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong pool_runs_out
# Your batches shrink: a pool that is used up gives nothing more. The old pool is small as a rule, so replay would stop
# early, and without an error, for a slice behind the end of a list is only empty. Shuffle the pool anew, and go on.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    new, old, from_old = shuffle(n_new), shuffle(n_old), round(share * batch_size)
    from_new = batch_size - from_old
    return [(new[from_new * step:from_new * (step + 1)], old[from_old * step:from_old * (step + 1)])
            for step in range(steps)]

# %% wrong old_pool_runs_out
# The new pool begins anew when it is used up, and the old one does not: your later batches have no old rows any more.
# Both pools begin anew.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), iter(shuffle(n_old)), round(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [place for _, place in zip(range(from_old), old)])
            for _ in range(steps)]

# %% wrong rest_thrown_away
# Where a pool does not fill the batch any more, you throw its rest away and shuffle anew. With a small pool the same
# few rows may be left out for long. Take the rest into the batch, and only then shuffle.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    from_old = round(share * batch_size)
    left = {"new": [], "old": []}

    def take(pool, n, count):
        if len(left[pool]) < count:
            left[pool] = shuffle(n)
        while len(left[pool]) < count:
            left[pool] = left[pool] + shuffle(n)
        taken, left[pool] = left[pool][:count], left[pool][count:]
        return taken

    return [(take("new", n_new, batch_size - from_old), take("old", n_old, from_old)) for _ in range(steps)]

# %% wrong shuffled_once_for_a_batch
# You shuffle a pool anew at most once in a batch. A pool that is smaller than its part of the batch is used up again at
# once, and your batch comes out too small. Go on shuffling until the batch is full: while, not if.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    from_old = round(share * batch_size)
    left = {"new": [], "old": []}

    def take(pool, n, count):
        if len(left[pool]) < count:
            left[pool] = left[pool] + shuffle(n)
        taken, left[pool] = left[pool][:count], left[pool][count:]
        return taken

    return [(take("new", n_new, batch_size - from_old), take("old", n_old, from_old)) for _ in range(steps)]

# %% wrong stops_at_the_end
# You give fewer batches than `steps`: you stop when the new rows are used up. That is one epoch. How long the training
# goes on, `steps` says; a pool that is used up begins anew.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    from_old = round(share * batch_size)
    from_new = batch_size - from_old
    new, old = endless(n_new), endless(n_old)
    most = n_new // from_new if from_new else 1
    return [([next(new) for _ in range(from_new)], [next(old) for _ in range(from_old)])
            for _ in range(min(steps, most))]

# %% wrong places_behind_the_new
# Your places of old rows go on counting where the new ones end, as if the two pools were one list. Each pool counts
# from 0.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), endless(n_old), round(share * batch_size)
    return [([next(new) for _ in range(batch_size - from_old)], [n_new + next(old) for _ in range(from_old)])
            for _ in range(steps)]

# %% wrong old_ones_first
# The places are right, and stand in the wrong order: in each pair the new rows come first, then the old ones.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), endless(n_old), round(share * batch_size)
    return [([next(old) for _ in range(from_old)], [next(new) for _ in range(batch_size - from_old)])
            for _ in range(steps)]

# %% wrong one_list_for_a_batch
# You put the places of a batch into one list, and nobody can tell a new row from an old one any more: both pools count
# from 0. Give a pair of two lists for every batch.
def replay_batches(n_new, n_old, batch_size, share, steps, shuffle):
    def endless(n):
        while True:
            yield from shuffle(n)

    new, old, from_old = endless(n_new), endless(n_old), round(share * batch_size)
    return [[next(new) for _ in range(batch_size - from_old)] + [next(old) for _ in range(from_old)]
            for _ in range(steps)]

# %% equal counted-not-read
# These ranges say how often something is done. What they count from, and in which order, nobody reads.
LINE = "batches.append(([next(new) for _ in range(batch_size - from_old)], [next(old) for _ in range(from_old)]))"
MUTANTS = [f"{line} -> {line.replace(one, f'{name}({one})')}" for name in ("turned", "twice", "mixed")
           for line, one in (("for _ in range(steps):", "range(steps)"), (LINE, "range(batch_size - from_old)"),
                             (LINE, "range(from_old)"))]
