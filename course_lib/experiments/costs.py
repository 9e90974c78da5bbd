"""What a step of full fine-tuning costs, and a step of small parts."""
import functools

from course_lib.cost import Cost, cost
from course_lib.experiments.near_and_far import FULL, HEAD, adapter, lora
from course_lib.experiments.setting import arm
from course_lib.methods import PromptTuning, ScaleShift
from course_lib.models import load_model
from course_lib.world import load_task

LENGTH = 20                          # of the prompt, in tokens
METHODS = {"full": FULL, "head": HEAD, "lora": lora(), "adapter": adapter(), "ia3": arm(ScaleShift),
           "prompt": arm(PromptTuning, length=LENGTH, init="vocabulary")}


def some(n: int = 16):
    """Reviews whose operations are counted."""
    return load_task("reviews")["train"].select(range(n))


@functools.cache
def costs(base: str = "orchard-s") -> dict[str, Cost]:
    """The cost of one step on 16 reviews by method."""
    model, tokenizer = load_model(base)
    return {name: cost(model, tokenizer, some(), one.build(model, tokenizer, 0)) for name, one in METHODS.items()}
