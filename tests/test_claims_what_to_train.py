"""Lesson 03's claims: each measurement gives its figures, and what it compares differs in one thing alone."""
import datasets
import pytest
import torch

from course_lib import claims
from course_lib.claims.topics import data, freezing, labels
from course_lib.experiments import blocks, setting
from course_lib.experiments import freezing as frozen_parts
from course_lib.experiments.labels import labelled, right_share
from course_lib.experiments.short_reviews import FAR, NEAR
from course_lib.methods import Frozen, FullFineTuning
from course_lib.prompting.search import Prompt
from course_lib.weak_supervision import SURE, label_model, votes_of
from course_lib.world import load_task
from tests.closeness import apart, assert_near

IDS = [claim.id for claim in claims.by_lesson("03")]


@pytest.fixture
def trainings(trainings, monkeypatch):
    """On a tiny model; what is trained, in order; nothing is, or written."""
    for module in (freezing, frozen_parts):
        monkeypatch.setattr(module, "load_model", setting.load_model)
    monkeypatch.setattr(labels, "written", lambda model, tokenizer, first, _: [f"{one} on." for one in first])
    monkeypatch.setattr(labels, "UNLABELLED", 50)
    kept = blocks.source, labels.pages
    for one in kept:
        one.cache_clear()
    yield trainings
    for one in kept:
        one.cache_clear()


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
    assert [type(one.method) for one in trainings] == 2 * [FullFineTuning, Frozen, Frozen]
    for setting_, part in ((NEAR, trainings[:3]), (FAR, trainings[3:])):
        assert {one.steps for one in part} == {setting_.steps}
        assert {tuple(one.rows["text"][:]) for one in part} == {tuple(part[0].rows["text"][:])}
        assert len(part[0].rows) == setting_.labels


def test_a_source_model_meets_rows_that_it_has_not_seen(trainings):
    claims.measure("C13", 0)
    source, *tuned = trainings
    seen = set(source.rows["text"][:])
    assert len(tuned) == 4 and all(len(one.rows) == blocks.BLOCK_LABELS for one in tuned)
    assert not any(seen & set(one.rows["text"][:]) for one in tuned[2:])
    assert not any("e" in "".join(one.rows["text"][:]).lower() for one in tuned[:2])
    parts = [one.method.settings["train"][0] for one in tuned]
    assert parts == 2 * ["model.layers.0", "model.layers.3"]
    assert {one.steps for one in tuned} == {blocks.STEPS}


def test_the_probed_head_is_the_probes_and_both_ways_see_as_many_rows(trainings):
    claims.measure("C14", 0)
    probe, random, probed = trainings
    assert random.steps == probe.steps + probed.steps
    probe, random, probed = (one.method.head.weight for one in trainings)
    assert_near(probed, probe + 0.01)  # "training" adds 0.01
    assert apart(random, probe + 0.01)


def test_rules_label_rows_and_abstentions_are_left_out(trainings):
    claims.measure("C82", 0)
    model, gold = (one.rows for one in trainings)
    _, positive = label_model(votes_of(gold["text"][:]))
    sure = [(text, int(p > 0.5)) for text, p in zip(gold["text"], positive) if p >= SURE or p <= 1 - SURE]
    assert len(gold) == 50 and 0 < len(sure) < 50 and list(zip(model["text"], model["label"])) == sure


def test_a_prompt_is_searched_on_validation_and_the_surest_of_what_is_written_are_kept(trainings, monkeypatch):
    asked = []
    far = lambda texts: torch.linspace(-1, 2, len(texts))        # nats above the middle

    def search(model, tokenizer, rows):
        asked.append(rows)
        return [Prompt(0.9, "{text} So:", ("bad", "good"), 0.0)]

    monkeypatch.setattr(labels, "search", search)
    monkeypatch.setattr(labels, "margins", lambda model, tokenizer, texts, prompt: far(texts))
    figures, test = claims.measure("C101", 0), NEAR.test_rows(seed=0)
    [rows] = asked
    assert len(rows) == labels.SEARCHED and set(rows["text"]) <= set(load_task("reviews")["validation"]["text"])
    right = [label == int(margin > 0) for margin, label in zip(far(test), test["label"])]
    assert figures["found_validation"] == 0.9 and figures["found_test"] == pytest.approx(sum(right) / len(right))
    gold, kept, unfiltered = (one.rows for one in trainings)
    sides = far(range(256))
    assert kept["label"][:] == (sides[sides.abs() > sides.abs().median()] > 0).int().tolist()
    assert unfiltered["label"][:] == (sides[:128] > 0).int().tolist() and len(gold) == len(kept) == 128
    assert all(text.endswith(" on.") for text in kept["text"])   # written, and not read


def test_each_curriculum_ends_with_all_rows_and_differs_in_their_order_alone(trainings):
    claims.measure("C80", 0)
    easy, hard, shuffled = (trainings[first:first + 3] for first in (1, 5, 8))   # 0 and 4: the teacher
    for part in (easy, hard, shuffled):
        assert [len(one.rows) for one in part] == [stage * data.STAGE.labels // 3 for stage in (1, 2, 3)]
        assert len({id(one.method) for one in part}) == 1
    assert len({tuple(sorted(part[-1].rows["text"][:])) for part in (easy, hard, shuffled)}) == 1
    assert not set(trainings[0].rows["text"][:]) & set(easy[-1].rows["text"][:])
    assert easy[-1].rows["text"][:] == hard[-1].rows["text"][:][::-1]
    assert abs(sum(2 * label - 1 for label in easy[0].rows["label"][:])) <= 1  # the classes take turns


def test_the_easiest_first_by_hand(monkeypatch):
    """Rows 0 and 2 are negative, 1 and 3 positive; the teacher finds the right answers of 2 and 3 the more probable."""
    rows = load_task("reviews")["train"].select(range(4)).remove_columns("label").add_column("label", [0, 1, 0, 1])
    rows = rows.cast_column("label", datasets.ClassLabel(names=["negative", "positive"]))
    scores = [[0.6, 0.4], [0.3, 0.7], [0.9, 0.1], [0.2, 0.8]]
    monkeypatch.setattr(data, "score_choices", lambda *_, **__: scores)
    assert data.easiest_first(None, None, rows, None) == [2, 3, 0, 1]


def test_raw_text_is_its_own_answer(trainings):
    rows = data.as_raw_text(["The film was dull.", "We left."])
    assert rows["prompt"][:] == ["The", "We"] and rows["answer"][:] == ["film was dull.", "left."]
    claims.measure("C83", 0)
    at_once, *first = (one.rows for one in trainings)
    assert [len(rows) for rows in first] == [1024, 100, 1024, 100] and len(at_once) == 100
    whole = [[f"{row['prompt']} {row['answer']}" for row in first[place]] for place in (0, 2)]
    assert not set(at_once["text"]) & set(whole[0])
    assert [text.replace("e", "").replace("E", "") for text in whole[1]] == whole[0]


def test_labels_of_signs():
    rows = load_task("reviews")["train"].select(range(4))
    given = labelled(rows, torch.tensor([1, 0, -1, 0]))
    assert given["text"][:] == [rows["text"][0], rows["text"][2]] and given["label"][:] == [1, 0]
    assert right_share(torch.tensor([1, 0, -1]), [1, 0, 1]) == 0.5
