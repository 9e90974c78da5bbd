"""LoReFT: what there is to choose, and what it costs to use."""
from course_lib.claims.claim import CONSTRUCTED, LOREFT, Figures, claim, more, same, share
from course_lib.experiments import experiment
from course_lib.experiments.loreft import GRID, LENGTHS, LONG, extra_work


@claim("C50", "Four hyperparameters: prefix and suffix positions, layers, and whether edits are tied", (LOREFT,),
       lesson="08", tolerance=0.1, figures=tuple(GRID),
       turned="It held, for one of the settings was far below the others. Two of the four do not matter here.",
       question=f"After {LONG.steps} steps, does it cost answers to move each of the four away from the default?",
       asks={"first and last position rather than the last alone": more(lambda f: f["default"] - f["last_only"], 0.03),
             "rather than the first alone": more(lambda f: f["default"] - f["first_only"], 0.03),
             "all blocks rather than one": more(lambda f: f["default"] - f["one_block"], 0.03),
             "an edit for each end rather than one for both": more(lambda f: f["default"] - f["tied"], 0.03)})
def grid(seed: int) -> dict[str, float]:
    """Accuracy with each of the hyperparameters moved from the default, one at a time."""
    return {name: experiment(LONG, one, seed) for name, (_, one) in GRID.items()}


@grid.told
def tell_grid(f: Figures) -> str:
    """The share of each."""
    return "; ".join(f"{name} {share(f[key])}" for key, (name, _) in GRID.items()) + "."


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
