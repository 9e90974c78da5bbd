"""Adapters: how wide the bottleneck, in series or in parallel, and beside other methods that add components."""
from course_lib.claims.claim import LOREFT, Figures, claim, more, same, share
from course_lib.experiments import arm, count, experiment, score, trained
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.adapters import BOTTLENECK, NEAR
from course_lib.experiments.soft_prompts import QUICK
from course_lib.methods import Adapter

EQUAL = {"adapter": arm(Adapter, bottleneck=1), "prompt": soft.starting_from("vocabulary", 24)}
PREFIX = 3                                             # positions: 3,072 parameters, as the prompt; the adapter 3,080


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
