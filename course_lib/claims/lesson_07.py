"""How lesson 07's claims are judged, those about cost in lesson_07_costs.py. What is measured stands in
measures/lesson_07*.py.
"""
from course_lib.claims import lesson_07_costs as costs
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share
from course_lib.display import percent

learning, settings, codes = Measures("07"), Measures("07_settings"), Measures("07_codes")
paying, folding = Measures("07_costs"), Measures("07_folding")
NEAR = {"full": "full", "lora": "LoRA", "adapter": "adapters"}
BOTTLENECK = costs.BOTTLENECK
# Learning rates, each the best of its list on validation reviews (or questions), in a run as it is used here.
RATES = {  # of the lesson's own run, in the mean of seeds 0 and 1; a head's is lesson 06's
    "near": {"full": 5e-4,           # of .00025, .0005, .001
             "lora": 3e-3,           # of .001, .003, .01
             "adapter": 3e-3,        # of .001, .003, .01
             "parallel": 1e-3,       # of .001, .003, .01
             "head": 3e-2},
    "far": {"full": 1e-3,            # of .0005, .001, .002
            "lora": 1e-2,            # of .003, .01: both near guessing
            "adapter": 1e-2,         # of .003, .01, .03: all near guessing
            "head": 3e-2},
    "untrained": {"head": 3e-2}}
FEW_RATES = {"full": 2.5e-4,         # lesson 05's
             "lora": 3e-3}           # of .001, .003, .01, seed 0
BOTTLENECKS = {1: 3e-3, 4: 3e-3, 16: 3e-3, 64: 3e-3}  # m: rate, of .003, .01 and, for 1, .03, for 64, .001; seed 0
QUESTION_RATES = {"full": 3e-4,      # of .0001, .0003, .001, seed 0
                  "lora": 1e-2,      # of .003, .01, .03, seed 0
                  "adapter": 3e-2}   # of .003, .01, .03, seed 0
EQUAL = {"adapter": 1, "prompt": 24, "prefix": 3}      # 3,080, 3,072 and 3,072 parameters
EQUAL_RATES = {"prompt": 3.0, "prefix": 0.1}           # lesson 05's; the adapter's stands above
BLOCKS = {"fine": 64, "coarse": 1024}  # numbers in a block: QLoRA's own, and so many that rounding hurts
CODES = {"nf4": "NF4", "int4": "int4"}
TEXT_RATES = {"full": 1e-3, "nf4": 1e-3, "int4": 1e-3}   # each of .0003, .001, .003
SETTINGS = {"once": "640 reviews, read once", "few": "128 reviews, read ten times", "questions": "512 questions"}
CLOSE = 0.05                         # accuracies nearer to each other than this are called about equal
LEARNED = 0.55                       # accuracy, at least: then it counts as more than guessing
LOST, MOST = 0.005, 0.5              # nats a token: less is called nothing; of a loss: as much is most of it


def near_to_full(accuracy: float, full: float) -> bool:
    """Whether this is about equal to full fine-tuning, and that has learned something."""
    return full >= LEARNED and full - accuracy <= CLOSE


def judge_near(f: Figures) -> Verdict:
    """Holds where LoRA and adapters come near to full fine-tuning in all settings; a limit: in some."""
    told, close = [], []
    for setting, name in SETTINGS.items():
        told.append(f"{name}: " + ", ".join(f"{word} {share(f[f'{setting}_{key}'])}" for key, word in NEAR.items()))
        close += [near_to_full(f[f"{setting}_{key}"].mean, f[f"{setting}_full"].mean) for key in ("lora", "adapter")]
    because = (f"Near to pretraining. {'; '.join(told)}. Within {100 * CLOSE:.0f} points of full: {sum(close)} of "
               f"{len(close)}.")
    return Verdict(HOLDS if all(close) else LIMITED if any(close) else FAILS, because)


def gap(f: Figures, base: str) -> float:
    """By how much full fine-tuning is ahead of the better of the two."""
    return f[f"{base}_full"].mean - max(f[f"{base}_lora"].mean, f[f"{base}_adapter"].mean)


