"""How a batch is answered: a shared prefix is read once, the rest of each prompt, then the answers.

Shapes: B prompts, P tokens of the shared prefix (with a method's virtual ones), T tokens of the
rest, V vocabulary, H heads of keys, d_head their width.
"""
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache

from course_lib.architecture import window_of, with_positions
from course_lib.errors import CourseError
from course_lib.methods.base.prompt_edits import PromptEdits
from course_lib.offline.room import back_to_prefix, with_room
from course_lib.prompting.reading import Reading, read, read_on
from course_lib.threads import threads_for


def can_share(model, method, longest: int) -> bool:
    """Whether prompts may be read in two parts, prefix and rest, and say the same.

    Not where a method edits the first and last positions of a whole prompt, nor with one of yours,
    which may do so. Not where the model looks back over a window that is shorter than `longest`,
    in tokens, answer and all: padding between the two would push the prefix out of its sight.
    """
    known = method is None or type(method).__module__.startswith("course_lib.methods.")
    window = window_of(model)
    return (known and not isinstance(method, PromptEdits)
            and (window is None or longest <= window))


@dataclass
class Prefix:
    """What several prompts begin with, read once; batch after batch of them goes on behind it."""

    tokens: list[int]
    mask: torch.Tensor     # (1, P)
    cache: DynamicCache    # with room for the largest batch
    B: int                 # of which there is room for so many prompts,
    room: int              # with so many tokens each behind the prefix

    def fits(self, rows: Sequence[Sequence[int]], length: int, most: int) -> bool:
        """Whether these prompts, `length` of whose tokens are shared, can be read behind it."""
        return (rows[0][:length] == self.tokens and len(rows) <= self.B
                and max(map(len, rows)) - length + most <= self.room)


def read_prefix(model, rows: Sequence[Sequence[int]], length: int, B: int, most: int,
                method=None) -> Prefix:
    """Reads the first `length` tokens of these prompts once.

    Leaves room for B prompts at once, with `most` new tokens each.
    """
    tokens = list(rows[0][:length])
    read_once = read(model, [tokens], method)
    room = max(map(len, rows)) - length + most
    cache = with_room(read_once.cache, B, room)                   # (1, H, P, d_head) -> B times
    return Prefix(tokens, read_once.mask, cache, B, room)


def read_rest(model, prefix: Prefix, rows: Sequence[Sequence[int]]) -> Reading:
    """Reads the rest of each prompt after the prefix.

    The padding stands between the two, so that all prompts end at the same place: nobody sees it,
    and positions are counted without it.
    """
    rests = [list(row[len(prefix.tokens):]) for row in rows]
    B, T = len(rests), max(map(len, rests))
    empty = [T - len(rest) for rest in rests]
    ids = torch.tensor([[0] * n + rest for n, rest in zip(empty, rests)],
                       device=model.device)                       # (B, T)
    own = torch.tensor([[0] * n + [1] * (T - n) for n in empty],
                       device=model.device)                       # (B, T): what is no padding
    mask = torch.cat([prefix.mask.expand(B, -1), own], dim=1)     # (1, P), (B, T) -> (B, P + T)
    batch = with_positions({"input_ids": ids, "attention_mask": mask})  # (B, T): on from P
    with threads_for(model, ids.numel()):
        out = model(**batch, past_key_values=back_to_prefix(prefix.cache, B), use_cache=True,
                    logits_to_keep=1)
    logits = out.logits[:, -1].float()                            # (B, 1, V) -> (B, V)
    return Reading(logits, out.past_key_values, mask)


def write(model, reading: Reading, most: int, stops: Sequence[int]) -> list[list[int]]:
    """The most probable token, again and again, for each prompt of a batch.

    Up to `most` for each, or to one of `stops` and what follows: a prompt that is answered goes on
    with the others until an eighth of the batch is; then these leave it.
    """
    ends = torch.tensor(list(stops), dtype=torch.long, device=model.device)
    written: list[list[int]] = [[] for _ in range(len(reading.mask))]
    going = list(range(len(written)))                             # who is in the batch: B numbers
    done = torch.zeros(len(going), dtype=torch.bool, device=model.device)  # (B,)
    for left in range(most - 1, -1, -1):
        if not reading.logits.sum().isfinite():
            raise CourseError("The model says nan: its numbers grew too large to compute with. "
                              "Use it as float32: model.float().")
        new = reading.logits.argmax(-1)                           # (B, V) -> (B,)
        for row, token in zip(going, new.tolist()):
            written[row].append(token)
        done = done | torch.isin(new, ends)
        if not left or done.all():
            break
        if 8 * done.sum() >= len(done):
            on = (~done).nonzero().flatten()
            reading.cache.batch_select_indices(on)
            reading.mask, new, done = reading.mask[on], new[on], done[on]  # B shrinks
            going = [going[place] for place in on.tolist()]
        read_on(model, reading, new[:, None])                     # (B, 1)
    return written


def generate(model, rows: Sequence[Sequence[int]], prefix: Prefix | None, most: int,
             stops: Sequence[int], method=None) -> list[list[int]]:
    """The new tokens of each prompt of a batch; where there is a prefix, all begin with it."""
    if prefix is None:
        reading = read(model, [list(row) for row in rows], method)
    else:
        reading = read_rest(model, prefix, rows)
    return write(model, reading, most, stops)
