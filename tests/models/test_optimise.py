"""The losses by hand, the schedule, and that a few steps learn something."""
import math
from dataclasses import replace

import pytest
import torch

from course_lib.models.card import count_parameters
from course_lib.models.configs import CONTEXT, RECIPES, build_model
from course_lib.pretraining.optimise import LOSSES, compiled, learning_rate, make_optimizer, mean_loss, train_steps
from course_lib.pretraining.packing import Batches
from tests.closeness import NET, assert_near


def batches_of(recipe, documents, tokenizers, count=4):
    return Batches(documents, tokenizers[recipe.kind], "train", 0, recipe.rows, recipe.length, count)


def test_loss_is_the_library_s_own(recipe, documents, tokenizers):
    """Ours against the loss that transformers computes from `labels`."""
    model = build_model(recipe, tokenizers[recipe.kind]).eval()
    batch = batches_of(recipe, documents, tokenizers)[0]
    labels = batch[0]
    if recipe.kind == "encoder":
        labels = torch.full_like(batch[0], -100).scatter(1, batch[1], batch[2])
    with torch.no_grad():
        theirs = model(input_ids=batch[0], labels=labels).loss
        ours = LOSSES[recipe.kind](model, *batch)
    assert_near(ours, theirs, **NET)
    assert ours.item() == pytest.approx(math.log(model.config.vocab_size), abs=0.2)   # nearly uniform


def test_learning_rate_rises_and_falls_to_a_tenth():
    recipe = RECIPES["orchard-m"]
    rates = [learning_rate(recipe, step) for step in range(recipe.steps)]
    assert rates[0] == pytest.approx(recipe.learning_rate / recipe.warm_up)
    assert max(rates) == recipe.learning_rate == rates[recipe.warm_up - 1]
    assert rates[-1] == pytest.approx(recipe.learning_rate / 10)
    assert all(later <= earlier for earlier, later in zip(rates[recipe.warm_up:], rates[recipe.warm_up + 1:]))


def test_a_run_may_end_before_its_learning_rate_has_fallen():
    whole = replace(RECIPES["orchard-m"], tokens=8_000_000)
    part = replace(whole, tokens=6_000_000, decay=8_000_000)
    assert part.steps < whole.steps == part.decay_steps
    assert [learning_rate(part, s) for s in range(part.steps)] == [learning_rate(whole, s) for s in range(part.steps)]


def test_a_few_steps_lower_the_loss(recipe, documents, tokenizers):
    recipe = replace(recipe, tokens=20 * recipe.tokens_per_step, learning_rate=1e-2)
    model = build_model(recipe, tokenizers[recipe.kind])
    batches = batches_of(recipe, documents, tokenizers, recipe.steps)
    held_back = [Batches(documents, tokenizers[recipe.kind], "validation", 0, 4, 24, 1)[0]]
    before = mean_loss(model, recipe, held_back)
    reports = list(train_steps(model, recipe, batches, make_optimizer(model, recipe)))
    assert [report.number for report in reports] == list(range(1, 21))
    assert mean_loss(model, recipe, held_back) < before - 0.3
    assert model.training


def test_decay_spares_norms_and_no_tensor_is_optimised_twice(recipe, tokenizers):
    model = build_model(recipe, tokenizers[recipe.kind])
    decayed, spared = make_optimizer(model, recipe).param_groups
    assert all(p.ndim >= 2 for p in decayed["params"]) and all(p.ndim < 2 for p in spared["params"])
    assert spared["weight_decay"] == 0 and decayed["weight_decay"] == recipe.weight_decay
    parameters = decayed["params"] + spared["params"]
    assert len({id(p) for p in parameters}) == len(parameters) == len(list(model.parameters()))


def test_the_ladder(base):
    sizes = {}
    for recipe in RECIPES.values():
        assert recipe.length <= CONTEXT
        assert recipe.width % recipe.heads == 0 and recipe.width // recipe.heads % 8 == 0
        sizes[recipe.name] = count_parameters(build_model(recipe, _Full(base)))
    assert sizes["orchard-s"] == (1_053_824, 791_680)
    assert 0.2e6 < sizes["orchard-xs"][0] < 0.4e6 and 3e6 < sizes["orchard-m"][0] < 4e6
    assert 1e6 < sizes["orchard-encoder"][0] < 2.1e6


class _Full:
    """The ids of the stub's tokenizer with the length of the real one."""
    def __init__(self, tokenizer):
        self.eos_token_id, self.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id

    def __len__(self):
        return 2048


def test_compiled_leaves_no_gradient(recipe, documents, tokenizers, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda function: function)
    model = build_model(recipe, tokenizers[recipe.kind])
    compiled(recipe, model, batches_of(recipe, documents, tokenizers)[0])
    assert all(p.grad is None for p in model.parameters())
