"""The edit lab and the interchange lab, in Python: what is shown is what a run gives, and every control changes it."""
from dataclasses import replace
from functools import partial

import pytest
import torch

from course_lib.architecture import blocks_of
from course_lib.explore import edit_lab, interchange_lab
from course_lib.methods import Interchange, Steering
from course_lib.prompting import complete, score_choices
from course_lib.world import relations
from course_lib.world.summing_up import PHRASES
from tests.closeness import NET, assert_near
from tests.tiny import tiny_model

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
PUSH = edit_lab.State(block=0)
SWAP = interchange_lab.State(relation="fruit_family", base="pear", source="lemon")
NAN = float("nan")


@pytest.fixture(scope="module")
def deep(tokenizer):
    """A random model of three blocks."""
    return tiny_model("llama", len(tokenizer), spread=0.7, context=192, blocks=3, tied=False)


def test_the_edit_lab_writes_what_steering_makes_the_model_write(model, tokenizer):
    [plane] = edit_lab.planes(model, tokenizer)
    assert edit_lab.planes(model, tokenizer)[0] is plane  # made once
    for strength in (-2.0, 0.0, 3.0):
        result = edit_lab.compute(model, tokenizer, replace(PUSH, strength=strength))
        steering = Steering(model, 0, plane.vector, strength)
        assert result.written == complete(model, tokenizer, result.text, edit_lab.TOKENS, steering)
        against, favour = score_choices(model, tokenizer, result.text, PHRASES, method=steering)
        assert_near(result.favourable, favour / (favour + against), **NET, size=1)
        moved = (torch.tensor(result.end) - torch.tensor(result.start)) / plane.vector.norm()
        assert_near(moved, [strength, 0.0], **NET, size=10)


def test_the_plane_has_two_directions_at_right_angles(model, tokenizer):
    plane = edit_lab.plane_of(model, tokenizer, 0)
    assert_near(plane.axes @ plane.axes.T, torch.eye(2), terms=128)
    apart = plane.favourable.mean(0) - plane.unfavourable.mean(0)
    assert torch.allclose(apart, torch.tensor([plane.vector.norm(), 0.0]), atol=1e-2)
    texts = edit_lab.reviews()
    assert len(texts) == len(set(texts)) == edit_lab.REVIEWS and all(text.endswith("\nIn short:") for text in texts)


def swap_by_class(model, tokenizer, state):
    """The same as the lab's map, with the course's own Interchange, one place at a time."""
    result = interchange_lab.compute(model, tokenizer, state)
    base, source = interchange_lab.prompts_of(state)
    ids = lambda text: {"input_ids": torch.tensor([tokenizer(text)["input_ids"]])}
    first = [tokenizer(f" {answer}")["input_ids"][0] for answer in result.answers]
    rows = []
    for layer in range(len(blocks_of(model))):
        row = []
        for place in range(-len(result.places), 0):
            method = Interchange(model, layer, place)
            with method.on(model), torch.no_grad():
                logits = method.logits(model, {**ids(base), "source": ids(source)})[0, -1]
            row.append(logits[first].softmax(-1)[1].item())
        rows.append(row)
    return result, rows


@pytest.mark.parametrize("state", [SWAP, replace(SWAP, k=1), interchange_lab.State("opposite", "hot", "big")], ids=str)
def test_the_map_is_that_of_interchange(state, deep, tokenizer):
    result, rows = swap_by_class(deep, tokenizer, state)
    assert_near(result.effect, rows, **NET, size=1)
    assert result.places[-1] == ":" and len({value for row in result.effect for value in row}) > 3
    block, place = interchange_lab.strongest(result)
    assert result.effect[block][place] == max(map(max, result.effect))


def test_no_example_gives_an_answer_away():
    families = relations()["fruit_family"]
    for source in (key for key in families if families[key] != families["pear"]):
        prompts = [prompt.split("\n") for prompt in interchange_lab.prompts_of(replace(SWAP, source=source, k=5))]
        assert prompts[0][:-1] == prompts[1][:-1] and len(prompts[0]) == 6
        assert {"pear", source}.isdisjoint(line.partition(":")[0] for line in prompts[0][:-1])


def test_answers_that_begin_alike_are_told_apart_where_they_part(deep, tokenizer, monkeypatch):
    relation = relations()["country_capital"]
    own = lambda tokenizer, answers: [[5, 6, 7], [5, 9, 7]]
    monkeypatch.setattr(interchange_lab, "answer_tokens", own)
    state = interchange_lab.State("country_capital", *list(relation)[:2])
    result = interchange_lab.compute(deep, tokenizer, state)
    assert result.places[-1] == ":" and all(0 < value < 1 for row in result.effect for value in row)


def test_the_source_stays_while_it_can_and_always_has_another_answer(model, tokenizer):
    panel = interchange_lab.explorable(model, tokenizer).panel(SWAP)
    families = relations()["fruit_family"]
    panel.controls["base"].value = "apple"
    assert panel.values["source"] == SWAP.source and families["apple"] != families[SWAP.source]
    panel.controls["base"].value = SWAP.source
    assert families[panel.values["source"]] != families[SWAP.source] and "role='alert'" not in panel.picture.value
    panel.controls["relation"].value = "opposite"
    opposites, values = relations()["opposite"], panel.values
    assert opposites[values["base"]] != opposites[values["source"]] and "role='alert'" not in panel.picture.value
    panel.reset_button.click()
    assert interchange_lab.State(**panel.values) == SWAP


BAD = [
    *((edit_lab, state, "A state here is State") for state in ("apple", None, SWAP)),
    *((edit_lab, replace(PUSH, review=value), "review must be at least 0") for value in (6, -1, 1.0, "1", None, True)),
    *((edit_lab, replace(PUSH, block=value), "block must be at least 0") for value in (1, -1, "0", None, NAN)),
    *((edit_lab, replace(PUSH, strength=value), "strength cannot be") for value in (0.3, "1", None, NAN, True, [1])),
    *((interchange_lab, state, "A state here is State") for state in ("apple", None, PUSH)),
    *((interchange_lab, replace(SWAP, relation=name), "no relation in this lab") for name in ("verb_past", None, [1])),
    *((interchange_lab, replace(SWAP, base=key), "no key of this relation")
      for key in ("Peru", "", None, NAN, ["pear"])),
    *((interchange_lab, replace(SWAP, k=k), "k must be at least 1 and at most 5") for k in (0, 6, "3", None, 1.0)),
    *((interchange_lab, replace(SWAP, source=key), "no source with another answer called")
      for key in ("apple", "pear", "Peru", 3)),
]


@pytest.mark.parametrize("lab, state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(lab, state, said, model, tokenizer, refused):
    view = edit_lab.edit_lab if lab is edit_lab else interchange_lab.interchange_lab
    refused(partial(lab.compute, model, tokenizer), partial(view, model, tokenizer), state, said)


LABS = ((edit_lab, edit_lab.edit_lab), (interchange_lab, interchange_lab.interchange_lab))


@pytest.mark.parametrize("lab, view", LABS, ids=("edit", "interchange"))
def test_what_is_no_model_or_no_tokenizer(lab, view, model, tokenizer, refused):
    start = PUSH if lab is edit_lab else SWAP
    for given in (None, "orchard-s"):
        refused(partial(lab.compute, given, tokenizer), partial(view, given, tokenizer), start, "loaded")
        refused(partial(lab.compute, model, given), partial(view, model, given), start, "tokenizer must be one of")
