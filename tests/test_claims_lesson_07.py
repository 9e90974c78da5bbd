"""What lesson 07 measures, in small: each dear claim trains for a step or two, and gives its own figures."""
import pytest
import torch

from course_lib import claims, models
from course_lib.claims.lesson_07 import BLOCKS, CODES, RATES
from course_lib.claims.measures import lesson_06, lesson_07, lesson_07_codes, lesson_07_folding, lesson_07_settings
from course_lib.methods import Adapter, PrefixTuning, PromptTuning

KEPT = (lesson_07.run, lesson_07.brief, lesson_07_settings.few_of, lesson_07_settings.few_adapter)


@pytest.fixture
def small(monkeypatch):
    """Two steps on a few rows, two of them to test."""
    for module, name, value in (
            (lesson_06, "TEST", 2), (lesson_07, "STEPS", 2), (lesson_07, "TEST", 2), (lesson_07, "OLD", 2),
            (lesson_07_settings, "STEPS", 2), (lesson_07_settings, "QUESTIONS", {"labels": 16, "steps": 2, "test": 2}),
            (lesson_07_codes, "TEXT_STEPS", 2), (lesson_07_codes, "OLD", 2)):
        monkeypatch.setattr(module, name, value)
    for kept in KEPT:
        kept.cache_clear()
    yield
    for kept in KEPT:
        kept.cache_clear()


@pytest.mark.parametrize("claim_id", ["C19", "C20", "C32", "C33", "C34", "C36"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert set(claims.measure(claim_id, 0)) == set(claims.get(claim_id).figures)


def test_brief_reviews_are_brief_and_of_both_sides():
    for split, n in (("train", lesson_07.STEPS * lesson_07.ROWS), ("test", lesson_07.TEST)):
        rows = lesson_07.brief(split, n)
        assert len(rows) == n and max(len(text.split()) for text in rows["text"]) == lesson_07.LONGEST
        assert 0.4 < sum(rows["label"]) / n < 0.6


def test_every_run_has_a_rate_of_its_own():
    for base, rates in RATES.items():
        wanted = {"head"} if base == "untrained" else {"head", "full", "lora", "adapter"}
        assert wanted <= set(rates) <= set(lesson_07.BUILDERS)


def test_an_affine_map_does_not_bend_and_a_relu_does():
    x, y = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight = torch.ones(3, 8, dtype=torch.float64)
    bend = lesson_07_folding.bend
    assert bend(lambda x: x @ weight.T + 2, x, y) < 1e-12 < 0.01 < bend(torch.relu, x, y)


def test_products_of_matrices_are_counted():
    x = torch.ones(2, 3)
    with lesson_07_folding.Products() as counter:
        torch.nn.functional.linear(x, torch.ones(4, 3), torch.ones(4))
        x @ x.T
        x[None] @ x.T[None]
        x * x + x
    assert counter.count == 3


def test_equal_parameters_are_equal_within_a_hundredth():
    model, _ = models.load_model("orchard-s")
    equal = lesson_07_settings.EQUAL
    sizes = [sum(parameter.numel() for parameter in method.parameters()) for method in (
        Adapter(model, equal["adapter"]), PromptTuning(model, equal["prompt"]), PrefixTuning(model, equal["prefix"]))]
    assert max(sizes) <= 1.01 * min(sizes)


def test_every_rounded_base_is_measured_itself(monkeypatch):
    for name, stub in {"load_model": lambda name: ("plain", None), "run": lambda *_: (0.9, 1.0),
                       "lora": lambda base, seed: base, "quantise": lambda model, scheme, size: (scheme, size),
                       "old_domain_loss": lambda base, tokenizer, n_documents: base,
                       "mended": lambda base, tokenizer, rate, seed: ("mended", base),
                       "learned": lambda base, tokenizer, method, rate, seed: (base, method)}.items():
        monkeypatch.setattr(lesson_07_codes, name, stub)
    found = lesson_07_codes.on_codes(0)
    assert found["full"] == "plain" and found["full_after"] == ("mended", "plain")
    for scheme in CODES:
        for blocks, size in BLOCKS.items():
            assert found[f"{scheme}_{blocks}"] == (scheme, size)
            assert found[f"{scheme}_{blocks}_after"] == ("mended", (scheme, size))
        assert found[f"{scheme}_task"] == ((scheme, 64), (scheme, 64))


def test_text_rows_are_documents_from_their_start_on():
    _, tokenizer = models.load_model("orchard-s")
    rows = lesson_07_codes.text_rows(tokenizer, 0, 5)
    assert len(rows) == 5 and not any("\n" in text for text in rows["answer"])
    for first, rest in zip(rows["prompt"], rows["answer"]):
        ids = tokenizer(first)["input_ids"]
        assert ids[0] == tokenizer.eos_token_id and ids.count(ids[0]) == 1 and " " not in first and rest


def test_the_newline_behind_a_document_is_not_learned():
    logits, labels = torch.randn(2, 4, 8), torch.tensor([[-100, 3, 5, 7], [2, 3, 1, 7]])
    other = labels.clone()
    other[:, -1] = 0
    loss = lesson_07_codes.of_text(logits, {"labels": labels}, [])
    assert loss == lesson_07_codes.of_text(logits, {"labels": other}, []) and labels[0, -1] == 7
