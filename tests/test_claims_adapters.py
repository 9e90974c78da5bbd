"""The claims about adapters, and about LoRA beside them, in small: each dear one trains for a step or two."""
from dataclasses import replace

import pytest
import torch

from course_lib import claims, models
from course_lib.claims.topics import adapters, quantised_base
from course_lib.experiments import count, near_and_far, soft_prompts, tuning
from course_lib.experiments import quantised_base as rounding
from course_lib.experiments.folding import Products, bend
from course_lib.experiments.quantised_base import BASES
from course_lib.methods import PrefixTuning


@pytest.fixture
def small(monkeypatch):
    """Two steps on a few rows, two of them to test; no rate is searched for."""
    less = {"labels": 16, "steps": 2, "test": 2}
    for name, (setting, one) in near_and_far.RUNS.items():
        monkeypatch.setitem(near_and_far.RUNS, name, (replace(setting, **less), one))
    for module, name in ((adapters, "QUICK"), (adapters, "NEAR"), (quantised_base, "NEAR"), (quantised_base, "TEXT")):
        monkeypatch.setattr(module, name, replace(getattr(module, name), **less))
    for module in (near_and_far, quantised_base):
        monkeypatch.setattr(module, "OLD", 2)
    for module in (tuning, soft_prompts, quantised_base):
        monkeypatch.setattr(module, "best_rate", lambda of, run, start: start)


@pytest.mark.parametrize("claim_id", ["C19", "C20", "C24", "C25", "C32", "C33", "C34", "C36"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert set(claims.measure(claim_id, 0)) == set(claims.get(claim_id).figures)


def test_the_reviews_are_brief_and_of_both_sides():
    _, tokenizer = models.load_model("orchard-s")
    for rows, n in ((adapters.NEAR.train_rows(tokenizer, 0), 640), (adapters.NEAR.test_rows(tokenizer, 0), 150)):
        assert len(rows) == n and max(len(text.split()) for text in rows["text"]) == 30
        assert 0.4 < sum(rows["label"]) / n < 0.6


def test_an_affine_map_does_not_bend_and_a_relu_does():
    x, y = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight = torch.ones(3, 8, dtype=torch.float64)
    assert bend(lambda x: x @ weight.T + 2, x, y) < 1e-12 < 0.01 < bend(torch.relu, x, y)


def test_products_of_matrices_are_counted():
    x = torch.ones(2, 3)
    with Products() as counter:
        torch.nn.functional.linear(x, torch.ones(4, 3), torch.ones(4))
        x @ x.T
        x[None] @ x.T[None]
        x * x + x
    assert counter.count == 3


def test_equal_parameters_are_equal_within_a_hundredth():
    model, tokenizer = models.load_model("orchard-s")
    sizes = [count(one.build(model, tokenizer, 0)) for one in adapters.EQUAL.values()]
    sizes.append(count(PrefixTuning(model, adapters.PREFIX)))
    assert len(sizes) == 3 and max(sizes) <= 1.01 * min(sizes)


def test_every_rounded_base_is_measured_itself(monkeypatch):
    given = []
    for name, stub in {"experiment": lambda setting, one, seed: given.append(setting.quantised) or 0.9,
                       "base_of": lambda name, seed: (name, None),
                       "old_domain_loss": lambda base, tokenizer, n_documents: base,
                       "after": lambda name, seed: ("after", name)}.items():
        monkeypatch.setattr(quantised_base, name, stub)
    found = claims.get("C32").measure(0)
    assert given == [None, "nf4"] and all(found[name] == name for name in BASES)
    for name in ("full", "nf4_fine", "nf4_coarse"):
        assert found[f"{name}_after"] == ("after", name)


@pytest.mark.parametrize("name, size", [("full", None), ("nf4_fine", 64), ("int4_coarse", 1024)])
def test_a_base_is_rounded_as_its_name_says(name, size, monkeypatch):
    monkeypatch.setattr(rounding, "quantise", lambda model, scheme, size: (scheme, size))
    base, _ = rounding.base_of(name, 0)
    assert base == (name.split("_")[0], size) if size else base.get_output_embeddings()


def test_text_that_is_no_better_than_guessed_is_no_candidate(monkeypatch):
    for loss, collapsed in ((1.0, 0.0), (9.0, 1.0), (float("nan"), 1.0)):
        monkeypatch.setattr(quantised_base, "mended", lambda *_, loss=loss: (loss, 2048))
        found = quantised_base.validated("full", 1e-3, 0)
        assert found["diverged"] == collapsed and (collapsed or 0.36 < found["score"] < 0.37)


def test_text_rows_are_documents_from_their_start_on():
    _, tokenizer = models.load_model("orchard-s")
    rows = quantised_base.text_rows(tokenizer, 0, 5)
    assert len(rows) == 5 and not any("\n" in text for text in rows["answer"])
    for first, rest in zip(rows["prompt"], rows["answer"]):
        ids = tokenizer(first)["input_ids"]
        assert ids[0] == tokenizer.eos_token_id and ids.count(ids[0]) == 1 and " " not in first and rest


def test_the_newline_behind_a_document_is_not_learned():
    logits, labels = torch.randn(2, 4, 8), torch.tensor([[-100, 3, 5, 7], [2, 3, 1, 7]])
    other = labels.clone()
    other[:, -1] = 0
    loss = quantised_base.of_text(logits, {"labels": labels}, [])
    assert loss == quantised_base.of_text(logits, {"labels": other}, []) and labels[0, -1] == 7
