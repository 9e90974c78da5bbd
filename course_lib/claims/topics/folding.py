"""Adapters and LoRA, two things under one name: is what each adds linear, and what does it cost when it is used?"""
from course_lib.claims.claim import CONSTRUCTED, GUIDE, LOREFT, WIKIPEDIA, Figure, Figures, claim, more, same
from course_lib.display import percent
from course_lib.experiments import count
from course_lib.experiments.folding import bend, changes, overhead
from course_lib.experiments.near_and_far import BOTTLENECK, RANK, lora
from course_lib.methods import Adapter
from course_lib.models import load_model

ROUNDING, BENT = 1e-4, 0.01          # shares: below the first is rounding, above the second is no linear map


def off(figure: Figure) -> str:
    """How far something is from linear."""
    return "not at all, but for rounding" if figure.mean < ROUNDING else f"by {percent(figure.mean)}"


@claim("C35", "Adapters cannot be folded into the weights, so inference pays", (LOREFT,), lesson="07", core=True,
       kind=CONSTRUCTED, question="Is an adapter no linear map, and a pass with it longer than with merged LoRA?",
       asks={"an adapter off a linear map": more(lambda f: f["bend"], BENT, "percent"),
             "LoRA off a linear map": same(lambda f: f["lora_bend"], ROUNDING, "percent"),
             "operations of a pass": more(lambda f: f["operations"] / f["lora_operations"] - 1, 0.01, "percent"),
             "products one after the other": more(lambda f: f["products"] / f["lora_products"] - 1, 0.1, "percent")},
       figures=("bend", "lora_bend", "operations", "products", "lora_operations", "lora_products"))
def folding(seed: int) -> dict[str, float]:
    """How far an adapter's and LoRA's change are from linear; operations and products of matrices of one pass over
    those of the base, adapters attached and LoRA merged.
    """
    model, _ = load_model("orchard-s")
    add, low_rank, x, y = changes(model, seed)
    return {"bend": bend(add, x, y), "lora_bend": bend(low_rank, x, y), **overhead(seed)}


@folding.told
def tell_folding(f: Figures) -> str:
    """What bends, and what a pass costs."""
    return (f"From a linear map an adapter is off {off(f['bend'])}; LoRA {off(f['lora_bend'])}. One pass takes "
            f"{100 * (f['operations'].mean - 1):.1f} % more operations than the base's with adapters, and "
            f"{percent(f['products'].mean - 1)} more products of matrices one after the other; with LoRA merged, "
            f"{100 * (f['lora_operations'].mean - 1):.1f} % and {100 * (f['lora_products'].mean - 1):.0f} % more.")


@claim("C103", "An adapter is a pair of low-rank matrices, or a bottleneck module", (WIKIPEDIA, GUIDE, LOREFT),
       lesson="07", tolerance=0.01, kind=CONSTRUCTED, question="Are the two that one word names different things?",
       asks={"a bottleneck module off a linear map": more(lambda f: f["bottleneck_bend"], BENT, "percent"),
             "low-rank matrices off it": same(lambda f: f["low_rank_bend"], ROUNDING, "percent")},
       figures=tuple(f"{kind}_{what}" for kind in ("low_rank", "bottleneck") for what in ("parameters", "bend")))
def two_meanings(seed: int) -> dict[str, float]:
    """Low-rank matrices against bottleneck modules: what each trains, and how far its change is from linear."""
    model, tokenizer = load_model("orchard-s")
    add, low_rank, x, y = changes(model, seed)
    return {"low_rank_parameters": count(lora().build(model, tokenizer, seed)),
            "low_rank_bend": bend(low_rank, x, y),
            "bottleneck_parameters": count(Adapter(model, BOTTLENECK)), "bottleneck_bend": bend(add, x, y)}


@two_meanings.told
def tell_two_meanings(f: Figures) -> str:
    """What each trains, and what bends."""
    return (f"Low-rank matrices (r = {RANK}): {f['low_rank_parameters'].mean:,.0f} parameters, off from linear "
            f"{off(f['low_rank_bend'])}. Bottleneck modules (m = {BOTTLENECK}): "
            f"{f['bottleneck_parameters'].mean:,.0f}, off {off(f['bottleneck_bend'])}. What is linear can be merged.")
