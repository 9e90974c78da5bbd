"""Adapters: how wide the bottleneck, in series or in parallel, and beside other methods that add components."""
from course_lib.claims.claim import (
    FAILS,
    GUIDE,
    HOLDS,
    LIMITED,
    LOREFT,
    WIKIPEDIA,
    Figures,
    Verdict,
    claim,
    more,
    same,
    share,
)
from course_lib.claims.topics.near_and_far import near_to_full
from course_lib.experiments import arm, count, experiment, score, trained
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.adapters import BOTTLENECK, NEAR, SETTINGS, at
from course_lib.experiments.soft_prompts import QUICK
from course_lib.methods import Adapter

FEW = SETTINGS["few"]
BOTTLENECKS = {m: arm(Adapter, 3e-3, bottleneck=m)     # rates of .003, .01 and, for 1, .03, for 64, .001; seed 0
               for m in (1, 4, 16, 64)}
EQUAL = {"adapter": arm(Adapter, bottleneck=1), "prompt": soft.starting_from("vocabulary", 24)}
PREFIX = 3                                             # positions: 3,072 parameters, as the prompt; the adapter 3,080


@claim("C33", "Small bottleneck modules on a frozen base are enough", (GUIDE, WIKIPEDIA, LOREFT), lesson="07",
       tolerance=0.1, figures=(*(f"m_{m}" for m in BOTTLENECKS), *(f"share_{m}" for m in BOTTLENECKS), "full"))
def bottlenecks(seed: int) -> dict[str, float]:
    """Accuracy by bottleneck, the share of the model's parameters that each trains, and full fine-tuning beside it."""
    found = {"full": experiment(*at("few", "full"), seed)}
    for m, one in BOTTLENECKS.items():
        run = trained(FEW, one, seed)
        found |= {f"m_{m}": experiment(FEW, one, seed), f"share_{m}": count(run.method) / count(run.model)}
    return found


@bottlenecks.judged
def judge_bottlenecks(f: Figures) -> Verdict:
    """Holds where a bottleneck of at most 16 comes within 5 points of full fine-tuning."""
    told = ", ".join(f"m = {m} {share(f[f'm_{m}'])} ({100 * f[f'share_{m}'].mean:.1f} % of the parameters)"
                     for m in BOTTLENECKS)
    because = f"{told}; full fine-tuning {share(f['full'])}."
    enough = [m for m in BOTTLENECKS if near_to_full(f[f"m_{m}"].mean, f["full"].mean)]
    if enough and min(enough) <= BOTTLENECK:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if enough else FAILS, because)


@claim("C34", "Adapters come in series and in parallel", (LOREFT,), lesson="07", tolerance=0.1,
       question="Do adapters learn in series as in parallel, with equally many parameters?",
       asks={"in parallel rather than in series": same(lambda f: f["parallel"] - f["series"], 0.03)},
       figures=("series", "parallel"))
def variants(seed: int) -> dict[str, float]:
    """Accuracy of adapters in series and in parallel, with equally many parameters."""
    return {"series": experiment(NEAR, arm(Adapter, bottleneck=BOTTLENECK), seed),
            "parallel": experiment(NEAR, arm(Adapter, bottleneck=BOTTLENECK, parallel=True), seed)}


@variants.told
def tell_variants(f: Figures) -> str:
    """Both shares."""
    return f"In series {share(f['series'])}, in parallel {share(f['parallel'])} right, with equally many parameters."


@claim("C36", "Adapters are better than other methods that add new components", (LOREFT,), lesson="07", tolerance=0.1,
       question=f"After {QUICK.steps} steps on {QUICK.labels} labels, are adapters ahead of a prompt and of a prefix "
                "with as many parameters?",
       asks={f"adapters rather than a {name}": more(lambda f, name=name: f["adapter"] - f[name], 0.02)
             for name in ("prompt", "prefix")},
       figures=("adapter", "prompt", "prefix", "adapter_parameters", "prompt_parameters", "prefix_parameters"))
def equal_parameters(seed: int) -> dict[str, float]:
    """Accuracy of methods that add something, with about as many parameters. The prefix goes on from a prompt."""
    prefix, run = soft.grown(QUICK, PREFIX, seed)
    return {name: experiment(QUICK, one, seed) for name, one in EQUAL.items()} | {
        "prefix": score(run.model, run.tokenizer, run.test, prefix)} | {
        f"{name}_parameters": count(trained(QUICK, one, seed).method) for name, one in EQUAL.items()} | {
        "prefix_parameters": count(prefix)}


@equal_parameters.told
def tell_equal_parameters(f: Figures) -> str:
    """The accuracies, with the numbers of parameters."""
    told = [f"{name} {share(f[name])} with {f[f'{name}_parameters'].mean:,.0f} parameters"
            for name in (*EQUAL, "prefix")]
    return f"Right after {QUICK.steps} steps: {', '.join(told)}. The prefix goes on from a prompt half way."
