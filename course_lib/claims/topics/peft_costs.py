"""What small parts cost beside full fine-tuning: operations, and bytes of a file."""
import functools

from torch.utils.flop_counter import FlopCounterMode

from course_lib.claims.claim import CONSTRUCTED, EXPLAINER, GUIDE, WIKIPEDIA, Figure, Figures, claim, highest, more
from course_lib.cost import eager_attention
from course_lib.experiments.costs import METHODS, costs, some
from course_lib.experiments.setting import whole
from course_lib.models import load_model
from course_lib.training import fit

EPOCHS = (10, 100)                   # how often a head's rows are read, while the frozen work is done once
PARTS = {"head": "a new head alone", "ia3": "(IA)³", "prompt": "a prompt", "adapter": "adapters", "lora": "LoRA"}
INSIDE = ("ia3", "prompt", "adapter", "lora")


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
       kind=CONSTRUCTED, question="Does anything save a hundredfold of full fine-tuning's operations?",
       asks={"a part inside the model": more(lambda f: highest(*(f[name] for name in INSIDE)), 100, "times"),
             **{f"a head, its frozen work kept, {n} epochs": more(lambda f, n=n: f[f"kept_{n}"], 100, "times")
                for n in EPOCHS}},
       figures=(*PARTS, *(f"kept_{n}" for n in EPOCHS), "state"))
def compute(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the operations of a step, and for LoRA the optimizer's memory, too.

    `kept`: those of a whole run, of a head for which the frozen model's work is done once, by the number of epochs.
    """
    found = costs()
    return {name: found["full"].step / found[name].step for name in PARTS} | {
        f"kept_{n}": n * found["full"].step / run_of_head(n) for n in EPOCHS} | {
        "state": found["full"].optimizer_bytes / found["lora"].optimizer_bytes}


@compute.told
def tell_compute(f: Figures) -> str:
    """How many times each saves."""
    told = ", ".join(f"{name} {times(f[key])}" for key, name in PARTS.items())
    kept = " and ".join(f"{times(f[f'kept_{n}'])} times over {n} epochs" for n in EPOCHS)
    return (f"A step of full fine-tuning takes this many times the operations: of {told}. A head for which the frozen "
            f"model's work is done once, and kept, saves {kept}: the more, the more often its rows are read. What LoRA "
            f"saves {times(f['state'])} times is the optimizer's memory.")


@claim("C18", "Storage for each task drops", (EXPLAINER, GUIDE, WIKIPEDIA), lesson="07", tolerance=0.01,
       kind=CONSTRUCTED, question="Is the file of a task at most a tenth of a fine-tuned copy?",
       asks={f"a copy over {name}": more(lambda f, key=key: f[key], 10, "times") for key, name in PARTS.items()},
       figures=tuple(PARTS))
def storage(seed: int) -> dict[str, float]:
    """Full fine-tuning over each method: the bytes of the saved file."""
    found = costs()
    return {name: found["full"].bytes_on_disk / found[name].bytes_on_disk for name in PARTS}


@storage.told
def tell_storage(f: Figures) -> str:
    """What was compared."""
    return "The bytes of the file of a fully fine-tuned model, over those of a small part's."
