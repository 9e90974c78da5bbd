# %% [markdown] statement
# ## Task 03.2 · A vote that may abstain
#
# Several rules look at each text. A rule says `1` (positive), `-1` (negative) or `0`: it abstains, because it
# has nothing to say about this text. An abstention is **no** vote.
#
# Write the majority vote. For each row of votes return `1` or `-1`, the side with more votes. Where both sides
# have as many, or nobody votes at all, the vote abstains as well: return `0`.
#
# `majority_vote([[1, 1, -1], [0, 0, -1], [1, -1, 0]])` gives `[1, -1, 0]`.

# %% stub
def majority_vote(votes: list[list[int]]) -> list[int]:
    """For each row of votes (1, -1 or 0 for none) the side that has more of them, or 0."""
    raise NotImplementedError

# %% reference
def majority_vote(votes: list[list[int]]) -> list[int]:
    """For each row of votes (1, -1 or 0 for none) the side that has more of them, or 0."""
    found = []
    for row in votes:
        total = sum(row)
        found.append((total > 0) - (total < 0))
    return found

# %% checks
import random

TASK = "03.2"
TOLERANCE = 1e-6
DRAWS = 4


def draw(seed: int) -> dict:
    """Five, three, eight or four rules, and at most 22 rows; always a draw, no vote at all, and narrow majorities."""
    rng = random.Random(seed)
    rules = (5, 3, 8, 4)[seed % 4]
    sides = [(a, b) for a in range(rules + 1) for b in range(rules + 1 - a) if abs(a - b) > 1]  # votes for 1, for -1
    sides = [(0, 0), (1, 1), (1, 0), (0, 1), (2, 1), (1, 2), *rng.sample(sides, (3, 2, 12, 4)[seed % 4])]
    rows = [[1] * a + [-1] * b + [0] * (rules - a - b) for a, b in sides]
    rows = [rng.sample(row, rules) for row in rows]
    first_loses = ([1, -1, -1], [-1, 1, 1], [0, 1, -1], [0, -1, 1])
    rows += [row + [0] * (rules - 3) for row in first_loses]
    return {"votes": rng.sample(rows, len(rows))}


def probe(majority_vote, votes: list) -> list:
    """What it returns; a numpy or torch number is as good as Python's."""
    number = lambda vote: None if vote is None else int(vote) if float(vote).is_integer() else float(vote)
    return [number(vote) for vote in majority_vote(votes)]

# %% wrong ties_are_positive
# Where both sides have as many votes you say 1, and where nobody votes, too. Those labels are guesses, and half of
# them are wrong. A vote without a majority abstains: 0.
def majority_vote(votes):
    return [1 if sum(row) >= 0 else -1 for row in votes]

# %% wrong ties_are_negative
# Where both sides have as many votes you say -1, and where nobody votes, too. Those labels are guesses, and half of
# them are wrong. A vote without a majority abstains: 0.
def majority_vote(votes):
    return [1 if sum(row) > 0 else -1 for row in votes]

# %% wrong abstentions_are_a_side
# You take the value that occurs most often, and 0 is among the values. Then rules that have nothing to say outvote
# those that have. Count the votes for 1 and for -1 alone.
def majority_vote(votes):
    return [max((1, -1, 0), key=row.count) for row in votes]

# %% wrong majority_of_all_rules
# You ask for more than half of all the rules. One that abstains is no opponent: compare the votes for 1 with the votes
# for -1.
def majority_vote(votes):
    return [1 if 2 * row.count(1) > len(row) else -1 if 2 * row.count(-1) > len(row) else 0 for row in votes]

# %% wrong abstentions_are_against
# You count every rule that does not say 1 as a vote for -1. An abstention says nothing, for neither side.
def majority_vote(votes):
    return [1 if row.count(1) > len(row) - row.count(1) else -1 for row in votes]

# %% wrong the_sum_itself
# You return the sum of the votes, which can be 2 or -3. Wanted is the side: its sign, 1, -1 or 0.
def majority_vote(votes):
    return [sum(row) for row in votes]

# %% wrong first_vote_wins
# You take the first rule that votes. Then the order of the rules decides, and the others are not asked.
def majority_vote(votes):
    return [next((vote for vote in row if vote), 0) for row in votes]

# %% wrong unanimous_only
# You give a label only where all the rules that vote agree. It is a careful vote, and no majority: two against one is
# enough here.
def majority_vote(votes):
    return [(1 in row) - (-1 in row) for row in votes]

# %% wrong the_mean
# You return the mean of a row, a number between the two sides. Wanted is the side: 1, -1 or 0.
def majority_vote(votes):
    return [sum(row) / len(row) for row in votes]

# %% wrong none_for_no_majority
# Where there is no majority you give None. The vote abstains like a rule does, with a 0.
def majority_vote(votes):
    return [1 if sum(row) > 0 else -1 if sum(row) < 0 else None for row in votes]

# %% wrong rules_instead_of_rows
# You add up each column: these are the votes of one rule on all texts. Wanted is a side for each text, a row.
def majority_vote(votes):
    return [(sum(column) > 0) - (sum(column) < 0) for column in zip(*votes)]

# %% wrong one_is_enough
# A single vote for 1 is enough for you, however many are against it. Compare how many there are on each side.
def majority_vote(votes):
    return [1 if 1 in row else -1 if -1 in row else 0 for row in votes]
