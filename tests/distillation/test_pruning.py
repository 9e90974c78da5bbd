"""A pruned model computes what the whole one computes with the same parts set to zero, and is smaller."""
import copy
import math

import pytest
import torch

from course_lib.architecture import blocks_of
from course_lib.distillation import importance, prune
from course_lib.distillation.sensitivity import least
from course_lib.errors import CourseError
from course_lib.methods import FullFineTuning, LoRA, PrefixTuning
from course_lib.models import load_model, weights_hash
from course_lib.quantise import quantise
from course_lib.training.batches import Batches, at_answers
from tests.closeness import NET, apart, assert_near
from tests.tiny import tiny_model
from tests.training.small import pair_of, task_of

IDS = torch.tensor([[5, 17, 90, 33, 41], [77, 9, 15, 6, 2]])
KINDS = ("llama", "gpt2", "bert", "distilbert")


def llama(kv_heads=4):
    """Three blocks of four heads and 24 neurons."""
    return tiny_model("llama", 100, spread=0.5, context=32, blocks=3, kv_heads=kv_heads)


@torch.no_grad()
def said(model, ids=IDS):
    out = model(input_ids=ids)
    return out.logits if hasattr(out, "logits") else out.last_hidden_state


@torch.no_grad()
def masked(model, heads, neurons):
    """A copy in which nothing of these parts reaches the hidden state."""
    model = copy.deepcopy(model)
    for layer, gone in heads.items():
        attention = model.model.layers[layer].self_attn
        attention.o_proj.weight.unflatten(1, (-1, attention.head_dim))[:, list(gone)] = 0
    for layer, gone in neurons.items():
        model.model.layers[layer].mlp.down_proj.weight[:, list(gone)] = 0
    return model


@pytest.mark.parametrize("heads, neurons", [
    ({0: [2]}, {}), ({0: [0, 1, 2], 2: (3,)}, {}), ({}, {1: [0, 23]}), ({1: {1}}, {1: range(23), 0: [5]})])
def test_pruned_is_masked_and_smaller(heads, neurons):
    model = llama()
    before, small = weights_hash(model), prune(model, heads=heads, neurons=neurons)
    assert_near(said(small), said(masked(model, heads, neurons)), **NET)
    gone = sum(map(len, heads.values())) * 4 * 16 * 4 + sum(map(len, neurons.values())) * 3 * 16
    count = lambda one: sum(parameter.numel() for parameter in one.parameters())
    assert count(small) == count(model) - gone  # a head: 4 rows or columns of 16 in four matrices; a neuron: 1 in three
    assert weights_hash(model) == before and said(model).shape == said(small).shape
    assert apart(said(small), said(model), **NET)


def test_heads_that_share_keys_leave_together():
    model = llama(kv_heads=2)
    small = prune(model, heads={1: [2, 3]})
    assert_near(said(small), said(masked(model, {1: [2, 3]}, {})), **NET)
    assert small.model.layers[1].self_attn.k_proj.out_features == 4
    with pytest.raises(CourseError, match="share keys and values in groups of 2.*Take out whole groups"):
        prune(model, heads={1: [1, 2]})


@pytest.mark.parametrize("kind", KINDS)
def test_layers_of_every_kind(kind):
    """Without its layers 0 and 2, the middle one is all that stands between embedding and head."""
    model = tiny_model(kind, 100, spread=0.5, context=32, blocks=3)
    before, small = weights_hash(model), prune(model, layers=[2, 0])
    assert len(blocks_of(small)) == small.config.num_hidden_layers == 1 and weights_hash(model) == before
    [kept] = blocks_of(small).values()
    middle = list(blocks_of(model).values())[1]
    assert all(torch.equal(a, b) for a, b in zip(kept.parameters(), middle.parameters()))
    skipped = copy.deepcopy(model)
    hand_on = lambda _, inputs, out: inputs[0]
    for layer in (0, 2):
        list(blocks_of(skipped).values())[layer].register_forward_hook(hand_on)
    assert_near(said(small), said(skipped), **NET)
    assert torch.equal(said(prune(model)), said(model))  # nothing is taken out


