"""Guess and measurement side by side, after the run."""
from course_lib import progress
from course_lib.display import html_table, show_html, text_table
from course_lib.quiz.markup import to_html
from course_lib.quiz.predictions import Prediction, check_confidence


def told(prediction: Prediction, guess: dict | None, measured) -> list[tuple[str, str]]:
    """(name, value) rows and a last row with the verdict; `guess` is {"guess", "confidence"} or None."""
    if guess is None:
        verdict = "That is fine: next time, guess first. A wrong guess teaches more than none."
        return [("your guess", "none was kept"), ("measured", prediction.show(measured)), ("", verdict)]
    sure, verdict = guess["confidence"], prediction.compare(guess["guess"], measured)
    right = prediction.right(guess["guess"], measured)
    if not right and sure >= 90:
        verdict += " You were very sure: what did you picture?"
    if right and sure <= 60:
        verdict += " You could have trusted it more."
    return [("your guess", f"{prediction.show(guess['guess'])} ({sure} % sure)"),
            ("measured", prediction.show(measured)), ("", verdict)]


def kept_guess(prediction: Prediction) -> dict | None:
    """The last guess that still fits the prediction as it is asked now."""
    event = progress.latest("prediction", prediction.id)
    if event is None:
        return None
    try:
        return {"guess": prediction.check(event.data["guess"]),
                "confidence": check_confidence(event.data["confidence"])}
    except (KeyError, ValueError):  # the question was changed since, or the entry is not ours
        return None


def show(prediction: Prediction, measured, in_notebook: bool) -> None:
    """Displays the rows (a table in a notebook, lines elsewhere) and keeps the outcome beside the guess."""
    measured = prediction.check(measured, "measurement")
    guess = kept_guess(prediction)
    right = None if guess is None else prediction.right(guess["guess"], measured)
    progress.record_outcome(prediction.id, measured, guess and guess["guess"], right)
    *rows, (_, verdict) = told(prediction, guess, measured)
    if in_notebook:
        show_html(html_table(rows) + to_html(verdict))
    else:
        print(text_table(rows), verdict, sep="\n")
