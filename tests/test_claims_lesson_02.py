"""Lesson 02's claims: each measurement gives its figures, and each judge is asked both ways."""
import pytest

from course_lib import claims, models
from course_lib.claims.measures import lesson_02, lesson_02_choices, lesson_02_step
from course_lib.training.plan import History
from tests.tiny import tiny_model

IDS = [claim.id for claim in claims.by_lesson("02")]


@pytest.mark.parametrize("claim_id", IDS)
def test_a_measurement_gives_its_figures(claim_id, tokenizer, monkeypatch):
    """In small: a tiny model, and training that only says what it was asked for."""
    model = tiny_model("llama", len(tokenizer), spread=0.7, context=192)

    def tuned(model, tokenizer, task, n, *_, method=None, **__):
        from course_lib.methods import FullFineTuning
        assert n <= 4096 and len(task["train"]) >= n
        return method or FullFineTuning(model), History([1.0] * 12, [0.1] * 12, [{"step": 1, "loss": 0.5}], 1)

    monkeypatch.setattr(models, "load_model", lambda *_, **__: (model, tokenizer))
    for module in (lesson_02, lesson_02_choices):
        monkeypatch.setattr(module, "tuned", tuned)
        monkeypatch.setattr(module, "accuracy", lambda *_: 0.5)
    figures = claims.measure(claim_id, 0)
    assert tuple(figures) == claims.get(claim_id).figures
    assert all(value >= 0 for value in figures.values())


@pytest.fixture
def asked(tokenizer, monkeypatch):
    """What is trained, in order: (rows, rate, steps, the sum of the parameters at the start); no test is scored."""
    from course_lib.methods import FullFineTuning

    model, found = tiny_model("llama", len(tokenizer), spread=0.7, context=192), []

    def tuned(model, tokenizer, task, n, seed, rate=None, steps=None, method=None, **_):
        method = method or FullFineTuning(model)
        found.append((task["train"], rate, steps, sum(one.sum().item() for one in method.parameters())))
        next(method.parameters()).data += 1                       # another model, as after training
        return method, None

    monkeypatch.setattr(models, "load_model", lambda *_, **__: (model, tokenizer))
    for module in (lesson_02, lesson_02_choices):
        monkeypatch.setattr(module, "tuned", tuned)
        monkeypatch.setattr(module, "accuracy", lambda *_: 0.5)
    return found


def test_every_second_task_starts_from_the_same_tuned_model_and_the_control_holds_old_rows(asked):
    claims.measure("C06", 0)
    (old, *_), *later = asked
    old = set(old["prompt"][:])
    assert len(later) == 4 and len({total for *_, total in later}) == 1 and later[0][3] != asked[0][3]
    assert {steps for _, _, steps, _ in later} == {lesson_02.MORE_STEPS}
    plain, mixed = (([len(old & set(rows["prompt"][:])) for rows, *_ in part]) for part in (later[::2], later[1::2]))
    assert plain == [0, 0] and all(abs(count - lesson_02.LABELS) <= 2 for count in mixed)


def test_both_starts_get_the_same_steps(asked):
    claims.measure("C05", 0)
    assert [steps for _, _, steps, _ in asked] == [40, 40, 128, 128]
    assert [rate for _, rate, *_ in asked] == list(lesson_02.START_RATES.values())


def test_both_methods_get_the_same_rates(asked):
    claims.measure("C76", 0)
    assert [rate for _, rate, *_ in asked] == 2 * list(lesson_02_choices.RATES)


def test_words_found():
    assert lesson_02.words_found(["Leila builds a drum", "no"], ["Leila builds drum in Boston", "yes"]) == 0.3


def test_picking_on_a_test_set_is_luck():
    coins = [[(place * 7919 + row * 104729) % 13 < 6 for place in range(200)] for row in range(12)]
    found = lesson_02_choices.picked(coins, draws=200, seed=0, n=30)
    assert found["on_test"] > found["on_test_fresh"] + 0.03
    assert abs(found["on_validation"] - found["on_validation_fresh"]) < 0.03
    certain = lesson_02_choices.picked([[1] * 100, [0] * 100], draws=10, seed=0, n=30)
    assert set(certain.values()) == {1.0}


def test_untied_is_another_matrix_with_the_same_answers(tokenizer):
    import torch

    model = tiny_model("llama", len(tokenizer), spread=0.7, context=192)
    apart = lesson_02_step.untied_copy(model)
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
