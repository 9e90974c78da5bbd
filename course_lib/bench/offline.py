"""`course bench offline`: many prompts answered by `predict`, one by one, and by transformers' pipeline.

Two kinds of prompts, each behind its own four examples, 30 % of them a second time: words, as in lesson 01
(`peach: drupe`), and whole questions. How many times as fast `predict` is depends on how much of a prompt is shared:
of a word's nearly all, of a question's five tokens in six. Equal on all sides are the model, the prompts, greedy
decoding up to eight tokens or a newline, and one thread. The clock is the processor's.

One by one, and the pipeline at each of its batch sizes, are measured on a sample of the prompts, in their order, and
scaled to all of them. All run in turns, and of the rounds the median counts; `predict` answers all in each round, with
a new cache on the disk, and then once more from that cache.
"""
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from random import Random

import torch
from transformers import pipeline
from transformers.utils import logging

from course_lib.bench.pairs import one_thread
from course_lib.bench.rows import Gate, Table, at_least, at_most, exact
from course_lib.errors import CourseError, whole_number
from course_lib.models import load_model
from course_lib.offline import flips, predict
from course_lib.prompting import draw_examples, few_shot
from course_lib.prompting.reading import encode_open
from course_lib.prompting.tokens import answer_text, stop_tokens
from course_lib.world import documents, load_task, relations

MODEL, SHOTS, AGAIN, MOST = "orchard-s", 4, 0.3, 8    # AGAIN: the share of prompts that come a second time
ROUNDS, ONE_BY_ONE, TRIED = 3, 100, 128               # prompts of the samples in each round
SIZES = (1, 8, 32, 64, 128)                           # the pipeline's batch sizes
DOCUMENTS, SEEDS = 3000, 10                           # from which words are taken; draws of questions
UNGATED: Gate = ("–", lambda figure: True)


def words(count: int) -> list[str]:
    """So many words of the world, each as the open line behind four examples of a relation; where they run out, two."""
    text = "\n".join(islice(documents("train", 0), DOCUMENTS))
    known = list(dict.fromkeys(re.findall(r"\b[a-z]{3,}\b", text)))
    two = (f"{one} {other}" for step in range(1, len(known)) for one, other in zip(known, known[step:]))
    examples = draw_examples(relations()["fruit_family"], SHOTS, 0)
    return [few_shot(examples, word) for word in islice(chain(known, two), count)]


def questions(count: int) -> list[str]:
    """So many questions behind four answered ones."""
    examples = load_task("facts")["validation"].select(range(SHOTS))
    head = "".join(f"{row['prompt']} {row['answer']}\n" for row in examples)
    found = {}
    for seed in range(SEEDS):                         # another one draws other questions
        found |= dict.fromkeys(load_task("facts", seed)["train"]["prompt"][:])
        if len(found) >= count:
            return [head + prompt for prompt in found][:count]
    raise CourseError(f"There are {len(found):,} different questions here, and {count:,} were wanted. Take a smaller "
                      "number of --prompts.")


def some_twice(kind: Callable[[int], list[str]], count: int) -> list[str]:
    """So many prompts of this kind in random order, of which 30 % are there already."""
    again, draw = round(AGAIN * count), Random(0)
    once = kind(count - again)
    return draw.sample(once + draw.choices(once, k=again), count)


def seconds(run: Callable[[], object]) -> tuple[float, object]:
    """(processor seconds, what comes back)."""
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def one_by_one(model, tokenizer, prompts: list[str]) -> list[str]:
    """transformers' `generate` for each prompt alone."""
    stops, answers = stop_tokens(model, tokenizer), []
    for prompt in prompts:
        ids = torch.tensor(encode_open(tokenizer, [prompt]))                               # (1, T)
        new = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=MOST, do_sample=False,
                             eos_token_id=stops, pad_token_id=tokenizer.pad_token_id)[0, ids.shape[1]:]
        answers.append(answer_text(tokenizer, new.tolist(), stops))
    return answers


