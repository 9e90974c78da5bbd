"""Guess and measurement side by side, after the run."""

from course_lib import progress
from course_lib.quiz.markup import to_html
from course_lib.quiz.predictions import Prediction


def told(prediction: Prediction, guess: dict | None, measured) -> list[tuple[str, str]]:
    """(name, value) rows and a last row with the verdict; `guess` is {"guess", "confidence"} or None."""
    if guess is None:
        return [
            ("your guess", "none was kept"),
            ("measured", prediction.show(measured)),
            ("", "That is fine: next time, guess first. A wrong guess teaches more than none."),
        ]
    sure = guess["confidence"]
    right = prediction.right(guess["guess"], measured)
    lesson = (
        (" You were very sure: what did you picture?" if sure >= 90 else "")
        if not right
        else " You could have trusted it more."
        if sure <= 60
        else ""
    )
    return [
        ("your guess", f"{prediction.show(guess['guess'])} ({sure} % sure)"),
        ("measured", prediction.show(measured)),
        ("", prediction.compare(guess["guess"], measured) + lesson),
    ]


def kept_guess(prediction: Prediction) -> dict | None:
    """The last guess that still fits the prediction as it is asked now."""
    event = progress.latest("prediction", prediction.id)
    if event is None:
        return None
    try:
        prediction.check(event.data["guess"])
        return {"guess": event.data["guess"], "confidence": int(event.data["confidence"])}
    except (KeyError, TypeError, ValueError):  # the question was changed since, or the entry is not ours
        return None


def show(prediction: Prediction, measured, in_notebook: bool) -> None:
    """Displays the rows (a table in a notebook, lines elsewhere) and keeps the outcome beside the guess."""
    measured = prediction.check(measured, "measurement")
    guess = kept_guess(prediction)
    right = None if guess is None else prediction.right(guess["guess"], measured)
    progress.record_outcome(prediction.id, measured, guess and guess["guess"], right)
    rows = told(prediction, guess, measured)
    if not in_notebook:
        print("\n".join(f"{name}: {value}" if name else value for name, value in rows))
        return
    from IPython.display import HTML, display

    cells = "".join(
        f"<tr><th scope='row' style='text-align:left'>{name}</th>"
        f"<td style='text-align:left'>{to_html(value)}</td></tr>"
        for name, value in rows
        if name
    )
    display(HTML(f"<table>{cells}</table>{to_html(rows[-1][1])}"))
