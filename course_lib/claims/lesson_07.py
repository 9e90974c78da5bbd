"""How lesson 07's claims are judged. What is measured for them stands in measures/lesson_07.py."""
from course_lib.claims import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share
from course_lib.display import percent

measures = Measures("07")
BOTTLENECK, LENGTH = 16, 20          # of the adapters; of the prompt, in tokens
RATES = {"full": 5e-4, "lora": 3e-3,  # of a short run; these two are lesson 06's
         "adapter": 3e-3,            # of .003, .005, .01, the best in the mean of seeds 0, 1 and 2: they differ much
         "parallel": 3e-3,           # of .001, .003, .01
         "head": 3e-2}               # lesson 06's
BOTTLENECKS = {1: 3e-3, 4: 3e-3, 16: 3e-3, 64: 3e-3}   # m: rate, of .003, .01; for 16 see above; 64 has that of 16
BASES = {"near": ("orchard-s", False), "far": ("orchard-s-early", False), "untrained": ("orchard-s", True)}
FAR = {"labels": 1000, "steps": 100}
FAR_RATES = {"full": 5e-4, "lora": 5e-3,   # lesson 06's
             "adapter": 3e-3}              # of .001, .003, .01
EQUAL = {"adapter": 1, "prompt": 24, "prefix": 3}      # 3,080, 3,072 and 3,072 parameters
EQUAL_RATES = {"adapter": 3e-3,                        # of .003, .01, .03
               "prompt": 3.0, "prefix": 0.1}           # lesson 05's
FINE, COARSE = 64, 1024              # numbers in a block: QLoRA's own, and so many that rounding hurts
TEXT_STEPS, TEXT_RATE = 40, 1e-3     # LoRA on text of pretraining, steps of 16 documents
SIZES = ("xs", "s", "m")
CLOSE = 0.05                         # accuracies nearer to each other than this are called about equal
SMALL_STATE, HUNDRED, TEN = 0.1, 100, 10
FASTER = 0.9                         # of the time, at most: then it counts as a saving
ROUNDING = 1e-4                      # shares smaller than this are rounding
LEARNED = 0.55                       # accuracy, at least: then it counts as more than guessing
LOST = 0.005                         # nats a token: less is called nothing


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


PARTS = {"head": "a new head alone", "ia3": "(IA)³", "prompt": "a prompt", "adapter": "adapters", "lora": "LoRA"}


def times(figure) -> str:
    """How many times: 1.5, 37, 2,400.

    >>> from course_lib.claims import Figure
    >>> times(Figure((1.52,))), times(Figure((2413.0,)))
    ('1.5', '2,413')
    """
    return f"{figure.mean:.1f}" if figure.mean < 10 else f"{figure.mean:,.0f}"


def judge_compute(f: Figures) -> Verdict:
    """Holds where some part needs a hundredth of the operations."""
    told = ", ".join(f"{name} {times(f[key])}" for key, name in PARTS.items())
    because = (f"A step of full fine-tuning takes this many times the operations: of {told}. What LoRA saves "
               f"{times(f['state'])} times is the optimizer's memory.")
    most = max(f[key].mean for key in PARTS)
    if most >= HUNDRED:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if most >= TEN else FAILS, because)


def judge_storage(f: Figures) -> Verdict:
    """Holds where every file is at most a tenth of a fine-tuned copy."""
    told = ", ".join(f"{name} {times(f[key])}" for key, name in PARTS.items())
    least = min(f[key].mean for key in PARTS)
    verdict = HOLDS if least >= TEN else LIMITED if least > 1 else FAILS
    return Verdict(verdict, f"The file of a fully fine-tuned model is this many times as large: as that of {told}.")


NEAR = ("full", "lora", "adapter")


def judge_near(f: Figures) -> Verdict:
    """By how many of the two come within 5 points of full fine-tuning."""
    because = (f"Near to pretraining, 128 labels: full {share(f['full'])}, LoRA {share(f['lora'])}, adapters "
               f"{share(f['adapter'])}.")
    close = [name for name in NEAR[1:] if f["full"].mean - f[name].mean <= CLOSE]
    if len(close) == 2:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if close else FAILS, because)


METHODS = {"full": "full", "lora": "LoRA", "adapter": "adapters"}


def gap(f: Figures, base: str) -> float:
    """By how much full fine-tuning is ahead of the better of the two."""
    return f[f"{base}_full"].mean - max(f[f"{base}_lora"].mean, f[f"{base}_adapter"].mean)


