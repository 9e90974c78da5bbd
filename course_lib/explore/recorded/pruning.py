"""A tuned model with more and more of its parts taken out: what it still can. The command writes data/pruned.json:

    .venv/bin/python -m course_lib.explore.recorded.pruning        some minutes

orchard-m is tuned in full on labelled reviews with stars, as lesson 04's teacher; nothing is trained after pruning.
"""
import functools
import json
from dataclasses import replace
from pathlib import Path

import torch

from course_lib.distillation import importance, least, prune
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import score, stars, trained
from course_lib.files import write_text
from course_lib.world import load_task

PATH = Path(__file__).parent / "data" / "pruned.json"
COMMAND = ".venv/bin/python -m course_lib.explore.recorded.pruning"
ORDERS = ("least important first", "random", "most important first")
TAKEN = {"heads": (0, 6, 12, 18, 24, 30), "neurons": (0, 768, 1536, 2304, 2765, 2980), "layers": (0, 1, 2, 3, 4, 5)}
TEST, DOCUMENTS = 150, 30  # test reviews, and documents of ordinary text


@functools.cache
def read() -> dict:
    """{"sizes": {part: [in each layer]}, "parameters" of the whole, "runs": {part: {order: [a level each]}}}.

    A level is {"left": parts left in each layer, "accuracy", "loss" (nats a token on ordinary text), "parameters"}.
    """
    return json.loads(PATH.read_text(encoding="utf-8"))


def measure() -> dict:
    """Tunes once, and measures every level of every part in every order."""
    taught = trained(replace(stars.TEACHING, draw="first", test=TEST), stars.TEACHER, 0)
    tokenizer, rows = taught.tokenizer, taught.test
    scores = importance(taught.model, tokenizer, load_task("stars")["train"].select(range(64)), taught.method)
    model, _ = stars.TEACHING.load(0)
    taught.method.merge(model)
    generator, runs = torch.Generator().manual_seed(0), {}

    def can(one, left: list[int]) -> dict:
        """What this model, with so many parts left in each layer, still can."""
        return {"left": left, "accuracy": score(one, tokenizer, rows),
                "loss": old_domain_loss(one, tokenizer, n_documents=DOCUMENTS), "parameters": one.num_parameters()}

    whole = can(model, [])
    for part, levels in TAKEN.items():
        given = getattr(scores, part)
        chance = torch.rand(given.shape, generator=generator)
        for order, ranks in zip(ORDERS, (given, chance, -given)):
            run = runs.setdefault(part, {})[order] = [whole | {"left": [given.shape[1]] * len(given)}]
            for level in levels[1:]:
                gone, left = gone_of(part, ranks, level)
                run.append(can(prune(model, **{part: gone}), left))
                print(part, order, level, run[-1], flush=True)
    return {"sizes": {part: list(getattr(scores, part).shape) for part in TAKEN},
            "parameters": model.num_parameters(), "runs": runs}


def gone_of(part: str, ranks, level: int) -> tuple:
    """(what `prune` takes out at this level, how many are left in each layer)."""
    L, H = ranks.shape
    if part == "layers":
        gone = ranks.flatten().argsort(stable=True)[:level].tolist()
        return gone, [int(layer not in gone) for layer in range(L)]
    gone = least(ranks, level)
    return gone, [H - len(gone.get(layer, ())) for layer in range(L)]


def main() -> None:
    """Measures everything, and writes the file."""
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps(measure(), indent=0) + "\n")


if __name__ == "__main__":
    main()
