"""What lesson 08's measures compare: where a setting is chosen, and what a control changes and what it leaves."""
import pytest
import torch

from course_lib import claims
from course_lib.architecture import width_of
from course_lib.claims.topics import das, interchange, loreft_and_lora, probes, steering
from course_lib.methods import Interchange, Steering
from course_lib.world.summing_up import PLACES, batch_of, said, states
from tests.tiny import tiny_model


@pytest.fixture
def tiny(tokenizer, monkeypatch):
    """A random model in place of every bundled one, and drawn reviews that say what they are."""
    model = tiny_model("llama", len(tokenizer), spread=0.7, context=192, blocks=4)
    word = ("poor", "superb")

    def short_reviews(split, n, seed=0, label=None):
        return [f"{split} {word[label]} {seed} {place}\nIn short:" for place in range(4)], [label] * 4

    for topic in (interchange, probes, steering):
        monkeypatch.setattr(topic, "load_model", lambda *_, **__: (model, tokenizer))
        monkeypatch.setattr(topic, "short_reviews", short_reviews)
    return model


def test_the_strength_of_steering_is_chosen_on_validation_at_one_place_and_everywhere(tiny, monkeypatch):
    """Of a stub whose margin is highest at another strength on test, and that moves favourable reviews down."""
    best = {("validation", -2): 1.0, ("validation", None): 1.5, ("test", -2): 2.0, ("test", None): 3.0}

    def pushed(model, tokenizer, texts, push=None, place=None):
        split, word = texts[0].split()[:2]
        if push is None or not push.any():
            return torch.full((4,), 1.0 if word == "superb" else -1.0)
        right = best[split, place] == push.max()
        return torch.full((4,), 0.5 if right or word == "superb" else -0.5)

    monkeypatch.setattr(steering, "pushed", pushed)
    monkeypatch.setattr(steering, "PROMPTS", ("{}",))
    monkeypatch.setattr(steering, "as_long", lambda vector, seed: torch.zeros(2, len(vector)))
    monkeypatch.setattr(steering.Steering, "from_texts", lambda model, tokenizer, good, bad, layer: Steering(
        model, layer, torch.ones(width_of(model))))
    monkeypatch.setattr(steering, "old_domain_loss",
                        lambda model, tokenizer, method, n_documents: method.strength if method else 0.0)
    assert claims.measure("C59", 0) == {
        "before": 0.0, "one": 0.0, "one_control": 0.0, "one_wrong": 0.5, "one_strength": 1.0, "all": 0.0,
        "all_control": 0.0, "all_wrong": 0.5, "all_strength": 1.5, "weak_wrong": 0.0, "prompted": 0.0,
        "loss_before": 0.0, "loss_steered": 1.5}


def test_a_push_at_one_place_leaves_the_others_before_it(tiny, tokenizer):
    texts = ["it was poor\nIn short:", "a superb meal\nIn short:"]
    push = torch.randn(width_of(tiny), generator=torch.Generator().manual_seed(0))
    bare, one, everywhere = (steering.pushed(tiny, tokenizer, texts, *how)
                             for how in ((), (push, -2), (push, None)))                      # each (2,)
    assert not torch.allclose(bare, one) and not torch.allclose(one, everywhere)
    assert torch.equal(steering.pushed(tiny, tokenizer, texts, 0 * push, -2), bare)
    assert torch.equal(bare, steering.pushed(tiny, tokenizer, texts))                        # nothing stays attached
    shifted = Steering(tiny, 2, push)
    assert said(tiny, tokenizer, batch_of(tokenizer, texts), shifted) == steering.turned(everywhere)


