"""Streams after a deployment: what is drawn is what was asked for, and what is said of it follows from it."""
import numpy as np
import pytest

from course_lib.experiments import drift, drift_alarms, drift_outcome, drift_told
from course_lib.experiments.draws import BRIEF
from course_lib.experiments.drift import KINDS, PRAISE, Answered, sample, streams, turned
from course_lib.experiments.drift_alarms import WATCHES, WINDOW, by_size, in_windows, watches
from course_lib.monitoring import FOLK, page_hinkley, psi


def pool(n: int, seed: int, restaurants: float = 0.5) -> Answered:
    """n rows, of which about one in twenty is answered wrongly."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    signs = np.where(rng.random(n) < 0.05, -1, 1) * np.where(labels == 1, 1, -1)
    return Answered(signs * rng.uniform(0.5, 6, n), labels, rng.random(n) < restaurants)


POOL = {"own": pool(2000, 0), "gadgets": pool(500, 1, 0), "dead key": pool(500, 2)}


def test_rows_are_drawn_from_the_grammar_as_they_are_asked_for():
    rows, restaurants = drift.drawn(("film", "restaurant"), 40, 0)
    again, _ = drift.drawn(("film", "restaurant"), 40, 0)
    other, none = drift.drawn(("gadget",), 40, 1)
    assert rows["text"][:] == again["text"][:] != other["text"][:] and 0 < restaurants.sum() < 40 and not none.any()
    assert sum(rows["label"][:]) == 20 and all(len(text.split()) <= BRIEF for text in rows["text"][:])
    assert rows["prompt"][0] == f"{rows['text'][0]}\nlabel:" and rows["answer"][1] == "positive"


def test_what_is_computed_of_an_answer():
    rows = Answered(np.array([2.0, 2.0, -1.0]), np.array([1, 0, 0]), np.array([True, False, True]))
    assert rows.wrong.tolist() == [0, 1, 0]
    assert rows.loss(1.0) == pytest.approx(np.log1p(np.exp([-2, 2, -1])))
    assert rows.doubt(2.0) == pytest.approx(1 / (1 + np.exp([1, 1, 0.5])))


def test_labels_turn_for_restaurants_and_for_the_share_that_is_asked_for():
    rng, rows = np.random.default_rng(0), POOL["own"]
    whole = turned(rows, 1.0, rng)
    assert ((whole.labels != rows.labels) == rows.restaurants).all() and (whole.margins == rows.margins).all()
    part = turned(rows, 0.3, rng).labels != rows.labels
    assert not part[~rows.restaurants].any() and part[rows.restaurants].mean() == pytest.approx(0.3, abs=0.06)


def test_each_kind_is_what_it_is_called():
    rng, n = np.random.default_rng(0), 20_000
    found = {kind: sample(POOL, kind, (n,), rng) for kind in KINDS}
    assert not found["gadgets"].restaurants.any()
    assert found["praise"].labels.mean() == pytest.approx(PRAISE, abs=0.02)
    assert found["nothing"].wrong.mean() < 0.1 < found["turned"].wrong.mean() == pytest.approx(0.5, abs=0.05)
    assert np.isin(found["dead key"].margins, POOL["dead key"].margins).all()
    half = sample(POOL, "gadgets", (n,), rng, 0.5)
    assert half.restaurants.mean() == pytest.approx(0.25, abs=0.03)


def test_a_stream_changes_where_it_is_said():
    rows = streams(POOL, "gadgets", 70, (30, 100), np.random.default_rng(0))
    assert rows.margins.shape == rows.labels.shape == (30, 100)
    assert rows.restaurants[:, :70].mean() > 0.4 and not rows.restaurants[:, 70:].any()


def test_psi_is_looked_at_whenever_a_window_is_full():
    values = np.random.default_rng(0).normal(size=(3, 2 * WINDOW + 7))
    reference = np.random.default_rng(1).normal(size=300)
    found = in_windows(reference, values)
    assert found[:, WINDOW - 1] == pytest.approx(psi(reference, values[:, :WINDOW]))
    assert found[:, 2 * WINDOW - 1] == pytest.approx(psi(reference, values[:, WINDOW:2 * WINDOW]))
    assert (found != 0).sum() == 6 and found.shape == values.shape


def test_an_alarm_without_labels_sees_nothing_of_them():
    rows = POOL["own"].at(np.arange(400).reshape(2, 200))
    other = turned(rows, 1.0, np.random.default_rng(0))
    for name, one in watches(POOL["gadgets"], 0.8).items():
        same = (one.values(rows) == one.values(other)).all()
        assert same == (name in ("scores", "doubts")), name
    assert watches(POOL["own"], 1.0)["errors"].values(rows) == pytest.approx(page_hinkley(rows.wrong, 0.05))


def test_the_folk_threshold_says_what_the_number_of_rows_says():
    rng = np.random.default_rng(0)
    own, moved = rng.normal(size=3000), rng.normal(0.25, 1, size=3000)
    found = by_size(own, moved, (50, 2000), 100, rng)
    assert found[50]["same_folk"] > 0.7 and found[2000]["same_folk"] == 0 and FOLK[0] == 0.1
    assert max(one["same_promised"] for one in found.values()) < 0.16
    assert found[2000]["moved_promised"] == 1 > found[2000]["moved_folk"]


def test_the_claims_figures_are_made_of_every_kind_and_alarm(monkeypatch):
    monkeypatch.setattr(drift_outcome, "trained", lambda *_: "run")
    monkeypatch.setattr(drift_outcome, "temperature_of", lambda run: 1.0)
    monkeypatch.setattr(drift_outcome, "pools", lambda run, sizes, seed: POOL | {
        "reference": POOL["own"], "calibration": POOL["own"]})
    monkeypatch.setattr(drift_outcome, "STREAMS", 40)
    found = drift_outcome.outcome(0)
    assert found["turned_right"] < 0.6 < found["nothing_right"] and found["turned_errors"] == 1
    assert found["turned_errors_rows"] < 100 and found["turned_doubts_rows"] == drift_outcome.CHANGE
    assert found["turned_guessed"] == pytest.approx(found["nothing_guessed"], abs=0.02)
    assert len(found) == len(KINDS) * (2 + 2 * len(WATCHES)) and not any(" " in name for name in found)


def test_a_training_anew_sees_what_its_way_says(monkeypatch):
    seen = {}
    monkeypatch.setattr(drift_outcome, "learn", lambda model, tokenizer, method, rows, *_: seen.update(rows=rows))
    monkeypatch.setattr(drift_outcome, "FRESH", 30)
    sizes = {}
    for way in drift_outcome.WAYS:
        assert drift_outcome.again(way, 1e-3, 0).history is None
        sizes[way] = len(seen["rows"])
    assert sizes["alone"] == 30 and sizes["mixed"] == 60 and 30 < sizes["held"] < 60
    rows, kinds = drift.drawn(drift_outcome.BOTH, 30, "now 0", "train")
    other = drift_outcome.other_labels(rows, kinds)
    assert ((np.array(other["label"][:]) != np.array(rows["label"][:])) == kinds).all()
    assert other["answer"][0] == other.features["label"].names[other["label"][0]]


def test_what_is_said_follows_from_the_figures():
    names = ("errors", "losses", "scores", "doubts")
    for values, key in (((1, 1, 0.1, 0), "labels"), ((0.9, 0, 0.8, 0), "all"), ((0, 0, 1, 0), "none"),
                        ((0, 0, 0.1, 0.5), "neither")):
        assert drift_told.who_rings(dict(zip(names, values))) == key
    assert "within" in drift_told.told_promise(0.04, 0.06) and "outside" in drift_told.told_promise(0.06, 0.08)
    for films, key in (((0.95, 0.85), "fall"), ((0.95, 0.94), "stay"), ((0.9, 0.95), "rise")):
        assert drift_told.what_training_costs(dict(zip(("before", "alone"), films))) == key
    now = {"before": 0.5, "alone": 0.8, "mixed": 0.6, "held": 0.9}
    told = drift_told.told_training(dict(now, before=0.95), now)
    assert "have held, 90 %" in told and "had 95 %" in told


def test_a_threshold_for_n_rows_is_kept():
    assert drift_alarms.threshold_for(50) > drift_alarms.threshold_for(500) > 0
