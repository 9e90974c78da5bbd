"""LoRA by place: in every layer, in one, or in queries and values alone, with as many parameters."""
from course_lib.claims.claim import GUIDE, Figures, claim, more, share
from course_lib.experiments import count, experiment, trained
from course_lib.experiments.near_and_far import MODULES, NEAR, lora

LAST = tuple(f"layers.3.{'self_attn' if name in MODULES[:4] else 'mlp'}.{name}" for name in MODULES)
PLACES = {"all_layers": lora(), "one_layer": lora(16, targets=LAST),
          "query_value": lora(19, targets=("q_proj", "v_proj"))}


@claim("C23", "The low-rank matrices are injected in every layer", (GUIDE,), lesson="06", tolerance=0.1,
       question="With as many parameters, does LoRA in every matrix answer better than in fewer of them?",
       asks={"than in the last layer alone": more(lambda f: f["all_layers"] - f["one_layer"], 0.02),
             "than in query and value alone": more(lambda f: f["all_layers"] - f["query_value"], 0.02)},
       figures=(*PLACES, "fewest", "most"))
def places(seed: int) -> dict[str, float]:
    """Accuracy by where LoRA sits; the ranks make all three train about as many parameters, which are counted."""
    sizes = [count(trained(NEAR, place, seed).method) for place in PLACES.values()]
    right = {name: experiment(NEAR, place, seed) for name, place in PLACES.items()}
    return right | {"fewest": min(sizes), "most": max(sizes)}


@places.told
def tell_places(f: Figures) -> str:
    """The shares, and how much is trained."""
    return (f"With {f['fewest'].mean:,.0f} to {f['most'].mean:,.0f} trained parameters: every linear module of every "
            f"layer {share(f['all_layers'])}; of the last layer alone {share(f['one_layer'])}; query and value of "
            f"every layer {share(f['query_value'])}.")
