"""What lesson 07 measures by training, near to what a base knows and far from it: full fine-tuning, LoRA, adapters.

Every run is the lesson's own: 640 reviews of at most 30 words, read once, in 80 steps of 8. The learning rates, and the
lists that they were chosen from, stand in claims/lesson_07.py.
"""
import functools

from course_lib.claims.lesson_07 import BOTTLENECK, RATES
from course_lib.claims.measures.lesson_06 import lora
from course_lib.evaluation import evaluate, old_domain_loss
from course_lib.methods import Adapter, Frozen, FullFineTuning
from course_lib.models.loading import load_model
from course_lib.training import fit
from course_lib.world import load_task

LONGEST = 30            # words of a review, so that a step is short
STEPS, ROWS = 80, 8     # steps, reviews in each
TEST, OLD = 150, 60     # test reviews, old documents
BASES = {"near": ("orchard-s", False), "far": ("orchard-s-early", False), "untrained": ("orchard-s", True)}
BUILDERS = {
    "full": lambda model, seed: FullFineTuning(model, seed=seed),
    "head": lambda model, seed: Frozen(model, (), num_labels=2, seed=seed),
    "lora": lambda model, seed: lora(model, seed=seed),
    "adapter": lambda model, seed: Adapter(model, BOTTLENECK, seed=seed),
    "parallel": lambda model, seed: Adapter(model, BOTTLENECK, parallel=True, seed=seed),
}


@functools.cache
def brief(split: str, n: int | None = None):
    """The first `n` reviews of this split, or all, that have at most LONGEST words."""
    rows = load_task("reviews")[split]
    return rows.select([place for place, text in enumerate(rows["text"][:]) if len(text.split()) <= LONGEST][:n])


def learn(model, tokenizer, method, rate: float, seed: int) -> None:
    """Trains the method on brief reviews."""
    fit(model, tokenizer, {"train": brief("train", STEPS * ROWS)}, method, steps=STEPS, batch_size=ROWS,
        learning_rate=rate, seed=seed, reuse=isinstance(method, Frozen), progress=False)


def learned(model, tokenizer, method, rate: float, seed: int) -> float:
    """Trains the method; the share of right answers among brief test reviews."""
    learn(model, tokenizer, method, rate, seed)
    return evaluate(model, tokenizer, brief("test", TEST), method)["accuracy"]


@functools.lru_cache(maxsize=32)  # claims share runs
def run(base: str, name: str, seed: int) -> tuple[float, float]:
    """(accuracy, loss on old text) after training this method on this base."""
    source, random = BASES[base]
    model, tokenizer = load_model(source, random=random, seed=seed)
    method = BUILDERS[name](model, seed)
    return (learned(model, tokenizer, method, RATES[base][name], seed),
            old_domain_loss(model, tokenizer, method, n_documents=OLD))


def distance(seed: int) -> dict[str, float]:
    """Full fine-tuning, LoRA and adapters on the late base and on the early one: accuracy, and the loss on old text.

    `before` is that loss of the bare base, `probe` a new head alone, on an untrained base as well.
    """
    found = {f"{base}_probe": run(base, "head", seed)[0] for base in BASES}
    for base in ("near", "far"):
        model, tokenizer = load_model(BASES[base][0])
        found[f"{base}_before"] = old_domain_loss(model, tokenizer, n_documents=OLD)
        for name in ("full", "lora", "adapter"):
            found[f"{base}_{name}"], found[f"{base}_{name}_old"] = run(base, name, seed)
    return found


def variants(seed: int) -> dict[str, float]:
    """Accuracy of adapters in series and in parallel, with equally many parameters."""
    return {"series": run("near", "adapter", seed)[0], "parallel": run("near", "parallel", seed)[0]}
