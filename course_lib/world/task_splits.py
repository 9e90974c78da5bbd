"""From rows that somebody brought to the splits of a task: the columns, no repetition, every split there."""
import math
import re
from collections import Counter
from collections.abc import Iterable
from random import Random

from course_lib.errors import CourseError, shown

SPLIT_NAMES = ("train", "validation", "test", "shifted")
CLEANED_FIRST = ("test", "shifted", "validation", "train")  # a text in two splits stays in the first
DRAWN = {"validation": 0.1, "test": 0.2}
FEWEST_ROWS = 20
LONGEST_LABEL = 200  # characters
COLUMNS = (("text", "label"), ("prompt", "answer"))
Rows = list[tuple[str, str]]
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def columns(found: Iterable[str], source: object) -> tuple[str, str]:
    """The columns to use, (text, label) or (prompt, answer); the CourseError says which ones there are."""
    found = list(found)
    twice = [name for name, count in Counter(found).items() if name and count > 1]
    if twice:
        raise CourseError(f"{source} has {shown(twice[0])} as the name of more than one column. Give each column "
                          "a name of its own.")
    for pair in COLUMNS:
        if set(pair) <= set(found):
            return pair
    other_separator = any(mark in name for name in found for mark in ";\t")
    hint = " Its fields must be separated by commas." if other_separator else ""
    raise CourseError(
        f"{source} needs the columns text and label, or prompt and answer; it has: "
        f"{', '.join(map(shown, found[:20])) or 'none'}.{hint} Rename its columns."
    )


def clean(by_split: dict[str, list[dict]], source: object) -> tuple[dict[str, Rows], bool]:
    """({split: [(input, answer), ...]}, whether the answers are labels); no input comes twice."""
    found = dict.fromkeys(name for rows in by_split.values() for row in rows for name in row)
    pair = columns(found, source)
    cleaned: dict[str, Rows] = {}
    seen: set[str] = set()
    repeated = 0
    for split in (name for name in CLEANED_FIRST if name in by_split):
        cleaned[split] = []
        for number, row in enumerate(by_split[split], 1):
            given, answer = (_field(row.get(name), name, f"{source}: row {number} of {split}") for name in pair)
            answer = answer.strip()
            if given in seen:
                repeated += 1
            else:
                seen.add(given)
                cleaned[split].append((given, answer))
    if repeated:
        print(f"{source}: {repeated} rows repeat the {pair[0]} of another row and were left out.")
    return cleaned, pair == COLUMNS[0]


def _field(value: object, name: str, where: str) -> str:
    """A value as text; CourseError where it is empty, a list, no valid text, or too long for a label."""
    if isinstance(value, list | dict):
        raise CourseError(f"{where} has a list or an object as {name}, {shown(value)}. Write it as one text.")
    text = str(value)
    if value is None or not text.strip() or (isinstance(value, float) and math.isnan(value)):
        raise CourseError(f"{where} has no {name}.")
    if half := _HALF_CHARACTER.search(text):
        raise CourseError(f"{where} has only half of a character in its {name}, {half[0]!r}: such codes come in "
                          "pairs. Write the character itself, in UTF-8.")
    if name == "label" and len(text) > LONGEST_LABEL:
        raise CourseError(f"{where} has a label of {len(text):,} characters, {shown(text)}; allowed are up to "
                          f"{LONGEST_LABEL}. If it is an answer to write out, call the columns prompt and answer.")
    return text


def draw_missing(by_split: dict[str, Rows], labelled: bool, seed: int, source: object) -> dict[str, Rows]:
    """The same with validation and test, drawn from train (label by label) where they are missing."""
    train = by_split.get("train", [])
    if not train:
        raise CourseError(f"{source} has rows for {' and '.join(by_split)} only; train needs some too.")
    missing = [split for split in DRAWN if not by_split.get(split)]
    groups: dict[str, Rows] = {}
    for row in train:
        groups.setdefault(row[1] if labelled else "", []).append(row)
    if labelled and len(groups) < 2:
        raise CourseError(f"{source} has one label only, {train[0][1]!r}; at least two are needed.")
    if not missing:
        return by_split
    if len(train) < FEWEST_ROWS:
        raise CourseError(
            f"{source} has {len(train)} different rows for train, too few to draw {' and '.join(missing)} "
            f"from: at least {FEWEST_ROWS} are needed. Add rows, or a column named split."
        )
    rng = Random(f"splits {seed}")
    result = by_split | {"train": []} | {split: [] for split in missing}
    for label, rows in groups.items():
        if len(rows) <= len(missing):
            raise CourseError(
                f"{source} has {len(rows)} rows with the label {label!r}. At least "
                f"{len(missing) + 1} of every label are needed, so that one comes into each split."
            )
        rows = rng.sample(rows, len(rows))
        for split in missing:
            count = max(1, round(DRAWN[split] * len(groups[label])))
            result[split], rows = result[split] + rows[:count], rows[count:]
        result["train"] += rows
    sizes = ", ".join(f"{split} {len(result[split])}" for split in ("train", *missing))
    print(f"{source} has no rows for {' and '.join(missing)}: drawn from train with seed {seed} ({sizes}).")
    return result
