"""From a task's rows to its splits: what is missing is drawn."""
from random import Random

from course_lib.errors import CourseError

SPLIT_NAMES = ("train", "validation", "test", "shifted")
DRAWN = {"validation": 0.1, "test": 0.2}
FEWEST_ROWS = 20
Rows = list[tuple[str, str]]


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
