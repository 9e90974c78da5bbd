"""`load_task`: the bundled tasks, or your own file or Hub data set, all in one form.

Columns: `text` as it came, `prompt` (the task's template applied), `answer` (no space in front), and for a
classification `label`, whose names are the answer words.
"""
import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

import datasets

from course_lib.errors import LARGEST_SEED, CourseError, unknown, whole_number
from course_lib.files import HUB_ID
from course_lib.world.task_cleaning import Given, clean
from course_lib.world.task_files import SUFFIXES, read_file, read_hub
from course_lib.world.task_rows import Rows, bundled_rows
from course_lib.world.task_splits import SPLIT_NAMES, draw_missing


@dataclass(frozen=True)
class Template:
    """How a task asks: its prompt, with `{text}` in it, and its answer words in the order of the labels.

    A task whose answers are not labels has no answer words.
    """

    prompt: str
    names: tuple[str, ...] = ()

    def apply(self, text: str) -> str:
        """The prompt that asks about this text."""
        return self.prompt.replace("{text}", text)


TEMPLATES = {
    "reviews": Template("{text}\nlabel:", ("negative", "positive")),
    "spam": Template("{text}\nlabel:", ("ham", "spam")),
    "stars": Template("{text}\nstars:", ("1", "2", "3", "4", "5")),
    "facts": Template("question: {text}\nanswer:"),
    "summaries": Template("{text}\nsummary:"),
    "natural": Template("{text}\nlabel:", ("negative", "positive")),
}
FILE_TEMPLATE = "{text}\nlabel:"
SIZES = {
    "reviews": {"train": 4096, "validation": 400, "test": 600, "shifted": 400},
    "spam": {"train": 4096, "validation": 400, "test": 600},
    "stars": {"train": 2000, "validation": 400, "test": 600},
    "facts": {"train": 2000, "validation": 400, "test": 600},
    "summaries": {"train": 2000, "validation": 400, "test": 600},
    "natural": {"train": 256, "validation": 64, "test": 108},
}


def _mixed(rows: Rows, rng: Random) -> Rows:
    """Shuffled so that every beginning holds the answers in about the same proportion as the whole."""
    rows = rng.sample(rows, len(rows))
    counts: dict[str, int] = {}
    for _, answer in rows:
        counts[answer] = counts.get(answer, 0) + 1
    met = dict.fromkeys(counts, 0)

    def place(row: tuple[str, str]) -> float:
        met[row[1]] += 1
        return (met[row[1]] - rng.random()) / counts[row[1]]

    return sorted(rows, key=place)


def _dataset(rows: Rows, template: Template) -> datasets.Dataset:
    texts, answers = [text for text, _ in rows], [answer for _, answer in rows]
    values = {"text": texts, "prompt": [template.apply(text) for text in texts], "answer": answers}
    features = {name: datasets.Value("string") for name in values}
    if template.names:
        values["label"] = [template.names.index(answer) for answer in answers]
        features["label"] = datasets.ClassLabel(names=list(template.names))
    return datasets.Dataset.from_dict(values, features=datasets.Features(features))


def _assemble(by_split: dict[str, Rows], template: Template, seed: int) -> datasets.DatasetDict:
    parts = {}
    for split in SPLIT_NAMES:
        if split in by_split:
            rng = Random(f"order {split} {seed}")
            rows = by_split[split]
            rows = _mixed(rows, rng) if template.names else rng.sample(rows, len(rows))
            parts[split] = _dataset(rows, template)
    return datasets.DatasetDict(parts)


@functools.lru_cache(maxsize=8)
def _bundled(name: str, seed: int) -> datasets.DatasetDict:
    template, sizes = TEMPLATES[name], SIZES[name]
    rows = {split: bundled_rows(name, split, sizes, template.names, seed) for split in sizes}
    return _assemble(rows, template, seed)


def _from_outside(raw: dict[str, Given], source: object, seed: int) -> datasets.DatasetDict:
    rows, labelled = clean(raw, source)
    rows = draw_missing(rows, labelled, seed, source)
    if not labelled:
        return _assemble(rows, Template("{text}"), seed)
    words = {answer for part in rows.values() for _, answer in part}
    numbers = all(re.fullmatch(r"-?\d+", word) for word in words)
    names = tuple(sorted(words, key=int if numbers else None))
    return _assemble(rows, Template(FILE_TEMPLATE, names), seed)


def load_task(name: str | os.PathLike, seed: int = 0) -> datasets.DatasetDict:
    """A task with its splits train, validation and test (and `shifted`, for reviews).

    Args:
        name: a bundled task ("reviews", "spam", "stars", "facts", "summaries", "natural"), the path
            of a .csv, .jsonl or .parquet file, or a data set on the Hub ("owner/name"). A file has
            the columns text and label, or prompt and answer; a column split says where a row
            belongs.
        seed: a whole number from 0 to 2**32 - 1. Same name and seed, same rows.

    Returns:
        A DatasetDict whose rows have `text`, `prompt`, `answer` and, for a classification, `label`.

    Raises:
        CourseError: if the name is unknown, if a file or data set cannot be used, or if the seed is
            no such number.
    """
    seed = whole_number("seed", seed, 0, LARGEST_SEED)
    given = os.fspath(name) if isinstance(name, os.PathLike) else str(name)
    if given in SIZES:
        return datasets.DatasetDict(_bundled(given, seed))
    path = Path(os.path.expanduser(given))  # unlike Path's methods, os.path takes any text without an error
    if path.suffix.lower() in SUFFIXES:
        return _from_outside(read_file(path), path, seed)
    if os.path.isfile(path):
        raise CourseError(f"The file {path} ends in {path.suffix!r}; allowed are {', '.join(SUFFIXES)}.")
    if HUB_ID.fullmatch(given):
        return _from_outside(read_hub(given), given, seed)
    raise CourseError(
        f"{unknown('task', given, SIZES)} It can also be a file of yours ({', '.join(SUFFIXES)}) or a data "
        "set on the Hub (owner/name)."
    )
