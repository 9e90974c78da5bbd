"""What small parts save of time and memory, and what they do not save when the model grows."""
import time
from statistics import median

from course_lib.claims.claim import FAILS, GUIDE, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim
from course_lib.display import percent
from course_lib.experiments.costs import METHODS, RATE, costs
from course_lib.experiments.setting import whole
from course_lib.models import load_model
from course_lib.quantise import size_in_bytes
from course_lib.training import fit
from course_lib.world import load_task

SIZES = ("xs", "s", "m")
SMALL_STATE, TENTH = 0.1, 0.1
FASTER = 0.9                         # of the time, at most: then it counts as a saving


def step_seconds(model, tokenizer, method, rows) -> float:
    """Processor seconds of a training step on these rows, the median of a few."""
    marks = [time.process_time()]
    whole(fit(model, tokenizer, {"train": rows}, method, steps=8, batch_size=16, learning_rate=RATE, progress=False,
              watch=lambda history: marks.append(time.process_time())))
    return median(after - before for before, after in zip(marks[2:], marks[3:]))


@claim("C16", "Parameter-efficient fine-tuning cuts time and memory", (LOREFT,), lesson="07", tolerance=1.0,
       figures=("time", "operations", "state", "memory"))
def time_and_memory(seed: int) -> dict[str, float]:
    """LoRA over full fine-tuning: the time of a step, in turns; its operations; the optimizer's memory, gradients and
    the model's own weights with it.
    """
    model, tokenizer = load_model("orchard-s")
    rows = load_task("reviews")["train"].shuffle(seed=seed).select(range(16))
    pairs = [[step_seconds(model, tokenizer, METHODS[name].build(model, tokenizer, seed), rows)
              for name in ("full", "lora")]
             for _ in range(3)]
    found, weights = costs(), size_in_bytes(model)
    state = {name: 1.5 * found[name].optimizer_bytes for name in ("full", "lora")}  # its two numbers, and the gradient
    return {"time": median(small / full for full, small in pairs),
            "operations": found["lora"].step / found["full"].step, "state": state["lora"] / state["full"],
            "memory": (weights + state["lora"]) / (weights + state["full"])}


@time_and_memory.judged
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


@claim("C104", "Parameter-efficient fine-tuning solves the scaling challenge only in part", (GUIDE,), lesson="07",
       tolerance=0.01, models=("orchard-xs", "orchard-s", "orchard-m"),
       figures=tuple(f"{what}_{size}" for what in ("trained", "forward", "step", "base") for size in SIZES))
def growth(seed: int) -> dict[str, float]:
    """For three sizes of model: what LoRA trains, what one pass takes, and what the base's weights weigh."""
    found = {}
    for size in SIZES:
        model, _ = load_model(f"orchard-{size}")
        of = costs(f"orchard-{size}")
        found |= {f"trained_{size}": of["lora"].parameters, f"forward_{size}": of["lora"].forward,
                  f"step_{size}": of["lora"].step / of["full"].step, f"base_{size}": size_in_bytes(model)}
    return found


@growth.judged
def judge_growth(f: Figures) -> Verdict:
    """Holds where the work and the base's memory grow with the model although few parameters are trained."""
    first, last = SIZES[0], SIZES[-1]
    grown = {what: f[f"{what}_{last}"].mean / f[f"{what}_{first}"].mean for what in ("trained", "forward", "base")}
    because = (f"From orchard-{first} to orchard-{last}, LoRA's parameters grow {grown['trained']:.1f} times, and the "
               f"operations of one pass {grown['forward']:.1f} times, the base's bytes {grown['base']:.1f} times. A "
               "step of LoRA takes " + ", ".join(percent(f[f"step_{size}"].mean) for size in SIZES) + " of a step of "
               "full fine-tuning.")
    still = grown["forward"] > grown["trained"] and min(f[f"step_{size}"].mean for size in SIZES) > TENTH
    return Verdict(HOLDS if still else FAILS, because)
