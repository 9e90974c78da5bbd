"""Batch and cache over its whole range: what it says follows from the recorded points, which the command writes."""
import json
import re

import pytest

from course_lib.explore import batch_and_cache as lab
from course_lib.explore.batch_and_cache import State
from course_lib.explore.recorded import batches
from course_lib.models import load_model

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
STATES = [State(size, again, shots) for size in batches.SIZES for again in batches.AGAIN for shots in batches.SHOTS]


def test_the_points_are_complete():
    found = batches.read()
    assert tuple(found) == batches.SHOTS and batches.PATH.stat().st_size < 20_000
    for shots, one in found.items():
        assert (one["prefix"] == 0) == (shots == 0) and one["alone"]["cost"] == 1
        assert tuple(one["points"]) == batches.AGAIN
        for line in one["points"].values():
            assert tuple(line) == batches.SIZES
            assert all(set(point) == set(batches.FIGURES) and min(point.values()) > 0 for point in line.values())


@pytest.mark.parametrize("shots", batches.SHOTS)
def test_what_is_counted_is_counted_again(shots):
    """Tokens and passes are the same on every computer: two points of each record."""
    model, tokenizer = load_model(batches.BASE)
    for again, size in ((0.9, 64), (0.6, 16)):
        given = batches.prompts(shots, again)
        assert len(given) == batches.PROMPTS and len(set(given)) == batches.PROMPTS - round(again * batches.PROMPTS)
        predictor = batches.Predictor(model, tokenizer, batch_size=size, max_new_tokens=batches.TOKENS)
        run = lambda predictor=predictor, given=given: list(predictor.answered(given, str))
        counted = batches.taken(model, run, len(given))
        point = batches.read()[shots]["points"][again][size]
        assert counted["tokens"] == pytest.approx(point["tokens"], rel=0.01)   # a near tie may make an answer longer
        assert counted["passes"] == pytest.approx(point["passes"], rel=0.02)
    assert not model.get_input_embeddings()._forward_pre_hooks


def test_the_command_writes_what_is_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(batches, "taken", lambda model, run, n: {"seconds": 1 / n, "tokens": 5, "passes": 2})
    monkeypatch.setattr(batches, "SHOTS", (0, 4))
    monkeypatch.setattr(batches, "PATH", tmp_path / "data" / "batches.json")
    batches.main()
    kept = json.loads(batches.PATH.read_text(encoding="utf-8"))
    assert list(kept) == ["0", "4"] and kept["0"]["prefix"] == 0 and kept["4"]["prefix"] == lab.read()[4]["prefix"]
    assert kept["4"]["points"]["0.3"]["64"] == {"cost": round(batches.ALONE / batches.PROMPTS, 5), "tokens": 5,
                                                "passes": 2}


@pytest.mark.parametrize("state", STATES, ids=str)
def test_what_is_said_follows_from_the_points(state):
    result, found = lab.compute(state), batches.read()[state.shots]
    assert result.here == found["points"][state.again][state.size] and result.alone == found["alone"]
    assert f"{1000 * result.here['tokens']:,.0f} tokens read" in lab.summary(result)
    assert sum(line.endswith("  <") for line in lab.rows(result)) == 1
    assert "<img" in lab.picture(result)


BAD = [("best", "A state here is State"), (None, "A state here is State"),
       *((State(size=size), "size cannot be") for size in (0, 2, 64.5, "64", True, None)),
       *((State(again=again), "again cannot be") for again in (0.5, 1.0, "0", None, float("nan"))),
       *((State(shots=shots), "shots cannot be") for shots in (1, -4, "4", None))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.batch_and_cache, state, said)


def test_text_form_and_notebook(shown_both_ways):
    printed = shown_both_ways(lab.batch_and_cache)
    assert lab.summary(lab.compute(State())) in printed
    assert len(re.findall(r"come again, batch +\d", printed)) == len(batches.SIZES) * len(batches.AGAIN)


def test_what_is_found_names_no_figure_that_is_not_recorded():
    assert f"a batch of {batches.SIZES[-1]} takes" in lab.found() and "nan" not in lab.found()
