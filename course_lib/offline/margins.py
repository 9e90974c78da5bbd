"""Where two ways to compute give two answers, and whether it was a near tie.

In a batch, the sums of a model are added up in another order than alone, so the last digits of its
logits differ. Where two tokens are as good as equally probable, the other one then comes, and from
there on the answer is another.
"""
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from course_lib.architecture import context_of
from course_lib.errors import CourseError, shown
from course_lib.prompting.reading import attached, encode_prompts, read, read_on
from course_lib.prompting.tokens import stop_tokens

NEAR = 1e-3  # logits: what two orders of adding up differ by is some 1e-5 where logits are about 10


@dataclass(frozen=True)
class Flip:
    """Two answers to prompt number `place` that differ."""

    place: int
    step: int      # the first new token in which they do, from 0
    margin: float  # there: the highest logit less the second; inf where the model writes neither


@dataclass(frozen=True)
class Flips:
    """How many answers were compared, and those that differ."""

    compared: int
    differ: list[Flip]
    near: float

    @property
    def ties(self) -> list[Flip]:
        """Those that a near tie explains."""
        return [flip for flip in self.differ if flip.margin <= self.near]

    @property
    def others(self) -> list[Flip]:
        """Those that it does not: here one of the two is wrong."""
        return [flip for flip in self.differ if flip.margin > self.near]

    def __str__(self) -> str:
        return (f"{len(self.differ)} of {self.compared} answers differ: {len(self.ties)} at a near "
                f"tie (the two highest logits at most {self.near:g} apart), {len(self.others)} "
                "otherwise")


def flips(model, tokenizer, prompts: Sequence[str], first: Sequence[str], second: Sequence[str],
          method=None, *, near: float = NEAR) -> Flips:
    """Counts the prompts with two different answers, and measures how near a tie each of them was.

    Each such prompt is read alone, and the most probable token taken until one of the two answers
    goes another way.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        prompts: a list of texts.
        first: an answer to each, up to a newline, as `predict` or `complete` gives it.
        second: another answer to each.
        method: the method that edited the model meanwhile, if any.
        near: up to which margin, in logits, a tie counts as near.

    Returns:
        A `Flips`: `compared`, `differ`, and of these the `ties` and the `others`.

    Raises:
        CourseError: if there are not as many answers as prompts, or if a prompt cannot be read.
    """
    lists = [list(one) if isinstance(one, Sequence) and not isinstance(one, str) else None
             for one in (prompts, first, second)]
    if None in lists or len({len(one) for one in lists}) != 1:
        raise CourseError("flips takes three lists, prompts and two answers to each; you gave "
                          f"{shown(prompts)}, {shown(first)} and {shown(second)}.")
    differ = [Flip(place, *parting(model, tokenizer, prompt, {one, other}, method))
              for place, (prompt, one, other) in enumerate(zip(*lists)) if one != other]
    return Flips(len(lists[0]), differ, near)


@torch.no_grad()
def parting(model, tokenizer, prompt: str, answers: set[str], method) -> tuple[int, float]:
    """(the step at which the model, reading alone, leaves one of two answers, the margin there)."""
    stops = stop_tokens(model, tokenizer)
    rows = encode_prompts(model, tokenizer, prompt, room=1, method=method)
    most = context_of(model) - getattr(method, "length", 0) - len(rows[0])
    with attached(model, method):
        reading, new = read(model, rows, method), []
        for step in range(most):
            logits = reading.logits[0]                      # (1, V) -> (V,)
            best, second = logits.topk(2).values.tolist()
            new.append(int(logits.argmax()))
            if (left := sum(goes_on(tokenizer, new, answer, stops) for answer in answers)) < 2:
                return step, best - second if left else float("inf")
            read_on(model, reading, torch.tensor([new[-1:]], device=model.device))
    return most, float("inf")


def goes_on(tokenizer, new: list[int], answer: str, stops: Sequence[int]) -> bool:
    """Whether an answer can begin with these tokens; where the last one ends it, whether it does.
    """
    ended = new[-1] in stops
    text = tokenizer.decode(new[:-1] if ended else new).lstrip()
    line, newline, _ = text.partition("\n")
    if ended or newline:
        return line.strip() == answer
    whole = line.rstrip().rstrip("\ufffd")         # of a letter's bytes some may be missing
    return answer.startswith(whole)