def judge_distance(f: Figures) -> Verdict:
    """Holds where the gap to the better of two is larger far from pretraining than near, by more than 5 points."""
    rows = {base: ", ".join(f"{name} {share(f[f'{base}_{key}'])}" for key, name in NEAR.items())
            for base in ("near", "far")}
    because = (f"Near (a new head alone finds {share(f['near_probe'])}): {rows['near']}. Far (a head alone: "
               f"{share(f['far_probe'])}): {rows['far']}.")
    if gap(f, "far") - gap(f, "near") > CLOSE:
        return Verdict(HOLDS, because)
    behind = [name for key, name in NEAR.items() if f["far_full"].mean - f[f"far_{key}"].mean > CLOSE]
    if behind:
        return Verdict(LIMITED, because + f" Far from pretraining {behind[0]} fell behind, the better of the two not.")
    return Verdict(FAILS, because + " Here neither lags by more.")


def rounding_costs(f: Figures, scheme: str, blocks: str) -> tuple[float, float]:
    """What rounding costs on old text, in nats a token: before LoRA, and after the same training with it."""
    name = f"{scheme}_{blocks}"
    return f[name].mean - f["full"].mean, f[f"{name}_after"].mean - f["full_after"].mean


def won_back(before: float, after: float) -> float:
    """The share of a loss that is gone again; all of it where nothing was lost."""
    return max(0.0, 1 - after / before) if before > 0 else 1.0


def judge_on_codes(f: Figures) -> Verdict:
    """Holds where LoRA on NF4 answers as well as on full precision, and on text leaves nothing lost in QLoRA's own
    blocks and little of what large ones lose; with a limit where it is so of the answers alone.
    """
    lost = {(scheme, blocks): rounding_costs(f, scheme, blocks) for scheme in CODES for blocks in BLOCKS}
    told = {blocks: " and ".join(f"{lost[scheme, blocks][0]:+.3f}, with LoRA {lost[scheme, blocks][1]:+.3f} ({name})"
                                 for scheme, name in CODES.items()) for blocks in BLOCKS}
    because = (f"LoRA on reviews is right in {share(f['full_task'])} on full precision, in {share(f['nf4_task'])} on "
               f"NF4 and {share(f['int4_task'])} on int4. What rounding costs on old text, in nats a token, in blocks "
               f"of {BLOCKS['fine']}: {told['fine']}; in blocks of {BLOCKS['coarse']:,}: {told['coarse']}. ")
    ahead = [lost["nf4", blocks][when] < lost["int4", blocks][when] for blocks in BLOCKS for when in (0, 1)]
    because += f"NF4 loses less than int4 in {sum(ahead)} of {len(ahead)} comparisons."
    if f["full_task"].mean - f["nf4_task"].mean > CLOSE:
        return Verdict(FAILS, because)
    if lost["nf4", "fine"][1] <= LOST and won_back(*lost["nf4", "coarse"]) >= MOST:
        return Verdict(HOLDS, because)
    back = " and ".join(percent(won_back(*lost["nf4", blocks])) for blocks in BLOCKS)
    return Verdict(LIMITED, because + f" So the task loses nothing; on text LoRA wins back {back} of what NF4 lost.")


def judge_bottlenecks(f: Figures) -> Verdict:
    """Holds where a bottleneck of at most 16 comes within 5 points of full fine-tuning."""
    told = ", ".join(f"m = {m} {share(f[f'm_{m}'])} ({100 * f[f'share_{m}'].mean:.1f} % of the parameters)"
                     for m in BOTTLENECKS)
    because = f"{told}; full fine-tuning {share(f['full'])}."
    enough = [m for m in BOTTLENECKS if near_to_full(f[f"m_{m}"].mean, f["full"].mean)]
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


