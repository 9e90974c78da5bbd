"""Freezing: what is frozen stays, and PEFT trains a fixed set, mostly an added one."""
from course_lib.claims.claim import FAILS, GOOGLE, HOLDS, LIMITED, WIKIPEDIA, Figures, Verdict, claim
from course_lib.experiments.draws import shuffled
from course_lib.experiments.freezing import BATCH, FROZEN_STEPS, by_hand, moved, subset
from course_lib.models import load_model
from course_lib.world import load_task

LAST = "model.layers.3"
ADDED = ("lora", "prompt", "prefix", "loreft")


@claim("C07", "Frozen layers do not change", (WIKIPEDIA,), lesson="03", core=True, tolerance=1e-3,
       figures=("frozen", "trained", "zeroed"))
def frozen(seed: int) -> dict[str, float]:
    """How far frozen parameters go in a few steps with weight decay; the control has their gradients set to zero."""
    model, tokenizer = load_model("orchard-s")
    rows = shuffled(load_task("reviews")["train"], BATCH, seed=seed)
    names = [name for name, _ in model.named_parameters()]
    inside = [name for name in names if name.startswith(LAST)]
    outside = [name for name in names if name not in inside]
    kept = by_hand(model, tokenizer, rows, (LAST,), decay=0.01)
    zeroed = by_hand(model, tokenizer, rows, (LAST,), decay=0.01, zeroed=True)
    return {"frozen": moved(model, kept, outside), "trained": moved(model, kept, inside),
            "zeroed": moved(model, zeroed, outside)}


@frozen.judged
def judge_frozen(f: Figures) -> Verdict:
    """Holds where frozen parameters do not move at all, and others do."""
    because = (f"Largest difference after {FROZEN_STEPS} steps: frozen parameters {f['frozen'].mean:g}, trained ones "
               f"{f['trained'].mean:.1g}. Not frozen, but with their gradients set to zero, the others moved by "
               f"{f['zeroed'].mean:.1g}: weight decay does not ask for a gradient.")
    return Verdict(HOLDS if f["frozen"].mean == 0 < f["trained"].mean else FAILS, because)


fixed_subset = claim(
    "C15", "PEFT adjusts only a subset of the parameters in each iteration", (GOOGLE,), lesson="03", core=True,
    tolerance=0.0, figures=(*(f"{kind}_{name}" for name in ("full", "last_block", *ADDED) for kind in ("own", "added")),
                            "changing", "base"))(subset)


@fixed_subset.judged
def judge_subset(f: Figures) -> Verdict:
    """Holds where the methods train some of the base's own numbers; it is a limit that they train added ones."""
    own = sum(f[f"own_{name}"].mean for name in ADDED)
    told = ", ".join(f"{name} {f[f'added_{name}'].mean:,.0f}" for name in ADDED)
    because = (f"Of the base's {f['base'].mean:,.0f} numbers {f['own_last_block'].mean:,.0f} are trained where the "
               f"last block is; by LoRA, prompts, prefixes and LoReFT {f'{own:,.0f}' if own else 'none'}. They train "
               f"numbers that they add: {told}. Parameters that took part in one iteration and not in another: "
               f"{f['changing'].mean:.0f}.")
    if f["changing"].mean:
        return Verdict(FAILS, because)
    if not own:
        return Verdict(LIMITED, because + " So it is a fixed set, and mostly an added one.")
    return Verdict(HOLDS, because)
