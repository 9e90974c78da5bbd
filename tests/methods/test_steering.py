"""Steering: the vector is a mean difference of hidden states, added at every position; merged, it is a bias."""
import pytest
import torch

from course_lib.architecture import blocks_of
from course_lib.errors import CourseError
from course_lib.methods import Steering
from tests.closeness import NET, assert_near
from tests.methods.contract import outputs
from tests.methods.tiny_models import CONTEXT, batch_of, build_model

WITH, WITHOUT = ["good"], ["dull, dull and dull again", "a pear", "It is a very long story of a film."]
NAMES = pytest.mark.parametrize("name", ["llama", "gpt2", "bert", "distilbert"])


def mean_of(model, tokenizer, texts, layer):
    """The mean over texts of the last token's state after this block, an encoder's first, one text at a time, (d,)."""
    vectors, place = [], -1 if model.can_generate() else 0
    for text in texts:
        seen = []
        block = list(blocks_of(model).values())[layer]
        handle = block.register_forward_hook(lambda *call, seen=seen: seen.append(call[2][0]))
        model.base_model(input_ids=torch.tensor([tokenizer(text)["input_ids"]]))
        handle.remove()
        vectors.append(seen[0][place])
    return sum(vectors) / len(vectors)


@NAMES
@pytest.mark.parametrize("layer", [0, 2, None])
@torch.no_grad()
def test_the_vector_is_the_difference_of_the_means(name, layer, base, tokenizer):
    """Lists and texts of different lengths: every text counts once, whatever its length, and padding never."""
    model = base(name)
    count = len(blocks_of(model))
    layer = min(layer, count - 1) if layer is not None else None
    steering = Steering.from_texts(model, tokenizer, WITH, WITHOUT, layer, strength=2)
    place = count // 2 if layer is None else layer
    assert (steering.layer, steering.strength) == (place, 2.0)
    wanted = mean_of(model, tokenizer, WITH, place) - mean_of(model, tokenizer, WITHOUT, place)
    assert_near(steering.vector, wanted, **NET)
    assert steering.vector.abs().max() > 0.1
    back = Steering.from_texts(model, tokenizer, WITHOUT, WITH, layer)
    assert_near(back.vector, -wanted, **NET)


@torch.no_grad()
def test_many_texts_are_read_in_parts(base, tokenizer, monkeypatch):
    model, texts = base("llama"), WITHOUT * 3 + WITH
    whole = Steering.from_texts(model, tokenizer, texts, WITH)
    monkeypatch.setattr("course_lib.methods.steering.ROWS", 3)
    assert_near(Steering.from_texts(model, tokenizer, texts, WITH).vector, whole.vector, **NET)


@NAMES
@torch.no_grad()
def test_it_adds_strength_times_the_vector_everywhere_and_can_be_turned(name, base):
    model, seen = base(name), []
    width = model.get_input_embeddings().weight.shape[1]
    steering = Steering(model, 1, torch.linspace(-1, 1, width))
    block = list(blocks_of(model).values())[1]
    handle = block.register_forward_hook(lambda *call: seen.append(call[2]))
    try:
        with steering.on(model):
            for strength in (0, 1, -2.5, 3):
                steering.strength = strength
                outputs(model, steering.prepare(batch_of()))
    finally:
        handle.remove()
    none, *others = seen
    for strength, given in zip((1, -2.5, 3), others):
        assert_near(given, none + strength * steering.vector)


@torch.no_grad()
def test_the_strength_that_is_saved_is_the_one_it_has(base, tmp_path):
    model = base("llama")
    steering = Steering(model, 0, torch.ones(32))
    steering.strength = -4
    steering.save(tmp_path / "steering.safetensors")
    again = Steering.load(tmp_path / "steering.safetensors", model)
    assert again.strength == -4.0 and torch.equal(again.vector, torch.ones(32)) and not list(again.parameters())


def test_on_llama_it_cannot_be_merged_and_nothing_is_changed(base):
    model = base("llama")
    with pytest.raises(CourseError, match="Steering cannot be merged: it is a bias after a block, and the blocks of"):
        Steering(model, 0, torch.ones(32)).merge(model)
    with Steering(model).on(model):  # and it is not taken for merged
        pass


def test_a_vector_goes_with_its_model(base):
    vector = Steering(base("llama")).vector
    with pytest.raises(CourseError, match=r"a tensor of shape \(24,\), without nan; you gave one of shape"):
        Steering(base("gpt2"), vector=vector)


@pytest.mark.parametrize("lists, said", [
    (([], WITH), "with_it is a list of texts, at least one"), ((WITH, []), "without_it is a list of texts, at least"),
    (("good", WITH), "with_it is a list of texts"), ((WITH, None), "without_it is a list"), ((WITH, [1]), "without_it"),
    ((WITH, [""]), f"A text has 1 to {CONTEXT} tokens here; '' has 0"),
    ((["good " * (CONTEXT + 1)], WITH), f"A text has 1 to {CONTEXT} tokens here; 'good good .*has 131")],
                         ids=range(7))
def test_texts_that_make_no_vector(lists, said, base, tokenizer):
    model = base("llama")
    with pytest.raises(CourseError, match=said):
        Steering.from_texts(model, tokenizer, *lists)


@pytest.mark.parametrize("model, tokenizer, said", [
    ("orchard-s", None, "needs a loaded model"), (None, None, "needs a loaded model"),
    ("a model", "orchard-s", "tokenizer must be one of a loaded model")])
def test_what_is_no_model_or_no_tokenizer(model, tokenizer, said):
    model = build_model("llama") if model == "a model" else model
    with pytest.raises(CourseError, match=said):
        Steering.from_texts(model, tokenizer, WITH, WITHOUT)
