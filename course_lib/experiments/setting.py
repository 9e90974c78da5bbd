"""What an experiment is made of: a setting, the same for all that is compared, and an arm, one method in it."""
import inspect
from dataclasses import dataclass

from course_lib.evaluation import evaluate
from course_lib.experiments.draws import DRAWS
from course_lib.models import load_model
from course_lib.quantise import quantise
from course_lib.training import fit
from course_lib.training.plan import History
from course_lib.world import load_task


@dataclass(frozen=True)
class Setting:
    """What is the same for every method that is compared.

    `draw` and `test_draw` are rules of draws.py; `test` rows are answered, or all of the split. With `validation` rows
    the best parameters on them stay, looked for every `validate_every` steps; without, the last ones.
    """

    base: str = "orchard-s"
    random: bool = False             # the same architecture with random weights
    quantised: str | None = None     # to "nf4" or "int4"
    task: str = "reviews"
    labels: int = 128
    draw: str = "shuffled"
    steps: int = 40
    batch: int = 16
    test: int | None = 200
    test_draw: str = "first"
    validation: int = 0
    validate_every: int | None = None

    def load(self, seed: int) -> tuple:
        """(model, tokenizer); the seed decides random weights alone."""
        model, tokenizer = load_model(self.base, random=self.random, seed=seed)
        return (quantise(model, self.quantised) if self.quantised else model), tokenizer

    def train_rows(self, tokenizer, seed: int):
        """The rows to learn from."""
        return DRAWS[self.draw](load_task(self.task)["train"], self.labels, tokenizer, seed)

    def test_rows(self, tokenizer=None, seed: int = 0, split: str = "test"):
        """The rows to answer."""
        rows = load_task(self.task)[split]
        return rows if self.test is None else DRAWS[self.test_draw](rows, self.test, tokenizer, seed)


@dataclass(frozen=True)
class Arm:
    """A method with its options and its learning rate; None: the one that tuning.py finds for the setting."""

    method: type
    rate: float | None
    reuse: bool                      # whether the work of frozen blocks is done once
    options: tuple[tuple[str, object], ...]

    def build(self, model, tokenizer, seed: int):
        """The method on this model."""
        given = dict(self.options) | {"seed": seed}
        if "tokenizer" in inspect.signature(self.method).parameters:
            given["tokenizer"] = tokenizer
        return self.method(model, **given)


def arm(method: type, rate: float | None = None, reuse: bool = False, **options) -> Arm:
    """An arm of an experiment: arm(LoRA, rank=4, alpha=8). `rate` None: the one that is found for the setting."""
    return Arm(method, rate, reuse, tuple(options.items()))


def learn(model, tokenizer, method, rows, rate: float, seed: int, setting: Setting, **options) -> History:
    """Trains the method on these rows as the setting says; `options` are further ones of `fit`, or other than its."""
    given = {"steps": setting.steps, "batch_size": setting.batch, "validate_every": setting.validate_every, **options}
    parts = {"train": rows}
    if setting.validation:
        parts["validation"] = load_task(setting.task)["validation"].select(range(setting.validation))
    return whole(fit(model, tokenizer, parts, method, learning_rate=rate, seed=seed, progress=False, **given))


def whole(history: History) -> History:
    """The history of a training that nobody stopped; after Ctrl+C `fit` keeps half of it, which is no measurement."""
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    return history


def count(module) -> int:
    """How many numbers a method trains, or a model has."""
    return sum(parameter.numel() for parameter in module.parameters())


def score(model, tokenizer, rows, method=None) -> float:
    """The share of right answers: among the labels, or exact where there are none."""
    found = evaluate(model, tokenizer, rows, method)
    return found["accuracy"] if "accuracy" in found else found["exact_match"]