def by_pipeline(model, tokenizer, batch_size: int) -> Callable[[list[str]], list[str]]:
    """transformers' pipeline for text generation, with this batch size."""
    pipe, stops = pipeline("text-generation", model=model, tokenizer=tokenizer), stop_tokens(model, tokenizer)

    def answer(prompts: list[str]) -> list[str]:
        found = pipe(prompts, batch_size=batch_size, max_new_tokens=MOST, do_sample=False, return_full_text=False,
                     eos_token_id=stops)
        return [one[0]["generated_text"].split("\n")[0].strip() for one in found]
    return answer


def measure(table: Table, name: str, given: list[str], gate: Gate) -> None:
    """The rows of one kind of prompts."""
    (model, tokenizer), (other, padding) = load_model(MODEL), load_model(MODEL)
    padding.padding_side = "left"                      # a decoder needs that; the pipeline says so, too
    few, found, marks = given[:TRIED], [], {"one": [], "pipe": [], "ours": [], "cached": []}
    ways = {size: by_pipeline(other, padding, size) for size in SIZES}
    tried = {size: seconds(lambda way=way: way(few))[0] / len(few) for size, way in ways.items()}
    best = min(tried, key=tried.get)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            cache = Path(folder, f"{number}.cache")
            ours = lambda cache=cache: predict(model, tokenizer, given, max_new_tokens=MOST, cache=cache)
            sample = given[number * ONE_BY_ONE:][:ONE_BY_ONE] or given[:ONE_BY_ONE]
            runs = {"one": (lambda sample=sample: one_by_one(model, tokenizer, sample), sample),
                    "pipe": (lambda: ways[best](few), few), "ours": (ours, given), "cached": (ours, given)}
            answers = {}
            for way, (run, asked) in runs.items():
                took, answers[way] = seconds(run)
                marks[way].append(took / len(asked))
            ours_to = dict(zip(given, answers["ours"]))
            found += [flips(model, tokenizer, asked, answers[way], [ours_to[prompt] for prompt in asked])
                      for way, (_, asked) in runs.items() if way != "ours"]
    one, pipe, mine, cached = (statistics.median(marks[way]) for way in marks)
    ties, others = sum(len(one.ties) for one in found), sum(len(one.others) for one in found)
    print(f"{name}: {len(given):,} prompts, {len(set(given)):,} of them distinct. One by one is measured on "
          f"{ONE_BY_ONE} and scaled, the pipeline on {len(few)}.\nIts milliseconds a prompt by its batch size: "
          + ", ".join(f"{size}: {1000 * took:.2f}" for size, took in tried.items()))
    add = lambda what, figure, must=UNGATED: table.add(name, what, exact(figure), must)
    add("seconds one by one, scaled", one * len(given))
    add(f"seconds of the pipeline by {best}, scaled", pipe * len(given))
    add("seconds of predict", mine * len(given))
    add("seconds of predict from its cache", cached * len(given))
    add("one by one over predict", one / mine, gate)
    add("the pipeline over predict", pipe / mine, at_least(2))
    add("prompts a second from the cache", 1 / cached, at_least(10_000))
    add("answers that differ, at a near tie", ties)
    add("answers that differ otherwise", others, at_most(0))


def offline(prompts: int) -> bool:
    """Prints the table; whether every row holds. `prompts`: at least 10, of each kind."""
    prompts, table, level = whole_number("--prompts", prompts, 10), Table(), logging.get_verbosity()
    print(f"processor seconds on one thread, medians of {ROUNDS} rounds; {MODEL}, at most {MOST} new tokens")
    logging.set_verbosity_error()
    try:
        with one_thread():
            measure(table, "words", some_twice(words, prompts), at_least(20))
            measure(table, "questions", some_twice(questions, prompts), UNGATED)
    finally:
        logging.set_verbosity(level)
    return all(row.holds for row in table.rows)
