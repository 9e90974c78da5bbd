"""What lesson 04's claims measure, in small: each dear one trains for a step or two, and gives its own figures."""
from dataclasses import replace

import pytest

from course_lib import claims
from course_lib.claims.topics import distillation, size
from course_lib.experiments import answering, stars
from course_lib.experiments.draws import shuffled
from course_lib.training import batches
from course_lib.world import load_task


@pytest.fixture
def small(monkeypatch):
    """Two steps on few reviews, a few of them to test; a teacher of two steps need not name every star."""
    teaching = replace(stars.TEACHING, labels=20, steps=2, batch=4, test=10)
    learning = replace(stars.LEARNING, labels=20, steps=2, batch=4)
    for name, value in {"TEACHING": teaching, "LEARNING": learning, "LONGER": learning, "FEW": 15}.items():
        monkeypatch.setattr(stars, name, value)
    for name in ("TEACHING", "LEARNING"):
        monkeypatch.setattr(answering, name, getattr(stars, name))
    monkeypatch.setattr(stars.tuned, "__defaults__", (learning,))
    monkeypatch.setattr(stars.distilled, "__defaults__", ("distilled", learning))
    monkeypatch.setattr(size, "NEWBORN_STEPS", 1)
    monkeypatch.setattr(batches, "check_classes", lambda rows: None)


@pytest.mark.parametrize("claim_id", ["C64", "C65", "C66", "C67", "C97", "C99"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert set(claims.measure(claim_id, 0)) == set(claims.get(claim_id).figures)


def test_a_skewed_label_has_one_star_less_and_there_is_none_below_one():
    rows = shuffled(load_task("stars")["train"], 300)
    skewed = distillation.skewed(rows, 0)
    down = [right - label for right, label in zip(rows["label"], skewed["label"])]
    changed = [one for one, right in zip(down, rows["label"]) if right]
    assert set(down) == {0, 1} and 0.5 < sum(changed) / len(changed) < 0.8
    assert all(one == 0 for one, right in zip(down, rows["label"]) if right == 0)
    assert skewed["answer"][:] == [str(label + 1) for label in skewed["label"]]
    assert skewed["text"][:] == rows["text"][:] and skewed.features == rows.features


def test_stars_too_few_are_counted_in_the_mean(monkeypatch):
    monkeypatch.setattr(distillation, "answers", lambda *_: ([0, 1, 2, 3], [0, 2, 4, 4]))
    assert distillation.too_few(None, None, None) == 1


@pytest.mark.parametrize("after, joules", [(3_500_000, 625.0), (500_000, 125.0)])
def test_joules_are_for_a_thousand_answers_and_the_counter_may_start_again(tmp_path, monkeypatch, after, joules):
    """Two passes of two answers: 2.5 J from 1 to 3.5 J; 0.5 J from 1 J over the end of the counter at 1 J to 0.5 J."""
    counter = tmp_path / "energy_uj"
    counter.write_text("1000000")
    (tmp_path / "max_energy_range_uj").write_text("999999" if after < 1_000_000 else "10000000")
    monkeypatch.setattr(answering, "seconds", lambda *_: counter.write_text(str(after)))
    assert answering.joules(None, {"input_ids": [0, 0]}, passes=2, reported=tmp_path) == joules
    assert answering.joules(None, {"input_ids": [0, 0]}, passes=2, reported=tmp_path / "none") is None
