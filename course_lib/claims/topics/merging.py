"""LoRA merged into the weights: what it costs then, and whether it must be."""
from course_lib.claims.claim import CONSTRUCTED, GUIDE, LOREFT, Figures, claim, more, same
from course_lib.cost import operations
from course_lib.experiments.folding import ROUNDING, filled, logits_of, texts
from course_lib.models import load_model, weights_hash


@claim("C26", "Merging leaves no overhead at inference", (LOREFT,), lesson="06", core=True, tolerance=1e-3,
       kind=CONSTRUCTED, question="Does LoRA, merged, answer as before, at the base's cost?",
       asks={"operations beside the base's": same(lambda f: f["merged"] / f["base"] - 1, 1e-3, "percent"),
             "logits beside LoRA on hooks": same(lambda f: f["difference"], ROUNDING, "in logits")},
       figures=("difference", "base", "unmerged", "merged", "restored"))
def merging(seed: int) -> dict[str, float]:
    """Logits and operations of the base, of LoRA on hooks, and of LoRA merged; and whether unmerging restores bits."""
    model, tokenizer = load_model("orchard-s")
    method, batch, before = filled(model, seed), texts(tokenizer, seed), weights_hash(model)
    base, hooked, apart = operations(model, batch), operations(model, batch, method), logits_of(model, batch, method)
    method.merge(model)
    found = {"difference": (logits_of(model, batch) - apart).abs().max().item(), "base": base, "unmerged": hooked,
             "merged": operations(model, batch)}
    method.unmerge(model)
    return found | {"restored": float(weights_hash(model) == before)}


@merging.told
def tell_merging(f: Figures) -> str:
    """What merging changes, and what LoRA costs on hooks."""
    back = "restores every bit" if f["restored"].mean == 1 else "does not restore every bit"
    more = {name: f"{100 * (f[name] / f['base'] - 1).mean:.1f} % more" for name in ("merged", "unmerged")}
    return (f"Merged, the logits differ by {f['difference'].mean:.0e}. One pass takes {more['merged']} operations "
            f"than the base's, on hooks {more['unmerged']}. Unmerging {back}.")


@claim("C31", "LoRA needs its outputs changed by a merge layer", (GUIDE,), lesson="06", core=True, tolerance=0.01,
       kind=CONSTRUCTED, question="Does merging change what LoRA says, or add a layer?",
       asks={"logits, by merging": more(lambda f: f["difference"], ROUNDING, "in logits"),
             "added by merging": more(lambda f: f["added_layers"], 0.5, "layers")},
       figures=("effect", "difference", "added_layers"))
def no_merge_layer(seed: int) -> dict[str, float]:
    """LoRA against the same change made without it, and what merging alters: the modules, and the logits."""
    model, tokenizer = load_model("orchard-s")
    method, batch = filled(model, seed), texts(tokenizer, seed)
    apart, modules = logits_of(model, batch, method), len(list(model.modules()))
    effect = (apart - logits_of(model, batch)).abs().max().item()
    method.merge(model)
    difference = (logits_of(model, batch) - apart).abs().max().item()
    return {"effect": effect, "difference": difference, "added_layers": len(list(model.modules())) - modules}


@no_merge_layer.told
def tell_no_merge_layer(f: Figures) -> str:
    """What LoRA does unmerged, and what merging adds."""
    already = "already" if f["effect"].mean > ROUNDING else "not at all"  # how far depends on what was trained
    return (f"Unmerged, LoRA moves the logits {already}; merging moves them by "
            f"{f['difference'].mean:.0e} more and adds {f['added_layers'].mean:.0f} layers: it is a sum of matrices.")