@pytest.mark.parametrize("parts", [{"layers": [1]}, {"heads": {0: [0], 2: [1, 2]}}, {"neurons": {1: range(20)}}])
def test_a_pruned_model_writes_as_without_a_cache(parts):
    small = prune(llama(), **parts)
    write = lambda **more: small.generate(IDS, max_new_tokens=6, do_sample=False, pad_token_id=1, **more)
    assert torch.equal(write(), write(use_cache=False))


@pytest.mark.parametrize("parts", [{"layers": [0]}, {"neurons": dict.fromkeys(range(3), [4, 5])}])
def test_what_the_config_can_say_is_saved_and_loaded(parts, tmp_path):
    model, tokenizer = pair_of("llama")
    small = prune(tiny_model("llama", len(tokenizer), spread=0.2, context=32, blocks=3, kv_heads=4), **parts)
    small.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded, _ = load_model(tmp_path)
    assert weights_hash(loaded) == weights_hash(small) and torch.equal(said(loaded), said(small))


def test_what_the_config_cannot_say_is_refused_when_it_is_loaded(tmp_path):
    model, tokenizer = pair_of("llama")
    for number, parts in enumerate(({"heads": {0: [0, 1]}}, {"neurons": {0: [1]}})):
        prune(model, **parts).save_pretrained(tmp_path / str(number))
        tokenizer.save_pretrained(tmp_path / str(number))
        with pytest.raises(CourseError, match="cannot be loaded|do not belong|are not complete"):
            load_model(tmp_path / str(number))


def test_methods_work_on_a_pruned_model():
    small = prune(llama(), layers=[0], heads={1: [0]}, neurons={2: [0]})
    lora, before = LoRA(small, rank=2), said(small)
    with lora.on(small), torch.no_grad():
        assert torch.equal(lora.logits(small, {"input_ids": IDS}), before)
        lora.B[0].fill_(0.1)
        assert not torch.equal(lora.logits(small, {"input_ids": IDS}), before)


WHOLE = "must be at least 0 and at most"
BAD = [({"layers": [3]}, f"A layer of the model {WHOLE} 2"), ({"layers": [-1]}, WHOLE), ({"layers": ["a"]}, WHOLE),
       ({"layers": range(3)}, "All 3 layers of the model would be gone. Leave at least one"),
       ({"layers": 1}, "The layers to take out are a list"), ({"layers": "01"}, "are a list of numbers"),
       ({"heads": {3: [0]}}, f"A layer {WHOLE} 2"), ({"heads": {0: [4]}}, f"A head of layer 0 {WHOLE} 3"),
       ({"heads": {0: range(4)}}, "All 4 heads of layer 0 would be gone.*take the whole layer out"),
       ({"heads": [0]}, r"heads is a dictionary, layer: heads, such as \{0: \[1, 2\]\}; you gave \[0\]"),
       ({"heads": {0: 1}}, "The heads to take out are a list"), ({"neurons": {1: [24]}}, f"of layer 1 {WHOLE} 23"),
       ({"neurons": {1: range(24)}}, "All 24 neurons"), ({"neurons": {0: [1.5]}}, WHOLE)]


@pytest.mark.parametrize("parts, said", BAD, ids=range(len(BAD)))
def test_parts_that_do_not_exist(parts, said):
    with pytest.raises(CourseError, match=said):
        prune(llama(), **parts)


def test_models_that_cannot_be_pruned():
    for kind in ("gpt2", "bert", "distilbert"):
        for part in ("heads", "neurons"):
            with pytest.raises(CourseError, match="are taken out of Llama models"):
                prune(tiny_model(kind, 100, spread=0.5, context=32), **{part: {0: [0]}})
    with pytest.raises(CourseError, match="prune needs a loaded model; you gave 'orchard-s'"):
        prune("orchard-s", layers=[0])
    model = llama()
    with LoRA(model).on(model), pytest.raises(CourseError, match="leave its `with` block before you prune it"):
        prune(model, layers=[0])


