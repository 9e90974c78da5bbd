"""Two LoRA added by peft: the sum of products with "cat", and something else with "linear"."""
import pytest
import torch

from course_lib.experiments.peft_sum import added_by_peft
from course_lib.merging import combine
from course_lib.methods import LoRA
from tests.closeness import NET, assert_near
from tests.test_merging import build, moved


@pytest.mark.parametrize("kind, alike", [("cat", True), ("linear", False)])
def test_peft_adds_products_with_cat_alone(kind, alike):
    model, ids = build("llama"), torch.arange(12).view(2, 6)
    two = {name: moved(LoRA(model, ("q_proj", "down_proj"), rank=2, alpha=4), seed)
           for seed, name in enumerate(("reviews", "spam"))}
    with torch.no_grad():
        with combine(model, list(two.values())).on(model):
            ours = model(input_ids=ids).logits
        theirs = added_by_peft(build("llama"), two, kind)(input_ids=ids).logits
    if alike:
        assert_near(theirs, ours, **NET)
    else:
        assert (theirs - ours).abs().max() > 0.01
