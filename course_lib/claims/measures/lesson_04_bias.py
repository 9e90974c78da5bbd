"""What lesson 04 measures of bias: what a student takes over from a teacher whose labels were skewed."""
from random import Random
from statistics import mean

import datasets

from course_lib.claims.measures.lesson_04 import distilled, drawn, learn, pair, teach, test_rows
from course_lib.distillation import Teacher, taught_rows
from course_lib.evaluation import answers

SKEW = 2 / 3  # of the labels that the skewed teacher learns from: they have one star less than the review says


def skewed(rows, seed: int):
    """The rows with one star less, but never below one, for the share `SKEW` of them."""
    rng = Random(seed)
    labels = [max(0, label - 1) if rng.random() < SKEW else label for label in rows["label"]]
    columns = rows.to_dict() | {"label": labels, "answer": [str(label + 1) for label in labels]}
    return datasets.Dataset.from_dict(columns, rows.features)


def too_few(model, tokenizer, method) -> float:
    """The stars that a test review is given too few, in the mean; as many reviews have each number of stars."""
    given, right = answers(model, tokenizer, test_rows(), method)
    return mean(right) - mean(given)


def inherited(seed: int) -> dict[str, float]:
    """Stars too few: of a skewed and a fair teacher, of their students, and of a student of the right labels."""
    big, small, tokenizer = pair()
    labelled, rows = drawn(seed)
    found = {"labels": too_few(small, tokenizer, learn(small, tokenizer, rows, seed))}
    for name, student, own in (("teacher", "student", skewed(labelled, seed)), ("fair", "fair_student", labelled)):
        taught = teach(big, tokenizer, own, seed)
        told = Teacher(big, tokenizer, {"train": taught_rows(big, tokenizer, rows, taught)}, taught)
        found[name] = too_few(big, tokenizer, taught)
        found[student] = too_few(small, tokenizer, distilled(told, small, tokenizer, seed))
    return found
