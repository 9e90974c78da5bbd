"""Marking: every kind of question, without widgets."""

import pytest

from course_lib.errors import CourseError
from course_lib.quiz import reading
from course_lib.quiz.predictions import Prediction, check_confidence
from course_lib.quiz.questions import (
    Choice,
    Item,
    NumberQuestion,
    Ordering,
    SeveralChoices,
    SingleChoice,
    WrongValue,
)

ASKED = {"id": "01.sample", "text": "Which?", "see": "A riddle"}
THREE = (
    Choice("a", "because a", correct=True),
    Choice("b", "not b", misconception="b-ism"),
    Choice("c", "also c", correct=True),
)


def test_single_choice():
    question = SingleChoice(**ASKED, choices=THREE[:2])
    assert question.mark(None).correct is None and question.mark(None).verdict == ""
    right, wrong = question.mark(0), question.mark(1)
    assert (right.correct, right.verdict, right.feedback, right.misconception) == (
        True,
        "Right.",
        "because a",
        "",
    )
    assert (wrong.correct, wrong.verdict, wrong.feedback, wrong.misconception) == (
        False,
        "Not yet.",
        "not b",
        "b-ism",
    )


def test_several_choices():
    question = SeveralChoices(**ASKED, choices=THREE)
    assert question.mark([]).correct is None
    assert question.mark([2, 0]).correct
    assert all(reason in question.mark([0, 2]).feedback for reason in ("because a", "not b", "also c"))
    wrong = question.mark([0, 1, 2])
    assert not wrong.correct and "not b" in wrong.feedback and wrong.misconception == "b-ism"
    assert "still unticked" in question.mark([1]).feedback
    missing = question.mark([0])
    assert not missing.correct and "also c" in missing.feedback and "because a" not in missing.feedback


def test_number():
    question = NumberQuestion(
        **ASKED,
        answer=1.386,
        tolerance=0.01,
        right_reason="yes",
        reason="no",
        wrong=(WrongValue(0.75, "that is 1 - p", "1 - p"),),
    )
    assert [question.mark(x).correct for x in (1.386, 1.39, 1.4, 0.75)] == [True, True, False, False]
    assert question.mark(0.751).misconception == "1 - p" and question.mark(9).feedback == "no"
    assert question.mark(None).correct is None


def test_ordering_names_the_first_misplaced_item():
    question = Ordering(
        **ASKED,
        right_reason="yes",
        items=tuple(
            Item(text, f"why {text} is not earlier", f"{text} too early")
            for text in ("one", "two", "three", "four")
        ),
    )
    assert sorted(question.shown) == [0, 1, 2, 3] != list(question.shown)
    assert question.options == Ordering(**ASKED, items=question.items).options, (
        "the shuffle is always the same"
    )
    place = {text: i for i, text in enumerate(question.options)}
    answer = lambda *texts: [place[text] for text in texts]
    assert question.mark(answer("one", "two", "three", "four")).correct
    mark = question.mark(answer("one", "three", "two", "four"))
    assert not mark.correct and mark.misconception == "three too early"
    assert "place 2" in mark.feedback and "why three is not earlier" in mark.feedback
    assert question.mark([None, 0, 1, 2]).correct is None and question.mark([]).correct is None
    assert "two places" in question.mark([0, 0, 1, 2]).feedback


def test_prediction():
    number = Prediction("01.x", "How much?", "number", min=0, max=100, step=1, near=10, unit="%")
    assert number.right(70, 80) and not number.right(69, 80)
    assert (
        number.compare(70, 82.4)
        == "Your guess was 12 points too low: further off than what counts as right (within 10)."
    )
    assert number.compare(70, 71).startswith("Your guess was 1 point too low")
    gap = Prediction("01.y", "How much?", "number", min=-100, max=100, step=1, near=3, unit="points")
    assert [gap.show(value) for value in (1, 2, -1)] == ["1 point", "2 points", "-1 points"]
    assert "too high: that counts as right" in number.compare(85, 80) and "spot on" in number.compare(
        80, 80.2
    )
    choice = Prediction("01.y", "Which?", "choice", choices={"a": "An a", "b": "A b"})
    assert "right" in choice.compare("a", "a") and choice.show("b") == "A b"
    assert number.check("55") == 55.0 and number.check(130, "measurement") == 130.0
    for prediction, value, words in (
        (number, 101, "between 0 and 100"),
        (number, "many", "must be a number"),
        (number, float("nan"), "between"),
        (choice, "c", "Known: a, b"),
    ):
        with pytest.raises(CourseError, match=words):
            prediction.check(value)
    assert check_confidence(75) == 75
    for value in (49, 101, "sure", None):
        with pytest.raises(CourseError, match="from 50 .* to 100"):
            check_confidence(value)


@pytest.mark.parametrize("name", sorted(path.name for path in reading.folder().glob("*.toml")))
def test_the_shipped_banks_are_sound(name):
    questions, predictions = reading.read(reading.folder() / name)
    assert len(questions) >= 4 and predictions
    right_places = {
        question.options.index(choice.text)
        for question in questions.values()
        if question.kind == "single"
        for choice in question.choices
        if choice.correct
    }
    assert len(right_places) > 1, "the right answer must not always stand in the same place"