def judge_distance(f: Figures) -> Verdict:
    """Holds where the gap to the better of two is larger far from pretraining than near, by more than 5 points."""
    rows = {base: ", ".join(f"{name} {share(f[f'{base}_{key}'])}" for key, name in METHODS.items())
            for base in ("near", "far")}
    because = (f"Near (a new head alone finds {share(f['near_probe'])}): {rows['near']}. Far (a head alone: "
               f"{share(f['far_probe'])}): {rows['far']}.")
    if gap(f, "far") - gap(f, "near") > CLOSE:
        return Verdict(HOLDS, because)
    behind = [name for key, name in METHODS.items() if f["far_full"].mean - f[f"far_{key}"].mean > CLOSE]
    if behind:
        return Verdict(LIMITED, because + f" Far from pretraining {behind[0]} fell behind, the better of the two not.")
    return Verdict(FAILS, because + " Here neither lags by more.")


CODES = ("nf4", "int4")


def judge_on_codes(f: Figures) -> Verdict:
    """Holds where LoRA on either base answers as well as on full precision, and wins back most of what was lost."""
    lost = {when: {scheme: f[f"{scheme}_{when}"].mean - f[f"full_{when}"].mean for scheme in CODES}
            for when in ("fine", "before", "after")}
    told = lambda when: f"{lost[when]['nf4']:+.3f} (NF4) and {lost[when]['int4']:+.3f} (int4)"
    because = (f"In blocks of {FINE} rounding costs {told('fine')} nats a token on old text; LoRA on reviews is right "
               f"in {share(f['nf4_task'])} and {share(f['int4_task'])}, in full precision in {share(f['full_task'])}. "
               f"In blocks of {COARSE:,} it costs {told('before')}, and with LoRA trained on such text "
               f"{told('after')} against full precision with the same training.")
    as_good = [scheme for scheme in CODES if f["full_task"].mean - f[f"{scheme}_task"].mean <= CLOSE]
    won = [scheme for scheme in CODES if lost["after"][scheme] <= max(lost["before"][scheme] / 2, LOST)]
    if len(as_good) == len(won) == 2:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if "nf4" in as_good or won else FAILS, because)


def judge_bottlenecks(f: Figures) -> Verdict:
    """Holds where a bottleneck of at most 16 comes within 5 points of full fine-tuning."""
    told = ", ".join(f"m = {m} {share(f[f'm_{m}'])} ({100 * f[f'share_{m}'].mean:.1f} % of the parameters)"
                     for m in BOTTLENECKS)
    because = f"{told}; full fine-tuning {share(f['full'])}."
    enough = [m for m in BOTTLENECKS if f["full"].mean - f[f"m_{m}"].mean <= CLOSE]
    if enough and min(enough) <= BOTTLENECK:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if enough else FAILS, because)


def judge_variants(f: Figures) -> Verdict:
    """Holds where the two are about equal, and both have learned."""
    because = f"In series {share(f['series'])}, in parallel {share(f['parallel'])} right, with equally many parameters."
    if min(f["series"].mean, f["parallel"].mean) < LEARNED:
        return Verdict(FAILS, because + " One of them learns next to nothing here.")
    apart = f["series"].mean - f["parallel"].mean
    if abs(apart) <= CLOSE:
        return Verdict(HOLDS, because + " Both work, about equally well.")
    ahead = "series" if apart > 0 else "parallel"
    return Verdict(LIMITED, because + f" Both exist, and here the {ahead} one is ahead.")


def off(figure) -> str:
    """How far something is from linear."""
    return "not at all, but for rounding" if figure.mean < ROUNDING else f"by {percent(figure.mean)}"


def judge_folding(f: Figures) -> Verdict:
    """Holds where the adapter is not linear, and the model with it needs more work than with merged LoRA."""
    because = (f"From a linear map an adapter is off {off(f['bend'])}; LoRA {off(f['lora_bend'])}. One pass takes "
               f"{100 * (f['operations'].mean - 1):.1f} % more operations with adapters, and "
               f"{percent(f['products'].mean - 1)} more products of matrices one after the other; with LoRA merged, "
               f"{100 * (f['lora_operations'].mean - 1):.1f} % and {100 * (f['lora_products'].mean - 1):.0f} % more.")
    holds = f["bend"].mean > 0.01 and f["lora_bend"].mean < ROUNDING and f["operations"].mean > 1 < f["products"].mean
    return Verdict(HOLDS if holds and f["lora_operations"].mean < f["operations"].mean else FAILS, because)


