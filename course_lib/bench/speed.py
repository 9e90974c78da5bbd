"""`course bench pretrain`: how fast this machine trains the recipes, beside what it could do at best."""
import statistics
import time

import torch

from course_lib.models.configs import RECIPES, build_model
from course_lib.models.tokenizer import tokenizer_for
from course_lib.pretraining.optimise import make_optimizer, train_steps
from course_lib.pretraining.packing import Batches
from course_lib.world import documents

SIDE, PRODUCTS = 1536, 12  # of the matrices that are multiplied, and how often
STEPS = 6  # of training; the first one is not counted


def peak_flops() -> float:
    """FLOPs a second of one large matrix product, the median of several: 2 n^3 for two matrices (n, n)."""
    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    seconds = []
    for _ in range(PRODUCTS):
        start = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - start)
    return 2 * SIDE**3 / statistics.median(seconds)


def pretrain() -> None:
    """Prints tokens a second of each recipe, and the share of this machine's measured matrix-product peak."""
    peak = peak_flops()
    print(f"matrix-product peak: {peak / 1e9:.0f} GFLOP/s on {torch.get_num_threads()} threads; "
          "eager, without compiling")
    for name, recipe in RECIPES.items():
        tokenizer = tokenizer_for(recipe.kind, documents("train", 0))
        model = build_model(recipe, tokenizer)
        batches = Batches(documents, tokenizer, "train", 0, recipe.rows, recipe.length, STEPS)
        marks = [time.perf_counter()]
        for _ in train_steps(model, recipe, batches, make_optimizer(model, recipe)):
            marks.append(time.perf_counter())
        seconds = statistics.median(after - before for before, after in zip(marks[1:], marks[2:]))
        rate, parameters = recipe.tokens_per_step / seconds, sum(p.numel() for p in model.parameters())
        print(f"{name:16} {rate:8.0f} tokens a second, {100 * 6 * parameters * rate / peak:3.0f} % of the peak "
              "(6 FLOPs a parameter and token)")
