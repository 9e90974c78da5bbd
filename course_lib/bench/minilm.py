"""`course bench minilm FILE`: a table of methods on a real pretrained encoder and labelled sentences of your own.

The learning rates were chosen once, each from its list: the lowest loss on the validation split of the bundled task
`natural`, in 186 steps with one seed. Other sentences may want other rates.
"""
import time
from pathlib import Path

from course_lib.architecture import context_of
from course_lib.bag_of_words import best_bag_of_words
from course_lib.cost import cost
from course_lib.errors import CourseError, shown
from course_lib.evaluation import evaluate
from course_lib.experiments.setting import whole
from course_lib.intervals import wilson
from course_lib.methods import Frozen, FullFineTuning, LoRA, LoReFT, PromptTuning
from course_lib.models import load_model
from course_lib.prompting.reading import encode
from course_lib.training import fit
from course_lib.world import load_task

STEPS, ROWS = 150, 16
MOST = {"train": 1000, "validation": 200, "test": 2000}  # rows; the first of a split, whose labels are mixed
VECTORS = 20
METHODS = {  # name: (how it is built, the learning rate, the list it was chosen from)
    "probe: the head alone": (lambda model, N: Frozen(model, (), num_labels=N), 3e-3, (3e-3, 1e-2, 3e-2)),
    "prompt tuning": (lambda model, N: PromptTuning(model, VECTORS, num_labels=N), 3e-3, (1e-3, 3e-3, 1e-2, 3e-2)),
    "LoReFT": (lambda model, N: LoReFT(model, num_labels=N), 1e-3, (3e-4, 1e-3, 3e-3, 1e-2)),
    "LoRA": (lambda model, N: LoRA(model, num_labels=N), 1e-3, (3e-4, 1e-3, 3e-3)),
    "full fine-tuning": (lambda model, N: FullFineTuning(model, num_labels=N), 5e-5, (5e-5, 1e-4, 2e-4)),
}


def minilm(path: str | Path) -> bool:
    """Prints the table for the sentences in this file (or of a bundled task); figures without a gate, so always True.

    Raises CourseError for rows that cannot be used, before anything is trained, and where minilm is not there.
    """
    start = time.perf_counter()
    model, tokenizer = load_model("minilm")
    task = rows_of(path, tokenizer, context_of(model) - VECTORS)
    names = task["train"].features["label"].names
    sizes = ", ".join(f"{split} {len(rows)}" for split, rows in task.items())
    print(f"{sizes} rows, {len(names)} labels; {STEPS} steps of {ROWS}; {VECTORS} vectors in the prompt.\n"
          "Accuracy on test, with its 95 % interval; seconds of training with its validation; bytes of the file.")
    say("", "parameters", "rate", "accuracy", "seconds", "bytes")
    frequent = max(map(task["test"]["label"][:].count, range(len(names)))) / len(task["test"])
    say("the most frequent label", accuracy=f"{frequent:.3f}")
    bag_of_words(task)
    for name, (build, rate, _) in METHODS.items():
        method = build(model, len(names))
        history = whole(fit(model, tokenizer, task, method, steps=STEPS, batch_size=ROWS, learning_rate=rate,
                            reuse=isinstance(method, Frozen), progress=False))
        found = evaluate(model, tokenizer, task["test"], method)
        size = cost(model, tokenizer, task["train"].select(range(2)), method)
        say(name, f"{size.parameters:,}", f"{rate:g}",
            f"{found['accuracy']:.3f} ({found['low']:.3f} to {found['high']:.3f})", f"{history.seconds:.1f}",
            f"{size.bytes_on_disk:,}")
    print(f"in all {time.perf_counter() - start:.0f} seconds")
    return True


def rows_of(path: str | Path, tokenizer, limit: int) -> dict:
    """The task's splits, no larger than MOST. CourseError where they have no labels, or a text is too long to read."""
    task = load_task(path)
    if "label" not in task["train"].column_names:
        raise CourseError(f"{path} has no labels. This table needs the columns text and label, a word or a number.")
    task = {split: task[split].select(range(min(most, len(task[split])))) for split, most in MOST.items()}
    for rows in task.values():
        for text, ids in zip(rows["text"][:], encode(tokenizer, rows["text"][:])):
            if len(ids) > limit:
                raise CourseError(f"{path}: a text has {len(ids)} tokens, {shown(text)}. With {VECTORS} virtual ones "
                                  f"before it minilm reads at most {limit}: shorten it, or leave it out.")
    return task


def bag_of_words(task: dict) -> None:
    """The row of the baseline."""
    start = time.perf_counter()
    right, low, high = wilson(round(best_bag_of_words(task) * len(task["test"])), len(task["test"]))
    say("bag of words", accuracy=f"{right:.3f} ({low:.3f} to {high:.3f})", seconds=f"{time.perf_counter() - start:.1f}")


def say(name: str, parameters: str = "", rate: str = "", accuracy: str = "", seconds: str = "", disk: str = "") -> None:
    """Prints one row."""
    print(f"{name:24} {parameters:>12} {rate:>8}   {accuracy:24} {seconds:>8} {disk:>12}".rstrip(), flush=True)
