# %% [markdown] statement
# ## Task 11.1 · Batches of one length
#
# All prompts are known beforehand, so prompts of one length can be read together, and little padding is read for
# nothing. Answer all rows:
#
# - `rows`: the tokens of each prompt, lists of whole numbers, not empty;
# - `batch_size`: how many are read at once; the last batch has what is left;
# - `answer(ids, mask)`: the model. It takes a batch, two lists of lists that are all equally long: the tokens, filled
#   up with 0 **on the left**, and 1 where a token stands, 0 where padding does. It gives an answer to each of its rows.
#
# Take the shortest rows first, those of one length in their own order, and fill up each batch to its longest row.
# Return the answers **in the order of `rows`**. 0 is a token like any other, so the mask cannot be told from the
# tokens.
#
# With the rows `[5, 7, 2]`, `[9]`, `[0, 4]` and two at once the model gets `[[0, 9], [0, 4]]` with the mask
# `[[0, 1], [1, 1]]`, then `[[5, 7, 2]]` with `[[1, 1, 1]]`.

# %% stub
def length_sorted_batches(rows: list[list[int]], batch_size: int, answer) -> list:
    """The answer to each row, in their order; rows of one length are read together."""
    raise NotImplementedError

# %% reference
def length_sorted_batches(rows: list[list[int]], batch_size: int, answer) -> list:
    """The answer to each row, in their order; rows of one length are read together."""
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    answers = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        part = order[start:start + batch_size]
        longest = len(rows[part[-1]])
        padding = [[0] * (longest - len(rows[row])) for row in part]
        ids = [empty + rows[row] for row, empty in zip(part, padding)]
        mask = [empty + [1] * len(rows[row]) for row, empty in zip(part, padding)]
        for row, found in zip(part, answer(ids, mask)):
            answers[row] = found
    return answers

# %% checks
import random

TASK = "11.1"
TOLERANCE = 0
DRAWS = 4


def draw(seed: int) -> dict:
    """By turns: the last batch is short; all batches are full; one batch holds all; every row alone."""
    rng = random.Random(seed)
    n, batch_size = [(7, 3), (8, 4), (5, 9), (4, 1)][seed % 4]
    lengths = [rng.randint(1, 6) for _ in range(n)]
    lengths[:3] = [5, 2, 5]                          # not sorted, and two of one length
    rows = [[rng.randrange(9) for _ in range(length)] for length in lengths]
    rows[1][0] = 0                                   # a token that looks like padding
    return {"rows": rows, "batch_size": batch_size}


def probe(length_sorted_batches, rows: list, batch_size: int) -> dict:
    """The answers, which say what the model saw of each row, and the batches that it got."""
    given = []

    def answer(ids, mask):
        given.append([[list(row) for row in ids], [[int(one) for one in row] for row in mask]])
        return ["-".join(str(token) for token, seen in zip(*row) if seen) for row in zip(ids, mask)]

    return {"the answers": length_sorted_batches(rows, batch_size, answer), "the batches": given}

# %% wrong in_the_order_of_the_batches
# You return the answers as the batches gave them, the shortest row's first. Whoever puts them beside the rows gives
# each question another one's answer, and nothing looks wrong. Write each answer to the place that its row has.
def length_sorted_batches(rows, batch_size, answer):
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    answers = []
    for start in range(0, len(order), batch_size):
        part = order[start:start + batch_size]
        longest = max(len(rows[row]) for row in part)
        ids = [[0] * (longest - len(rows[row])) + rows[row] for row in part]
        mask = [[0] * (longest - len(rows[row])) + [1] * len(rows[row]) for row in part]
        answers += answer(ids, mask)
    return answers

# %% wrong padding_is_read
# Your mask is 1 everywhere, so the model reads the padding as tokens, and an answer hangs on who stood beside it in the
# batch. Put 0 into the mask where you filled up.
def length_sorted_batches(rows, batch_size, answer):
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    answers = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        part = order[start:start + batch_size]
        longest = max(len(rows[row]) for row in part)
        ids = [[0] * (longest - len(rows[row])) + rows[row] for row in part]
        mask = [[1] * longest for row in part]
        for row, found in zip(part, answer(ids, mask)):
            answers[row] = found
    return answers

