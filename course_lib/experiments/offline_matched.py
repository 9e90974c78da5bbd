"""Which of the answers that were computed ahead a stream's queries get, by each way to match, and which they should."""
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_lib.experiments.offline_costs import Written, answers, of_all, to_read
from course_lib.experiments.offline_stream import Query, entries, is_right, stream
from course_lib.models import load_model
from course_lib.offline.matching import exact, near_letters, near_meaning, plain, same_words

STREAMS = {"steep": 1.0, "even": 0.0}   # how steeply the facts' shares fall
WAYS = ("exact", "words", "letters", "meaning")   # to match
LIKE = WAYS[2:]                         # by likeness
AHEADS = (50, 200, 800, 1600)           # facts, of which so many are computed ahead


def matchers(model, tokenizer) -> dict:
    """Each of WAYS."""
    meaning = functools.partial(near_meaning, model=model, tokenizer=tokenizer)
    return dict(zip(WAYS, (exact, same_words, near_letters, meaning)))


def matched(way, known: dict[str, tuple[str, str]], queries: Sequence[Query]) -> list[str | None]:
    """The entry that each query gets. What has the same words needs no likeness; equal queries are matched once."""
    texts = list(dict.fromkeys(query.text for query in queries))
    found = dict(zip(texts, (exact if way is exact else same_words)(known, texts)))
    left = [text for text in texts if found[text] is None]
    if way not in (exact, same_words):
        found |= zip(left, way(list(known), left))
    return [found[query.text] for query in queries]


def false_hits(hits: Sequence[str | None], known: dict[str, tuple[str, str]], queries: Sequence[Query]) -> list[int]:
    """The numbers of the queries that would get the answer to another question."""
    return [place for place, (hit, query) in enumerate(zip(hits, queries))
            if hit is not None and known[hit] != query.fact]


@dataclass(frozen=True)
class Served:
    """The shares of queries that are found, and answered right; billions of operations for all of them."""

    found: float
    right: float
    operations: float


def served(model, queries: Sequence[Query], said: Mapping[str, Written], hits: Sequence[str | None],
           by_state: bool = False) -> Served:
    """What the queries get where the model answers those without a hit; `said` are its answers to all texts.

    `by_state`: the model read each query that is no entry's words, too, to compare its hidden state.
    """
    asked = [hit or query.text for hit, query in zip(hits, queries)]
    missed = [said[query.text] for hit, query in zip(hits, queries) if hit is None]
    right = sum(is_right(said[text].text, query.answer) for text, query in zip(asked, queries))
    work = of_all(model, missed)
    if by_state:
        work += to_read(model, (said[query.text] for hit, query in zip(hits, queries)
                                if hit is None or plain(hit) != plain(query.text)))
    return Served(1 - len(missed) / len(queries), right / len(queries), work / 1e9)


def coverage(seed: int, base: str = "orchard-s") -> dict[str, float]:
    """What each way to match finds, of a stream that some facts lead, and of one in which all are alike.

    `found`: the share of queries that get an answer; `right`: the share that is answered right, by the model where none
    is found; `false`: of the near matches, the share with another question's answer. And of the first stream, by the
    same words, what is found with few facts ahead and with nearly all: `ahead_50` and so on.
    """
    model, tokenizer = load_model(base)
    result, ways = {}, matchers(model, tokenizer)
    for name, steep in STREAMS.items():
        queries, known = stream(seed, steep), entries(seed)
        asked = list(dict.fromkeys([*known, *(query.text for query in queries)]))
        said = answers(model, tokenizer, asked)
        right = lambda texts, queries=queries, said=said: sum(
            is_right(said[text].text, query.answer) for text, query in zip(texts, queries)) / len(queries)
        same = matched(same_words, known, queries)
        result[f"{name}_online_right"] = right([query.text for query in queries])
        for way, match in ways.items():
            hits = matched(match, known, queries)
            result[f"{name}_{way}_found"] = sum(hit is not None for hit in hits) / len(hits)
            result[f"{name}_{way}_right"] = right([hit or query.text for hit, query in zip(hits, queries)])
            if way in LIKE:
                near = sum(hit is not None for hit in hits) - sum(hit is not None for hit in same)
                result[f"{name}_{way}_false"] = len(false_hits(hits, known, queries)) / max(near, 1)
    queries = stream(seed)
    for ahead in AHEADS:
        hits = matched(same_words, entries(seed, ahead), queries)
        result[f"ahead_{ahead}"] = sum(hit is not None for hit in hits) / len(hits)
    return result
