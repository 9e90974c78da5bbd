"""What many prompts cost, by how many are read at once, how many come again, and how many tokens they begin with alike:

    .venv/bin/python -m course_lib.explore.recorded.batches      writes data/batches.json, in some minutes

Questions about the world, behind no examples, four, or eight, answered by `predict` with an empty cache. The rival
reads each prompt alone and whole, also one that comes again. Processor seconds, one thread, in turns; tokens counted.
"""
import functools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import torch

from course_lib.experiments.offline_costs import TOKENS, answers
from course_lib.experiments.offline_stream import answer_of, entries
from course_lib.files import write_text
from course_lib.models import load_model
from course_lib.offline import Predictor

PATH = Path(__file__).parent / "data" / "batches.json"
BASE, SEED, PROMPTS, ALONE, ROUNDS = "orchard-s", 0, 256, 48, 3    # ALONE: prompts of the rival in each round
SIZES, AGAIN, SHOTS = (1, 4, 16, 64, 256), (0.0, 0.3, 0.6, 0.9), (0, 4, 8)
FIGURES = ("cost", "tokens", "passes")


@functools.cache
def read() -> dict[int, dict]:
    """{shots: {"prefix": tokens, "alone": figures, "points": {share that comes again: {batch size: figures}}}}.

    Figures are of one prompt: its `cost`, where 1 is that of a prompt alone; `tokens` and `passes` of the model.
    """
    kept = json.loads(PATH.read_text(encoding="utf-8"))
    return {int(shots): one | {"points": {float(again): {int(size): point for size, point in points.items()}
                                          for again, points in one["points"].items()}} for shots, one in kept.items()}


def prompts(shots: int, again: float) -> list[str]:
    """PROMPTS questions in random order behind so many answered ones; this share of them is there already."""
    known, draw = list(entries(SEED).items()), Random(f"{SEED} {again}")
    head = "".join(f"{text} It is {answer_of(fact)}.\n" for text, fact in known[-shots:]) if shots else ""
    once = [head + text for text, _ in known[:PROMPTS - round(again * PROMPTS)]]
    return draw.sample(once + draw.choices(once, k=PROMPTS - len(once)), PROMPTS)


@contextmanager
def counting(model) -> Iterator[dict[str, int]]:
    """In this block the tokens that the model reads, padding among them, and its passes are counted."""
    count = {"tokens": 0, "passes": 0}

    def look(_, given):
        count["tokens"] += given[0].numel()
        count["passes"] += 1

    hook = model.get_input_embeddings().register_forward_pre_hook(look)
    try:
        yield count
    finally:
        hook.remove()


def taken(model, run: Callable[[], object], n: int) -> dict[str, float]:
    """Seconds, tokens and passes of `run`, for each of its n prompts."""
    with counting(model) as count:
        start = time.process_time()
        run()
        return {"seconds": (time.process_time() - start) / n} | {name: one / n for name, one in count.items()}


def measure(shots: int) -> dict:
    """Every point with so many examples, and the rival beside them."""
    model, tokenizer = load_model(BASE)
    given = {again: prompts(shots, again) for again in AGAIN}
    marks: dict[tuple, list[dict[str, float]]] = {}
    for _ in range(ROUNDS):
        few = given[0.0][:ALONE]
        run = lambda few=few: [answers(model, tokenizer, [one]) for one in few]
        marks.setdefault(("alone",), []).append(taken(model, run, ALONE))
        for again in AGAIN:
            for size in SIZES:
                predictor = Predictor(model, tokenizer, batch_size=size, max_new_tokens=TOKENS)
                run = lambda predictor=predictor, again=again: list(predictor.answered(given[again], str))
                marks.setdefault((again, size), []).append(taken(model, run, PROMPTS))
                print(shots, again, size, marks[again, size][-1], flush=True)
    median = {of: statistics.median(mark["seconds"] for mark in found) for of, found in marks.items()}
    figures = {of: {"cost": round(median[of] / median["alone",], 5), "tokens": round(found[0]["tokens"], 3),
                    "passes": round(found[0]["passes"], 4)} for of, found in marks.items()}
    head = given[0.0][0].rpartition("\n")[0]
    return {"prefix": len(tokenizer(head + "\n")["input_ids"]) if head else 0, "alone": figures["alone",],
            "points": {again: {size: figures[again, size] for size in SIZES} for again in AGAIN}}


def main() -> None:
    """Measures all of them, and writes the file."""
    torch.set_num_threads(1)
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps({shots: measure(shots) for shots in SHOTS}, indent=0) + "\n")


if __name__ == "__main__":
    main()
