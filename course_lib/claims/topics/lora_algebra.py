"""LoRA's algebra: the product, its count, its rank and its scale."""
from dataclasses import replace

import torch

from course_lib.claims.claim import FAILS, GUIDE, HOLDS, WIKIPEDIA, Figures, Verdict, claim, share
from course_lib.display import percent
from course_lib.experiments import count, experiment, learn, trained
from course_lib.experiments.folding import ROUNDING, logits_of, texts
from course_lib.experiments.lora import ALPHA, LORA_RATE, RANK, SHORT, lora
from course_lib.models import weights_hash


@claim("C21", "W = W₀ + BA, with W₀ frozen", (GUIDE, WIKIPEDIA), lesson="06", core=True, tolerance=1e-3,
       figures=("start", "changed", "product"))
def low_rank(seed: int) -> dict[str, float]:
    """B = 0 is no change; the base keeps its bits in training; the trained change is BA, and nothing else."""
    model, tokenizer = SHORT.load(seed)
    method, batch, before = lora().build(model, tokenizer, seed), texts(tokenizer, seed), weights_hash(model)
    start = (logits_of(model, batch, method) - logits_of(model, batch)).abs().max().item()
    learn(model, tokenizer, method, SHORT.train_rows(tokenizer, seed), LORA_RATE, seed, SHORT, steps=8)
    changed = float(weights_hash(model) != before)
    with_hooks = logits_of(model, batch, method)
    with torch.no_grad():
        for site, A, B in zip(method.sites, method.A, method.B):
            model.get_submodule(site).weight.add_(ALPHA / RANK * B @ A)
    return {"start": start, "changed": changed, "product": (logits_of(model, batch) - with_hooks).abs().max().item()}


@low_rank.judged
def judge_low_rank(f: Figures) -> Verdict:
    """Holds where the start and the frozen weights are exact, and the product is right within rounding."""
    because = (f"With B = 0 the logits differ from the base's by {f['start'].mean:g}; after training the hash of W₀ is "
               f"{'another one' if f['changed'].mean else 'the same'}; with the scaled BA added to W₀ by hand the "
               f"logits differ by {f['product'].mean:.0e}.")
    exact = f["start"].mean == 0 and f["changed"].mean == 0 and f["product"].mean < ROUNDING
    return Verdict(HOLDS if exact else FAILS, because)


@claim("C22", "LoRA trains r · (d + k) parameters instead of d · k", (GUIDE,), lesson="06", tolerance=0.0,
       figures=("formula", "counted", "full"))
def counted(seed: int) -> dict[str, float]:
    """The formula against a count, over every linear layer of orchard-s."""
    model, tokenizer = SHORT.load(seed)
    method = lora().build(model, tokenizer, seed)
    shapes = [model.get_submodule(site).weight.shape for site in method.sites]
    return {"formula": sum(RANK * (d + k) for d, k in shapes), "counted": count(method),
            "full": sum(d * k for d, k in shapes)}


@counted.judged
def judge_counted(f: Figures) -> Verdict:
    """Holds where the count is the formula's, and fewer than the matrices have."""
    because = (f"On every linear layer of the blocks, r = {RANK}: the formula says {f['formula'].mean:,.0f}, counted "
               f"are {f['counted'].mean:,.0f}; the matrices themselves have {f['full'].mean:,.0f}.")
    right = f["formula"].mean == f["counted"].mean < f["full"].mean
    return Verdict(HOLDS if right else FAILS, because)


def change_of(method):
    """The whole change (alpha / r) B A of every site, as one vector."""
    return torch.cat([(method.scale * B @ A).detach().flatten() for A, B in zip(method.A, method.B)])


@claim("C28", "r is the rank of the change, alpha its scale", (GUIDE,), lesson="06", core=True, tolerance=0.1,
       figures=("rank", "scale", "first", "last", "accuracy", "traded"))
def rank_and_scale(seed: int) -> dict[str, float]:
    """The rank of the trained change; what twice the alpha does to it; and twice the alpha at half the rate."""
    once, traded = lora(), lora(LORA_RATE / 2, scale=2 * ALPHA / RANK)

    def apart(setting) -> float:
        one, other = (change_of(trained(setting, arm, seed).method) for arm in (once, traded))
        return ((one - other).norm() / one.norm()).item()

    run = trained(SHORT, traded, seed)
    method = run.method
    last = method.scale * method.B[0] @ method.A[0]
    twice = lora(scale=2 * method.scale).build(run.model, run.tokenizer, seed)
    twice.load_state_dict(method.state_dict())
    return {"rank": torch.linalg.matrix_rank(last.detach(), rtol=1e-5).item(),
            "scale": (change_of(twice).norm() / change_of(method).norm()).item(),
            "first": apart(replace(SHORT, steps=1)), "last": apart(SHORT),
            "accuracy": experiment(SHORT, once, seed), "traded": experiment(SHORT, traded, seed)}


@rank_and_scale.judged
def judge_rank_and_scale(f: Figures) -> Verdict:
    """Holds where r is the change's rank and alpha its scale."""
    because = (f"At r = {RANK} the change has rank {f['rank'].mean:.0f}; with twice the alpha it is "
               f"{f['scale'].mean:.2f} times as large. Twice the alpha at half the learning rate: after one step the "
               f"changes differ by {percent(f['first'].mean)}, after {SHORT.steps} by {percent(f['last'].mean)}, and "
               f"{share(f['accuracy'])} against {share(f['traded'])} of the answers are right.")
    right = f["rank"].mean == RANK and abs(f["scale"].mean - 2) < 1e-3
    return Verdict(HOLDS if right else FAILS, because)
