"""Questions as people type them, matched against those that were answered beforehand.

Each function takes the entries (questions that have an answer) and queries, and gives for each query the entry whose
answer it would get, or None. They let in more and more: the same letters, the same words, nearly the same letters,
nearly the same hidden state. The last two can be wrong: "the opposite of hot" and "the opposite of cold" are near.
"""
import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

import torch

from course_lib.prompting.reading import encode_open

NEAR_LETTERS, NEAR_MEANING = 0.9, 0.95    # from which likeness on two questions count as one; 1: the same
AT_ONCE = 64                              # questions read at once


def plain(text: str) -> str:
    """The words and numbers alone: no capitals, no signs, one space between two.

    >>> plain("  What is the CAPITAL of France")
    'what is the capital of france'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))


def exact(entries: Iterable[str], queries: Sequence[str]) -> list[str | None]:
    """The entry that is the query, sign by sign."""
    known = set(entries)
    return [query if query in known else None for query in queries]


def same_words(entries: Iterable[str], queries: Sequence[str]) -> list[str | None]:
    """The first entry of the same words: capitals, spaces and signs do not count."""
    known: dict[str, str] = {}
    for entry in entries:
        known.setdefault(plain(entry), entry)
    return [known.get(plain(query)) for query in queries]


def near_letters(entries: Iterable[str], queries: Sequence[str], least: float = NEAR_LETTERS) -> list[str | None]:
    """The entry that is written most alike, by difflib's ratio, if that is at least `least`.

    The ratio is 2 M / T: M letters stand in both in the same order, T are the letters of the two together.
    """
    known: dict[str, str] = {}
    for entry in entries:
        known.setdefault(plain(entry), entry)
    found = (difflib.get_close_matches(plain(query), known, n=1, cutoff=least) for query in queries)
    return [known[one[0]] if one else None for one in found]


def near_meaning(entries: Iterable[str], queries: Sequence[str], model, tokenizer,
                 least: float = NEAR_MEANING) -> list[str | None]:
    """The entry whose mean hidden state has the largest cosine with the query's, if that is at least `least`."""
    entries = list(entries)
    if not entries or not queries:
        return [None] * len(queries)
    known, asked = (states(model, tokenizer, texts) for texts in (entries, queries))   # (E, d), (Q, d)
    centre = known.mean(0)                       # what all questions share says nothing of any
    known, asked = (torch.nn.functional.normalize(one - centre, dim=1) for one in (known, asked))
    cosine, place = (asked @ known.T).max(1)                                            # (Q, E) -> (Q,)
    return [entries[one] if near >= least else None for near, one in zip(cosine.tolist(), place.tolist())]


@torch.no_grad()
def states(model, tokenizer, texts: Sequence[str]) -> torch.Tensor:
    """The mean over tokens of each text's last hidden state, (n, d)."""
    rows, found = encode_open(tokenizer, list(texts)), [None] * len(texts)
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    for start in range(0, len(order), AT_ONCE):
        part = order[start:start + AT_ONCE]
        T = max(len(rows[row]) for row in part)
        ids = torch.tensor([rows[row] + [0] * (T - len(rows[row])) for row in part])     # (B, T), padded behind
        own = torch.tensor([[1] * len(rows[row]) + [0] * (T - len(rows[row])) for row in part])
        hidden = model.base_model(input_ids=ids, attention_mask=own).last_hidden_state   # (B, T, d)
        mean = (hidden * own[:, :, None]).sum(1) / own.sum(1, keepdim=True)              # -> (B, d)
        for row, one in zip(part, mean):
            found[row] = one
    return torch.stack(found)
