"""What lesson 06 measures, in small: each dear claim trains for a step or two, and gives its own figures."""
import pytest

from course_lib import claims, models
from course_lib.claims.measures import lesson_06, lesson_06_algebra
from course_lib.methods import LoRA


@pytest.fixture
def small(monkeypatch):
    """Two steps on a few reviews, two of them to test; three ranks cost as much as one."""
    whole = lesson_06.train
    monkeypatch.setattr(lesson_06, "SHORT", 2)
    monkeypatch.setattr(lesson_06, "TEST", 2)
    few = (lambda model, tokenizer, method, seed, rate, labels=16, steps=2:
           whole(model, tokenizer, method, seed, rate, min(labels, 16), min(steps, 2)))
    for module in (lesson_06, lesson_06_algebra):
        monkeypatch.setattr(module, "train", few)


@pytest.mark.parametrize("claim_id", ["C21", "C23", "C24", "C25", "C28"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert tuple(claims.measure(claim_id, 0)) == claims.get(claim_id).figures


def test_the_four_places_have_as_many_parameters_within_a_hundredth(small, monkeypatch):
    counts = []
    monkeypatch.setattr(lesson_06, "tuned", lambda model, tokenizer, method, *_, **__: counts.append(
        sum(parameter.numel() for parameter in method.parameters())) or 0.5)
    found = lesson_06.places(0)
    assert len(counts) == 4 and max(counts) <= 1.01 * min(counts)
    assert (found["fewest"], found["most"]) == (min(counts), max(counts))


def test_the_filled_lora_is_no_no_op():
    model, tokenizer = models.load_model("orchard-s")
    method, batch = lesson_06_algebra.filled(model, 0), lesson_06_algebra.texts(tokenizer, 0, n=2)
    assert isinstance(method, LoRA)
    filled, bare = (lesson_06_algebra.logits_of(model, batch, *rest) for rest in ([method], []))
    assert (filled - bare).abs().max() > 0.1
    plain, hooked = lesson_06_algebra.operations(model, batch), lesson_06_algebra.operations(model, batch, method)
    assert plain < hooked < 1.1 * plain
