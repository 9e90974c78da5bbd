"""Forgetting against KL: pairs are counted as they lie, whatever is shown; the command writes what it reads."""
import json
import math

import pytest

from course_lib.explore import forgetting_kl as lab
from course_lib.explore.forgetting_kl import Point, State
from course_lib.explore.recorded import kl, line

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
STATES = [State(shown, cause, most) for shown in lab.SHOWN for cause in lab.CAUSES for most in lab.LIMITS]


def test_the_trainings_are_complete():
    runs = kl.read()
    assert tuple(runs) == kl.METHODS == tuple(lab.LOOKS) and kl.PATH.stat().st_size < 60_000
    for seeds in runs.values():
        assert len(seeds) == len(kl.SEEDS)
        for one in seeds:
            assert tuple(run["steps"] for run in one) == kl.forgetting.LENGTHS
            assert all(run["kl"] >= 0 and run["loss"] >= 0 and 0 <= run["right"] <= 1 for run in one)


def test_the_command_writes_what_is_measured(monkeypatch, tmp_path):
    asked = []

    def path(one, seed):
        asked.append((one.method.__name__, one.rate, seed))
        return [{"right": 0.5, "loss": 0.1 * steps, "kl": 1.00001, "old": 1.0} for steps in kl.forgetting.LENGTHS]
    monkeypatch.setattr(kl.forgetting, "path", path)
    monkeypatch.setattr(kl, "PATH", tmp_path / "data" / "kl.json")
    kl.main()
    assert len(asked) == len(kl.METHODS) * len(kl.SEEDS) and len({one[:2] for one in asked}) == len(kl.METHODS)
    assert all(rate for _, rate, _ in asked)
    written = json.loads(kl.PATH.read_text(encoding="utf-8"))
    assert tuple(written) == kl.METHODS and written["LoRA"][0][1] == {"steps": 40, "right": 0.5, "loss": 4.0, "kl": 1.0,
                                                                     "old": 1.0}


def test_both_explorables_read_the_same_old_text():
    assert kl.forgetting.DOCUMENTS == line.robustness.DOCUMENTS and 0 < lab.base_loss() < 2


def test_pairs_are_of_one_seed_and_differ_in_the_cause():
    point = lambda method, seed, cause, old: Point(method, seed, 20, cause, 0.1, old)
    a, b, c, d = (point("a", 0, 1, 1.0), point("a", 0, 2, 2.0), point("b", 0, 2, 0.5), point("b", 1, 3, 9.0))
    assert list(lab.compared((a, b, c, d))) == [(b, a), (c, a)]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_what_is_said_follows_from_the_trainings(state):
    result = lab.compute(state)
    kept = [(method, seed, run) for method in lab.SHOWN[state.shown] for seed, runs in enumerate(kl.read()[method])
            for run in runs if run["loss"] <= state.most]
    assert len(result.points) == len(kept)
    both = [(a, b) for a in kept for b in kept if a[1] == b[1] and a[2][state.cause] > b[2][state.cause]]
    assert result.pairs == (sum(a[2]["old"] > b[2]["old"] for a, b in both), len(both))
    apart = [(a, b) for a, b in both if a[0] != b[0]]
    assert result.across == (sum(a[2]["old"] > b[2]["old"] for a, b in apart), len(apart))
    said = lab.summary(result)
    assert f"more in {result.pairs[0]} of {len(both)} pairs" in said if both else "No pair" in said
    assert len(lab.rows(result)) == 1 + len(kept)


def test_what_is_found_are_the_counts(monkeypatch):
    ordered, pairs = lab.compute(State(most=lab.LIMITS[1])).across
    assert f"more KL in {lab.percent(ordered / pairs)} of {pairs} pairs" in lab.found()
    run = lambda kl_, loss, old: {"steps": int(20 * kl_), "right": 1.0, "loss": loss, "kl": kl_, "old": old}
    learned = {"full": [[run(3.0, 0.1, 3.0)]], "LoRA": [[run(2.0, 0.2, 2.0)]], "prefix": [[run(1.0, 2.0, 2.5)]],
               "LoReFT": [[run(0.5, 3.0, 2.7)]]}                        # two learn, two do not and forget all the same
    monkeypatch.setattr(lab, "read", lambda: dict.fromkeys(lab.METHODS, [[]]) | learned)
    assert lab.compute(State()).across == (3, 6) and "hardly better than a coin" in lab.found()
    monkeypatch.setattr(lab, "read", lambda: dict.fromkeys(lab.METHODS, [[]]) | {
        name: learned[name] for name in ("full", "LoRA")})
    assert "coin" not in lab.found()


def test_where_nothing_is_left_the_axes_are_empty(monkeypatch):
    monkeypatch.setitem(lab.SHOWN, "all", ())
    result = lab.Result(State(), (), (0, 0), (0, 0))
    assert "none is left" in lab.alt(result) and "No pair" in lab.summary(result)


BAD = [("all", "A state here is State"), (None, "A state here is State"),
       *((State(shown=shown), "no shown called") for shown in ("LoRA", None, 1)),
       *((State(cause=cause), "no axis called") for cause in ("right", None, ["kl"])),
       *((State(most=most), "most cannot be") for most in (0.2, None, "any", True, math.nan))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.forgetting_kl, state, said)


def test_text_form_and_notebook(shown_both_ways):
    printed = shown_both_ways(lab.forgetting_kl)
    assert lab.summary(lab.compute(State())) in printed and printed.count("\nLoRA ") == 3 * len(kl.SEEDS)
