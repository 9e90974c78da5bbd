"""The text form, and what is shown before and after a run."""

import pytest

from course_lib import progress
from course_lib.errors import CourseError
from course_lib.lesson import start
from course_lib.lessons import lessons
from course_lib.quiz import predict, quiz, reading, reveal
from course_lib.quiz.markup import to_html, to_text


@pytest.mark.parametrize("question_id", reading.bank()[0])
def test_every_question_can_be_read_and_answered_as_text(question_id, capsys):
    question = reading.question(question_id)
    quiz(question_id)
    shown = capsys.readouterr().out
    assert f'quiz("{question_id}", answer=' in shown and all(option in shown for option in question.options)
    assert "`" not in shown and "**" not in shown
    right = {
        "single": lambda: 1 + [c.correct for c in question.choices].index(True),
        "several": lambda: [i for i, c in enumerate(question.choices, 1) if c.correct],
        "number": lambda: question.answer,
        "ordering": lambda: [1 + question.shown.index(i) for i in range(len(question.items))],
    }[question.kind]()
    quiz(question_id, answer=right)
    assert capsys.readouterr().out.startswith("Right.")
    quiz(question_id, text=True)
    assert "You answered this right on" in capsys.readouterr().out
    assert progress.latest("answer", question_id).correct


def test_a_wrong_answer_is_explained_and_kept(capsys):
    quiz("01.several_tokens", answer=0.18)
    out = capsys.readouterr().out
    assert out.startswith("Not yet.") and "must also end" in out and "What a model returns" in out
    assert (
        progress.latest("answer", "01.several_tokens").data["misconception"] == "forgot the end of the answer"
    )
    quiz("01.several_tokens")
    assert "still open" in capsys.readouterr().out


@pytest.mark.parametrize(
    "question_id, answer, words",
    [
        ("01.bare", 0, "one number from 1 to 4"),
        ("01.bare", 5, "from 1 to 4"),
        ("01.bare", [1, 2], "one number"),
        ("01.bare", True, "one number"),
        ("01.params", [1, 9], "a list of numbers from 1 to 3"),
        ("01.params", "all", "a list of numbers"),
        ("01.several_tokens", "a tenth", "asks for a number"),
        ("01.several_tokens", (0, 1), "asks for a number"),
    ],
)
def test_an_impossible_answer_is_refused(question_id, answer, words):
    with pytest.raises(CourseError, match=words):
        quiz(question_id, answer=answer)
    assert progress.events() == []


def test_predict_then_reveal(capsys):
    predict("01.riddle")
    shown = capsys.readouterr().out
    assert "    apple:" in shown and 'predict("01.riddle", guess=' in shown and "company: " in shown
    predict("01.riddle", guess="pome", confidence=90)
    assert capsys.readouterr().out == ("Kept: The botanical family: pome, 90 % sure. "
                                       "Now go on: the measurement comes below.\n")
    reveal("01.riddle", "company")
    out = capsys.readouterr().out
    assert (
        "your guess: The botanical family: pome (90 % sure)" in out
        and "measured: A product of a company" in out
    )
    assert "something else" in out and "very sure" in out
    assert progress.calibration() == [{"id": "01.riddle", "confidence": 90, "right": False}]


def test_reveal_without_a_guess_is_kind_and_a_late_guess_does_not_count(capsys):
    reveal("01.curve", 77.4)
    assert "none was kept" in capsys.readouterr().out
    predict("01.curve", guess=77, confidence=100)
    assert "does not count" in capsys.readouterr().out
    reveal("01.curve", 77.4)
    assert "spot on" in capsys.readouterr().out and progress.calibration() == []


def test_a_measurement_that_is_no_answer_is_refused():
    for prediction_id, measured in (
        ("01.riddle", "companies"),
        ("01.curve", "high"),
        ("01.curve", float("nan")),
    ):
        with pytest.raises(CourseError):
            reveal(prediction_id, measured)


def test_a_kept_guess_that_no_longer_fits_is_left_aside(capsys):
    progress.record_prediction("01.riddle", "a guess of last year", 80)
    reveal("01.riddle", "company")
    assert "none was kept" in capsys.readouterr().out


def test_markup_is_escaped_before_it_is_read():
    assert (
        to_html("a `x < y` & **b**") == "<p style='margin:0.4em 0'>a <code>x &lt; y</code> &amp; <b>b</b></p>"
    )
    assert "<script>" not in to_html("<script>\n\n    <script>")
    assert to_text("a `b` **c**") == "a b c"


def test_start_says_what_the_lesson_is_and_what_was_done(capsys):
    lesson = start("01", seed=3)
    out = capsys.readouterr().out
    assert lesson.title in out and f"About {lesson.minutes} minutes" in out and "orchard-s" in out and "seed 3" in out
    assert "Nothing is done here yet" in out and lesson.seed == 3
    quiz("01.params", answer=1)
    predict("01.curve", guess=50)
    progress.record_check("01.1", True)
    capsys.readouterr()
    start("01")
    questions, predictions = (sum(one.startswith("01.") for one in group) for group in reading.bank())
    assert (f"1 of {questions} quiz questions right, 1 of {predictions} predictions kept, 1 exercise task passed."
            in capsys.readouterr().out)


def test_start_makes_runs_repeat():
    import random

    import numpy

    draws = []
    for _ in range(2):
        start("00")
        draws.append((random.random(), numpy.random.rand()))
    assert draws[0] == draws[1]


def test_unknown_and_unbuilt_lessons_are_named():
    assert list(lessons()) == [f"{i:02}" for i in range(14)]
    missing = next(lesson.id for lesson in lessons().values() if not lesson.ready)
    for lesson_id, words in (("1", "no lesson called '1'"), (missing, "not built yet. Ready: 00, 01")):
        with pytest.raises(CourseError, match=words):
            start(lesson_id)
