"""What a soft prompt costs: to keep, in parameters and bytes, and to use, in operations."""
from course_lib.claims.claim import EXPLAINER, FAILS, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim
from course_lib.cost import cost, size_on_disk
from course_lib.experiments.draws import shuffled
from course_lib.experiments.soft_prompts import CLEAR, LENGTH, SETTING
from course_lib.methods import FullFineTuning, PromptTuning
from course_lib.training.batches import Batches
from course_lib.world import load_task

FEW, FEW_KB = 10_000, 20  # more is not "a few thousand" parameters, not "a few KB"
WIDE = 12_288             # the width of the largest GPT-3


@claim("C39", "20 tokens are a few thousand parameters, a few KB", (EXPLAINER,), lesson="05", core=True,
       tolerance=0.01, figures=("parameters", "kb", "wide_parameters", "wide_kb"))
def small(seed: int) -> dict[str, float]:
    """Parameters and KB (1,024 bytes) of 20 vectors: our saved file, and in 16 bits at the width 12,288."""
    method = PromptTuning(SETTING.load(seed)[0], LENGTH, seed=seed)
    return {"parameters": method.prompt.numel(), "kb": size_on_disk(method) / 1024,
            "wide_parameters": LENGTH * WIDE, "wide_kb": LENGTH * WIDE * 2 / 1024}


@small.judged
def judge_small(f: Figures) -> Verdict:
    """Holds where it is true of our model and of the width 12,288 (`FEW`, `FEW_KB`), with a limit where of one."""
    fits = [f[a].mean < FEW and f[b].mean < FEW_KB for a, b in (("parameters", "kb"), ("wide_parameters", "wide_kb"))]
    because = (f"{LENGTH} vectors have {f['parameters'].mean:,.0f} parameters in our model, a file of "
               f"{f['kb'].mean:,.0f} KB; at the width {WIDE:,} they have {f['wide_parameters'].mean:,.0f}, in 16 bits "
               f"{f['wide_kb'].mean:,.0f} KB.")
    if all(fits):
        return Verdict(HOLDS, because)
    if any(fits):
        return Verdict(LIMITED, because + (" True of a small model, not of the large one." if fits[0] else
                                           " True of the large model, not of ours."))
    return Verdict(FAILS, because)


@claim("C45", "Prompts add a notable overhead at inference", (LOREFT,), lesson="05", tolerance=0.01,
       figures=("tokens", "ratio", "formula"))
def overhead(seed: int) -> dict[str, float]:
    """Operations of reading 32 reviews with a prompt over those without; P tokens before n, n with its padding."""
    model, tokenizer = SETTING.load(seed)
    rows = shuffled(load_task("reviews")["train"], 32, seed=seed)
    prompt, plain = PromptTuning(model, LENGTH, seed=seed), FullFineTuning(model, seed=seed)
    n = Batches(model, tokenizer, rows, prompt).batch(list(range(32)))["input_ids"].shape[1]
    ratio = cost(model, tokenizer, rows, prompt).forward / cost(model, tokenizer, rows, plain).forward
    return {"tokens": n, "ratio": ratio, "formula": (LENGTH + n) / n}


@overhead.judged
def judge_overhead(f: Figures) -> Verdict:
    """Holds where a prompt costs a tenth more or above (`CLEAR`)."""
    because = (f"{LENGTH} vectors before {f['tokens'].mean:.0f} tokens: {f['ratio'].mean:.2f} times the operations of "
               f"reading without them; (P + n) / n is {f['formula'].mean:.2f}.")
    return Verdict(HOLDS if f["ratio"].mean >= 1 + CLEAR else FAILS, because)
