"""What small parts cost beside full fine-tuning: operations, and bytes of a file."""
import functools

from torch.utils.flop_counter import FlopCounterMode

from course_lib.claims.claim import (
    EXPLAINER,
    FAILS,
    GUIDE,
    HOLDS,
    LIMITED,
    WIKIPEDIA,
    Figure,
    Figures,
    Verdict,
    claim,
)
from course_lib.cost import eager_attention
from course_lib.experiments.costs import METHODS, costs, some
from course_lib.experiments.setting import whole
from course_lib.models import load_model
from course_lib.training import fit

EPOCHS = 10                          # how often a head's rows are read, while the frozen work is done once
PARTS = {"head": "a new head alone", "ia3": "(IA)³", "prompt": "a prompt", "adapter": "adapters", "lora": "LoRA"}
HUNDRED, TEN = 100, 10


def times(figure: Figure) -> str:
    """How many times: 1.5, 37, 2,400.

    >>> from course_lib.claims import Figure
    >>> times(Figure((1.52,))), times(Figure((2413.0,)))
    ('1.5', '2,413')
    """
    return f"{figure.mean:.1f}" if figure.mean < 10 else f"{figure.mean:,.0f}"


@functools.cache
def run_of_head(epochs: int) -> int:
    """The operations of training a head alone on 16 reviews, one to a step, where the frozen work is done once."""
    model, tokenizer = load_model("orchard-s")
    head = METHODS["head"].build(model, tokenizer, 0)
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        whole(fit(model, tokenizer, {"train": some()}, head, epochs=epochs, batch_size=16, reuse=True, progress=False))
    return counter.get_total_flops()


@claim("C17", "It needs up to 100 times less compute", (GUIDE,), lesson="07", core=True, tolerance=0.01,
       figures=(*PARTS, "kept", "state"))
def compute(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the operations of a step, and for LoRA the optimizer's memory, too.

    `kept`: those of a whole run, of a head for which the frozen model's work is done once.
    """
    found = costs()
    return {name: found["full"].step / found[name].step for name in PARTS} | {
        "kept": EPOCHS * found["full"].step / run_of_head(EPOCHS),
        "state": found["full"].optimizer_bytes / found["lora"].optimizer_bytes}


@compute.judged
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


@claim("C18", "Storage for each task drops", (EXPLAINER, GUIDE, WIKIPEDIA), lesson="07", tolerance=0.01,
       figures=tuple(PARTS))
def storage(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the bytes of the saved file."""
    found = costs()
    return {name: found["full"].bytes_on_disk / found[name].bytes_on_disk for name in PARTS}


@storage.judged
def judge_storage(f: Figures) -> Verdict:
    """Holds where every file is at most a tenth of a fine-tuned copy."""
    told = ", ".join(f"{name} {times(f[key])}" for key, name in PARTS.items())
    least = min(f[key].mean for key in PARTS)
    verdict = HOLDS if least >= TEN else LIMITED if least > 1 else FAILS
    return Verdict(verdict, f"The file of a fully fine-tuned model is this many times as large: as that of {told}.")
