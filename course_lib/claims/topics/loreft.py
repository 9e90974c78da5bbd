"""LoReFT: what there is to choose, and what it costs to use."""
from course_lib.claims.claim import CONSTRUCTED, FAILS, HOLDS, LOREFT, Figures, Verdict, claim, same, share
from course_lib.experiments import arm, experiment
from course_lib.experiments.loreft import GRID, LENGTHS, LONG, extra_work
from course_lib.methods import LoReFT

CLOSE = 0.05  # accuracies nearer to each other than this are called about equal


@claim("C50", "Four hyperparameters: prefix and suffix positions, layers, and whether edits are tied", (LOREFT,),
       lesson="08", tolerance=0.1, figures=tuple(GRID))
def grid(seed: int) -> dict[str, float]:
    """Accuracy with each of the hyperparameters moved from the default, one at a time, with a rate of its own."""
    return {name: experiment(LONG, arm(LoReFT, rate, **settings), seed) for name, (_, settings, rate) in GRID.items()}


@grid.judged
def judge_grid(f: Figures) -> Verdict:
    """Holds where at least one of the settings matters."""
    because = "; ".join(f"{name} {share(f[key])}" for key, (name, _, _) in GRID.items()) + "."
    means = [f[key].mean for key in GRID]
    if max(means) - min(means) >= CLOSE:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " They can be set, and here it hardly matters how.")


cost = claim("C52", "A fixed extra cost at inference, whatever the prompt's length", (LOREFT,), lesson="08",
             kind=CONSTRUCTED, tolerance=0.0, question="Are the operations that LoReFT adds the same at every length?",
             asks={"the longest prompt's beside the shortest's": same(
                 lambda f: f[f"extra_{LENGTHS[-1]}"] / f[f"extra_{LENGTHS[0]}"] - 1, 0.001, "percent")},
             figures=(*(f"base_{n}" for n in LENGTHS), *(f"extra_{n}" for n in LENGTHS)))(extra_work)


@cost.told
def tell_extra_work(f: Figures) -> str:
    """How many there are, and what share of the model's own."""
    told = ", ".join(f"{n} tokens {100 * f[f'extra_{n}'].mean / f[f'base_{n}'].mean:.2f} %" for n in LENGTHS)
    extra = sorted({f[f"extra_{n}"].mean for n in LENGTHS})
    return (f"To prompts of {LENGTHS[0]} to {LENGTHS[-1]} tokens LoReFT adds "
            f"{' to '.join(f'{one:,.0f}' for one in extra)} operations; as a share of the model's own, at {told}.")