def test_a_swap_beside_its_controls(tiny, tokenizer, monkeypatch):
    asked, swaps, noisy = [], [], []

    class Kept(Interchange):
        def __init__(self, *args, **settings):
            super().__init__(*args, **settings)
            swaps.append(self)

    def said(model, tokenizer, batch, method=None):
        texts = [tokenizer.batch_decode(one["input_ids"], skip_special_tokens=True)
                 for one in (batch, batch.get("source")) if one]
        asked.append(([" ".join(part[0].split()[:2]) for part in texts], method and method.settings["position"], texts))
        return 0.5

    monkeypatch.setattr(interchange, "Interchange", Kept)
    monkeypatch.setattr(interchange, "said", said)
    monkeypatch.setattr(interchange, "favourable", lambda *_: noisy.append(swaps[0].source) or 0.5)
    claims.measure("C61", 0)
    bad, good = "test poor", "test superb"
    assert [(sides, position) for sides, position, _ in asked] == [
        ([bad], None), ([bad, good], -2), ([bad, bad], -2), ([bad, good], -1), ([good], None), ([good, bad], -2)]
    assert asked[2][2][0] != asked[2][2][1]                       # another unfavourable one's
    given = [states(tiny, batch_of(tokenizer, texts))[2, :, -2] for texts in asked[1][2]]    # each (B, d)
    real, step = given[1] - given[0], noisy[0] - given[0]
    assert torch.allclose(step.norm(dim=1), real.norm(dim=1), rtol=1e-3)
    assert torch.cosine_similarity(step, real, dim=1).abs().max() < 0.9


def test_the_random_models_probe_may_be_the_best_of_all_and_the_trained_one_not(tiny, monkeypatch):
    shares = iter([0.7] + [0.5, 0.6, *[0.5] * 13])                   # one place; three blocks, five places
    drawn = lambda split, n, seed: (["a"] * n, [0] * n)
    for name, stub in {"short_reviews": drawn, "batch_of": lambda tokenizer, texts: texts,
                       "states": lambda model, texts: torch.zeros(3, len(texts), PLACES, 3),
                       "answer_direction": lambda *_: torch.ones(3),
                       "probed": lambda *_: next(shares), "bag_of_words_accuracy": lambda *_: 0.65}.items():
        monkeypatch.setattr(probes, name, stub)
    assert claims.measure("C47", 0) == {"trained": 0.7, "random": 0.6, "words": 0.65, "answer": 1.0}


def test_das_is_searched_before_the_last_block_and_its_control_has_random_weights(monkeypatch):
    asked = []

    def searched(what, load, pairs, site, rank, seed):
        asked.append((load(seed), pairs, site["layer"], site["position"], rank))
        return 0.1, 0.2, 0.3, 0.4

    monkeypatch.setattr(das, "load_model", lambda name, random=False, seed=0: (name, random, seed))
    monkeypatch.setattr(das, "searched", searched)
    found = das.subspaces.measure(7)
    assert asked == [(("orchard-s", False, 0), das.opinions, 2, -2, 1),
                     (("orchard-s", True, 7), das.opinions, 2, -2, 64),
                     (("orchard-s", True, 7), das.own_rows, 2, -1, 1)]
    assert (found["own_untrained"], found["own"], found["own_answer"], found["own_whole"]) == (0.1, 0.2, 0.3, 0.4)


def test_a_subspace_is_trained_on_one_split_chosen_on_another_and_measured_on_the_third(monkeypatch):
    """The rate is that of the search; a method of the search is never the one that is measured."""
    asked, model = [], tiny_model("llama", 60, spread=0.7, context=16, blocks=4)

    def best_rate(of, run, start):
        asked.append(of)
        assert run(start, 1000) == {"score": 0.75, "guessing": 0.5, "diverged": 0.0}
        return 0.03

    for name, stub in {"learn": lambda model, tokenizer, method, rows, rate, seed, setting: asked.append(
                           (rows, rate, seed)),
                       "score": lambda model, tokenizer, rows, method: asked.append(rows) or 0.5,
                       "answers": lambda model, tokenizer, rows, method: asked.append(rows) or (
                           [0, 1, 1, 0], [0, 1, 1, 1]),
                       "answer_direction": lambda *_: torch.ones(width_of(model)), "best_rate": best_rate}.items():
        monkeypatch.setattr(das, name, stub)
    pairs = lambda model, tokenizer, split, n, seed: split
    das.searched("a toy", lambda seed: (model, None), pairs, {"layer": 2, "position": -1}, 1, 0)
    assert asked == ["a toy", ("train", 0.1, 1000), "validation", "test", ("train", 0.03, 0), "test", "test", "test"]


def test_red_and_the_small_lora_have_as_many_parameters(monkeypatch):
    monkeypatch.setattr(loreft_and_lora, "experiment", lambda *_: 0.5)
    figures = claims.measure("C60", 0)
    assert figures["red_size"] == pytest.approx(figures["small_lora_size"], rel=0.01)
    assert figures["lora_size"] > 5 * figures["red_size"]
