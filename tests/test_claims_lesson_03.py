"""Lesson 03's claims: each measurement gives its figures, and what it compares differs in one thing alone."""
import datasets
import pytest
import torch

from course_lib import claims, models
from course_lib.claims.lesson_03 import SEARCHED
from course_lib.claims.measures import lesson_03, lesson_03_data, lesson_03_labels, lesson_03_shift
from course_lib.methods import Frozen, FullFineTuning
from course_lib.prompting.search import Prompt
from course_lib.weak_supervision import SURE, label_model, majority, votes_of
from tests.closeness import apart, assert_near
from tests.tiny import tiny_model

IDS = [claim.id for claim in claims.by_lesson("03")]


@pytest.fixture
def trainings(tokenizer, monkeypatch):
    """On a tiny model; what is trained, in order: (method, rows, seed, rate, steps). Nothing is."""
    model, found = tiny_model("llama", len(tokenizer), spread=0.7, context=192, blocks=4), []

    def train(model, tokenizer, method, rows, seed, rate, steps=lesson_03.STEPS, **options):
        found.append((method, rows, seed, rate, steps))
        with torch.no_grad():
            next(method.parameters()).add_(0.01)                  # another model, as after training

    for module in (lesson_03, lesson_03_data, lesson_03_labels, lesson_03_shift):
        monkeypatch.setattr(module, "train", train)
        monkeypatch.setattr(module, "accuracy", lambda *_: 0.5)
    monkeypatch.setattr(models, "load_model", lambda *_, **__: (model, tokenizer))
    monkeypatch.setattr(lesson_03_labels, "written", lambda model, tokenizer, first, _: [f"{one} on." for one in first])
    monkeypatch.setattr(lesson_03_labels, "UNLABELLED", 50)
    monkeypatch.setattr(lesson_03_data, "RAW_ROWS", 20)
    return found


@pytest.mark.parametrize("claim_id", IDS)
def test_a_measurement_gives_its_figures(claim_id, trainings):
    figures = claims.measure(claim_id, 0)
    assert set(figures) == set(claims.get(claim_id).figures)
    assert all(value >= 0 for value in figures.values())


def test_frozen_by_hand_and_gradients_set_to_zero(trainings):
    figures = claims.measure("C07", 1)
    assert figures["frozen"] == 0 < figures["zeroed"] < figures["trained"]


def test_the_parts_are_trained_on_the_same_rows_near_and_far(trainings):
    claims.measure("C12", 3)
    assert [type(method) for method, *_ in trainings] == 2 * [FullFineTuning, Frozen, Frozen]
    for size, part in ((lesson_03.NEAR, trainings[:3]), (lesson_03.FAR, trainings[3:])):
        assert {steps for *_, steps in part} == {size["steps"]}
        assert {tuple(rows["text"][:]) for _, rows, *_ in part} == {tuple(part[0][1]["text"][:])}
        assert len(part[0][1]) == size["labels"]


def test_a_source_model_meets_rows_that_it_has_not_seen(trainings):
    claims.measure("C13", 0)
    source, *tuned = trainings
    seen = set(source[1]["text"][:])
    turned = [rows for method, rows, *_ in tuned[5:]]
    assert len(tuned) == 10 and all(len(rows) == 256 for _, rows, *_ in tuned)
    assert not any(seen & set(rows["text"][:]) for rows in turned)
    assert not any("e" in "".join(rows["text"][:]).lower() for _, rows, *_ in tuned[:5])
    parts = [method.settings["train"][0] for method, *_ in tuned if isinstance(method, Frozen)]
    assert parts == 2 * [f"model.layers.{place}" for place in range(4)]
    assert [steps for *_, steps in tuned] == 5 * [lesson_03_shift.STEPS["input"]] + 5 * [lesson_03_shift.STEPS["label"]]


def test_the_probed_head_is_the_probes(trainings):
    claims.measure("C14", 0)
    probe, random, probed = (method.head.weight for method, *_ in trainings)
    assert [steps for *_, steps in trainings] == [lesson_03.STEPS, 2 * lesson_03.STEPS, lesson_03.STEPS]
    assert_near(probed, probe + 0.01)  # "training" adds 0.01
    assert apart(random, probe + 0.01)


