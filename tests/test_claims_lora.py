"""The claims about LoRA, in small: each dear one trains for a step or two, and gives its own figures."""
from dataclasses import replace

import pytest

from course_lib import claims, models
from course_lib.claims.topics import lora, lora_algebra
from course_lib.cost import operations
from course_lib.experiments import folding, tuning
from course_lib.methods import LoRA


@pytest.fixture
def small(monkeypatch):
    """Two steps on a few reviews, two of them to test; no rate is searched for."""
    monkeypatch.setattr(tuning, "best_rate", lambda of, run, start: start)
    for module in (lora, lora_algebra):
        monkeypatch.setattr(module, "NEAR", replace(module.NEAR, labels=16, steps=2, test=2))


@pytest.mark.parametrize("claim_id", ["C21", "C23", "C28"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    figures = claims.measure(claim_id, 0)
    assert tuple(figures) == claims.get(claim_id).figures
    if claim_id == "C23":  # the three places have as many parameters within a hundredth
        assert 0 < figures["most"] <= 1.01 * figures["fewest"]


def test_the_filled_lora_is_no_no_op():
    model, tokenizer = models.load_model("orchard-s")
    method, batch = folding.filled(model, 0), folding.texts(tokenizer, 0, n=2)
    assert isinstance(method, LoRA)
    filled, bare = (folding.logits_of(model, batch, *rest) for rest in ([method], []))
    assert (filled - bare).abs().max() > 0.1
    plain, hooked = operations(model, batch), operations(model, batch, method)
    assert plain < hooked < 1.1 * plain
