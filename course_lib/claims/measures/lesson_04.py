"""What lesson 04 measures: a teacher of 3 million parameters, and a student of a tenth of that.

The task is stars. The teacher (orchard-m) is tuned in full on 128 labels, 20 steps of 16; students (orchard-xs) take
100 steps of 16, those of the teacher of few labels 200. Rates were chosen once, by the right answers among the first
200 reviews of validation: the teacher's of 2.5e-4, 5e-4 and 1e-3 with seed 0; every student's of `TRIED` in the mean of
seeds 0 and 1, together with the temperature of `TEMPERATURES` where it learns from probabilities. One student differs
from another with the next seed by some points.
"""
from course_lib import models
from course_lib.claims.lesson_04 import FEW
from course_lib.distillation import Teacher, distil, taught_rows
from course_lib.evaluation import evaluate
from course_lib.methods import FullFineTuning
from course_lib.training import fit
from course_lib.world import load_task

LABELS, UNLABELLED, TEST = 128, 512, 200
TEACHING, LEARNING = {"steps": 20, "batch_size": 16}, {"steps": 100, "batch_size": 16}
TRIED, TEMPERATURES = (1e-3, 2e-3, 4e-3), (1, 2, 4)
LONGER = LEARNING | {"steps": 200}  # where the teacher had few labels
TEACHER_RATE, RATES = 5e-4, {"alone": 1e-3, "gold": 2e-3, "hard": 2e-3, "few_hard": 4e-3}
SOFTLY = {"distilled": (4, 0.9, 4e-3), "vocabulary": (4, 0.9, 4e-3), "random": (2, 0.9, 4e-3),
          "few_soft": (1, 1, 1e-3)}  # temperature, the teacher's share of the loss, learning rate


def shuffled(split: str, n: int, seed: int):
    """n rows of stars in an order that the seed decides."""
    return load_task("stars")[split].shuffle(seed=seed).select(range(n))


def drawn(seed: int):
    """(the labelled rows of stars, more rows whose labels nobody knows), drawn with the seed."""
    rows = shuffled("train", LABELS + UNLABELLED, seed)
    return rows.select(range(LABELS)), rows.select(range(LABELS, LABELS + UNLABELLED))


def test_rows():
    """The reviews on which teacher and students are compared."""
    return load_task("stars")["test"].select(range(TEST))


def trained(model, tokenizer, rows, seed: int, rate: float, size: dict):
    """Full fine-tuning on these rows."""
    method = FullFineTuning(model, seed=seed)
    fit(model, tokenizer, {"train": rows}, method, learning_rate=rate, seed=seed, progress=False, **size)
    return method


def teach(big, tokenizer, rows, seed: int):
    """The teacher, tuned on labelled rows."""
    return trained(big, tokenizer, rows, seed, TEACHER_RATE, TEACHING)


def learn(small, tokenizer, rows, seed: int, kind: str = "gold"):
    """A student on labelled rows alone."""
    return trained(small, tokenizer, rows, seed, RATES[kind], LEARNING)


def distilled(teacher: Teacher, small, tokenizer, seed: int, kind: str = "distilled", size: dict | None = None):
    """A student that is told what the teacher says."""
    method, (temperature, soft, rate) = FullFineTuning(small, seed=seed), SOFTLY[kind]
    distil(teacher, small, tokenizer, method, temperature, soft, learning_rate=rate, seed=seed, progress=False,
           **(size or LEARNING))
    return method


def accuracy(model, tokenizer, method=None, rows=None) -> float:
    """The share of right stars."""
    return evaluate(model, tokenizer, rows or test_rows(), method)["accuracy"]


def pair():
    """(the large model, the small one, their tokenizer)."""
    small, tokenizer = models.load_model("orchard-xs")
    return models.load_model("orchard-m")[0], small, tokenizer


def between(seed: int) -> dict[str, float]:
    """Accuracy of the teacher, of its student, and of the same student taught in other ways."""
    big, small, tokenizer = pair()
    labelled, rows = drawn(seed)
    taught = teach(big, tokenizer, labelled, seed)
    told = taught_rows(big, tokenizer, rows, taught)
    soft, wide = (Teacher(big, tokenizer, {"train": told}, taught, over=over) for over in ("labels", "vocabulary"))
    blank, _ = models.load_model("orchard-xs", random=True, seed=seed)
    right = lambda method, model=small: accuracy(model, tokenizer, method)
    return {"teacher": right(taught, big), "distilled": right(distilled(soft, small, tokenizer, seed)),
            "alone": right(learn(small, tokenizer, labelled, seed, "alone")),
            "gold": right(learn(small, tokenizer, rows, seed)),
            "hard": right(learn(small, tokenizer, told, seed, "hard")),
            "vocabulary": right(distilled(wide, small, tokenizer, seed, "vocabulary")),
            "random": right(distilled(soft, blank, tokenizer, seed, "random"), blank), "bare": right(None),
            "labels": LABELS, "rows": len(told), **less_sure(seed)}


def less_sure(seed: int) -> dict[str, float]:
    """A teacher of fewer labels, who is wrong more often, and a student of its probabilities, and of its answers."""
    big, small, tokenizer = pair()
    labelled, rows = drawn(seed)
    taught = teach(big, tokenizer, labelled.select(range(FEW)), seed)
    told = taught_rows(big, tokenizer, rows, taught)
    soft = distilled(Teacher(big, tokenizer, {"train": told}, taught), small, tokenizer, seed, "few_soft", LONGER)
    hard = trained(small, tokenizer, told, seed, RATES["few_hard"], LONGER)
    return {"few_teacher": accuracy(big, tokenizer, taught), "few_soft": accuracy(small, tokenizer, soft),
            "few_hard": accuracy(small, tokenizer, hard)}