def test_importance_is_the_slope_of_the_loss():
    """Against the loss itself: a part multiplied by 1 ± a little, row by row."""
    model, tokenizer = pair_of("llama")
    model = copy.deepcopy(model)
    method, rows = FullFineTuning(model), task_of("reviews")["train"].select(range(3))
    found = importance(model, tokenizer, rows, method)
    assert (found.heads.shape, found.neurons.shape, found.layers.shape) == ((3, 4), (3, 24), (3, 1))
    layer, head, neuron = 1, 2, 5
    o, down = (model.model.layers[layer].get_submodule(name) for name in ("self_attn.o_proj", "mlp.down_proj"))
    k = model.model.layers[layer].self_attn.head_dim
    for weight, columns, wanted in ((o.weight, range(head * k, head * k + k), found.heads[layer, head]),
                                    (down.weight, [neuron], found.neurons[layer, neuron])):
        slopes = []
        for row in range(3):
            losses = []
            for factor in (1.01, 0.99):
                kept = weight.detach().clone()
                with torch.no_grad():
                    weight[:, list(columns)] *= factor
                fresh = FullFineTuning(model)
                losses.append(loss_of_row(model, tokenizer, rows.select([row]), fresh))
                with torch.no_grad():
                    weight.copy_(kept)
            slopes.append(abs(losses[0] - losses[1]) / 0.02)
        assert wanted.item() == pytest.approx(sum(slopes) / 3, rel=0.02, abs=1e-4)


def loss_of_row(model, tokenizer, rows, method) -> float:
    """The summed loss of the answer's tokens."""
    batch = Batches(model, tokenizer, rows, method).batch([0])
    with method.on(model), torch.no_grad():
        logits, labels = at_answers(method.logits(model, batch), batch["labels"])
    return torch.nn.functional.cross_entropy(logits, labels, reduction="sum").item()


def test_a_part_without_a_voice_has_no_importance():
    model, tokenizer = pair_of("llama")
    model = copy.deepcopy(model)
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight[:, 7] = 0
    found = importance(model, tokenizer, task_of("reviews")["train"].select(range(4)), FullFineTuning(model))
    assert found.neurons[0, 7] == 0 and (found.neurons[0] > 0).sum() == 23


def test_the_least_important_go_first_and_one_of_each_layer_stays():
    scores = torch.tensor([[0.1, 0.2, 0.3], [5.0, 4.0, 6.0]])
    assert least(scores, 0) == {} and least(scores, 1) == {0: [0]} and least(scores, 3) == {0: [0, 1], 1: [1]}
    assert least(scores, 4) == {0: [0, 1], 1: [1, 0]}
    with pytest.raises(CourseError, match="count must be at least 0 and at most 4"):
        least(scores, 5)


@pytest.mark.parametrize("scores", [[[1.0, 2.0]], torch.ones(3), torch.ones(0, 2), torch.tensor([[1, math.nan]]), None])
def test_no_scores(scores):
    with pytest.raises(CourseError, match="scores are a tensor with a row for each layer"):
        least(scores, 1)


def test_whole_numbers_are_scores_too():
    assert least(torch.tensor([[3, 1, 2], [9, 8, 7]]), 2) == {0: [1, 2]}


def test_codes_lose_layers_only():
    new = quantise(llama())
    for parts in ({"heads": {0: [0, 1]}}, {"neurons": {0: [0]}}):
        with pytest.raises(CourseError, match="4-bit codes.*Prune the model that it was made from"):
            prune(new, **parts)
    assert len(prune(new, layers=[0]).model.layers) == 2


def test_a_prefix_has_as_many_heads_in_every_layer():
    with pytest.raises(CourseError, match="different numbers of heads.*Take PromptTuning"):
        PrefixTuning(prune(llama(), heads={0: [0, 1]}), length=2)


def test_importance_of_what_it_cannot_measure():
    model, tokenizer = pair_of("distilbert")
    with pytest.raises(CourseError, match="are taken out of Llama models"):
        importance(model, tokenizer, task_of("reviews")["train"], FullFineTuning(model, num_labels=2))
    model, tokenizer = pair_of("llama")
    small = prune(model, neurons={0: [1]})
    with pytest.raises(CourseError, match="it is pruned already"):
        importance(small, tokenizer, task_of("reviews")["train"], FullFineTuning(small))
