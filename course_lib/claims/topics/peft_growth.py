"""What small parts save of time and memory, and what they do not save when the model grows."""
import time
from statistics import median

from course_lib.claims.claim import CONSTRUCTED, GUIDE, LOREFT, Figures, claim, less, more
from course_lib.display import percent
from course_lib.experiments.costs import METHODS, costs
from course_lib.experiments.setting import whole
from course_lib.models import load_model
from course_lib.quantise import size_in_bytes
from course_lib.training import fit
from course_lib.world import load_task

SIZES = ("xs", "s", "m")


def step_seconds(model, tokenizer, method, rows) -> float:
    """Processor seconds of a training step on these rows, the median of a few."""
    marks = [time.process_time()]
    whole(fit(model, tokenizer, {"train": rows}, method, steps=8, batch_size=16, learning_rate=1e-4, progress=False,
              watch=lambda history: marks.append(time.process_time())))
    return median(after - before for before, after in zip(marks[2:], marks[3:]))


@claim("C16", "Parameter-efficient fine-tuning cuts time and memory", (LOREFT,), lesson="07", tolerance=1.0,
       question="Does a step of LoRA take less of full fine-tuning's time, and of its memory?",
       asks={"memory, weights included": less(lambda f: f["memory"] - 1, 0.1, "percent"),
             "processor time of a step": less(lambda f: f["time"] - 1, 0.1, "percent")},
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


@time_and_memory.told
def tell_time_and_memory(f: Figures) -> str:
    """Operations, time and memory."""
    return (f"A step of LoRA takes {percent(f['operations'].mean)} of the operations of full fine-tuning and "
            f"{percent(f['time'].mean)} of its processor time here. What is kept for what is trained (gradients, "
            f"optimizer) falls to {100 * f['state'].mean:.1f} %; with the model's own weights, memory falls to "
            f"{percent(f['memory'].mean)}.")


@claim("C104", "Parameter-efficient fine-tuning solves the scaling challenge only in part", (GUIDE,), lesson="07",
       tolerance=0.01, models=("orchard-xs", "orchard-s", "orchard-m"), kind=CONSTRUCTED,
       question="Do work and memory still grow with the model, although few parameters are trained?",
       asks={"work of a pass, m over xs": more(lambda f: f["forward_m"] / f["forward_xs"], 2, "times"),
             "the base's memory, m over xs": more(lambda f: f["base_m"] / f["base_xs"], 2, "times"),
             "a step of LoRA on m, of a full one": more(lambda f: f["step_m"], 0.1, "percent")},
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


@growth.told
def tell_growth(f: Figures) -> str:
    """What grows, and what LoRA's step takes beside full fine-tuning's."""
    trained = (f[f"trained_{SIZES[-1]}"] / f[f"trained_{SIZES[0]}"]).mean
    steps = ", ".join(percent(f[f"step_{size}"].mean) for size in SIZES)
    return (f"From orchard-{SIZES[0]} to orchard-{SIZES[-1]} what LoRA trains grows {trained:.1f} times. Its step "
            f"takes {steps} of a step of full fine-tuning, by size.")
