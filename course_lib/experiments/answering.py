"""What an answer costs a model: operations, processor time and energy; and how many answers pay for a distillation."""
import time
from pathlib import Path
from statistics import median

import torch

from course_lib.architecture import with_positions
from course_lib.cost import cost
from course_lib.experiments.stars import LEARNING, TEACHING
from course_lib.methods import FullFineTuning
from course_lib.models.card import BUNDLED, read_card

REPORTED = Path("/sys/class/powercap/intel-rapl:0")  # Linux: what a processor says of its energy, in microjoules


def batch_of(tokenizer, rows) -> dict:
    """Prompts as a model reads them."""
    batch = tokenizer(rows["prompt"][:], return_tensors="pt", padding=True)
    return with_positions({"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"],
                           "use_cache": False, "logits_to_keep": 1})


@torch.no_grad()
def seconds(model, batch: dict) -> float:
    """Processor seconds of one forward pass."""
    start = time.process_time()
    model(**batch)
    return time.process_time() - start


def in_pairs(big, small, batch: dict, pairs: int = 9) -> float:
    """How many times the student's time the teacher takes: the median over pairs of passes, one right after another."""
    seconds(big, batch), seconds(small, batch)
    return median(seconds(big, batch) / seconds(small, batch) for _ in range(pairs))


def joules(model, batch: dict, passes: int = 3, reported: Path = REPORTED) -> float | None:
    """What the processor took meanwhile for 1,000 answers, in joules; None where the system does not report it."""
    try:
        counter = lambda name: int((reported / name).read_text(encoding="utf-8"))
        before = counter("energy_uj")
        for _ in range(passes):
            seconds(model, batch)
        taken = counter("energy_uj") - before
        taken %= counter("max_energy_range_uj") + 1  # the counter starts again from 0 there
    except OSError:
        return None
    return taken / 1e6 * 1000 / (passes * len(batch["input_ids"]))


def break_even(big, small, tokenizer, rows, each: list[float], texts: int = LEARNING.labels) -> float:
    """How many answers save what the teaching took; `rows` are a batch of training, `each` the operations of an answer.

    The teaching: the teacher's training, its answers to so many texts and then its logits, the student's training.
    """
    step = [cost(model, tokenizer, rows, FullFineTuning(model)).step for model in (big, small)]
    spent = TEACHING.steps * step[0] + LEARNING.steps * step[1] + 2 * texts * each[0]
    return spent / (each[0] - each[1])


def pretraining(name: str) -> int:
    """The operations of a bundled model's pretraining: 6 for each parameter and token."""
    card = read_card(BUNDLED / name)
    return 6 * card["parameters"] * card["tokens"]
