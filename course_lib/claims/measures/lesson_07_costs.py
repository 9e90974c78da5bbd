"""What lesson 07 measures of cost: operations, bytes and time, of full fine-tuning and of small parts."""
import functools
import time
from statistics import median

from torch.utils.flop_counter import FlopCounterMode

from course_lib.claims.lesson_07_costs import EPOCHS, LENGTH, PARTS, SIZES
from course_lib.claims.measures import lesson_07
from course_lib.cost import cost, eager_attention
from course_lib.methods import PromptTuning, ScaleShift
from course_lib.models.loading import load_model
from course_lib.quantise import size_in_bytes
from course_lib.training import fit
from course_lib.world import load_task

BUILDERS = {name: lesson_07.BUILDERS[name] for name in ("full", "head", "lora", "adapter")} | {
    "ia3": lambda model, seed: ScaleShift(model, seed=seed),
    "prompt": lambda model, seed: PromptTuning(model, LENGTH, "vocabulary", seed=seed)}


def some(n: int = 16):
    """Reviews whose operations are counted."""
    return load_task("reviews")["train"].select(range(n))


@functools.cache
def costs(name: str = "orchard-s") -> dict:
    """The cost of one step on 16 reviews by method."""
    model, tokenizer = load_model(name)
    return {key: cost(model, tokenizer, some(), build(model, 0)) for key, build in BUILDERS.items()}


@functools.cache
def run_of_head(epochs: int) -> int:
    """The operations of training a head alone on 16 reviews, one to a step, where the frozen work is done once."""
    model, tokenizer = load_model("orchard-s")
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        fit(model, tokenizer, {"train": some()}, BUILDERS["head"](model, 0), epochs=epochs, batch_size=16, reuse=True,
            progress=False)
    return counter.get_total_flops()


def compute(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the operations of a step, and for LoRA the optimizer's memory, too.

    `kept`: those of a whole run, of a head for which the frozen model's work is done once.
    """
    found = costs()
    return {name: found["full"].step / found[name].step for name in PARTS} | {
        "kept": EPOCHS * found["full"].step / run_of_head(EPOCHS),
        "state": found["full"].optimizer_bytes / found["lora"].optimizer_bytes}


def storage(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the bytes of the saved file."""
    found = costs()
    return {name: found["full"].bytes_on_disk / found[name].bytes_on_disk for name in PARTS}


def step_seconds(model, tokenizer, method, rows) -> float:
    """Processor seconds of a training step on these rows, the median of a few."""
    marks = [time.process_time()]
    fit(model, tokenizer, {"train": rows}, method, steps=8, batch_size=16, learning_rate=1e-4, progress=False,
        watch=lambda history: marks.append(time.process_time()))
    return median(after - before for before, after in zip(marks[2:], marks[3:]))


def time_and_memory(seed: int) -> dict[str, float]:
    """LoRA over full fine-tuning: the time of a step, in turns; its operations; the optimizer's memory, gradients and
    the model's own weights with it.
    """
    model, tokenizer = load_model("orchard-s")
    rows = load_task("reviews")["train"].shuffle(seed=seed).select(range(16))
    pairs = [[step_seconds(model, tokenizer, BUILDERS[name](model, seed), rows) for name in ("full", "lora")]
             for _ in range(3)]
    found, weights = costs(), size_in_bytes(model)
    state = {name: 1.5 * found[name].optimizer_bytes for name in ("full", "lora")}  # its two numbers, and the gradient
    return {"time": median(small / full for full, small in pairs),
            "operations": found["lora"].step / found["full"].step, "state": state["lora"] / state["full"],
            "memory": (weights + state["lora"]) / (weights + state["full"])}


def growth(seed: int) -> dict[str, float]:
    """For three sizes of model: what LoRA trains, what one pass takes, and what the base's weights weigh."""
    found = {}
    for size in SIZES:
        model, _ = load_model(f"orchard-{size}")
        of = costs(f"orchard-{size}")
        found |= {f"trained_{size}": of["lora"].parameters, f"forward_{size}": of["lora"].forward,
                  f"step_{size}": of["lora"].step / of["full"].step, f"base_{size}": size_in_bytes(model)}
    return found
