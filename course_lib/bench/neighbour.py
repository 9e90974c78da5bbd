"""`course bench neighbour`: how much longer everything takes beside a program that keeps a core busy.

Five times a new Python measures each job: on one thread, then with the threads that the course starts with, alone and
beside a busy program. The worst of the five is compared with what one thread takes alone (the median of the five).
"""
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace

import torch

from course_lib.bench.pairs import one_thread
from course_lib.bench.rows import Measured, Table, at_most
from course_lib.methods import LoRA
from course_lib.models import load_model
from course_lib.models.configs import RECIPES, build_model
from course_lib.pretraining.optimise import make_optimizer, train_steps
from course_lib.pretraining.packing import Batches as Packed
from course_lib.prompting import score_choices
from course_lib.training.batches import Batches, loss_of
from course_lib.world import documents, load_task

STARTS, STEPS, WARM_UP = 5, 10, 2
MOST = at_most(2.5)
ROWS = 32                          # reviews in a step of LoRA
PROMPTS = ["peach: drupe\napple:"] * 8
LESSON_00 = replace(RECIPES["orchard-xs"], rows=4, length=64)  # the shape of the batches there
BUSY = "while True: pass"


def pretraining(recipe) -> Callable[[], None]:
    """One step of a model from nothing."""
    tokenizer = load_model(recipe.name)[1]
    model, count = build_model(recipe, tokenizer), 2 * (WARM_UP + STEPS) + STEPS + WARM_UP
    batch = Packed(documents, tokenizer, "train", 0, recipe.rows, recipe.length, 1)[0]
    steps = train_steps(model, recipe, [batch] * count, make_optimizer(model, recipe))
    return lambda: next(steps)


def lora(name: str) -> Callable[[], None]:
    """One step of LoRA on reviews."""
    model, tokenizer = load_model(name)
    method = LoRA(model)
    batch = Batches(model, tokenizer, load_task("reviews")["train"].select(range(ROWS)), method).batch(range(ROWS))
    optimizer = torch.optim.AdamW(method.parameters(), 1e-3, fused=True)

    def step() -> None:
        with method.on(model):
            loss = loss_of(method.logits(model, batch), batch["labels"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return step


def prompting(name: str) -> Callable[[], None]:
    """The answers to a few prompts."""
    model, tokenizer = load_model(name)
    return lambda: score_choices(model, tokenizer, PROMPTS, ["pome", "drupe", "berry"])


JOBS: dict[tuple[str, str], Callable[[], Callable]] = {
    ("orchard-xs", "pretraining, a step"): lambda: pretraining(RECIPES["orchard-xs"]),
    ("orchard-xs", "pretraining, a step of lesson 00"): lambda: pretraining(LESSON_00),
    ("orchard-s", "LoRA, a step"): lambda: lora("orchard-s"),
    ("orchard-s", "prompting, eight prompts"): lambda: prompting("orchard-s"),
}


@contextmanager
def busy_program():
    """The block runs beside a program that does nothing but compute."""
    program = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        yield
    finally:
        program.kill()
        program.wait()


def seconds(run: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock, the median of a few runs, and the processor's seconds in each of them on average."""
    for _ in range(WARM_UP):
        run()
    marks, worked = [time.perf_counter()], time.process_time()
    for _ in range(STEPS):
        run()
        marks.append(time.perf_counter())
    return (statistics.median(after - before for before, after in zip(marks, marks[1:])),
            (time.process_time() - worked) / STEPS)


def start() -> list[dict[str, float]]:
    """The seconds of each job: on one thread ("one", and what the processor worked, "worked"), "alone", "beside"."""
    found = []
    for build in JOBS.values():
        run = build()
        with one_thread():
            one, worked = seconds(run)
        alone, _ = seconds(run)
        with busy_program():
            beside, _ = seconds(run)
        found.append({"one": one, "worked": worked, "alone": alone, "beside": beside})
    return found


def another_start() -> list[dict[str, float]]:
    """`start` in a new Python."""
    done = subprocess.run([sys.executable, "-m", "course_lib.bench.neighbour"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def neighbour() -> bool:
    """Prints the table; whether every row holds."""
    print(f"{torch.get_num_threads()} threads; seconds over those of one thread alone: the worst of {STARTS} starts, "
          "and from the best to the worst")
    starts, table = [another_start() for _ in range(STARTS)], Table()
    for (model, what), measured in zip(JOBS, zip(*starts, strict=True), strict=True):
        one = statistics.median(each["one"] for each in measured)
        for where in ("alone", "beside"):
            ratios = [each[where] / one for each in measured]
            worst = Measured(max(ratios), min(ratios), max(ratios), f"of {1000 * one:.0f} ms")
            table.add(model, f"{what}, {where}", worst, MOST)
    if max(each["one"] / each["worked"] for found in starts for each in found) > 1.5:
        print("Something else kept this computer busy: what is called alone was not. Try again when it is quiet.")
    return all(row.holds for row in table.rows)


if __name__ == "__main__":
    print(json.dumps(start()))
