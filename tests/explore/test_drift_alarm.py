"""The drift alarm over its whole range: false alarms as promised, and what is said follows from the recorded rows."""
import json
import re

import numpy as np
import pytest
from scipy import stats

from course_lib.errors import CourseError
from course_lib.experiments.drift import KINDS, streams
from course_lib.experiments.drift_alarms import WATCHES, watches
from course_lib.explore import drift_alarm as lab
from course_lib.explore.drift_alarm import State
from course_lib.explore.recorded import drift, drift_alarms
from course_lib.monitoring import rows_to_alarm

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
PROMISES = drift_alarms.PROMISES


def test_what_was_answered_is_complete():
    kept = drift.read()
    assert {name: len(rows) for name, rows in kept.pools.items()} == drift.SIZES and 0.2 < kept.temperature < 5
    assert drift.PATH.stat().st_size < 200_000
    for name, rows in kept.pools.items():
        assert set(rows.labels) == {0, 1} and abs(rows.labels.mean() - 0.5) < 0.01
        assert np.isfinite(rows.margins).all() and (rows.margins != 0).mean() > 0.99
        assert rows.restaurants.any() == (name != "gadgets")


@pytest.mark.parametrize("place, promise", [(PROMISES.index(promise), promise) for promise in (0.01, 0.05, 0.2)])
@pytest.mark.parametrize("watch", WATCHES)
def test_a_thousand_streams_without_drift_ring_as_often_as_promised(watch, place, promise):
    """Of rows that nothing was calibrated on. 12 of these are tried, so each within what chance makes once in 1,000."""
    kept = drift.read()
    threshold = drift_alarms.read()["thresholds"][watch][place]
    one = watches(kept.pools["reference"], kept.temperature)[watch]
    alarms = 0
    for seed in range(10):
        rows = streams(kept.pools, "nothing", drift_alarms.CHANGE, (100, drift_alarms.LENGTH),
                       np.random.default_rng([11, seed]))
        alarms += int(np.isfinite(rows_to_alarm(one.values(rows), threshold)).sum())
    low, high = stats.binom.interval(0.999, 1000, promise)
    assert low <= alarms <= high, (alarms, low, high)


def test_what_needs_no_label_is_blind_to_labels_and_what_does_is_not():
    for share in lab.SHARES:
        for watch in ("scores", "doubts"):
            still, turned = (lab.compute(State(kind, share, watch, 0.05)).here for kind in ("nothing", "turned"))
            assert abs(turned.rung - still.rung) < 0.08 and turned.rows is None
    for watch in ("errors", "losses"):
        assert lab.compute(State("turned", 1.0, watch, 0.05)).here.rung == 1
    assert lab.compute(State("praise", 1.0, "scores", 0.05)).here.rung > 0.9


@pytest.mark.parametrize("watch", WATCHES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_follows_from_the_points(kind, watch):
    result = lab.compute(State(kind, 1.0, watch, 0.1))
    assert [one.threshold for one in result.points] == drift_alarms.read()["thresholds"][watch]
    assert list(result.points) == sorted(result.points, key=lambda one: -one.threshold)
    for less, more in zip(result.points, result.points[1:]):   # a lower threshold rings oftener, and not later
        assert less.false <= more.false and less.rung <= more.rung
    assert result.here is result.points[3] and lab.soon(result.here) in lab.summary(result)
    assert ("fewer than half" in lab.summary(result)) == (result.here.rows is None)
    assert len(lab.rows(result)) == 1 + len(PROMISES) and sum("<" in row[-2:] for row in lab.rows(result)) == 1
    assert f"{result.here.threshold:.3g}" in lab.alt(result)


def test_found_names_what_rings():
    told = lab.found()
    assert all(words[1:] in told for kind, words in KINDS.items() if kind != "nothing")
    last = told.rpartition("**")[2]
    assert "errors" in last and "losses" in last and "doubts" not in last and "PSI" not in last


def test_rivers_alarms_stand_beside_ours():
    kept = drift_alarms.read()
    assert re.fullmatch(r"\d+\.\d+\.\d+", kept["version"]) and set(kept["river"]) == {"ADWIN", "Page-Hinkley"}
    for one in kept["river"].values():
        assert one["rung"] == sorted(one["rung"]) and len(one["rows"]) == len(drift_alarms.SHARES)


def test_the_commands_write_what_is_measured(monkeypatch, tmp_path):
    few = {name: rows.at(slice(0, 60)) for name, rows in drift.read().pools.items()}
    monkeypatch.setattr(drift, "PATH", tmp_path / "data" / "drift.safetensors")
    monkeypatch.setattr(drift, "trained", lambda *_: "run")
    monkeypatch.setattr(drift.drift, "pools", lambda run, sizes, seed: few)
    monkeypatch.setattr(drift.drift, "temperature_of", lambda run: 0.71)
    drift.main()
    again = drift.read.__wrapped__()
    assert again.temperature == 0.71
    for name, rows in few.items():
        assert np.abs(again.pools[name].margins - rows.margins).max() <= 0.5 / drift.FINENESS
        for column in ("labels", "restaurants"):
            assert (getattr(again.pools[name], column) == getattr(rows, column)).all()
    monkeypatch.setattr(drift_alarms, "PATH", tmp_path / "drift_alarms.json")
    monkeypatch.setattr(drift_alarms, "BESIDE", 20)
    monkeypatch.setattr(drift_alarms, "thresholds", lambda: {"errors": [1.0]})
    drift_alarms.main()
    written = json.loads(drift_alarms.PATH.read_text(encoding="utf-8"))
    assert written["thresholds"] == {"errors": [1.0]} and written["river"]["ADWIN"]["rung"][2] > 0.9


def test_without_river_the_command_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "river", None)
    with pytest.raises(CourseError, match=r"pip install -e '.\[drift\]'"):
        drift_alarms.beside()


BAD = [("turned", "A state here is State"), (None, "A state here is State"),
       *((State(kind=kind), "no kind called") for kind in ("words", None, 1)),
       *((State(watch=watch), "no watch called") for watch in ("accuracy", None)),
       *((State(share=share), "share cannot be") for share in (0.2, "1", True, None, float("nan"))),
       *((State(promise=promise), "promise cannot be") for promise in (0, 5, "0.05", True))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.drift_alarm, state, said)


def test_text_form_and_notebook(shown_both_ways):
    printed = shown_both_ways(lab.drift_alarm)
    assert lab.summary(lab.compute(State())) in printed
    assert len(re.findall(r"^promised ", printed, re.M)) == len(PROMISES)
