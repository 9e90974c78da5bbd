"""The temperature explorable over its whole range: what is shown is softmax, KL and its gradient."""
from functools import partial

import pytest
import torch
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


def test_the_push_keeps_its_scale():
    for state in all_states():
        assert lab.figure(lab.compute(*GIVEN, state)).axes[1].get_ylim()[1] >= lab.SCALE


def test_words_say_what_the_figure_shows():
    for state in all_states():
        result = lab.compute(*GIVEN, state)
        best = NAMES[max(range(3), key=lambda place: result.teacher[place])]
        assert lab.summary(result).startswith(f"At T = {state.temperature:g} the teacher gives {best} ")
        assert ("without T²" in lab.summary(result)) is not state.squared
        assert all(f"{name} {value:+.2f}" in lab.alt(result) for name, value in zip(NAMES, result.push))
        assert "".join(lab.rows(result)).count("teacher") == 3


BAD = [("x", "A state here is State"), (State(text=2), "text must be at least 0 and at most 1"),
       (State(text="a"), "text must be"), (State(squared="yes"), "squared cannot be"),
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


def test_texts_that_are_not_those_of_the_logits(refused):
    for texts in (TEXTS[:1], ()):
        refused(lambda state, texts=texts: lab.explorable(*GIVEN, texts), partial(lab.temperature, *GIVEN, texts),
                State(), "a text for each row")


def test_text_form_and_notebook(shown_both_ways):
    assert "At T = 1 the teacher" in shown_both_ways(partial(lab.temperature, *GIVEN, TEXTS))
