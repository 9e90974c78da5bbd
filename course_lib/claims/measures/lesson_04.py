"""What lesson 04 measures: a teacher of 3 million parameters, and a student of a tenth of that.

The task is stars. The teacher (orchard-m) is tuned in full on 128 labels, 20 steps of 16; students (orchard-xs) take
100 steps of 16. Rates and temperature were chosen once, on 200 validation rows with seed 0: the teacher's rate of
2.5e-4, 5e-4 and 1e-3, a student's of `TRIED`, each for what it learns from, and the temperature of `TEMPERATURES`. The
best, and the largest where several are.
"""
from course_lib import models
from course_lib.distillation import Teacher, distil, taught_rows
from course_lib.evaluation import evaluate
from course_lib.methods import FullFineTuning
from course_lib.training import fit
from course_lib.world import load_task

LABELS, UNLABELLED, TEST = 128, 512, 200
TEACHING, LEARNING = {"steps": 20, "batch_size": 16}, {"steps": 100, "batch_size": 16}
TRIED, TEMPERATURES = (1e-3, 2e-3, 4e-3), (1, 2, 4)
TEACHER_RATE, RATES = 5e-4, {"alone": 4e-3, "gold": 2e-3, "hard": 1e-3, "distilled": 2e-3}
TEMPERATURE, SOFT = 1.0, 0.9


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


def distilled(teacher: Teacher, small, tokenizer, seed: int):
    """A student that is told what the teacher says."""
    method = FullFineTuning(small, seed=seed)
    distil(teacher, small, tokenizer, method, TEMPERATURE, SOFT, learning_rate=RATES["distilled"], seed=seed,
           progress=False, **LEARNING)
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
            "vocabulary": right(distilled(wide, small, tokenizer, seed)),
            "random": right(distilled(soft, blank, tokenizer, seed), blank), "bare": right(None),
            "labels": LABELS, "rows": len(told)}
