"""`course bench offline`: many prompts answered by `predict`, one by one, and by transformers' pipeline.

The prompts are questions behind the same four answered ones; 30 % of them come a second time. Equal on all sides are
the model, the prompts, greedy decoding up to eight tokens or a newline, one thread. The clock is the processor's.

One by one, and the pipeline at each of its batch sizes, are measured on a sample of the prompts, in their order, and
scaled to all of them. All run in turns, and of the rounds the median counts; `predict` answers all in each round, with
a new cache on the disk, and then once more from that cache.
"""
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch
from transformers import pipeline
from transformers.utils import logging

from course_lib.bench.pairs import one_thread
from course_lib.bench.rows import Gate, Table, at_least, at_most, exact
from course_lib.errors import whole_number
from course_lib.models import load_model
from course_lib.offline import flips, predict
from course_lib.prompting.reading import encode_open
from course_lib.prompting.tokens import answer_text, stop_tokens
from course_lib.world import load_task

MODEL, SHOTS, AGAIN, MOST = "orchard-s", 4, 0.3, 8    # AGAIN: the share of prompts that come a second time
ROUNDS, ONE_BY_ONE, TRIED = 3, 100, 128               # prompts of the samples in each round
SIZES = (1, 8, 32, 64, 128)                           # the pipeline's batch sizes
UNGATED: Gate = ("–", lambda figure: True)


def many_prompts(count: int) -> list[str]:
    """So many questions in random order, of which 30 % are there twice, behind four answered ones."""
    examples = load_task("facts")["validation"].select(range(SHOTS))
    head = "".join(f"{row['prompt']} {row['answer']}\n" for row in examples)
    wanted, known, seed = count - round(AGAIN * count), {}, 0
    while len(known) < wanted:                        # another seed draws other questions
        known |= dict.fromkeys(load_task("facts", seed)["train"]["prompt"][:])
        seed += 1
    once, draw = [head + prompt for prompt in known][:wanted], Random(0)
    together = once + draw.choices(once, k=count - wanted)
    return draw.sample(together, len(together))


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
    pipe = pipeline("text-generation", model=model, tokenizer=tokenizer)
    stops = stop_tokens(model, tokenizer)

    def answer(prompts: list[str]) -> list[str]:
        found = pipe(prompts, batch_size=batch_size, max_new_tokens=MOST, do_sample=False, return_full_text=False,
                     eos_token_id=stops)
        return [one[0]["generated_text"].split("\n")[0].strip() for one in found]
    return answer


def offline(prompts: int) -> bool:
    """Prints the table; whether every row holds. `prompts`: at least 10."""
    given, table = many_prompts(whole_number("--prompts", prompts, 10)), Table()
    (model, tokenizer), (other, others) = load_model(MODEL), load_model(MODEL)
    others.padding_side = "left"                      # where a decoder needs it; the pipeline says so, too
    logging.set_verbosity_error()
    samples = [given[start:start + ONE_BY_ONE] for start in range(0, ROUNDS * ONE_BY_ONE, ONE_BY_ONE)]
    samples = [sample or given[:ONE_BY_ONE] for sample in samples]
    add = lambda what, figure, gate=UNGATED: table.add(MODEL, what, exact(figure), gate)
    with one_thread(), tempfile.TemporaryDirectory() as folder:
        ways = {size: by_pipeline(other, others, size) for size in SIZES}
        tried = {size: seconds(lambda way=way: way(given[:TRIED]))[0] for size, way in ways.items()}
        best = min(tried, key=tried.get)
        marks = {"one": [], "pipe": [], "ours": [], "cached": []}
        differ = ties = compared = 0
        for number, sample in enumerate(samples):
            cache = Path(folder, f"{number}.cache")
            ours = lambda cache=cache: predict(model, tokenizer, given, max_new_tokens=MOST, cache=cache)
            one, alone = seconds(lambda sample=sample: one_by_one(model, tokenizer, sample))
            pipe, theirs = seconds(lambda: ways[best](given[:TRIED]))
            all_ours, answers = seconds(ours)
            cached, again = seconds(ours)
            for name, figure, count in (("one", one, len(sample)), ("pipe", pipe, len(given[:TRIED])),
                                        ("ours", all_ours, len(given)), ("cached", cached, len(given))):
                marks[name].append(figure * len(given) / count)
            answer_of = dict(zip(given, answers))
            found = [flips(model, tokenizer, some, [answer_of[prompt] for prompt in some], said)
                     for some, said in ((sample, alone), (given[:TRIED], theirs), (given, again))]
            compared += sum(one.compared for one in found)
            differ += sum(len(one.differ) for one in found)
            ties += sum(len(one.ties) for one in found)
    one, pipe, ours, cached = (statistics.median(marks[name]) for name in ("one", "pipe", "ours", "cached"))
    print(f"{len(given):,} prompts, {len(set(given)):,} of them distinct; processor seconds on one thread, median of "
          f"{ROUNDS} rounds.\nOne by one is measured on {len(samples[0])} prompts a round and scaled, the pipeline on "
          f"{len(given[:TRIED])}; seconds a prompt at its batch sizes: "
          f"{', '.join(f'{size}: {took / len(given[:TRIED]):.4f}' for size, took in tried.items())}.")
    add("seconds one by one (scaled)", one)
    add(f"seconds of the pipeline, batches of {best} (scaled)", pipe)
    add("seconds of predict", ours)
    add("seconds of predict from its cache", cached)
    add("one by one over predict", one / ours, at_least(20))
    add("the pipeline over predict", pipe / ours, at_least(2))
    add("prompts a second from the cache", len(given) / cached, at_least(10_000))
    add(f"answers that differ, of {compared:,} compared", differ)
    add("of these at a near tie", ties)
    add("of these otherwise", differ - ties, at_most(0))
    return all(row.holds for row in table.rows)
