"""The temperature explorable over its whole range: what is shown is softmax, KL and its gradient."""
import html
from functools import partial

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from torch.nn.functional import kl_div

from course_lib.explore import temperature as lab
from course_lib.explore.temperature import TEMPERATURES, State
from tests.closeness import assert_near

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
NAMES, TEXTS = ("1", "2", "3"), ("It was good.", "It was <dull>.")
TEACHER, STUDENT = 3 * torch.randn(2, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
GIVEN = (TEACHER, STUDENT, NAMES)


def all_states():
    return [State(text, T, squared) for text in range(2) for T in TEMPERATURES for squared in (True, False)]


def test_what_is_shown_follows_from_the_logits():
    for state in all_states():
        result, T = lab.compute(*GIVEN, state), state.temperature
        p, q = ((one[state.text] / T).softmax(-1) for one in (TEACHER, STUDENT))
        factor = T**2 if state.squared else 1
        assert_near([result.teacher, result.student], torch.stack([p, q]), terms=len(p))
        assert_near(result.loss, factor * kl_div(q.log(), p, reduction="sum"), terms=len(p), size=factor)
        assert_near(result.push, factor / T * (p - q), terms=len(p), size=factor / T)
        assert_near(sum(result.push), 0.0, terms=len(p), size=factor / T)


def test_words_say_what_the_figure_shows():
    for state in all_states():
        result = lab.compute(*GIVEN, state)
        best = NAMES[max(range(3), key=lambda place: result.teacher[place])]
        assert lab.summary(result).startswith(f"At T = {state.temperature:g} the teacher gives {best} ")
        assert ("without T²" in lab.summary(result)) is not state.squared
        assert all(f"{name} {value:+.2f}" in lab.alt(result) for name, value in zip(NAMES, result.push))
        assert lab.text_form(result).count("teacher") == 4


def test_every_control_changes_the_picture(monkeypatch):
    monkeypatch.setattr(lab.plots, "picture_html", lambda figure, alt, dpi: alt)
    panel = lab.panel(*GIVEN, TEXTS)
    for name, values in lab.ranges(TEACHER).items():
        for value in values:
            before, changed = panel.picture.value, panel.values[name] != value
            panel.controls[name].value = value
            assert (panel.picture.value != before) == changed, (name, value)
            assert "role='alert'" not in panel.picture.value
            assert html.escape(lab.summary(lab.compute(*GIVEN, State(**panel.values)))) in panel.picture.value
    assert html.escape(TEXTS[1]) in panel.picture.value
    panel.reset_button.click()
    assert State(**panel.values) == State()


def test_nothing_leaves_the_picture_and_the_push_keeps_its_scale():
    for state in (State(), State(1, 32)):
        figure = lab.figure(lab.compute(*GIVEN, state))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        for axes in figure.axes:
            box = axes.get_tightbbox(canvas.get_renderer())
            assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 and box.y1 <= figure.bbox.height
        assert figure.axes[1].get_ylim()[1] >= lab.SCALE


def test_controls_are_few_and_labelled():
    panel = lab.panel(*GIVEN, TEXTS)
    assert len(panel.controls) <= 5 and all(control.description for control in panel.controls.values())
    assert not panel.controls["temperature"].continuous_update


BAD = [("x", "A state here is State"), (State(text=2), "text must be at least 0 and at most 1"),
       (State(text="a"), "text must be"), (State(squared="yes"), "squared is True or False"),
       *((State(temperature=T), "temperature cannot be") for T in (0, -1, 3, "2", True, None, float("nan")))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(partial(lab.compute, *GIVEN), partial(lab.temperature, *GIVEN, TEXTS), state, said)


@pytest.mark.parametrize("teacher, student, names, said", [
    (TEACHER, STUDENT[:1], NAMES, "both need one shape"), (TEACHER.tolist(), STUDENT, NAMES, "teacher is given as a"),
    (float("nan") * TEACHER, STUDENT, NAMES, "The teacher says nan"), (TEACHER, STUDENT, NAMES[:2], "names has a name"),
    (TEACHER, STUDENT, None, "names has a name"), (TEACHER[:, :1], STUDENT[:, :1], ["1"], "at least two answers")])
def test_logits_that_cannot_be_shown(teacher, student, names, said, refused):
    refused(lambda state: lab.compute(teacher, student, names, state),
            partial(lab.temperature, teacher, student, names, TEXTS), State(), said)


def test_text_form_and_notebook(shown_both_ways):
    assert "At T = 1 the teacher" in shown_both_ways(partial(lab.temperature, *GIVEN, TEXTS))