# %% wrong mask_from_the_tokens
# You make the mask by asking which tokens are 0. But 0 is a token, too, and where a prompt holds it, it is hidden from
# the model. The mask follows from the length of each row.
def length_sorted_batches(rows, batch_size, answer):
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    answers = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        part = order[start:start + batch_size]
        longest = max(len(rows[row]) for row in part)
        ids = [[0] * (longest - len(rows[row])) + rows[row] for row in part]
        mask = [[int(token != 0) for token in row] for row in ids]
        for row, found in zip(part, answer(ids, mask)):
            answers[row] = found
    return answers

# %% wrong short_batch_dropped
# You count whole batches only, so the rows that are left over at the end, the longest ones, have no answer. The last
# batch may be short: go on until no row is left.
def length_sorted_batches(rows, batch_size, answer):
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    answers = [None] * len(rows)
    for number in range(len(rows) // batch_size):
        part = order[number * batch_size:(number + 1) * batch_size]
        longest = max(len(rows[row]) for row in part)
        ids = [[0] * (longest - len(rows[row])) + rows[row] for row in part]
        mask = [[0] * (longest - len(rows[row])) + [1] * len(rows[row]) for row in part]
        for row, found in zip(part, answer(ids, mask)):
            answers[row] = found
    return answers

# %% wrong not_sorted
# You take the rows as they come. One long row then makes a whole batch of short ones long. Sort by length first.
def length_sorted_batches(rows, batch_size, answer):
    answers = []
    for start in range(0, len(rows), batch_size):
        part = rows[start:start + batch_size]
        longest = max(len(row) for row in part)
        ids = [[0] * (longest - len(row)) + row for row in part]
        mask = [[0] * (longest - len(row)) + [1] * len(row) for row in part]
        answers += answer(ids, mask)
    return answers

# %% wrong padded_behind
# You fill up on the right. The model goes on behind the last place of a row, and there padding stands now. A model that
# writes is filled up on the left, so that all rows end at the same place.
def length_sorted_batches(rows, batch_size, answer):
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    answers = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        part = order[start:start + batch_size]
        longest = max(len(rows[row]) for row in part)
        ids = [rows[row] + [0] * (longest - len(rows[row])) for row in part]
        mask = [[1] * len(rows[row]) + [0] * (longest - len(rows[row])) for row in part]
        for row, found in zip(part, answer(ids, mask)):
            answers[row] = found
    return answers

# %% wrong filled_up_to_the_longest_of_all
# You fill up every batch to the longest row of all. What was sorted for is lost: as much padding is read as if nothing
# had been. Each batch is as long as its own longest row.
def length_sorted_batches(rows, batch_size, answer):
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    answers = [None] * len(rows)
    longest = max(len(row) for row in rows)
    for start in range(0, len(order), batch_size):
        part = order[start:start + batch_size]
        ids = [[0] * (longest - len(rows[row])) + rows[row] for row in part]
        mask = [[0] * (longest - len(rows[row])) + [1] * len(rows[row]) for row in part]
        for row, found in zip(part, answer(ids, mask)):
            answers[row] = found
    return answers

# %% wrong sorted_by_the_tokens
# You sort the rows by their tokens, as words in a dictionary. What costs is the length: key=len.
def length_sorted_batches(rows, batch_size, answer):
    order = sorted(range(len(rows)), key=lambda row: rows[row])
    answers = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        part = order[start:start + batch_size]
        longest = max(len(rows[row]) for row in part)
        ids = [[0] * (longest - len(rows[row])) + rows[row] for row in part]
        mask = [[0] * (longest - len(rows[row])) + [1] * len(rows[row]) for row in part]
        for row, found in zip(part, answer(ids, mask)):
            answers[row] = found
    return answers

# %% wrong rows_sorted_in_place
# Your answers stand beside the sorted rows, and the list that you were given is sorted now as well: its owner has lost
# the order. Sort the numbers of the rows, and leave the rows as they are.
def length_sorted_batches(rows, batch_size, answer):
    rows.sort(key=len)
    answers = []
    for start in range(0, len(rows), batch_size):
        part = rows[start:start + batch_size]
        longest = max(len(row) for row in part)
        ids = [[0] * (longest - len(row)) + row for row in part]
        mask = [[0] * (longest - len(row)) + [1] * len(row) for row in part]
        answers += answer(ids, mask)
    return answers

# %% equal order-within-a-batch
# Each answer goes to its own row's place, so it makes no difference which one is written first.
PAIRS = "zip(part, answer(ids, mask))"
MUTANTS = [f"for row, found in {PAIRS}: -> for row, found in turned({PAIRS}):"]
