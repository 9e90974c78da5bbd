"""Which block? over its whole range: what it says follows from the recorded runs, and what is no state is refused."""
import html
import json
import re

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course_lib import plots
from course_lib.explore import which_block as lab
from course_lib.explore.recorded import blocks
from course_lib.explore.which_block import State

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
STATES = [State(shift, labels) for shift in lab.ranges()["shift"] for labels in lab.ranges()["labels"]]
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
    assert asked == [(seed, labels) for labels in blocks.FEWER for seed in blocks.SEEDS]
    written = json.loads(blocks.PATH.read_text(encoding="utf-8"))
    own = [round(seed / 10, 1) for seed in blocks.SEEDS]
    assert written == {str(labels): {"own": own} for labels in blocks.FEWER}


@pytest.mark.parametrize("state", STATES, ids=str)
def test_what_is_said_follows_from_the_runs(state):
    result, runs = lab.compute(state), blocks.read()[state.labels]
    for number, one in enumerate(result.blocks, 1):
        assert one.values == runs[f"{state.shift}_block_{number}"]
    place = lab.best(result)
    assert all(result.blocks[place].mean >= one.mean for one in result.blocks)
    assert f"Block {place + 1} does best" in lab.summary(result) and lab.summary(result) in lab.text_form(result)
    assert lab.alt(result).count("block ") == 4


def test_every_control_changes_what_is_shown(monkeypatch):
    monkeypatch.setattr(plots.picture, "png", lambda figure, dpi: repr(
        [bar.get_height() for bar in figure.axes[0].patches]).encode())
    panel = lab.panel()
    start = panel.picture.value
    seen = set()
    for state in STATES:
        panel.set(**vars(state))
        result = lab.compute(state)
        for said in (lab.summary(result), lab.alt(result)):
            assert html.escape(said, quote=said == lab.alt(result)) in panel.picture.value
        assert "alert" not in panel.picture.value
        seen.add(panel.picture.value)
    assert len(seen) == len(STATES)
    assert len(panel.controls) <= 5 and all(control.description for control in panel.controls.values())
    panel.reset_button.click()
    assert panel.picture.value == start


def test_the_painted_picture_changes_and_nothing_leaves_it():
    pictures = set()
    for state in STATES:
        figure = lab.figure(lab.compute(state))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        box = figure.axes[0].get_tightbbox(canvas.get_renderer())
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 and box.y1 <= figure.bbox.height
        pictures.add(plots.png(figure, dpi=40))
    assert len(pictures) == len(STATES)


BAD = [("input", "A state here is State"), (None, "A state here is State"),
       *((State(shift=shift), "no shift called") for shift in ("inputs", None, 1, ["input"])),
       *((State(labels=labels), "labels cannot be") for labels in (17, 0, "64", 64.0, True, None, [64], float("nan")))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.which_block, state, said)


def test_text_form_and_notebook(shown_both_ways):
    printed = shown_both_ways(lab.which_block)
    assert lab.summary(lab.compute(State())) in printed and len(re.findall(r"block \d", printed)) == 4
