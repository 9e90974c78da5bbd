"""Lesson 02's claims: each measurement gives its figures, and each judge is asked both ways."""
from dataclasses import replace

import datasets
import pytest
import torch

from course_lib import claims
from course_lib.claims.topics import one_step, other_tasks
from course_lib.experiments import fine_tuning, setting, tuning
from course_lib.experiments.fine_tuning import SHORT
from course_lib.experiments.one_step import untied_copy
from course_lib.experiments.picking import picked
from course_lib.world import load_task
from tests.tiny import tiny_model

IDS = [claim.id for claim in claims.by_lesson("02")]


@pytest.mark.parametrize("claim_id", IDS)
def test_a_measurement_gives_its_figures(claim_id, trainings, monkeypatch):
    monkeypatch.setattr(one_step, "load_model", setting.load_model)
    monkeypatch.setattr(other_tasks, "by_margins", lambda model, tokenizer, rows, test: len(test) * [2])
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
    assert plain == [0, 0] and all(abs(count - SHORT.labels) <= 2 for count in mixed)


def test_a_random_start_is_trained_for_longer_and_at_a_rate_of_its_own(trainings):
    claims.measure("C05", 0)
    assert [(len(one.rows), one.steps, one.rate) for one in trainings] == [
        (128, 80, 3e-4), (128, 200, 1e-3), (1024, 500, 1e-3)]


def test_random_weights_lose_no_old_text_but_may_say_one_thing_to_all(trainings, monkeypatch):
    """The search for their rate refuses the second alone; that of any other arm refuses both."""
    said = {}
    monkeypatch.setattr(fine_tuning, "answers", lambda model, tokenizer, rows, method: (said["given"], rows["label"]))
    monkeypatch.setattr(tuning, "judged", lambda *_: {"score": 0.5, "guessing": 0.5, "diverged": 1.0})
    for said["given"], diverged in (([0, 1, 1], 0.0), ([1, 1, 1], 1.0)):
        found = fine_tuning.newborn(fine_tuning.RANDOM[128], replace(fine_tuning.FULL, rate=1e-3), 0)
        assert found == {"score": 0.5, "guessing": 0.5, "diverged": diverged}


def test_each_method_is_trained_at_both_rates(trainings):
    claims.measure("C76", 0)
    assert [one.rate for one in trainings] == [3e-4, 3e-3, 3e-3, 3e-4]


def test_the_shortest_lines_of_two_answers_stand_in_front_of_the_prompt():
    rows, train = load_task("reviews")["test"].select(range(2)), load_task("reviews")["train"]
    shown = other_tasks.after_lines(rows, train, 2)
    lines = shown["prompt"][1].removesuffix(rows["prompt"][1])
    assert lines.startswith(min(train["text"][:32], key=len)) and lines.endswith("\n") and lines != shown["prompt"][1]
    assert lines.count("label: positive") == lines.count("label: negative") == 1
    assert shown.remove_columns("prompt")[:] == rows.remove_columns("prompt")[:]


def test_stars_by_margins_by_hand(monkeypatch):
    """Log odds of 0, 1, … 4 for stars of 0, 2, … 8: the line has slope 2, and what it says ends at 0 and at 4."""
    rows = datasets.Dataset.from_dict({"text": list("abcde"), "label": [0, 2, 4, 6, 8]})
    asked = []
    monkeypatch.setattr(other_tasks, "search", lambda model, tokenizer, rows: asked.append(rows[:]) or ["the prompt"])
    monkeypatch.setattr(other_tasks, "margins", lambda model, tokenizer, texts, prompt: torch.tensor(
        [float("abcde".index(text)) for text in texts]))
    test = datasets.Dataset.from_dict({"text": list("ebaa")})
    assert other_tasks.by_margins(None, None, rows, test) == [4, 2, 0, 0]
    assert asked == [{"text": list("acde"), "label": [0, 1, 1, 1]}]


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
