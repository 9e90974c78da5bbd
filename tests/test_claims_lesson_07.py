"""What lesson 07 measures, in small: each dear claim trains for a step or two, and gives its own figures."""
import pytest
import torch

from course_lib import claims, models
from course_lib.claims.measures import lesson_06, lesson_07
from course_lib.methods import Adapter, PrefixTuning, PromptTuning


@pytest.fixture
def small(monkeypatch):
    """Two steps on a few reviews, two of them to test."""
    whole = lesson_06.train
    monkeypatch.setattr(lesson_06, "TEST", 2)
    monkeypatch.setattr(lesson_06, "train", lambda model, tokenizer, method, seed, rate, labels=16, steps=2:
                        whole(model, tokenizer, method, seed, rate, min(labels, 16), min(steps, 2)))
    monkeypatch.setattr(lesson_07, "TEXT_STEPS", 2)
    monkeypatch.setattr(lesson_07, "STEPS", 2)
    lesson_07.short_run.cache_clear()
    yield
    lesson_07.short_run.cache_clear()


@pytest.mark.parametrize("claim_id", ["C19", "C20", "C32", "C33", "C34", "C36"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert set(claims.measure(claim_id, 0)) == set(claims.get(claim_id).figures)


def test_an_affine_map_does_not_bend_and_a_relu_does():
    x, y = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight = torch.ones(3, 8, dtype=torch.float64)
    assert lesson_07.bend(lambda x: x @ weight.T + 2, x, y) < 1e-12 < 0.01 < lesson_07.bend(torch.relu, x, y)


def test_products_of_matrices_are_counted():
    x = torch.ones(2, 3)
    with lesson_07.Products() as counter:
        torch.nn.functional.linear(x, torch.ones(4, 3), torch.ones(4))
        x @ x.T
        x[None] @ x.T[None]
        x * x + x
    assert counter.count == 3


def test_equal_parameters_are_equal_within_a_hundredth():
    model, _ = models.load_model("orchard-s")
    sizes = [sum(parameter.numel() for parameter in method.parameters()) for method in (
        Adapter(model, lesson_07.EQUAL["adapter"]), PromptTuning(model, lesson_07.EQUAL["prompt"]),
        PrefixTuning(model, lesson_07.EQUAL["prefix"]))]
    assert max(sizes) <= 1.01 * min(sizes)


def test_text_rows_are_documents_in_two_parts():
    rows = lesson_07.text_rows("validation", 0, 5)
    assert len(rows) == 5 and not any("\n" in text for text in rows["answer"])
    assert all(" " not in first and first and rest for first, rest in zip(rows["prompt"], rows["answer"]))
