"""What lesson 04 measures of the cost: parameters, operations, time and energy of both, and what the teaching took."""
import time
from pathlib import Path
from statistics import median

import torch

from course_lib.architecture import with_positions
from course_lib.claims.measures.lesson_04 import LEARNING, RATES, TEACHING, UNLABELLED, pair, shuffled, trained
from course_lib.cost import cost as training_cost
from course_lib.cost import operations
from course_lib.methods import FullFineTuning
from course_lib.models.card import count_parameters

REPORTED = Path("/sys/class/powercap/intel-rapl:0")  # Linux: what a processor says of its energy, in microjoules


def fewer(seed: int) -> dict[str, float]:
    """Parameters of both, in all and without embeddings; the student's before and after it is taught (one step)."""
    big, small, tokenizer = pair()
    rows = shuffled("train", 16, seed)
    method = trained(small, tokenizer, rows, seed, RATES["gold"], LEARNING | {"steps": 1})
    counted = [count_parameters(model) for model in (big, small)]
    method.merge(small)
    return {"teacher": counted[0][0], "student": counted[1][0], "taught": count_parameters(small)[0],
            "teacher_inner": counted[0][1], "student_inner": counted[1][1]}


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
    """The student's time as a share of the teacher's: the median over pairs of passes, one right after the other."""
    seconds(big, batch), seconds(small, batch)
    return median(seconds(small, batch) / seconds(big, batch) for _ in range(pairs))


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


def faster(seed: int) -> dict[str, float]:
    """Operations for a token of a prompt, and the time of both in pairs."""
    big, small, tokenizer = pair()
    batch = batch_of(tokenizer, shuffled("test", 32, seed))
    tokens = batch["input_ids"].numel()
    return {"teacher": operations(big, batch) / tokens, "student": operations(small, batch) / tokens,
            "time": in_pairs(big, small, batch)}


def break_even(big, small, tokenizer, rows, each: list[float]) -> float:
    """How many answers save what the teaching took; `rows` are a batch of training, `each` the operations of an answer.

    The teaching: the teacher's training, its answers to the texts and then its logits, the student's training.
    """
    step = [training_cost(model, tokenizer, rows, FullFineTuning(model)).step for model in (big, small)]
    spent = TEACHING["steps"] * step[0] + LEARNING["steps"] * step[1] + 2 * UNLABELLED * each[0]
    return spent / (each[0] - each[1])


def energy(seed: int) -> dict[str, float]:
    """Operations for 1,000 answers, the student's share of processor time, and what pays for the teaching."""
    big, small, tokenizer = pair()
    rows = shuffled("train", 32, seed)
    batch = batch_of(tokenizer, rows)
    each = [operations(model, batch) / len(rows) for model in (big, small)]
    return {"teacher": 1000 * each[0], "student": 1000 * each[1], "cpu": in_pairs(big, small, batch),
            "break_even": break_even(big, small, tokenizer, rows.select(range(16)), each)}
