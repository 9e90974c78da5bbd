"""LoRA's algebra: the product, its count, its rank and its scale."""
from dataclasses import replace

import torch

from course_lib.claims.claim import CONSTRUCTED, GUIDE, WIKIPEDIA, Figures, claim, less, same, share
from course_lib.display import percent
from course_lib.experiments import count, experiment, learn, trained
from course_lib.experiments.folding import ROUNDING, logits_of, texts
from course_lib.experiments.near_and_far import ALPHA, NEAR, RANK, lora
from course_lib.experiments.tuning import tuned
from course_lib.models import weights_hash


@claim("C21", "W = W₀ + BA, with W₀ frozen", (GUIDE, WIKIPEDIA), lesson="06", core=True, tolerance=1e-3,
       kind=CONSTRUCTED, question="Is the trained model the frozen base and BA, and nothing else?",
       asks={"logits with BA added to W₀ by hand": same(lambda f: f["product"], ROUNDING, "in logits"),
             "logits with B = 0": same(lambda f: f["start"], ROUNDING, "in logits"),
             "bits of W₀ after training": same(lambda f: f["changed"], 0.5, "other hashes")},
       figures=("start", "changed", "product"))
def low_rank(seed: int) -> dict[str, float]:
    """B = 0 is no change; the base keeps its bits in training; the trained change is BA, and nothing else."""
    model, tokenizer = NEAR.load(seed)
    one = tuned(NEAR, lora())
    method, batch, before = one.build(model, tokenizer, seed), texts(tokenizer, seed), weights_hash(model)
    start = (logits_of(model, batch, method) - logits_of(model, batch)).abs().max().item()
    learn(model, tokenizer, method, NEAR.train_rows(tokenizer, seed), one.rate, seed, NEAR, steps=8)
    changed = float(weights_hash(model) != before)
    with_hooks = logits_of(model, batch, method)
    with torch.no_grad():
        for site, A, B in zip(method.sites, method.A, method.B):
            model.get_submodule(site).weight.add_(ALPHA / RANK * B @ A)
    return {"start": start, "changed": changed, "product": (logits_of(model, batch) - with_hooks).abs().max().item()}


@low_rank.told
def tell_low_rank(f: Figures) -> str:
    """The start, the frozen weights, and the product."""
    return (f"With B = 0 the logits differ from the base's by {f['start'].mean:g}; after training the hash of W₀ is "
            f"{'another one' if f['changed'].mean else 'the same'}; with the scaled BA added to W₀ by hand the logits "
            f"differ by {f['product'].mean:.0e}.")


@claim("C22", "LoRA trains r · (d + k) parameters instead of d · k", (GUIDE,), lesson="06", tolerance=0.0,
       kind=CONSTRUCTED, question="Are as many parameters trained as the formula says, and fewer than d · k?",
       asks={"counted beside the formula": same(lambda f: f["counted"] - f["formula"], 0.5, "parameters"),
             "beside the matrices": less(lambda f: f["counted"] / f["full"] - 1, 0.5, "percent")},
       figures=("formula", "counted", "full"))
def counted(seed: int) -> dict[str, float]:
    """The formula against a count, over every linear layer of orchard-s."""
    model, tokenizer = NEAR.load(seed)
    method = lora().build(model, tokenizer, seed)
    shapes = [model.get_submodule(site).weight.shape for site in method.sites]
    return {"formula": sum(RANK * (d + k) for d, k in shapes), "counted": count(method),
            "full": sum(d * k for d, k in shapes)}


@counted.told
def tell_counted(f: Figures) -> str:
    """The three counts."""
    return (f"On every linear layer of the blocks, r = {RANK}: the formula says {f['formula'].mean:,.0f}, counted are "
            f"{f['counted'].mean:,.0f}; the matrices themselves have {f['full'].mean:,.0f}.")


def change_of(method):
    """The whole change (alpha / r) B A of every site, as one vector."""
    return torch.cat([(method.scale * B @ A).detach().flatten() for A, B in zip(method.A, method.B)])


@claim("C28", "r is the rank of the change, alpha its scale", (GUIDE,), lesson="06", core=True, tolerance=0.1,
       kind=CONSTRUCTED, question="Has the trained change rank r, and is it twice as large with twice the alpha?",
       asks={"its rank beside r": same(lambda f: f["rank"] - RANK, 0.5, "directions"),
             "beside twice the change": same(lambda f: f["scale"] / 2 - 1, 0.01, "percent")},
       figures=("rank", "scale", "first", "last", "accuracy", "traded"))
def rank_and_scale(seed: int) -> dict[str, float]:
    """The rank of the trained change; what twice the alpha does to it; and twice the alpha at half the rate."""
    once = tuned(NEAR, lora())
    traded = replace(lora(alpha=2 * ALPHA), rate=once.rate / 2)

    def apart(setting) -> float:
        one, other = (change_of(trained(setting, arm, seed).method) for arm in (once, traded))
        return ((one - other).norm() / one.norm()).item()

    run = trained(NEAR, traded, seed)
    method = run.method
    last = method.scale * method.B[0] @ method.A[0]
    twice = lora(alpha=4 * ALPHA).build(run.model, run.tokenizer, seed)
    twice.load_state_dict(method.state_dict())
    return {"rank": torch.linalg.matrix_rank(last.detach(), rtol=1e-5).item(),
            "scale": (change_of(twice).norm() / change_of(method).norm()).item(),
            "first": apart(replace(NEAR, steps=1)), "last": apart(NEAR),
            "accuracy": experiment(NEAR, once, seed), "traded": experiment(NEAR, traded, seed)}


@rank_and_scale.told
def tell_rank_and_scale(f: Figures) -> str:
    """Rank and scale, and how far alpha and the learning rate replace each other."""
    return (f"At r = {RANK} the change has rank {f['rank'].mean:.0f}; with twice the alpha it is {f['scale'].mean:.2f} "
            "times as large. Twice the alpha at half the learning rate: after one step the changes differ by "
            f"{percent(f['first'].mean)}, after {NEAR.steps} by {percent(f['last'].mean)}, and {share(f['accuracy'])} "
            f"against {share(f['traded'])} of the answers are right.")
