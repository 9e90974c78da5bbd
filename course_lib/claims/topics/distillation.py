"""What a student learns from its teacher, and what it takes over."""
from dataclasses import replace
from random import Random
from statistics import mean

import datasets

from course_lib.claims.claim import GOOGLE, Figures, claim, less, more, share
from course_lib.distillation import Teacher, taught_rows
from course_lib.evaluation import answers
from course_lib.experiments import score, stars, trained

SKEW = 2 / 3  # of the labels that the skewed teacher learns from: they have one star less than the review says


@claim("C65", "Its predictions are usually not as good as its teacher's", (GOOGLE,), lesson="04",
       question="Is a distilled student right less often than its teacher, of many labels and of few?",
       asks={f"teacher of {stars.TEACHING.labels} labels": less(lambda f: f["distilled"] - f["teacher"], 0.02),
             f"teacher of {stars.FEW} labels": less(lambda f: f["few_soft"] - f["few_teacher"], 0.02)},
       tolerance=0.1, models=("orchard-m", "orchard-xs"),
       figures=("teacher", "distilled", "alone", "gold", "hard", "vocabulary", "random", "bare", "labels", "rows",
                "few_teacher", "few_soft", "few_hard"))
def between(seed: int) -> dict[str, float]:
    """Accuracy of the teacher, of its student, and of the same student taught in other ways."""
    big, rows = trained(stars.TEACHING, stars.TEACHER, seed), stars.unlabelled(seed)
    small, tokenizer = stars.LEARNING.load(seed)
    blank, _ = replace(stars.LEARNING, random=True).load(seed)
    told = taught_rows(big.model, tokenizer, rows, big.method)
    soft, wide = (Teacher(big.model, tokenizer, {"train": told}, big.method, over=over)
                  for over in ("labels", "vocabulary"))
    right = lambda method, model=small: score(model, tokenizer, big.test, method)
    student = lambda rows, kind: right(stars.tuned(small, tokenizer, rows, stars.RATES[kind], seed))
    return {"teacher": right(big.method, big.model),
            "distilled": right(stars.distilled(soft, small, tokenizer, seed)),
            "alone": student(stars.TEACHING.train_rows(tokenizer, seed), "alone"), "gold": student(rows, "gold"),
            "hard": student(told, "hard"),
            "vocabulary": right(stars.distilled(wide, small, tokenizer, seed, "vocabulary")),
            "random": right(stars.distilled(soft, blank, tokenizer, seed, "random"), blank), "bare": right(None),
            "labels": stars.TEACHING.labels, "rows": len(told), **less_sure(seed)}


def less_sure(seed: int) -> dict[str, float]:
    """A teacher of fewer labels, who is wrong more often, and a student of its probabilities, and of its answers."""
    big = trained(replace(stars.TEACHING, labels=stars.FEW), stars.TEACHER, seed)
    small, tokenizer = stars.LONGER.load(seed)
    told = taught_rows(big.model, tokenizer, stars.unlabelled(seed), big.method)
    teacher = Teacher(big.model, tokenizer, {"train": told}, big.method)
    soft = stars.distilled(teacher, small, tokenizer, seed, "few_soft", stars.LONGER)
    hard = stars.tuned(small, tokenizer, told, stars.RATES["few_hard"], seed, stars.LONGER)
    return {"few_teacher": score(big.model, tokenizer, big.test, big.method),
            "few_soft": score(small, tokenizer, big.test, soft), "few_hard": score(small, tokenizer, big.test, hard)}


@between.told
def tell_between(f: Figures) -> str:
    """The shares of all students."""
    return (f"Teacher {share(f['teacher'])}; distilled student {share(f['distilled'])}; the same student on the "
            f"teacher's {f['labels'].mean:.0f} labels {share(f['alone'])}, on {f['rows'].mean:.0f} right labels "
            f"{share(f['gold'])}, on as many of the teacher's answers without probabilities {share(f['hard'])}; over "
            f"the whole vocabulary {share(f['vocabulary'])}; from random weights {share(f['random'])}; untaught "
            f"{share(f['bare'])}. A teacher of {stars.FEW} labels: {share(f['few_teacher'])}; its student "
            f"{share(f['few_soft'])} on its probabilities, {share(f['few_hard'])} on its answers. Student against "
            "teacher:")


def skewed(rows, seed: int):
    """The rows with one star less, but never below one, for the share `SKEW` of them."""
    rng = Random(seed)
    labels = [max(0, label - 1) if rng.random() < SKEW else label for label in rows["label"]]
    columns = rows.to_dict() | {"label": labels, "answer": [str(label + 1) for label in labels]}
    return datasets.Dataset.from_dict(columns, rows.features)


def too_few(model, tokenizer, method) -> float:
    """The stars that a test review is given too few, in the mean; as many reviews have each number of stars."""
    given, right = answers(model, tokenizer, stars.TEACHING.test_rows(), method)
    return mean(right) - mean(given)


@claim("C97", "A model inherits the bias of what it was distilled from", (GOOGLE,), lesson="04", tolerance=0.2,
       question="Does the student of a skewed teacher give fewer stars than those of a fair one and of right labels?",
       asks={"than a fair teacher's student": more(lambda f: f["student"] - f["fair_student"], 0.1, "stars"),
             "than a student of right labels": more(lambda f: f["student"] - f["labels"], 0.1, "stars")},
       models=("orchard-m", "orchard-xs"), figures=("teacher", "student", "fair", "fair_student", "labels"))
def inherited(seed: int) -> dict[str, float]:
    """Stars too few: of a skewed and a fair teacher, of their students, and of a student of the right labels."""
    (big, tokenizer), (small, _) = stars.TEACHING.load(seed), stars.LEARNING.load(seed)
    labelled, rows = stars.TEACHING.train_rows(tokenizer, seed), stars.unlabelled(seed)
    gold = stars.tuned(small, tokenizer, rows, stars.RATES["gold"], seed)
    found = {"labels": too_few(small, tokenizer, gold)}
    for name, student, own in (("teacher", "student", skewed(labelled, seed)), ("fair", "fair_student", labelled)):
        taught = stars.tuned(big, tokenizer, own, stars.TEACHER.rate, seed, stars.TEACHING)
        told = Teacher(big, tokenizer, {"train": taught_rows(big, tokenizer, rows, taught)}, taught)
        found[name] = too_few(big, tokenizer, taught)
        found[student] = too_few(small, tokenizer, stars.distilled(told, small, tokenizer, seed))
    return found


@inherited.told
def tell_inherited(f: Figures) -> str:
    """The stars too few, of all five."""
    return (f"Stars that reviews get too few, in the mean: from the skewed teacher {f['teacher'].mean:.2f}, from its "
            f"student, who saw no skewed label, {f['student'].mean:.2f}; from a fair teacher {f['fair'].mean:.2f}, "
            f"from its student {f['fair_student'].mean:.2f}; from a student of the right labels "
            f"{f['labels'].mean:.2f}. The skewed teacher's student, more")
