"""What lesson 03 measures of what to train: all or a part, and a new head. Its other files start from here.

A run is 32 steps of 16 reviews, unless it is said. Learning rates are chosen by the accuracy on 150 validation rows,
with seeds that no record has; of equals the largest.
"""
from course_lib import models
from course_lib.cost import cost
from course_lib.evaluation import evaluate
from course_lib.methods import Frozen, FullFineTuning
from course_lib.shifts import dead_key
from course_lib.training import fit
from course_lib.world import load_task

STEPS, BATCH = 32, 16
NEAR, FAR = {"labels": 128, "steps": STEPS}, {"labels": 512, "steps": 96}
# Everything of 3e-4 and 1e-3, the last block of 1e-3, 3e-3 and 1e-2, heads of 1e-2, 3e-2 and 1e-1:
PART_RATES = {("near", "full"): 3e-4, ("near", "last"): 3e-3, ("near", "head"): 3e-2,
              ("far", "full"): 1e-3, ("far", "last"): 1e-3, ("far", "head"): 1e-1}
# Of 3e-5, 1e-4, 3e-4 and 1e-3, for the probe of 1e-2, 3e-2 and 1e-1:
HEAD_RATES = {"probe": 1e-2, "random": 1e-4, "probed": 3e-4}


def start(name: str = "orchard-s", test: int = 200):
    """(model, tokenizer, the reviews, the test rows that a claim looks at)."""
    task = load_task("reviews")
    return *models.load_model(name), task, task["test"].select(range(test))


def train(model, tokenizer, method, rows, seed: int, rate: float, steps: int = STEPS, **options) -> None:
    """Trains the method on these rows."""
    fit(model, tokenizer, {"train": rows}, method, steps=steps, batch_size=BATCH, learning_rate=rate, seed=seed,
        progress=False, **options)


def accuracy(model, tokenizer, rows, method=None) -> float:
    """The share of right answers."""
    return evaluate(model, tokenizer, rows, method)["accuracy"]


def whole_or_part(seed: int) -> dict[str, float]:
    """Full fine-tuning, the last block, a head: right answers near to pretraining and far from it; operations."""
    found = {}
    for where, name, size in (("near", "orchard-s", NEAR), ("far", "orchard-s-early", FAR)):
        model, tokenizer, task, test = start(name)
        rows = task["train"].shuffle(seed=seed).select(range(size["labels"]))
        for part, method in (("full", FullFineTuning(model, seed=seed)), ("last", Frozen(model, seed=seed)),
                             ("head", Frozen(model, train=(), num_labels=2, seed=seed))):
            train(model, tokenizer, method, rows, seed, PART_RATES[where, part], size["steps"], reuse=part != "full")
            found[f"{where}_{part}"] = accuracy(model, tokenizer, test, method)
            if where == "near":
                found[f"step_{part}"] = cost(model, tokenizer, rows.select(range(BATCH)), method).step
    return found


def two_heads(seed: int, labels: int = 64) -> dict[str, float]:
    """A probe, full fine-tuning from its head, and from a random one: at home and on three kinds of strangers.

    The random head is given the probe's steps as well, so both ways take as many in all.
    """
    model, tokenizer, task, test = start()
    rows = task["train"].shuffle(seed=seed).select(range(labels))
    probe = Frozen(model, train=(), num_labels=2, seed=seed)
    random, probed = (FullFineTuning(model, num_labels=2, seed=seed) for _ in range(2))
    train(model, tokenizer, probe, rows, seed, HEAD_RATES["probe"], reuse=True)
    probed.head.load_state_dict(probe.head.state_dict())
    train(model, tokenizer, random, rows, seed, HEAD_RATES["random"], 2 * STEPS)
    train(model, tokenizer, probed, rows, seed, HEAD_RATES["probed"])
    places = {"own": test, "gadgets": task["shifted"].select(range(200)), "natural": load_task("natural")["test"],
              "dead_key": dead_key(test)}
    return {f"{name}_{place}": accuracy(model, tokenizer, where, method)
            for name, method in (("probe", probe), ("random", random), ("probed", probed))
            for place, where in places.items()}
