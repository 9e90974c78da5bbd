"""Robustness: what a training costs where rows are unlike those it saw, and what interpolation wins back."""
from course_lib.claims.claim import WIKIPEDIA, Figures, claim, less, more, same, share
from course_lib.experiments import once
from course_lib.experiments.robustness import ALPHAS, LENGTHS, SETTING, looks

WHAT = ("own", "gadgets", "asked", "old")
STEPS = {"0": "at_0", **{str(steps): str(steps) for steps in LENGTHS[:-1]}, str(LENGTHS[-1]): "at_1"}
HALF = "at_0.5"


def figures_at(*names: str) -> tuple[str, ...]:
    """The figures of these points."""
    return tuple(f"{what}_{name}" for name in names for what in WHAT)


def of(names: tuple[str, ...], seed: int) -> dict[str, float]:
    """These of the figures, measured together."""
    found = once(looks, (SETTING.base,), seed)
    return {name: found[name] for name in names}


BY_STEP, BY_ALPHA = figures_at(*STEPS.values()), figures_at(*(f"at_{alpha:g}" for alpha in ALPHAS), "gentle")


@claim("C88", "Fine-tuning can cost robustness to distribution shift", (WIKIPEDIA,), lesson="09", core=True,
       tolerance=0.15, every=False,
       question="While right answers to its own test rise, do those to gadgets, or to the same reviews asked in the "
                "base's own way, fall?",
       asks={"gadgets, of which no label told": less(lambda f: f["gadgets_at_1"] - f["gadgets_at_0"], 0.05),
             "the other question, which the base could answer": less(
                 lambda f: f["asked_at_1"] - f["asked_at_0"], 0.05)},
       figures=BY_STEP)
def costs_robustness(seed: int) -> dict[str, float]:
    """Right answers in and out of distribution, and the loss on old text, by steps of full fine-tuning."""
    return of(BY_STEP, seed)


@costs_robustness.told
def tell_costs_robustness(f: Figures) -> str:
    """By steps."""
    told = lambda what: ", ".join(f"{steps} {share(f[f'{what}_{name}'])}" for steps, name in STEPS.items())
    return (f"Right after so many steps, by the task's prompt: {told('own')}; gadgets: {told('gadgets')}; by a prompt "
            f"that was searched for the base: {told('asked')}. After training rather than before:")


@claim("C89", "Interpolating with the base weights wins robustness back (WiSE-FT)", (WIKIPEDIA,), lesson="09",
       core=True, tolerance=0.15,
       question="Half way between the base and the tuned model: is the task still answered, and more of what the base "
                "could do left than at the end?",
       asks={"its own test, as well": same(lambda f: f[f"own_{HALF}"] - f["own_at_1"], 0.02),
             "the other question": more(lambda f: f[f"asked_{HALF}"] - f["asked_at_1"], 0.05),
             "old text": less(lambda f: f[f"old_{HALF}"] - f["old_at_1"], 0.05, "nats")},
       figures=BY_ALPHA)
def interpolated(seed: int) -> dict[str, float]:
    """Along the line from the base to full fine-tuning; and the rival, a training at a tenth of the rate."""
    return of(BY_ALPHA, seed)


@interpolated.told
def tell_interpolated(f: Figures) -> str:
    """By alpha, and the rival."""
    told = lambda what: ", ".join(f"{alpha:g} {share(f[f'{what}_at_{alpha:g}'])}" for alpha in ALPHAS)
    old = ", ".join(f"{alpha:g} {f[f'old_at_{alpha:g}'].mean:.2f}" for alpha in ALPHAS)
    return (f"Right by alpha, on its own test: {told('own')}; by the other question: {told('asked')}. Old text, nats: "
            f"{old}. A training at a tenth of the rate, with nothing interpolated: {share(f['own_gentle'])}, "
            f"{share(f['asked_gentle'])} and {f['old_gentle'].mean:.2f}. Half way rather than at the end:")
