"""The order in which prompts are read: those that begin alike together, and then by length.

All prompts are known beforehand, so what several of them begin with, a task's examples for
instance, need not be read for each: it is read once, and what is left of each prompt goes on from
there. Padding is read for nothing, and there is little of it where the prompts of a batch are of
one length.
"""
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

BATCH, MOST = 128, 16  # where nobody says: prompts read at once, tokens written for each at most
UNTIL = ("newline", "end")  # where an answer ends
PASS = 400  # tokens: a batch more costs about as much as reading so many, for every pass has a cost


@dataclass
class Group:
    """Prompts that share their first `prefix` tokens; their numbers, the longest first."""

    prefix: int
    rows: list[int]


@dataclass
class Batch:
    """Tokens of prompts that are read at once, the first `prefix` of them alike, and their keys."""

    prefix: int
    rows: list[list[int]]
    keys: list

    def tokens(self, most: int) -> int:
        """How many are read, and written where each answer has `most`."""
        return self.prefix + sum(len(row) - self.prefix + most for row in self.rows)


@dataclass
class Run:
    """Prompts side by side in alphabetical order that share `prefix` tokens."""

    prefix: int
    start: int                                       # the first of them
    end: int = 0                                     # one past the last; 0 while nobody knows
    kept: list["Run"] = field(default_factory=list)  # the runs within that are worth it


def plan(rows: Sequence[Sequence[int]], batch_size: int, share: bool = True) -> list[Group]:
    """Groups of prompts, each with the prefix that it shares, so that few tokens are read.

    Which group a prompt is in depends on `rows` and `batch_size` alone: a run that was stopped
    plans the same again.

    Args:
        rows: the tokens of each prompt, at least one each.
        batch_size: how many prompts are read at once.
        share: whether prefixes may be shared; if not, all are one group.

    Returns:
        The groups; every number of a row stands in one of them. A prefix leaves at least one token
        of every prompt. What shares nothing is the last group, with the prefix 0.

    >>> plan([[1, 2, 3], [7], [1, 2, 4, 4]], batch_size=2, share=False)
    [Group(prefix=0, rows=[2, 0, 1])]
    """
    order = sorted(range(len(rows)), key=lambda row: rows[row])    # alike stand side by side
    runs = best_runs([rows[row] for row in order], batch_size) if share else []
    groups = [Group(run.prefix, order[run.start:run.end]) for run in runs]
    shared = {row for group in groups for row in group.rows}
    groups.append(Group(0, [row for row in range(len(rows)) if row not in shared]))
    for group in groups:
        group.rows.sort(key=lambda row: (-len(rows[row]), row))
    return [group for group in groups if group.rows]


def parts(batches: Iterable[Batch], most: int, least: int) -> Iterator[list[Batch]]:
    """The batches in parts of about equal work: of at least so many tokens, answers of `most`
    included.

    What shares a prefix stands together. How the parts are cut changes no batch, and so no answer.
    """
    part, tokens = [], 0
    for batch in batches:
        part.append(batch)
        tokens += batch.tokens(most)
        if tokens >= least:
            yield part
            part, tokens = [], 0
    if part:
        yield part


def best_runs(rows: list[Sequence[int]], batch_size: int) -> list[Run]:
    """The runs to share, of rows in alphabetical order.

    Rows that share p tokens form a run, and within it lie runs that share more. A stack holds the
    runs that are open, the longest prefix on top. When one ends, what it saves is compared with
    what the runs within it save.
    """
    alike = [common(one, other) for one, other in zip(rows, rows[1:])]  # between neighbours
    stack = [Run(0, 0)]
    for place, length in enumerate([*alike, 0]):     # between rows[place] and rows[place + 1]
        start = place
        while stack[-1].prefix > length:
            run = closed(stack.pop(), place + 1, rows, batch_size)
            start = run.start
            if stack[-1].prefix < length:            # a run around it, which shares less
                stack.append(Run(length, start))
            stack[-1].kept += [run] if run.end else run.kept
        if stack[-1].prefix < length:
            stack.append(Run(length, start))
    return stack[0].kept


def closed(run: Run, end: int, rows: list[Sequence[int]], batch_size: int) -> Run:
    """The run with its end, if it saves more than what lies within it; else as it was."""
    shortest = len(rows[run.start])                  # it stands first
    prefix = min(run.prefix, shortest - 1)           # one token is left to read
    within = sum(saved(one.prefix, one.end - one.start, batch_size) for one in run.kept)
    if saved(prefix, end - run.start, batch_size) > within:
        return Run(prefix, run.start, end)
    return run


def saved(prefix: int, count: int, batch_size: int) -> float:
    """Tokens that are not read where so many prompts share a prefix, less what their batches cost.
    """
    passes = -(-count // batch_size) + 1             # batches of their own, and the prefix
    return (count - 1) * prefix - PASS * (passes - count / batch_size)


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many first tokens two prompts share.

    >>> common([1, 2, 3], [1, 2, 4, 4])
    2
    """
    differ = (place for place, (a, b) in enumerate(zip(one, other)) if a != b)
    return next(differ, min(len(one), len(other)))
