"""What lesson 11 does with questions beside measuring: a file of them, a run that is killed, capitals that move."""
import csv
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from datasets import Dataset
from torch import Tensor

from course_lib.errors import CourseError
from course_lib.experiments.offline_stream import entries, question
from course_lib.experiments.setting import Setting, learn
from course_lib.methods import LoRA
from course_lib.offline import Cache
from course_lib.prompting import draw_examples, few_shot
from course_lib.world import relations

PATIENCE = 120                                     # seconds until a run that answers nothing is given up
EQUAL = 0.02                                       # shares nearer to each other than this count as equal
TEACHING, RATE = Setting(steps=30, batch=12), 1e-2


def write_questions(path: Path, seed: int, n: int, again: float) -> list[str]:
    """Writes a CSV of n questions, columns id and prompt, of which the share `again` is there already; returns them."""
    draw, known = Random(f"questions {seed}"), list(entries(seed))
    once = draw.sample(known, n - round(again * n))
    prompts = draw.sample(once + draw.choices(once, k=n - len(once)), n)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "prompt"), *enumerate(prompts)])
    return prompts


def killed(command: Sequence[str], cache: Path, answers: int) -> int:
    """Runs `course` with these words, and kills it once so many answers are in the cache; returns how many are there.

    A kill cannot be caught: the process has no time to write or to tidy up anything. CourseError where no answer comes.
    """
    process = subprocess.Popen([sys.executable, "-m", "course_lib.cli", *map(str, command)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    try:
        while process.poll() is None and kept(cache) < answers:
            if time.monotonic() > end:
                raise CourseError(f"The run gave no {answers} answers within {PATIENCE} seconds. Run the cell again.")
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    return kept(cache)


def kept(path: Path) -> int:
    """How many answers are in the cache at this place; 0 where there is none yet."""
    if not path.exists():
        return 0
    with Cache(path) as cache:
        return len(cache)


def more_right(looked_up: float, online: float) -> str:
    """A key of a prediction: whether more queries are answered right by looking up what is found than all online."""
    return "more" if looked_up > online + EQUAL else "fewer" if looked_up < online - EQUAL else "same"


def unsure_prompts(seed: int, n: int = 500) -> list[str]:
    """Prompts of whose next token the model is often unsure: the colour of whatever the world has."""
    examples = draw_examples(relations()["fruit_colour"], 4, seed)
    words = list(dict.fromkeys(key for relation in relations().values() for key in relation))
    return [few_shot(examples, word) for word in Random(f"unsure {seed}").sample(words, n)]


def moved_capitals(seed: int, n: int = 12) -> dict[str, str]:
    """n countries, each with the capital of another of them."""
    capitals = relations()["country_capital"]
    moved = Random(f"moved {seed}").sample(list(capitals), n)
    return {country: capitals[other] for country, other in zip(moved, moved[1:] + moved[:1])}


def taught(model, tokenizer, moved: dict[str, str], seed: int) -> tuple[LoRA, list[str]]:
    """(LoRA that has learned these capitals, the questions for them)."""
    asked = [question(("country_capital", country), 0) for country in moved]
    said = [f"The capital of {country} is {capital}." for country, capital in moved.items()]
    method = LoRA(model)
    learn(model, tokenizer, method, Dataset.from_dict({"prompt": asked, "answer": said}), RATE, seed, TEACHING)
    return method, asked


def told_flip(prompts: Sequence[str], tokenizer, alone: Tensor, among: Tensor) -> str:
    """The first prompt that goes on with another token among others than alone, both (n, V), in a sentence."""
    turned = (alone.argmax(1) != among.argmax(1)).nonzero()[:, 0].tolist()
    if not turned:
        return "On this computer none of them turned."
    first = turned[0]
    one, other = (int(logits[first].argmax()) for logits in (alone, among))
    return (f"“{prompts[first].splitlines()[-1]}” goes on with “{tokenizer.decode([one]).strip()}” alone, and with "
            f"“{tokenizer.decode([other]).strip()}” among others. Alone, their logits are "
            f"{(alone[first, one] - alone[first, other]).item():.2g} apart.")
