"""(IA)^3 with copied weights is peft's at the places that peft takes itself: logits, loss, gradients, merged weights.

peft does not know DistilBERT; there it is given our places.
"""
import peft
import pytest
import torch
from methods.parity_models import KINDS, assert_equal, scramble, twins
from methods.test_parity_peft import EVERYWHERE, for_kind, give, results_of_ours, results_of_peft

from course_lib.methods import ScaleShift

OURS = {"distilbert": {"target_modules": ["k_lin", "v_lin", "lin2"], "feedforward_modules": ["lin2"]}}


def ia3_names(method: ScaleShift) -> dict:
    """peft keeps the scale of an input as a row, that of an output as a column."""
    turned = lambda reads: lambda ours: ours[None, :] if reads else ours[:, None]
    return {f"scale.{place}": (f"base_model.model.{site}.ia3_l.default", turned(reads), torch.Tensor.flatten)
            for place, (site, reads) in enumerate(zip(method.sites, method.reads))}


def pair(kind: str, dtype) -> tuple:
    """(model, our method, peft's model, names); `give` asserts that peft trains the same places and no others."""
    model, other = twins(kind, dtype)
    method = ScaleShift(model, num_labels=for_kind(kind)[1]).to(dtype)
    scramble(method)
    config = peft.IA3Config(task_type="CAUSAL_LM" if method.decoder else "FEATURE_EXTRACTION",
                            fan_in_fan_out=kind == "gpt2", **OURS.get(kind, {}))
    library = peft.get_peft_model(other, config).to(dtype)
    names = ia3_names(method)
    give(method, library, names)
    return model, method, library, names


@EVERYWHERE
@pytest.mark.parametrize("kind", KINDS)
def test_ia3_is_that_of_peft(kind, dtype):
    model, method, library, names = pair(kind, dtype)
    for side in (None, "left" if method.decoder else "right"):
        batch, _ = for_kind(kind, side)
        assert_equal(results_of_ours(model, method, batch), results_of_peft(library, method, batch, names))


@EVERYWHERE
@pytest.mark.parametrize("kind", KINDS)
def test_merged_ia3_is_that_of_peft(kind, dtype):
    model, method, library, _ = pair(kind, dtype)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    method.merge(model)
    merged = library.merge_and_unload()
    ours, theirs = dict(model.named_parameters()), dict(merged.named_parameters())
    changed = {name for name in ours if not torch.equal(ours[name], before[name])}
    assert {f"{site}.weight" for site in method.sites} <= changed
    assert_equal(ours, {name: theirs[name] for name in ours})
    batch, _ = for_kind(kind)
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    assert_equal({"out": model(**inputs)[0]}, {"out": merged(**inputs)[0]})
    method.unmerge(model)
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
