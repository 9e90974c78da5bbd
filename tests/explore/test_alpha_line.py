"""The alpha line over its whole range: what it says follows from the recorded points, which the command writes."""
import json
import re
from types import SimpleNamespace

import pytest

from course_lib.explore import alpha_line as lab
from course_lib.explore.alpha_line import State
from course_lib.explore.recorded import line

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
STATES = [State(alpha, rate) for rate in line.RATES for alpha in line.ALPHAS]


def test_the_points_are_complete():
    points = line.read()
    assert tuple(points) == line.RATES and {0.0, 0.5, 1.0} < set(line.ALPHAS) and line.PATH.stat().st_size < 60_000
    for one in points.values():
        assert len(one) == len(line.ALPHAS)
        for point in one:
            assert set(point) == {*line.FIGURES, "texts"} and len(point["texts"]) == len(line.PROMPTS)
            assert all(len(point[name]) == len(line.SEEDS) for name in line.FIGURES)
            assert all(0 <= share <= 1 for name in ("own", "gadgets", "asked") for share in point[name])
    bases = [one[line.ALPHAS.index(0)] for one in points.values()]  # the same model, whatever was trained after it
    assert bases[0] == bases[1] == bases[2]


def test_the_command_writes_what_is_measured(monkeypatch, tmp_path):
    asked = []
    run = SimpleNamespace(model="model", tokenizer="tokenizer", method="method")
    monkeypatch.setattr(line.robustness, "full", lambda steps, seed, slower: asked.append((steps, seed, slower)) or run)
    monkeypatch.setattr(line.robustness, "other_question", lambda *_: "question")
    monkeypatch.setattr(line, "wise_ft", lambda model, method, alpha: alpha)
    monkeypatch.setattr(line.robustness, "looked_at", lambda model, tokenizer, method, rows, gadgets, question:
                        dict.fromkeys(line.FIGURES, len(rows) + len(gadgets) + method + 1e-6))
    monkeypatch.setattr(line, "complete", lambda model, tokenizer, prompts, tokens, method:
                        [f"{prompt[-6:]} {method}" for prompt in prompts])
    monkeypatch.setattr(line, "PATH", tmp_path / "data" / "line.json")
    line.main()
    assert asked == [(line.STEPS, seed, slower) for seed in line.SEEDS for slower in range(3)]
    written = json.loads(line.PATH.read_text(encoding="utf-8"))
    assert set(written) == set(line.RATES) and [len(one) for one in written.values()] == [len(line.ALPHAS)] * 3
    point = written["a third"][line.ALPHAS.index(0.5)]
    assert point["own"] == [2 * line.TEST + 0.5] * len(line.SEEDS) and point["texts"][0] == "label: 0.5"


@pytest.mark.parametrize("state", STATES, ids=str)
def test_what_is_said_follows_from_the_points(state):
    result, points = lab.compute(state), line.read()[state.rate]
    place = line.ALPHAS.index(state.alpha)
    for name in line.FIGURES:
        assert list(result.at(state.alpha)[name].values) == points[place][name]
    assert ("extrapolation" in lab.summary(result)) == (not 0 <= state.alpha <= 1)
    assert ("The rival" in lab.summary(result)) == (state.rate != line.RATES[-1])
    written, shown = lab.written(result), [points[one]["texts"] for one in (line.ALPHAS.index(0), place,
                                                                            line.ALPHAS.index(1))]
    assert [list(row[1:]) for row in written] == [[text or "(nothing)" for text in row] for row in zip(*shown)]
    drawn = lab.picture(result)
    assert drawn.count("<tr>") == 1 + len(line.PROMPTS) and f"here (alpha = {state.alpha:g})" in drawn


def test_what_is_kept_is_near_the_end_that_is_good_at_it(monkeypatch):
    def points(own, asked):
        return [{"own": [own(alpha)], "asked": [asked(alpha)], "gadgets": [0.5], "old": [1.0], "texts": ["x"] * 4}
                for alpha in line.ALPHAS]
    two = points(lambda alpha: 0.95 if alpha >= 0.25 else 0.5, lambda alpha: 0.95 if alpha <= 0.5 else 0.6)
    none = points(lambda alpha: 0.95 if alpha >= 0.75 else 0.5, lambda alpha: 0.95 if alpha <= 0.5 else 0.6)
    end = points(lambda alpha: 0.95 if alpha >= 0.875 else 0.5, lambda alpha: 0.95)
    monkeypatch.setattr(lab, "read", lambda: dict(zip(line.RATES, (two, none, end))))
    assert [lab.both_kept(rate) for rate in line.RATES] == [[0.25, 0.375, 0.5], [], [0.875, 1.0]]
    assert "With a tenth of the rate" in lab.found() and "No alpha of these keeps both" in lab.found()
    monkeypatch.setattr(lab, "read", lambda: dict.fromkeys(line.RATES, two))
    assert "No lower rate does the same" in lab.found()


BAD = [("best", "A state here is State"), (None, "A state here is State"),
       *((State(alpha=alpha), "alpha cannot be") for alpha in (0.3, 2.0, "0.5", True, None, float("nan"))),
       *((State(rate=rate), "no rate called") for rate in ("worst", None, 1, ["best"]))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.alpha_line, state, said)


def test_text_form_and_notebook(shown_both_ways):
    printed = shown_both_ways(lab.alpha_line)
    assert lab.summary(lab.compute(State())) in printed and "tuned (alpha = 1): " in printed
    assert len(re.findall(r"^alpha +-?\d", printed, re.M)) == len(line.ALPHAS)
