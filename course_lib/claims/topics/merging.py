"""LoRA merged into the weights: what it costs then, and whether it must be."""
from course_lib.claims.claim import FAILS, GUIDE, HOLDS, LOREFT, Figures, Verdict, claim
from course_lib.cost import operations
from course_lib.experiments.folding import ROUNDING, filled, logits_of, texts
from course_lib.experiments.lora import SHORT
from course_lib.models import weights_hash


@claim("C26", "Merging leaves no overhead at inference", (LOREFT,), lesson="06", core=True, tolerance=1e-3,
       figures=("difference", "base", "unmerged", "merged", "restored"))
def merging(seed: int) -> dict[str, float]:
    """Logits and operations of the base, of LoRA on hooks, and of LoRA merged; and whether unmerging restores bits."""
    model, tokenizer = SHORT.load(seed)
    method, batch, before = filled(model, seed), texts(tokenizer, seed), weights_hash(model)
    base, hooked, apart = operations(model, batch), operations(model, batch, method), logits_of(model, batch, method)
    method.merge(model)
    found = {"difference": (logits_of(model, batch) - apart).abs().max().item(), "base": base, "unmerged": hooked,
             "merged": operations(model, batch)}
    method.unmerge(model)
    return found | {"restored": float(weights_hash(model) == before)}


@merging.judged
def judge_merging(f: Figures) -> Verdict:
    """Holds where merged LoRA answers the same at the base's cost."""
    extra = f["unmerged"].mean / f["base"].mean - 1
    because = (f"Merged, the logits differ by {f['difference'].mean:.0e}; one pass takes {f['merged'].mean / 1e6:,.0f} "
               f"million operations, the base's {f['base'].mean / 1e6:,.0f}, unmerged {100 * extra:.1f} % more. "
               f"Unmerging {'restores every bit' if f['restored'].mean == 1 else 'does not restore every bit'}.")
    same = f["difference"].mean < ROUNDING and f["merged"].mean == f["base"].mean
    return Verdict(HOLDS if same else FAILS, because)


@claim("C31", "LoRA needs its outputs changed by a merge layer", (GUIDE,), lesson="06", core=True, tolerance=0.01,
       figures=("effect", "difference", "added_layers"))
def no_merge_layer(seed: int) -> dict[str, float]:
    """LoRA against the same change made without it, and what merging alters: the modules, and the logits."""
    model, tokenizer = SHORT.load(seed)
    method, batch = filled(model, seed), texts(tokenizer, seed)
    apart, modules = logits_of(model, batch, method), len(list(model.modules()))
    effect = (apart - logits_of(model, batch)).abs().max().item()
    method.merge(model)
    difference = (logits_of(model, batch) - apart).abs().max().item()
    return {"effect": effect, "difference": difference, "added_layers": len(list(model.modules())) - modules}


@no_merge_layer.judged
def judge_no_merge_layer(f: Figures) -> Verdict:
    """Holds where LoRA works only once a layer has merged it in."""
    because = (f"Unmerged, LoRA moves the logits by up to {f['effect'].mean:.1f} already; merging moves them by "
               f"{f['difference'].mean:.0e} more and adds {f['added_layers'].mean:.0f} layers.")
    needed = f["effect"].mean == 0 or f["difference"].mean > ROUNDING or f["added_layers"].mean > 0
    if needed:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Merging is a choice, and it is a sum, no layer.")
