"""What a soft prompt costs: to keep, in parameters and bytes, and to use, in operations."""
from course_lib.claims.claim import CONSTRUCTED, EXPLAINER, LOREFT, Figures, claim, less, more
from course_lib.cost import cost, size_on_disk
from course_lib.experiments.draws import shuffled
from course_lib.experiments.soft_prompts import LENGTH, QUICK
from course_lib.methods import FullFineTuning, PromptTuning
from course_lib.training.batches import Batches
from course_lib.world import load_task

FEW, FEW_KB = 10_000, 20  # more is not "a few thousand" parameters, not "a few KB"
WIDE = 12_288             # the width of the largest GPT-3
LONG = 2_000              # tokens of a long text


@claim("C39", "20 tokens are a few thousand parameters, a few KB", (EXPLAINER,), lesson="05", core=True,
       tolerance=0.01, kind=CONSTRUCTED,
       question=f"Are {LENGTH} vectors fewer than {FEW:,} parameters, and less than {FEW_KB} KB?",
       asks={f"our model, beyond {FEW:,}": less(lambda f: f["parameters"] - FEW, 1, "parameters"),
             f"our file, beyond {FEW_KB} KB": less(lambda f: f["kb"] - FEW_KB, 0.1, "KB"),
             f"the width {WIDE:,}, beyond {FEW:,}": less(lambda f: f["wide_parameters"] - FEW, 1, "parameters"),
             f"its file, beyond {FEW_KB} KB": less(lambda f: f["wide_kb"] - FEW_KB, 0.1, "KB")},
       figures=("parameters", "kb", "wide_parameters", "wide_kb"))
def small(seed: int) -> dict[str, float]:
    """Parameters and KB (1,024 bytes) of 20 vectors: our saved file, and in 16 bits at the width 12,288."""
    method = PromptTuning(QUICK.load(seed)[0], LENGTH, seed=seed)
    return {"parameters": method.prompt.numel(), "kb": size_on_disk(method) / 1024,
            "wide_parameters": LENGTH * WIDE, "wide_kb": LENGTH * WIDE * 2 / 1024}


@small.told
def tell_small(f: Figures) -> str:
    """All four figures."""
    return (f"{LENGTH} vectors have {f['parameters'].mean:,.0f} parameters in our model, a file of "
            f"{f['kb'].mean:,.0f} KB; at the width {WIDE:,} they have {f['wide_parameters'].mean:,.0f}, in 16 bits "
            f"{f['wide_kb'].mean:,.0f} KB.")


@claim("C45", "Prompts add a notable overhead at inference", (LOREFT,), lesson="05", tolerance=0.01, kind=CONSTRUCTED,
       question=f"Does reading with {LENGTH} vectors take over a tenth more operations, before reviews and long texts?",
       asks={"reviews": more(lambda f: f["ratio"] - 1, 0.1, "percent"),
             f"texts of {LONG:,} tokens, (P + n) / n": more(lambda f: f["long"] - 1, 0.1, "percent")},
       figures=("tokens", "ratio", "formula", "long"))
def overhead(seed: int) -> dict[str, float]:
    """Operations of reading 32 reviews with a prompt over those without; P tokens before n, n with its padding."""
    model, tokenizer = QUICK.load(seed)
    rows = shuffled(load_task("reviews")["train"], 32, seed=seed)
    prompt, plain = PromptTuning(model, LENGTH, seed=seed), FullFineTuning(model, seed=seed)
    n = Batches(model, tokenizer, rows, prompt).batch(list(range(32)))["input_ids"].shape[1]
    ratio = cost(model, tokenizer, rows, prompt).forward / cost(model, tokenizer, rows, plain).forward
    return {"tokens": n, "ratio": ratio, "formula": (LENGTH + n) / n, "long": (LENGTH + LONG) / LONG}


@overhead.told
def tell_overhead(f: Figures) -> str:
    """The ratio that was counted, and the formula's."""
    return (f"{LENGTH} vectors before {f['tokens'].mean:.0f} tokens: {f['ratio'].mean:.2f} times the operations of "
            f"reading without them; (P + n) / n is {f['formula'].mean:.2f}, and {f['long'].mean:.2f} before {LONG:,}.")
