"""The widgets, driven by the messages that a browser would send (tests/quiz_widgets.py)."""

import pytest

from course_lib import progress
from course_lib.quiz import reading, view
from tests import quiz_driver, quiz_widgets

QUESTIONS, PREDICTIONS = reading.bank()
KEY = quiz_driver.read_key()
pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")


@pytest.mark.parametrize("question_id", QUESTIONS)
def test_every_question_through_its_widget(question_id):
    quiz_driver.check_question(view.QuestionView(QUESTIONS[question_id]), KEY["questions"])


@pytest.mark.parametrize("prediction_id", PREDICTIONS)
def test_every_prediction_through_its_widget(prediction_id):
    quiz_driver.check_prediction(view.PredictionView(PREDICTIONS[prediction_id]), KEY["predictions"])


def test_the_key_names_every_question_and_prediction():
    assert set(KEY["questions"]) == set(QUESTIONS) and set(KEY["predictions"]) == set(PREDICTIONS)


def test_the_checker_leaves_no_trace_in_the_progress_of_the_notebook():
    quiz_driver.check_question(view.QuestionView(QUESTIONS["01.bare"]), KEY["questions"])
    assert progress.events() == []


def test_an_earlier_answer_is_shown_but_not_given_away():
    progress.record_answer("01.bare", 1, True)
    shown = view.QuestionView(QUESTIONS["01.bare"])
    assert "You answered this right on" in quiz_widgets.words(shown) and shown.answer is None


def test_an_earlier_guess_is_shown():
    progress.record_prediction("01.riddle", "pome", 80)
    assert "You guessed The botanical family: pome (80 % sure)" in quiz_widgets.words(
        view.PredictionView(PREDICTIONS["01.riddle"])
    )


def test_the_text_of_the_question_stands_inside_the_widget():
    shown = view.QuestionView(QUESTIONS["01.format"])
    assert "<pre" in shown.box.children[0].value and "hesperidium" in shown.box.children[0].value