def test_rules_label_rows_and_abstentions_are_left_out(trainings):
    claims.measure("C82", 0)
    vote, model, gold = (rows for _, rows, *_ in trainings)
    votes = votes_of(gold["text"][:])
    signs, (_, positive) = majority(votes), label_model(votes)
    assert len(gold) == 50 and vote["text"][:] == [t for t, sign in zip(gold["text"], signs) if sign]
    assert vote["answer"][:] == [("negative", "positive")[int(sign > 0)] for sign in signs if sign]
    sure = [(text, int(p > 0.5)) for text, p in zip(gold["text"], positive) if p >= SURE or p <= 1 - SURE]
    assert 0 < len(sure) < 50 and list(zip(model["text"], model["label"])) == sure


def test_a_prompt_is_searched_on_validation_and_the_surest_of_what_is_written_are_kept(trainings, monkeypatch):
    asked = []
    far = lambda texts: torch.linspace(-1, 2, len(texts))        # nats above the middle

    def search(model, tokenizer, rows):
        asked.append(rows)
        return [Prompt(0.9, "{text} So:", ("bad", "good"), 0.0)]

    monkeypatch.setattr(lesson_03_labels, "search", search)
    monkeypatch.setattr(lesson_03_labels, "margins", lambda model, tokenizer, texts, prompt: far(texts))
    figures, (*_, task, test) = claims.measure("C101", 0), lesson_03.start()
    [rows] = asked
    assert len(rows) == SEARCHED and set(rows["text"]) <= set(task["validation"]["text"])
    right = [label == int(margin > 0) for margin, label in zip(far(test), test["label"])]
    assert figures["found_validation"] == 0.9 and figures["found_test"] == pytest.approx(sum(right) / len(right))
    kept, unfiltered, gold = (rows for _, rows, *_ in trainings)
    sides = far(range(256))
    assert kept["label"][:] == (sides[sides.abs() >= sides.abs().median()] > 0).int().tolist()
    assert unfiltered["label"][:] == (sides[:128] > 0).int().tolist() and len(gold) == 128
    assert all(text.endswith(" on.") for text in kept["text"])   # written, and not read


def test_each_curriculum_ends_with_all_rows_and_differs_in_their_order_alone(trainings):
    claims.measure("C80", 0)
    _, *stages = trainings
    runs = [stages[place:place + 3] for place in (0, 3, 6)]
    for run in runs:
        assert [len(rows) for _, rows, *_ in run] == [stage * lesson_03_data.ORDERED // 3 for stage in (1, 2, 3)]
        assert len({id(method) for method, *_ in run}) == 1
    assert len({tuple(sorted(run[-1][1]["text"][:])) for run in runs}) == 1
    assert runs[0][-1][1]["text"][:] == runs[1][-1][1]["text"][:][::-1]
    assert abs(sum(2 * label - 1 for label in runs[0][0][1]["label"][:])) <= 1  # the classes take turns


def test_the_easiest_first_by_hand(monkeypatch):
    """Rows 0 and 2 are negative, 1 and 3 positive; the teacher finds the right answers of 2 and 3 the more probable."""
    rows = lesson_03.start()[2]["train"].select(range(4)).remove_columns("label").add_column("label", [0, 1, 0, 1])
    rows = rows.cast_column("label", datasets.ClassLabel(names=["negative", "positive"]))
    scores = [[0.6, 0.4], [0.3, 0.7], [0.9, 0.1], [0.2, 0.8]]
    monkeypatch.setattr(lesson_03_data, "score_choices", lambda *_, **__: scores)
    assert lesson_03_data.easiest_first(None, None, rows, None) == [2, 3, 0, 1]


def test_raw_text_is_its_own_answer(trainings):
    rows = lesson_03_data.as_raw_text(["The film was dull.", "We left."])
    assert rows["prompt"][:] == ["The", "We"] and rows["answer"][:] == ["film was dull.", "left."]
    claims.measure("C83", 0)
    at_once, *first = (rows for _, rows, *_ in trainings)
    assert [len(rows) for rows in first] == [20, 100, 20, 100] and len(at_once) == 100
    whole = [[f"{row['prompt']} {row['answer']}" for row in first[place]] for place in (0, 2)]
    assert not set(at_once["text"]) & set(whole[0])
    assert [text.replace("e", "").replace("E", "") for text in whole[1]] == whole[0]


def test_labels_of_signs():
    rows = lesson_03.start()[2]["train"].select(range(4))
    given = lesson_03_labels.labelled(rows, torch.tensor([1, 0, -1, 0]))
    assert given["text"][:] == [rows["text"][0], rows["text"][2]] and given["label"][:] == [1, 0]
    assert lesson_03_labels.right_share(torch.tensor([1, 0, -1]), [1, 0, 1]) == 0.5
