"""Freezing: what is frozen stays, and PEFT trains a fixed set, mostly an added one."""
from course_lib.claims.claim import CONSTRUCTED, GOOGLE, WIKIPEDIA, Figures, claim, highest, more, same
from course_lib.experiments.draws import shuffled
from course_lib.experiments.freezing import BATCH, FROZEN_STEPS, by_hand, moved, subset
from course_lib.models import load_model
from course_lib.world import load_task

LAST = "model.layers.3"
ADDED = ("lora", "prompt", "prefix", "loreft")


@claim("C07", "Frozen layers do not change", (WIKIPEDIA,), lesson="03", core=True, tolerance=1e-3,
       kind=CONSTRUCTED, question="Does a frozen parameter keep every bit while others are trained?",
       asks={"the furthest that a frozen one went": same(lambda f: f["frozen"], 1e-9, "in value")},
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


@frozen.told
def tell_frozen(f: Figures) -> str:
    """How far each went."""
    return (f"Largest difference after {FROZEN_STEPS} steps: frozen parameters {f['frozen'].mean:g}, trained ones "
            f"{f['trained'].mean:.1g}. Not frozen, but with their gradients set to zero, the others moved by "
            f"{f['zeroed'].mean:.1g}: weight decay does not ask for a gradient. Of all runs:")


fixed_subset = claim(
    "C15", "PEFT adjusts only a subset of the parameters in each iteration", (GOOGLE,), lesson="03", core=True,
    kind=CONSTRUCTED, question="Does it train some of the model's own parameters, and not others that it adds?",
    asks={"own parameters trained where the last block is": more(lambda f: f["own_last_block"], 0.5, "parameters"),
          "the most of them by LoRA, a prompt, a prefix or LoReFT": more(
              lambda f: highest(*(f[f"own_{name}"] for name in ADDED)), 0.5, "parameters")},
    tolerance=0.0, figures=(*(f"{kind}_{name}" for name in ("full", "last_block", *ADDED) for kind in ("own", "added")),
                            "changing", "base"))(subset)


@fixed_subset.told
def tell_subset(f: Figures) -> str:
    """What each adds, and whether the set changes."""
    added = ", ".join(f"{name} {f[f'added_{name}'].mean:,.0f}" for name in ADDED)
    return (f"The base has {f['base'].mean:,.0f} numbers. Added ones are trained by {added}. Parameters that took part "
            f"in one iteration and not in another: {f['changing'].mean:.0f}, so the set is fixed. Counted:")
