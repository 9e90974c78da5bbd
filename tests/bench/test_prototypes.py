"""The prototypes compute what they say, and leave the base as it was."""
import math

import pytest
import torch

from course_lib import prototypes
from course_lib.bench import baselines
from course_lib.errors import CourseError
from course_lib.models import weights_hash
from course_lib.models.configs import RECIPES, build_model
from course_lib.prompting import score_choices
from course_lib.prototypes import LoRAPrototype, answer_losses, pad, tuned_accuracy, tuned_encoder_accuracy


@pytest.fixture
def logits(pair):
    model, tokenizer = pair
    ids = torch.tensor([tokenizer("peach: drupe\napple:")["input_ids"]])
    return lambda: model(input_ids=ids).logits.detach()


def test_a_fresh_lora_changes_nothing_and_nothing_is_left_of_a_trained_one(pair, logits):
    before, lora = logits(), LoRAPrototype(pair[0], seed=1)
    with lora.on():
        assert torch.equal(logits(), before)
        for B in lora.B:
            torch.nn.init.normal_(B)
        assert not torch.allclose(logits(), before)
    assert torch.equal(logits(), before)


def test_lora_is_its_formula(pair):
    lora = LoRAPrototype(pair[0], rank=4, alpha=12)
    layer, A, B = lora.linears[0], lora.A[0], torch.nn.init.normal_(lora.B[0])
    x = torch.randn(2, 3, layer.in_features)
    plain = layer(x)
    with lora.on():
        edited = layer(x)
    assert torch.allclose(edited, plain + 3 * x @ A.T @ B.T, atol=1e-5)
    names = [name for name, _ in pair[0].named_modules() if name.endswith(("q_proj", "v_proj"))]
    assert len(lora.linears) == len(names) == 2 * pair[0].config.num_hidden_layers


def test_pad():
    ids, mask = pad([[5, 6, 7], [8]], value=1)
    assert ids.tolist() == [[5, 6, 7], [8, 1, 1]] and mask.tolist() == [[1, 1, 1], [1, 0, 0]]


@torch.no_grad()
def test_the_losses_of_answers_are_those_that_prompting_scores(pair):
    prompts, choices = ["apple:", "peach: drupe\nplum:"], ["pome", "hesperidium", "a stone fruit"]
    scored = score_choices(*pair, prompts, choices, normalise=False)
    for prompt, row in zip(prompts, scored):
        losses = answer_losses(*pair, [prompt] * len(choices), choices)
        assert (-losses).exp().tolist() == pytest.approx(row, rel=1e-4)


@pytest.mark.parametrize("how", ["full", "lora"])
def test_tuning_learns_is_seeded_and_leaves_the_base_alone(pair, task, how, monkeypatch):
    monkeypatch.setattr(prototypes, "STEPS", 3)
    monkeypatch.setattr(prototypes, "ROWS", 4)
    losses, real = [], prototypes.answer_losses
    monkeypatch.setattr(prototypes, "answer_losses", lambda *given: losses.append(real(*given)) or losses[-1])
    before = weights_hash(pair[0])
    for seed in (0, 0, 1):
        [accuracy] = tuned_accuracy(*pair, task["train"], [task["test"]], how, 1e-2, seed)
        assert 0 <= accuracy <= 1
    means = [round(loss.mean().item(), 4) for loss in losses]
    assert means[:3] == means[3:6] != means[6:] and means[2] < means[0]
    assert weights_hash(pair[0]) == before
    assert all(p.requires_grad and p.grad is None for p in pair[0].parameters())


def test_an_unknown_way_is_named(pair, task):
    with pytest.raises(CourseError, match="way to tune called 'lorra'.*'lora'"):
        tuned_accuracy(*pair, task["train"], [task["test"]], "lorra", 1e-3, 0)
    with pytest.raises(CourseError, match="place to read called 'end'"):
        baselines.features(*pair, ["apple"], "end")


def test_an_encoder_is_tuned_with_a_head(pair, task, monkeypatch):
    monkeypatch.setattr(prototypes, "STEPS", 2)
    monkeypatch.setattr(prototypes, "ROWS", 4)
    encoder = build_model(RECIPES["orchard-encoder"], pair[1]).distilbert
    before = weights_hash(encoder)
    accuracies = [tuned_encoder_accuracy(encoder, pair[1], task["train"], [task["test"]], 1e-3, 0) for _ in range(2)]
    assert accuracies[0] == accuracies[1] and 0 <= accuracies[0][0] <= 1 and weights_hash(encoder) == before


@torch.no_grad()
def test_features_are_read_where_they_should_be(pair):
    model, tokenizer = pair
    texts = ["The apple is a pome.", "plum"]
    hidden = [model.model(torch.tensor([tokenizer(text)["input_ids"]])).last_hidden_state[0] for text in texts]
    for where, read in (("last", lambda h: h[-1]), ("first", lambda h: h[0]), ("mean", lambda h: h.mean(0))):
        expected = torch.stack([read(h) for h in hidden])
        found = torch.from_numpy(baselines.features(model, tokenizer, texts, where, batch=2))
        assert torch.allclose(found, expected, atol=1e-4), where


def test_baselines_find_what_is_there_and_nothing_where_nothing_is():
    def part(good, bad, n=20):
        return [good, bad] * n, [1, 0] * n

    told, untold = part("a fine film", "a dull film"), part("a b", "b a")
    assert baselines.bag_of_words_accuracy(told, told, told) == (1, 1)
    assert baselines.bag_of_words_accuracy(told, told, untold) == (1, 0.5)
    assert baselines.bag_of_words_accuracy(part("one two", "two one"), untold, untold) == (0.5, 0.5)
    features = torch.tensor([[0.0, 1.0], [1.0, 0.0]] * 20).numpy(), [0, 1] * 20
    assert baselines.probe_accuracy(features, features, features) == (1, 1)


def test_the_fit_is_chosen_on_validation_and_reported_on_test():
    class Fit:
        def __init__(self, **scores):
            self.scores = scores

        def score(self, features, labels):
            return self.scores[features]

    fits = [Fit(validation=0.6, test=0.9), Fit(validation=0.8, test=0.5)]
    assert baselines.best_of(fits, ("validation", []), ("test", [])) == (0.8, 0.5)


def test_label_accuracy_is_the_share_of_right_words(pair, task):
    rows = task["test"]
    scores = score_choices(*pair, rows["prompt"][:], ["negative", "positive"])
    right = sum((positive > negative) == bool(label) for (negative, positive), label in zip(scores, rows["label"]))
    assert math.isclose(prototypes.label_accuracy(*pair, rows), right / len(rows))