def judge_equal_parameters(f: Figures) -> Verdict:
    """Holds where adapters are ahead of both, with a limit where they are ahead of one."""
    because = "; ".join(f"{name} {share(f[name])} with {f[f'{name}_parameters'].mean:,.0f} parameters"
                        for name in EQUAL) + ". The prefix is trained directly; lesson 05 has a start that helps it."
    beaten = [name for name in ("prompt", "prefix") if f["adapter"].mean > f[name].mean]
    return Verdict(HOLDS if len(beaten) == 2 else LIMITED if beaten else FAILS, because)


GUIDE, WIKIPEDIA, LOREFT, PROMPTS = "Unite.AI guide", "Wikipedia", "Unite.AI LoReFT", "Prompt-tuning explainer"
CLAIMS = [
    Claim("C16", "Parameter-efficient fine-tuning cuts time and memory", (LOREFT,),
          ("time", "operations", "state", "memory"), paying.time_and_memory, costs.judge_time_and_memory,
          tolerance=1.0),
    Claim("C17", "It needs up to 100 times less compute", (GUIDE,),
          (*costs.PARTS, "kept", "state"), paying.compute, costs.judge_compute, core=True, tolerance=0.01),
    Claim("C18", "Storage for each task drops", (PROMPTS, GUIDE, WIKIPEDIA),
          tuple(costs.PARTS), paying.storage, costs.judge_storage, tolerance=0.01),
    Claim("C19", "It matches full fine-tuning in many settings", (GUIDE, LOREFT),
          tuple(f"{setting}_{key}" for setting in SETTINGS for key in NEAR), settings.near, judge_near, core=True,
          tolerance=0.1),
    Claim("C20", "It lags where the task is far from pretraining", (GUIDE,),
          (*(f"{base}_{what}" for base in ("near", "far")
             for what in ("before", *(f"{name}{old}" for name in NEAR for old in ("", "_old")))),
           *(f"{base}_probe" for base in RATES)),
          learning.distance, judge_distance, core=True, tolerance=0.15, models=("orchard-s", "orchard-s-early")),
    Claim("C32", "Full-precision adapters on a low-precision base lose nothing", (LOREFT,),
          ("full", "full_task", "full_after",
           *(f"{scheme}_{what}" for scheme in CODES for what in ("task", *(f"{blocks}{after}" for blocks in BLOCKS
                                                                          for after in ("", "_after"))))),
          codes.on_codes, judge_on_codes, core=True, tolerance=0.1),
    Claim("C33", "Small bottleneck modules on a frozen base are enough", (GUIDE, WIKIPEDIA, LOREFT),
          (*(f"m_{m}" for m in BOTTLENECKS), *(f"share_{m}" for m in BOTTLENECKS), "full"),
          settings.bottlenecks, judge_bottlenecks, tolerance=0.1),
    Claim("C34", "Adapters come in series and in parallel", (LOREFT,),
          ("series", "parallel"), learning.variants, judge_variants, tolerance=0.1),
    Claim("C35", "Adapters cannot be folded into the weights, so inference pays", (LOREFT,),
          ("bend", "lora_bend", "operations", "products", "lora_operations", "lora_products"),
          folding.folding, costs.judge_folding, core=True, tolerance=0.05),
    Claim("C36", "Adapters are better than other methods that add new components", (LOREFT,),
          (*EQUAL, *(f"{name}_parameters" for name in EQUAL)),
          settings.equal_parameters, judge_equal_parameters, tolerance=0.2),
    Claim("C103", "An adapter is a pair of low-rank matrices, or a bottleneck module", (WIKIPEDIA, GUIDE, LOREFT),
          tuple(f"{kind}_{what}" for kind in ("low_rank", "bottleneck") for what in ("parameters", "bend")),
          folding.two_meanings, costs.judge_two_meanings, tolerance=0.01),
    Claim("C104", "Parameter-efficient fine-tuning solves the scaling challenge only in part", (GUIDE,),
          tuple(f"{what}_{size}" for what in ("trained", "forward", "step", "base") for size in costs.SIZES),
          paying.growth, costs.judge_growth, tolerance=0.01, models=("orchard-xs", "orchard-s", "orchard-m")),
]