def judge_equal_parameters(f: Figures) -> Verdict:
    """Holds where adapters are ahead of both, with a limit where they are ahead of one."""
    because = "; ".join(f"{name} {share(f[name])} with {f[f'{name}_parameters'].mean:,.0f} parameters"
                        for name in EQUAL) + "."
    beaten = [name for name in ("prompt", "prefix") if f["adapter"].mean > f[name].mean]
    return Verdict(HOLDS if len(beaten) == 2 else LIMITED if beaten else FAILS, because)


def judge_two_meanings(f: Figures) -> Verdict:
    """Holds where the two things that one word names are different things: one can be merged, the other cannot."""
    because = (f"Low-rank matrices (r = 4): {f['low_rank_parameters'].mean:,.0f} parameters, off from linear "
               f"{off(f['low_rank_bend'])}. Bottleneck modules (m = {BOTTLENECK}): "
               f"{f['bottleneck_parameters'].mean:,.0f}, off {off(f['bottleneck_bend'])}.")
    if f["low_rank_merges"].mean != f["bottleneck_merges"].mean:
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


GUIDE, WIKIPEDIA, LOREFT, PROMPTS = "Unite.AI guide", "Wikipedia", "Unite.AI LoReFT", "Prompt-tuning explainer"
CLAIMS = [
    Claim("C16", "Parameter-efficient fine-tuning cuts time and memory", (LOREFT,),
          ("time", "operations", "state", "memory"), measures.time_and_memory, judge_time_and_memory, tolerance=1.0),
    Claim("C17", "It needs up to 100 times less compute", (GUIDE,),
          (*PARTS, "state"), measures.compute, judge_compute, core=True, tolerance=0.01),
    Claim("C18", "Storage for each task drops", (PROMPTS, GUIDE, WIKIPEDIA),
          tuple(PARTS), measures.storage, judge_storage, tolerance=0.01),
    Claim("C19", "It matches full fine-tuning in many settings", (GUIDE, LOREFT),
          NEAR, measures.near, judge_near, core=True, tolerance=0.1),
    Claim("C20", "It lags where the task is far from pretraining", (GUIDE,),
          (*(f"{base}_{what}" for base in ("near", "far")
             for what in ("before", *(f"{name}{old}" for name in METHODS for old in ("", "_old")))),
           *(f"{base}_probe" for base in BASES)),
          measures.distance, judge_distance, core=True, tolerance=0.15, models=("orchard-s", "orchard-s-early")),
    Claim("C32", "Full-precision adapters on a low-precision base lose nothing", (LOREFT,),
          tuple(f"{scheme}_{what}" for scheme in ("full", *CODES) for what in ("fine", "task", "before", "after")),
          measures.on_codes, judge_on_codes, core=True, tolerance=0.1),
    Claim("C33", "Small bottleneck modules on a frozen base are enough", (GUIDE, WIKIPEDIA, LOREFT),
          (*(f"m_{m}" for m in BOTTLENECKS), *(f"share_{m}" for m in BOTTLENECKS), "full"),
          measures.bottlenecks, judge_bottlenecks, tolerance=0.1),
    Claim("C34", "Adapters come in series and in parallel", (LOREFT,),
          ("series", "parallel"), measures.variants, judge_variants, tolerance=0.1),
    Claim("C35", "Adapters cannot be folded into the weights, so inference pays", (LOREFT,),
          ("bend", "lora_bend", "operations", "products", "lora_operations", "lora_products"),
          measures.folding, judge_folding, core=True, tolerance=0.05),
    Claim("C36", "Adapters are better than other methods that add new components", (LOREFT,),
          (*EQUAL, *(f"{name}_parameters" for name in EQUAL)),
          measures.equal_parameters, judge_equal_parameters, tolerance=0.2),
    Claim("C103", "An adapter is a pair of low-rank matrices, or a bottleneck module", (WIKIPEDIA, GUIDE, LOREFT),
          tuple(f"{kind}_{what}" for kind in ("low_rank", "bottleneck") for what in ("parameters", "bend", "merges")),
          measures.two_meanings, judge_two_meanings, tolerance=0.01),
    Claim("C104", "Parameter-efficient fine-tuning solves the scaling challenge only in part", (GUIDE,),
          tuple(f"{what}_{size}" for what in ("trained", "forward", "step", "base") for size in SIZES),
          measures.growth, judge_growth, tolerance=0.01, models=("orchard-xs", "orchard-s", "orchard-m")),
]
