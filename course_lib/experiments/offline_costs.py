"""What an answer costs that the model gives alone, with others, or ahead; and what it costs to look one up.

Operations are counted, and are the same on every computer; seconds are compared with others that were taken in turns.
"""
import functools
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.cost import eager_attention
from course_lib.experiments.offline_stream import entries, is_right, stream
from course_lib.models import load_model
from course_lib.offline import Cache
from course_lib.offline.generating import generate
from course_lib.offline.keys import key_parts, prompt_key, run_key
from course_lib.offline.matching import exact
from course_lib.prompting.reading import encode_open
from course_lib.prompting.tokens import answer_text, stop_tokens

TOKENS, BATCH = 16, 64    # of an answer at most; questions that are read together
ROUNDS, EACH = 7, 24      # of what is timed in turns, and questions in each that the model gets alone


@dataclass(frozen=True)
class Written:
    """An answer, and how many tokens were read and written for it."""

    text: str
    read: int
    written: int


def answers(model, tokenizer, texts: Sequence[str], batch: int = BATCH) -> dict[str, Written]:
    """What the model says to each of these texts, the longest first, so many at once."""
    stops, rows, found = stop_tokens(model, tokenizer), encode_open(tokenizer, list(texts)), {}
    order = sorted(range(len(rows)), key=lambda row: -len(rows[row]))
    with torch.no_grad():
        for start in range(0, len(order), batch):
            part = order[start:start + batch]
            for row, new in zip(part, generate(model, [rows[row] for row in part], None, TOKENS, stops)):
                end = next((place + 1 for place, token in enumerate(new) if token in stops), len(new))
                found[texts[row]] = Written(answer_text(tokenizer, new, stops), len(rows[row]), end)
    return found


def operations(model, read: int, written: int) -> int:
    """Floating-point operations of an answer of `written` tokens to a prompt of `read`, alone, keys and values kept.

    Reading the prompt gives the first token; each further one is a pass that looks back over one token more.
    """
    later = (counted(model, length, 2) - counted(model, length, 1) for length in range(read, read + written - 1))
    return counted(model, read, 1) + sum(later)


@functools.cache
def counted(model, read: int, written: int) -> int:
    """The same, counted while it is computed."""
    with eager_attention(model), FlopCounterMode(display=False) as counter, torch.no_grad():
        generate(model, [[1] * read], None, written, [])
    return counter.get_total_flops()


def of_all(model, written: Iterable[Written]) -> int:
    """The operations of all these answers, each alone."""
    return sum(operations(model, one.read, one.written) for one in written)


def to_read(model, written: Iterable[Written]) -> int:
    """The operations of reading all these prompts alone, and answering none."""
    return sum(counted(model, one.read, 1) for one in written)


def online_and_ahead(seed: int, base: str = "orchard-s") -> dict[str, float]:
    """The same stream, asked of the model one by one, and looked up letter by letter in what was answered ahead.

    Right answers, of the queries that are found (`online_right`, `found_right`); operations, in billions: of all the
    queries, of those that are not found, of answering ahead; and seconds in turns: alone over looked up, and alone over
    64 at once.
    """
    model, tokenizer = load_model(base)
    queries, known = stream(seed), entries(seed)
    ahead = answers(model, tokenizer, list(known))
    online = answers(model, tokenizer, list(dict.fromkeys(query.text for query in queries)))
    hits = exact(known, [query.text for query in queries])
    found = [(query, hit) for query, hit in zip(queries, hits) if hit]
    share = lambda of, right: sum(right(one) for one in of) / len(of)
    return {
        "hits": len(found) / len(queries),
        "online_right": share(found, lambda one: is_right(online[one[0].text].text, one[0].answer)),
        "found_right": share(found, lambda one: is_right(ahead[one[1]].text, one[0].answer)),
        "asked_operations": of_all(model, (online[query.text] for query in queries)) / 1e9,
        "missed_operations": of_all(model, (online[query.text] for query, hit in zip(queries, hits) if not hit)) / 1e9,
        "ahead_operations": of_all(model, ahead.values()) / 1e9,
        **in_turns(model, tokenizer, ahead, seed),
    }


def in_turns(model, tokenizer, ahead: dict[str, Written], seed: int) -> dict[str, float]:
    """How many times as long the model takes, alone, as a look into the cache, and as itself with 64 at once, in powers
    of ten: medians over rounds, in each of which all three come, of processor seconds for a question.
    """
    run = run_key(key_parts(model, tokenizer, None, {"max_new_tokens": TOKENS}))
    took: dict[str, list[float]] = {"alone": [], "batch": [], "lookup": []}
    with TemporaryDirectory() as folder, Cache(Path(folder, "answers")) as cache:
        cache.put({prompt_key(run, text): one.text for text, one in ahead.items()})
        for turn in range(ROUNDS):
            some = Random(f"{seed} {turn}").sample(list(ahead), BATCH)
            for name, ask, texts in (
                    ("alone", lambda text: answers(model, tokenizer, [text]), some[:EACH]),
                    ("batch", lambda texts: answers(model, tokenizer, texts), [some]),
                    ("lookup", lambda text: cache.get([prompt_key(run, text)]), some)):
                start = time.process_time()
                for one in texts:
                    ask(one)
                took[name].append((time.process_time() - start) / (EACH if name == "alone" else BATCH))
    alone, batch, lookup = (statistics.median(took[name]) for name in ("alone", "batch", "lookup"))
    return {"lookup_powers": log10(alone / lookup), "batch_powers": log10(alone / batch)}
