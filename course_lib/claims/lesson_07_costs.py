"""How lesson 07's claims about cost, and about what an adapter is, are judged. See lesson_07.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Figures, Verdict
from course_lib.display import percent
from course_lib.experiments.lora import RANK

BOTTLENECK = 16                      # of the adapters
LENGTH = 20                          # of the prompt, in tokens
EPOCHS = 10                          # how often a head's rows are read, while the frozen work is done once
SIZES = ("xs", "s", "m")
PARTS = {"head": "a new head alone", "ia3": "(IA)³", "prompt": "a prompt", "adapter": "adapters", "lora": "LoRA"}
SMALL_STATE, HUNDRED, TEN = 0.1, 100, 10
FASTER = 0.9                         # of the time, at most: then it counts as a saving
ROUNDING, BENT = 1e-4, 0.01          # shares: below the first is rounding, above the second is no linear map


def judge_time_and_memory(f: Figures) -> Verdict:
    """Holds where both are cut clearly, with a limit where it is the memory alone."""
    because = (f"A step of LoRA takes {percent(f['operations'].mean)} of the operations of full fine-tuning and "
               f"{percent(f['time'].mean)} of its processor time here. What is kept for what is trained (gradients, "
               f"optimizer) falls to {100 * f['state'].mean:.1f} %; with the model's own weights, memory falls to "
               f"{percent(f['memory'].mean)}.")
    if f["memory"].mean > FASTER or f["state"].mean > SMALL_STATE:
        return Verdict(FAILS, because)
    if f["time"].mean <= FASTER:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED, because + " It saves memory; in a model this small the added layers eat up the time.")


def times(figure) -> str:
    """How many times: 1.5, 37, 2,400.

    >>> from course_lib.claims.old import Figure
    >>> times(Figure((1.52,))), times(Figure((2413.0,)))
    ('1.5', '2,413')
    """
    return f"{figure.mean:.1f}" if figure.mean < 10 else f"{figure.mean:,.0f}"


def judge_compute(f: Figures) -> Verdict:
    """Holds where some part needs a hundredth of the operations, with a limit where one needs a tenth."""
    told = ", ".join(f"{name} {times(f[key])}" for key, name in PARTS.items())
    because = (f"A step of full fine-tuning takes this many times the operations: of {told}. A head for which the "
               f"frozen model's work is done once, and kept, saves {times(f['kept'])} times over {EPOCHS} epochs. "
               f"What LoRA saves {times(f['state'])} times is the optimizer's memory.")
    inside = max(f[key].mean for key in PARTS)
    most = max(inside, f["kept"].mean)
    if most >= HUNDRED:
        return Verdict(HOLDS, because)
    if most < TEN:
        return Verdict(FAILS, because)
    return Verdict(LIMITED, because + (" Only that head comes near to what the text says." if inside < TEN else ""))


def judge_storage(f: Figures) -> Verdict:
    """Holds where every file is at most a tenth of a fine-tuned copy."""
    told = ", ".join(f"{name} {times(f[key])}" for key, name in PARTS.items())
    least = min(f[key].mean for key in PARTS)
    verdict = HOLDS if least >= TEN else LIMITED if least > 1 else FAILS
    return Verdict(verdict, f"The file of a fully fine-tuned model is this many times as large: as that of {told}.")


def off(figure) -> str:
    """How far something is from linear."""
    return "not at all, but for rounding" if figure.mean < ROUNDING else f"by {percent(figure.mean)}"


def judge_folding(f: Figures) -> Verdict:
    """Holds where the adapter is not linear, and the model with it needs more work than with merged LoRA."""
    because = (f"From a linear map an adapter is off {off(f['bend'])}; LoRA {off(f['lora_bend'])}. One pass takes "
               f"{100 * (f['operations'].mean - 1):.1f} % more operations with adapters, and "
               f"{percent(f['products'].mean - 1)} more products of matrices one after the other; with LoRA merged, "
               f"{100 * (f['lora_operations'].mean - 1):.1f} % and {100 * (f['lora_products'].mean - 1):.0f} % more.")
    holds = f["bend"].mean > BENT and f["lora_bend"].mean < ROUNDING and f["operations"].mean > 1 < f["products"].mean
    return Verdict(HOLDS if holds and f["lora_operations"].mean < f["operations"].mean else FAILS, because)


def judge_two_meanings(f: Figures) -> Verdict:
    """Holds where the two things that one word names are different things: one is linear, the other is not."""
    because = (f"Low-rank matrices (r = {RANK}): {f['low_rank_parameters'].mean:,.0f} parameters, off from linear "
               f"{off(f['low_rank_bend'])}. Bottleneck modules (m = {BOTTLENECK}): "
               f"{f['bottleneck_parameters'].mean:,.0f}, off {off(f['bottleneck_bend'])}.")
    if f["low_rank_bend"].mean < ROUNDING and f["bottleneck_bend"].mean > BENT:
        return Verdict(HOLDS, because + " One can be merged, the other cannot: two things under one name.")
    return Verdict(FAILS, because + " They are one thing.")


def judge_growth(f: Figures) -> Verdict:
    """Holds where the work and the base's memory grow with the model although few parameters are trained."""
    first, last = SIZES[0], SIZES[-1]
    grown = {what: f[f"{what}_{last}"].mean / f[f"{what}_{first}"].mean for what in ("trained", "forward", "base")}
    because = (f"From orchard-{first} to orchard-{last}, LoRA's parameters grow {grown['trained']:.1f} times, and the "
               f"operations of one pass {grown['forward']:.1f} times, the base's bytes {grown['base']:.1f} times. A "
               "step of LoRA takes " + ", ".join(percent(f[f"step_{size}"].mean) for size in SIZES) + " of a step of "
               "full fine-tuning.")
    still = grown["forward"] > grown["trained"] and min(f[f"step_{size}"].mean for size in SIZES) > 1 / TEN
    return Verdict(HOLDS if still else FAILS, because)
