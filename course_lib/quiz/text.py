"""Questions and predictions as text, for terminals, screen readers, and wherever widgets cannot be shown."""
import math
from numbers import Integral, Real

from course_lib import progress
from course_lib.errors import CourseError, shown
from course_lib.quiz.markup import to_text
from course_lib.quiz.predictions import Prediction, as_float, check_confidence
from course_lib.quiz.questions import Question

HOW = {
    "single": ("One answer is right.", "answer=NUMBER"),
    "several": ("Every true statement.", "answer=[NUMBER, NUMBER]"),
    "number": ("A number{unit}.", "answer=0.5"),
    "ordering": ("Put them in order.", "answer=[NUMBER, NUMBER, …]"),
}


def to_answer(question: Question, given):
    """What `Question.mark` takes, from the numbers as printed (from 1); a CourseError says what is allowed."""
    if question.kind == "number":
        is_text, is_number = isinstance(given, str), isinstance(given, Real)
        number = question.read(given) if is_text else as_float(given) if is_number else None
        if number is None or not math.isfinite(number):
            raise CourseError(f"{question.id} asks for a number; you gave {shown(given)}.")
        thousandfold = round(1000 * number)  # 81.920 is 81.92 to Python; it may be meant as 81,920
        if isinstance(given, float) and 1 <= abs(given) < 1000 and question.mark(thousandfold).correct:
            raise CourseError(f"Did you mean {thousandfold}? You gave {given}, with a decimal point.")
        return number
    numbers, n = list(given) if isinstance(given, (list, tuple, set)) else [given], len(question.options)
    single = question.kind == "single"
    fits = len(numbers) == 1 if single else len(numbers) <= n
    if not fits or any(isinstance(one, bool) or not isinstance(one, Integral) or not 1 <= one <= n for one in numbers):
        many = "one number" if single else "a list of numbers"
        raise CourseError(f"{question.id} takes {many} from 1 to {n}; you gave {shown(given)}.")
    places = [int(one) - 1 for one in numbers]
    return places[0] if single else places


def show_question(question: Question, given=None) -> None:
    """Prints the question and how to answer, or, with an answer, the verdict and the explanation."""
    if given is None:
        what, how = HOW[question.kind]
        unit = f", in {question.unit}" if question.kind == "number" and question.unit else ""
        print(f"Question {question.id}. {what.format(unit=unit)}")
        print(to_text(question.text))
        for number, option in enumerate(question.options, 1):
            print(f"  {number}. {option}")
        print(f'Answer: quiz("{question.id}", {how})')
        if before := earlier(question):
            print(before)
        return
    answer = to_answer(question, given)
    mark = question.mark(answer)
    if mark.correct is None:
        print(to_text(mark.feedback))
        return
    progress.record_answer(question.id, answer, mark.correct, mark.misconception)
    print(f"{mark.verdict}\n\n{to_text(mark.feedback)}\n{see(question)}")


def see(question: Question) -> str:
    """Where it is explained: what is due is of another lesson than the one in which it stands."""
    return f"See lesson {question.id[:2]}, section “{question.see}”."


def earlier(question: Question) -> str:
    """What the progress file knows about this question, or nothing."""
    known = progress.summary()["answer"].get(question.id)
    if known is None:
        return ""
    day = progress.day(known["at"])
    return f"You answered this right on {day}." if known["correct"] else f"You tried this on {day}; it is still open."


def show_prediction(prediction: Prediction, guess=None, confidence: int = 50) -> None:
    """Prints the prediction and how to guess, or keeps the guess."""
    if guess is None:
        print(f"Predict {prediction.id}, before you go on.")
        print(to_text(prediction.text))
        example = "0.5"
        if prediction.kind == "choice":
            for key, words in prediction.choices.items():
                print(f"  {key}: {words}")
            example = repr(next(iter(prediction.choices)))
        else:
            print(f"  {bounds(prediction)}")
        print(f'Guess: predict("{prediction.id}", guess={example}, confidence=70)')
        return
    print(keep(prediction, guess, confidence))


def bounds(prediction: Prediction) -> str:
    return (f"From {prediction.min:g} to {prediction.max:g} {prediction.unit}. "
            f"Right means: within {prediction.near:g} of what is measured.")


def keep(prediction: Prediction, guess, confidence) -> str:
    """Stores a guess and says so; honest about a guess that comes after the measurement."""
    guess, confidence = prediction.check(guess), check_confidence(confidence)
    progress.record_prediction(prediction.id, guess, confidence)
    then = ("It is late, the measurement was shown here before: it does not count."
            if progress.is_late(prediction.id) else "Now go on: the measurement comes below.")
    return f"Kept: {prediction.exactly(guess)}, {confidence} % sure. {then}"
