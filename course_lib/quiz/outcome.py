"""Guess and measurement side by side, after the run."""
from course_lib import progress
from course_lib.display import html_table, show_html, text_table
from course_lib.quiz.markup import to_html
from course_lib.quiz.predictions import Prediction, check_confidence


def told(prediction: Prediction, kept: dict | None, measured) -> list[tuple[str, str]]:
    """(name, value) rows and a last row with the verdict; `kept` is what `kept_guess` gives."""
    if kept is None:
        verdict = "That is fine: next time, guess first. A wrong guess teaches more than none."
        return [("your guess", "none was kept"), ("measured", prediction.show(measured)), ("", verdict)]
    guess, sure = kept["guess"], kept["confidence"]
    right, verdict = prediction.right(guess, measured), prediction.compare(guess, measured)
    if kept.get("late"):
        verdict += " It was made after the measurement was shown, so it does not count."
    elif not right and sure >= 90:
        verdict += " You were very sure: what did you picture?"
    elif right and sure <= 60:
        verdict += " You could have trusted it more."
    return [("your guess", guessed(prediction, kept)), ("measured", prediction.show(measured)), ("", verdict)]


def guessed(prediction: Prediction, kept: dict) -> str:
    """A kept guess in words."""
    late = ", late: the measurement was shown before" if kept.get("late") else ""
    return f"{prediction.exactly(kept['guess'])} ({kept['confidence']} % sure{late})"


def kept_guess(prediction: Prediction) -> dict | None:
    """The last guess, {"guess", "confidence", "late"}, or None. It must still fit the prediction as it is asked now."""
    event = progress.latest("prediction", prediction.id)
    if event is None:
        return None
    try:
        return {"guess": prediction.check(event.data["guess"]),
                "confidence": check_confidence(event.data["confidence"]),
                "late": progress.is_late(prediction.id)}
    except (KeyError, ValueError):  # the question was changed since, or the entry is not ours
        return None


def show(prediction: Prediction, measured, in_notebook: bool) -> None:
    """Displays the rows (a table in a notebook, lines elsewhere) and keeps the outcome beside the guess."""
    measured = prediction.check(measured, "measurement")
    kept = kept_guess(prediction)
    guess = None if kept is None else kept["guess"]
    right = None if kept is None else prediction.right(guess, measured)
    progress.record_outcome(prediction.id, measured, guess, right)
    *rows, (_, verdict) = told(prediction, kept, measured)
    if in_notebook:
        show_html(html_table(rows) + to_html(verdict))
    else:
        print(text_table(rows), verdict, sep="\n")
