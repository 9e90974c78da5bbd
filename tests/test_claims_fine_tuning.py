"""Lesson 02's claims: each measurement gives its figures, and each judge is asked both ways."""
import pytest

from course_lib import claims
from course_lib.claims.topics import choices, one_step, other_tasks
from course_lib.experiments import setting
from course_lib.experiments.fine_tuning import TUNED
from course_lib.experiments.one_step import untied_copy
from course_lib.experiments.picking import picked
from tests.tiny import tiny_model

IDS = [claim.id for claim in claims.by_lesson("02")]


@pytest.mark.parametrize("claim_id", IDS)
def test_a_measurement_gives_its_figures(claim_id, trainings, monkeypatch):
    monkeypatch.setattr(one_step, "load_model", setting.load_model)
    figures = claims.measure(claim_id, 0)
    assert tuple(figures) == claims.get(claim_id).figures
    assert all(value >= 0 for value in figures.values())


def test_every_second_task_starts_from_the_same_tuned_model_and_the_control_holds_old_rows(trainings):
    claims.measure("C06", 0)
    first, *later = trainings
    old = set(first.rows["prompt"][:])
    assert len(later) == 4 and len({one.start for one in later}) == 1 and later[0].start != first.start
    assert {one.steps for one in later} == {120}
    plain, mixed = (([len(old & set(one.rows["prompt"][:])) for one in part]) for part in (later[::2], later[1::2]))
    assert plain == [0, 0] and all(abs(count - TUNED.labels) <= 2 for count in mixed)


def test_both_starts_get_the_same_steps(trainings):
    claims.measure("C05", 0)
    assert [(one.steps, one.rate) for one in trainings] == [(40, 3e-4), (40, 1e-2), (128, 3e-4), (128, 1e-2)]


def test_both_methods_get_the_same_rates(trainings):
    claims.measure("C76", 0)
    assert [one.rate for one in trainings] == 2 * list(choices.RATES)


def test_words_found():
    assert other_tasks.words_found(["Leila builds a drum", "no"], ["Leila builds drum in Boston", "yes"]) == 0.3


def test_picking_on_a_test_set_is_luck():
    coins = [[(place * 7919 + row * 104729) % 13 < 6 for place in range(200)] for row in range(12)]
    found = picked(coins, draws=200, seed=0, n=30)
    assert found["on_test"] > found["on_test_fresh"] + 0.03
    assert abs(found["on_validation"] - found["on_validation_fresh"]) < 0.03
    certain = picked([[1] * 100, [0] * 100], draws=10, seed=0, n=30)
    assert set(certain.values()) == {1.0}


def test_untied_is_another_matrix_with_the_same_answers(tokenizer):
    import torch

    model = tiny_model("llama", len(tokenizer), spread=0.7, context=192)
    apart = untied_copy(model)
    ids = torch.tensor([[5, 6, 7]])
    assert torch.equal(apart(ids).logits, model(ids).logits)
    assert apart.lm_head.weight is not apart.get_input_embeddings().weight
    assert model.lm_head.weight is model.get_input_embeddings().weight


def test_a_bag_of_words_learns_words_and_no_order():
    import datasets

    from course_lib.bag_of_words import bag_of_words_accuracy, words_of

    names = datasets.ClassLabel(names=["negative", "positive"])
    rows = datasets.Dataset.from_dict({"text": ["good food", "bad food", "Good!", "bad, really"] * 5,
                                       "label": [1, 0, 1, 0] * 5}).cast_column("label", names)
    assert bag_of_words_accuracy(rows, rows) == 1.0
    order = datasets.Dataset.from_dict({"text": ["not good but bad", "not bad but good"] * 5,
                                        "label": [0, 1] * 5}).cast_column("label", names)
    assert bag_of_words_accuracy(order, order) == 0.5
    assert words_of("Good, good food!") == {"good", "food"}
