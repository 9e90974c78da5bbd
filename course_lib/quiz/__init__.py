"""Quiz questions, and predictions that you commit to before a run.

    quiz("01.softmax")            shows a question; as text: quiz("01.softmax", answer=2)
    due("09", "02.step", "03.shift", "06.merged")         shows three questions of earlier lessons
    predict("01.riddle")          shows a prediction; as text: predict("01.riddle", guess="pome", confidence=70)
    reveal("01.riddle", measured) puts your guess and the measurement side by side

None of them waits for you. Set COURSE_TEXT=1, or pass text=True, where widgets cannot be shown or read.
"""

from datetime import datetime

from course_lib import progress
from course_lib.display import say, widgets_work
from course_lib.errors import CourseError, shown
from course_lib.quiz import reading, recall


def quiz(question_id: str, answer=None, *more, text: bool = False) -> None:
    """Shows one question; with an answer, as text, the verdict.

    Args:
        question_id: the question, such as "01.softmax".
        answer: in the text form a number as printed, a list of such, or the number asked for.
        *more: nothing; so that 81,920 is refused, which Python reads as two numbers.
        text: whether to use the text form where widgets work, too.

    Raises:
        CourseError: if there is no such question, or if the answer is none that it takes.
    """
    _only_one("answer", answer, more)
    question = reading.question(question_id)
    if answer is None and not text and widgets_work():
        from course_lib.quiz import view

        view.show_question(question)
    else:
        from course_lib.quiz import text as form

        form.show_question(question, answer)


def due(lesson_id: str, *otherwise: str, text: bool = False) -> None:
    """Shows three questions of earlier lessons: those that your progress says are due (quiz/recall.py).

    Args:
        lesson_id: the lesson that begins here, such as "09".
        *otherwise: three questions, one each from three earlier lessons, for whoever has answered too few.
        text: whether to use the text form where widgets work, too.

    Raises:
        CourseError: if these are no three questions of three earlier lessons.
    """
    recall.check(lesson_id, otherwise)
    today = datetime.now().astimezone().date()
    how = "" if widgets_work() and not text else " (To answer: `from course_lib.quiz import quiz`.)"
    say(f"**Before you begin**, {recall.MANY} questions of earlier lessons: what is called back to mind stays.{how}")
    for question_id in recall.chosen(lesson_id, otherwise, progress.events(), today):
        say(f"From lesson {question_id[:2]}:")
        quiz(question_id, text=text)


def predict(prediction_id: str, guess=None, *more, confidence: int = 50, text: bool = False) -> None:
    """Shows one prediction; with a guess, as text, keeps it.

    Args:
        prediction_id: the prediction, such as "01.riddle".
        guess: in the text form a choice's key or a number.
        *more: nothing; so that 81,920 is refused, which Python reads as two numbers.
        confidence: how sure you are, in whole per cent from 50 to 100.
        text: whether to use the text form where widgets work, too.

    Raises:
        CourseError: if there is no such prediction, if the guess is none of its choices or outside
            of its bounds, or if the confidence is.
    """
    _only_one("guess", guess, more)
    prediction = reading.prediction(prediction_id)
    if guess is None and not text and widgets_work():
        from course_lib.quiz import view

        view.show_prediction(prediction)
    else:
        from course_lib.quiz import text as form

        form.show_prediction(prediction, guess, confidence)


def reveal(prediction_id: str, measured) -> None:
    """Your guess and the measurement side by side.

    Args:
        prediction_id: the prediction, such as "01.riddle".
        measured: a choice's key, or a number in the unit asked for.

    Raises:
        CourseError: if there is no such prediction, or if the measurement is none of its choices or
            no number.
    """
    from course_lib.quiz import outcome

    outcome.show(reading.prediction(prediction_id), measured, widgets_work())


def _only_one(what: str, given, more: tuple) -> None:
    """Without quotes Python reads 81,920 as two numbers."""
    if more:
        sure = " How sure you are is said by name: confidence=70." if what == "guess" else ""
        raise CourseError(f"You gave {1 + len(more)} values as your {what}: {shown((given, *more))}. Write a number "
                          f"without a comma, {what}=81920, or in quotes.{sure}")
