"""Which block? over its whole range: what it says follows from the recorded runs, and what is no state is refused."""
import json
import re

import pytest

from course_lib.explore import which_block as lab
from course_lib.explore.recorded import blocks
from course_lib.explore.which_block import State

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
STATES = [State(shift, labels) for shift in lab.SHIFTS for labels in blocks.LABELS]
PARTS = ("before", *(f"block_{place}" for place in range(1, 5)), "all")


def test_the_runs_are_complete():
    runs = blocks.read()
    assert tuple(runs) == blocks.LABELS
    for figures in runs.values():
        assert set(figures) == {"own", *(f"{shift}_{part}" for shift in lab.SHIFTS for part in PARTS)}
        for values in figures.values():
            assert len(values) >= 2 and all(0 <= value <= 1 for value in values)
    before = [[figures[f"{shift}_before"][:2] for shift in lab.SHIFTS] for figures in runs.values()]
    for other in before[1:]:  # the model as it is has seen no new label
        assert other == [pytest.approx(values, abs=1e-3) for values in before[0]]


def test_the_command_writes_what_is_measured(monkeypatch, tmp_path):
    asked = []
    measured = lambda *given: asked.append(given) or {"own": given[0] / 10 + 0.00001}
    monkeypatch.setattr(blocks, "which_block", measured)
    monkeypatch.setattr(blocks, "PATH", tmp_path / "data" / "which_block.json")
    blocks.main()
    assert asked == [(seed, labels) for labels in blocks.LABELS for seed in blocks.SEEDS]
    written = json.loads(blocks.PATH.read_text(encoding="utf-8"))
    own = [round(seed / 10, 1) for seed in blocks.SEEDS]
    assert written["runs"] == {str(labels): {"own": own} for labels in blocks.LABELS}
    assert written["steps"] == dict.fromkeys(blocks.SHIFTS, blocks.STEPS) and written["test"] == blocks.SOURCE.test


@pytest.mark.parametrize("state", STATES, ids=str)
def test_what_is_said_follows_from_the_runs(state):
    result, runs = lab.compute(state), blocks.read()[state.labels]
    for number, one in enumerate(result.blocks, 1):
        assert one.values == runs[f"{state.shift}_block_{number}"]
    place = lab.best(result)
    assert all(result.blocks[place].mean >= one.mean for one in result.blocks)
    assert f"Block {place + 1} does best" in lab.summary(result)
    assert lab.alt(result).count("block ") == 4


BAD = [("input", "A state here is State"), (None, "A state here is State"),
       *((State(shift=shift), "no shift called") for shift in ("inputs", None, 1, ["input"])),
       *((State(labels=labels), "labels cannot be") for labels in (17, 0, "64", 64.0, True, None, [64], float("nan")))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.which_block, state, said)


def test_text_form_and_notebook(shown_both_ways):
    printed = shown_both_ways(lab.which_block)
    assert lab.summary(lab.compute(State())) in printed and len(re.findall(r"block \d", printed)) == 4
