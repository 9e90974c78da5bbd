"""The quiz checker catches what it is there for: six seeded faults, and a quiz never shown."""

import dataclasses
import re
import subprocess
import sys

import nbformat
import pytest

from course_lib.quiz import questions, reading, view
from tests import quiz_driver, quiz_widgets
from tests.hang import HANGS
from tests.run_all import NOTEBOOKS, ROOT

KEY = quiz_driver.read_key()["questions"]
QUESTION = reading.question("01.bare")
RIGHT = 1  # the place of its right choice


def changed(place: int, **changes) -> questions.SingleChoice:
    choices = list(QUESTION.choices)
    choices[place] = dataclasses.replace(choices[place], **changes)
    return dataclasses.replace(QUESTION, choices=tuple(choices))


def wrong_key():
    return view.QuestionView(
        dataclasses.replace(
            changed(RIGHT, correct=False),
            choices=tuple(
                dataclasses.replace(choice, correct=i == 3) for i, choice in enumerate(QUESTION.choices)
            ),
        )
    )


def key_not_among_the_choices():
    return view.QuestionView(
        dataclasses.replace(QUESTION, choices=QUESTION.choices[:RIGHT] + QUESTION.choices[RIGHT + 1 :])
    )


def missing_explanation():
    return view.QuestionView(changed(2, reason=""))


def callback_raises():
    shown = view.QuestionView(QUESTION)
    shown.submit = lambda: {}["no such key"]
    return shown


def always_correct():
    shown = view.QuestionView(QUESTION)
    shown.submit = lambda: ("Right.", f"Well done: {QUESTION.choices[RIGHT].reason}")
    return shown


def button_not_wired():
    shown = view.QuestionView(QUESTION)
    shown.button._click_handlers.callbacks.clear()
    return shown


FAULTS = {
    wrong_key: "is marked as wrong; by the key it is right",
    key_not_among_the_choices: "is not among the choices",
    missing_explanation: "gets no explanation",
    callback_raises: "raises KeyError",
    always_correct: "nothing at all is marked as right; by the key it is no answer",
    button_not_wired: "'Check' is not wired",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_seeded_fault_is_caught(fault):
    with pytest.raises(quiz_widgets.QuizFault, match=FAULTS[fault]):
        quiz_driver.check_question(fault(), KEY)


@pytest.mark.parametrize("always, fault", [
    ("Right.", "marked as right; by the key it is wrong"), ("Not yet.", "marked as wrong; by the key it is right")])
@pytest.mark.parametrize("name", KEY)
def test_one_verdict_for_every_answer_is_caught_in_every_question(name, always, fault):
    shown = view.QuestionView(reading.question(name))
    submit = shown.submit

    def unvarying():
        verdict, explanation = submit()
        return verdict and always, explanation

    shown.submit = unvarying
    with pytest.raises(quiz_widgets.QuizFault, match=fault):
        quiz_driver.check_question(shown, KEY)


@pytest.mark.parametrize("name", KEY)
def test_an_empty_answer_that_is_praised_is_caught_in_every_question(name):
    shown = view.QuestionView(reading.question(name))
    shown.submit = lambda: ("Right.", "Well done, whatever it was.")
    with pytest.raises(quiz_widgets.QuizFault, match="nothing at all is marked as right"):
        quiz_driver.check_question(shown, KEY)


def test_two_explanations_that_are_the_same():
    with pytest.raises(quiz_widgets.QuizFault, match="the same explanation"):
        quiz_driver.check_question(view.QuestionView(changed(2, reason=QUESTION.choices[3].reason)), KEY)


def test_an_answer_that_is_not_kept(monkeypatch):
    monkeypatch.setattr(view.progress, "record_answer", lambda *_: None)
    with pytest.raises(quiz_widgets.QuizFault, match="not kept"):
        quiz_driver.check_question(view.QuestionView(QUESTION), KEY)


def test_a_question_that_the_key_does_not_know():
    with pytest.raises(quiz_widgets.QuizFault, match="not in the key file"):
        quiz_driver.check_question(view.QuestionView(QUESTION), {})


def test_never_shown(tmp_path):
    key = {"questions": {"01.bare": {}, "02.other": {}}, "predictions": {"01.riddle": "pome"}}
    log = tmp_path / "shown.log"
    assert len(quiz_driver.not_shown(log, {"01"}, key)) == 3
    log.write_text("predict 01.riddle\nreveal 01.riddle\n")
    assert quiz_driver.not_shown(log, {"01"}, key) == [
        'quiz("01.bare") is in the key, but no notebook ran it'
    ]
    assert quiz_driver.not_shown(log, {"00"}, key) == []


def test_in_a_real_notebook_run(tmp_path):
    """A good quiz passes, a faulty one fails at its cell, and what was not shown is named at the end."""
    cells = [
        "from course_lib.quiz import quiz, predict, reveal\n"
        "quiz('01.bare')\npredict('01.curve')\nreveal('01.curve', 70)",
        "from course_lib.quiz import view\nview.QuestionView.submit = lambda self: ('Right.', 'Well done, as always.')",
        "quiz('01.softmax')",
    ]
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]),
        folder / "01_sample.ipynb",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *NOTEBOOKS, str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=HANGS)
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert done.returncode == 1 and "1 failed, 2 passed" in said, said
    assert "quiz 01.softmax: nothing at all is marked as right" in said, said
    assert 'quiz("01.format") is in the key, but no notebook ran it' in said
    assert 'quiz("01.bare") is' not in said and '("01.curve") is' not in said
