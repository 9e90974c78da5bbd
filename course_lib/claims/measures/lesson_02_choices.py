"""What lesson 02 measures of choices: which run is picked, at which rate, and when it is stopped. See lesson_02.py."""
from statistics import mean

import numpy

from course_lib.claims.lesson_02 import RATES
from course_lib.claims.measures.lesson_02 import LABELS, RATE, accuracy, start, tuned
from course_lib.evaluation import answers
from course_lib.methods import FullFineTuning, LoRA


def picked(marks, draws: int, seed: int, n: int = 50) -> dict[str, float]:
    """Pick the best row of `marks` (candidates, rows) on n test or n validation rows; score on what is left."""
    rng, marks = numpy.random.default_rng(seed), numpy.asarray(marks, dtype=float)
    found = []
    for _ in range(draws):
        order = rng.permutation(marks.shape[1])
        test, validation, fresh = (marks[:, part].mean(1) for part in (order[:n], order[n:2 * n], order[2 * n:]))
        by_test, by_validation = test.argmax(), validation.argmax()
        found.append((test[by_test], fresh[by_test], test[by_validation], fresh[by_validation]))
    names = ("on_test", "on_test_fresh", "on_validation", "on_validation_fresh")
    return dict(zip(names, map(float, numpy.mean(found, axis=0))))


def split(seed: int) -> dict[str, float]:
    """Six runs on 64 labels; the best is picked on 50 test rows, or on 50 validation rows, 1,000 times over."""
    model, tokenizer, task, test = start(test=300)
    marks = []
    for number, rate in enumerate((2e-4, 3e-4, 5e-4) * 2):
        method, _ = tuned(model, tokenizer, task, 64, 10 * seed + number, rate, steps=12, validation=0)
        marks.append([given == right for given, right in zip(*answers(model, tokenizer, test, method))])
    return picked(marks, 1000, seed)


def rates(seed: int) -> dict[str, float]:
    """Accuracy on validation for every rate, of full fine-tuning and of LoRA."""
    model, tokenizer, task, _ = start()
    validation, found = task["validation"].select(range(200)), {}
    for name, build in (("full", lambda: FullFineTuning(model, seed=seed)),
                        ("lora", lambda: LoRA(model, rank=4, alpha=8, seed=seed))):
        for rate in RATES:
            method, _ = tuned(model, tokenizer, task, LABELS, seed, rate, method=build(), validation=0)
            found[f"{name}_{rate:g}"] = accuracy(model, tokenizer, validation, method)
    return found


def stops(seed: int) -> dict[str, float]:
    """Sixteen labels, at three times the rate: the best point of the validation loss against the end of the run."""
    model, tokenizer, task, test = start()
    best, history = tuned(model, tokenizer, task, 16, seed, 3 * RATE, every=4)
    last, _ = tuned(model, tokenizer, task, 16, seed, 3 * RATE, validation=0)
    return {"best_step": history.best_step, "validation_best": history.best_loss,
            "validation_last": history.validation[-1]["loss"], "training_last": mean(history.loss[-10:]),
            "accuracy_best": accuracy(model, tokenizer, test, best),
            "accuracy_last": accuracy(model, tokenizer, test, last)}
