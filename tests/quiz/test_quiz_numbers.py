"""A number is understood however it is typed, or asked back; the way of writing it is never marked wrong."""
import random

import pytest

from course_lib import progress
from course_lib.errors import CourseError
from course_lib.quiz import predict, quiz, reading, view
from course_lib.quiz.numbers import readings
from course_lib.quiz.predictions import Prediction
from tests import quiz_widgets

QUESTIONS, PREDICTIONS = ({key: one for key, one in group.items() if one.kind == "number"} for group in reading.bank())
SPACES = " \u00a0\u2009\u202f\u2007"
MARKS = "'’_"


def ways(number: float) -> set[str]:
    """The number as people of many countries write it; every way is meant to be this number."""
    plain = f"{abs(number):.6f}".rstrip("0").rstrip(".")
    whole, _, decimals = plain.partition(".")
    sign = "-" if number < 0 else ""
    found = {plain, f" {plain} ", f"{abs(number):.6e}"}
    for point in ".,":
        tail = f"{point}{decimals}" if decimals else ""
        groups = f"{int(whole):,}"
        found |= {groups.replace(",", mark) + tail for mark in {*SPACES, *MARKS, ".,".replace(point, "")}}
        found.add(whole + tail)
        if whole == "0" and decimals:
            found.add(tail)
    return {sign + one for one in found} | ({f"−{one}" for one in found} if sign else set())


@pytest.mark.parametrize("typed, meant", [
    ("81920", (81920,)), ("81,920", (81920, 81.92)), ("81 920", (81920,)), ("81.920", (81.92, 81920)),
    ("81'920", (81920,)), ("8.192e4", (81920,)), ("8,192E4", (81920,)), ("8.192 × 10^4", (81920,)),
    ("8.192*10**4", (81920,)), ("0,5", (0.5,)), (" 0.5 ", (0.5,)), (".5", (0.5,)), ("5.", (5,)), ("0,131", (0.131,)),
    ("81,92", (81.92,)), ("1,2345", (1.2345,)), ("1,234,567", (1234567,)), ("1.234.567", (1234567,)),
    ("12,34,567", (1234567,)), ("1.234,5", (1234.5,)), ("1,234.5", (1234.5,)), ("1 234,567", (1234.567,)),
    ("−1.5", (-1.5,)), ("- 1.5", (-1.5,)), ("+1.5", (1.5,)), ("1e-1", (0.1,)), ("８１", (81,)),
    ("8,192·10⁴", (81920,)), ("5·10⁻¹", (0.5,)), ("10⁻¹", ()), ("10²", ()), ("9 %", (0.09, 9)),
    *((typed, ()) for typed in ("", " ", "ln 4", "inf", "nan", "1e999", "1/2", "1 2", "81, 920", "1,2,3", "1.2.3",
                                "--1", "1-", ".", ",", "e5", "12,3456,789", "0,123,456", "1 23", "9" * 500))])
def test_what_a_text_can_mean(typed, meant):
    assert readings(typed) == meant


def test_a_unit_may_stand_behind_the_number():
    assert readings("70 %", "%") == readings("70", "%") == (70,) and readings("5 points", "points") == (5,)
    assert readings("5 %", "points") == (5,) and readings("1.4 Nats", "nats") == (1.4,)
    assert readings("1 direction", "directions") == (1,) and readings("4.5 bit", "bits") == (4.5,)
    assert readings("50 %", "% of the teacher's time") == (50,) and readings("5 %", "KB") == () == readings("5 KB")


def test_every_way_to_write_a_number_can_mean_it():
    rng = random.Random(0)
    for _ in range(300):
        number = round(rng.choice((1, -1)) * 10 ** rng.uniform(-3, 7), rng.randint(0, 4))
        for typed in ways(number):
            assert any(abs(one - number) <= 1e-6 * max(1, abs(number)) for one in readings(typed)), (number, typed)


@pytest.mark.parametrize("question_id", QUESTIONS)
def test_the_right_number_is_right_however_it_is_typed(question_id, capsys):
    question, shown = QUESTIONS[question_id], view.QuestionView(QUESTIONS[question_id])
    for typed in sorted(ways(question.answer)):
        shown.controls[0].set_state({"value": typed})
        assert quiz_widgets.press(shown, "Check", question_id).startswith("Right."), typed
        quiz(question_id, typed)
        assert capsys.readouterr().out.startswith("Right."), typed
    assert all(event.correct for event in progress.events("answer"))


def test_a_slip_is_found_however_it_is_typed():
    for question in QUESTIONS.values():
        for slip in question.wrong:
            for typed in ways(slip.value):
                mark = question.mark(question.read(typed))
                assert mark.misconception == slip.misconception and not mark.correct, (question.id, typed)


@pytest.mark.parametrize("typed", ["a lot", "1/2", "81, 920", "20 * 4096", "1 2"])
def test_what_cannot_be_read_is_neither_marked_nor_kept(typed):
    shown = view.QuestionView(QUESTIONS["05.size"])
    shown.controls[0].value = typed
    assert shown.submit()[0] == ""
    with pytest.raises(CourseError, match="asks for a number"):
        quiz("05.size", typed)
    assert progress.events() == []


@pytest.mark.parametrize("prediction_id", PREDICTIONS)
def test_a_guess_is_kept_however_it_is_typed_or_asked_back(prediction_id):
    prediction = PREDICTIONS[prediction_id]
    shown = view.PredictionView(prediction)
    guess = round((prediction.min + 2 * prediction.max) / 3, 3)
    for typed in sorted(ways(guess)):
        before = len(progress.events())
        shown.controls[0].set_state({"value": typed})
        told = quiz_widgets.press(shown, "Keep my guess", prediction_id)
        if told.startswith("Did you mean"):
            assert len(progress.events()) == before
        else:
            assert told.startswith("Kept:"), (typed, told)
            assert progress.latest("prediction", prediction_id).data["guess"] == pytest.approx(guess, abs=1e-9)


def test_a_guess_that_can_be_two_numbers_is_asked_back_with_a_way_out():
    prediction = Prediction("01.x", "How many?", "number", min=0, max=100_000, step=1, near=1, unit="numbers")
    for typed, said in (("81,920", "Did you mean 81920 or 81.92?"), ("1.386", "Did you mean 1.3860 or 1386?")):
        with pytest.raises(CourseError, match=said) as raised:
            prediction.check(typed)
        for one in str(raised.value).removeprefix("Did you mean ").split("?")[0].split(" or "):
            assert prediction.check(one) == float(one)
    assert prediction.check("81 920") == 81920


def test_a_guess_as_text_is_read_in_the_text_form_too(capsys):
    predict("01.curve", guess="77,5", confidence=80)
    assert "Kept: 77.5 %" in capsys.readouterr().out  # as it is kept, not rounded
    assert progress.latest("prediction", "01.curve").data["guess"] == 77.5
    with pytest.raises(CourseError, match="must be a number"):
        predict("01.curve", guess="many")


def test_what_python_reads_otherwise_than_it_was_meant_is_asked_back():
    with pytest.raises(CourseError, match="Did you mean 81920"):
        quiz("05.size", answer=81.920)
    with pytest.raises(CourseError, match="answer=81920, or in quotes.$"):
        quiz("05.size", 81, 920)
    with pytest.raises(CourseError, match="in quotes. How sure you are is said by name: confidence=70"):
        predict("05.bytes", 1, 100)
    assert progress.events() == []
