"""The claims about adapters, and about LoRA beside them, in small: each dear one trains for a step or two."""
from dataclasses import replace

import pytest
import torch

from course_lib import claims, models
from course_lib.claims.topics import adapters, near_and_far, quantised_base
from course_lib.experiments import Setting, count, soft_prompts, tuning
from course_lib.experiments.adapters import RATES, SETTINGS, at
from course_lib.experiments.folding import Products, bend
from course_lib.experiments.quantised_base import BLOCKS, CODES
from course_lib.methods import PrefixTuning


@pytest.fixture
def small(monkeypatch):
    """Two steps on a few rows, two of them to test."""
    less = {"labels": 16, "steps": 2, "test": 2}
    for name, setting in SETTINGS.items():
        monkeypatch.setitem(SETTINGS, name, replace(setting, **less))
    for module in (tuning, soft_prompts):
        monkeypatch.setattr(module, "best_rate", lambda of, run, start: start)
    for module, name, value in ((adapters, "FEW", replace(adapters.FEW, **less)),
                                (adapters, "QUICK", replace(adapters.QUICK, **less)), (near_and_far, "OLD", 2),
                                (quantised_base, "TEXT", replace(quantised_base.TEXT, steps=2)),
                                (quantised_base, "OLD", 2)):
        monkeypatch.setattr(module, name, value)


@pytest.mark.parametrize("claim_id", ["C19", "C20", "C32", "C33", "C34", "C36"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert set(claims.measure(claim_id, 0)) == set(claims.get(claim_id).figures)


def test_the_reviews_are_brief_and_of_both_sides():
    setting, (_, tokenizer) = SETTINGS["near"], models.load_model("orchard-s")
    for rows, n in ((setting.train_rows(tokenizer, 0), 640), (setting.test_rows(tokenizer, 0), 150)):
        assert len(rows) == n and max(len(text.split()) for text in rows["text"]) == 30
        assert 0.4 < sum(rows["label"]) / n < 0.6


def test_every_run_has_a_rate_of_its_own():
    trained = {"full", "lora", "adapter"}
    wanted = {"near": trained | {"head", "parallel"}, "far": trained | {"head"}, "untrained": {"head"},
              "few": trained, "questions": trained}
    assert {where: set(rates) for where, rates in RATES.items()} == wanted and set(SETTINGS) == set(wanted)
    for where, rates in RATES.items():
        for name, rate in rates.items():
            setting, one = at(where, name)
            assert setting is SETTINGS[where] and one.rate == rate and one.reuse == (name == "head")


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


def test_few_labels_train_the_same_adapter_as_the_bottlenecks():
    assert at("few", "adapter") == (adapters.FEW, adapters.BOTTLENECKS[16])


def test_every_rounded_base_is_measured_itself(monkeypatch):
    monkeypatch.setattr(Setting, "load", lambda *_: ("plain", None))
    for name, stub in {"experiment": lambda *_: 0.9, "quantise": lambda model, scheme, size: (scheme, size),
                       "old_domain_loss": lambda base, tokenizer, n_documents: base,
                       "mended": lambda base, tokenizer, rate, seed: ("mended", base),
                       "of_task": lambda base, tokenizer, seed: ("task", base)}.items():
        monkeypatch.setattr(quantised_base, name, stub)
    found = claims.get("C32").measure(0)
    assert found["full"] == "plain" and found["full_after"] == ("mended", "plain")
    for scheme in CODES:
        for blocks, size in BLOCKS.items():
            assert found[f"{scheme}_{blocks}"] == (scheme, size)
            assert found[f"{scheme}_{blocks}_after"] == ("mended", (scheme, size))
        assert found[f"{scheme}_task"] == ("task", (scheme, 64))


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
