"""Questions and predictions as widgets, for ipywidgets 7.7 and 8. Every rule is in questions.py."""

from collections.abc import Callable

import ipywidgets as widgets
from IPython.display import display

from course_lib import progress
from course_lib.display import FRAME
from course_lib.quiz import outcome, text
from course_lib.quiz.markup import to_html
from course_lib.quiz.predictions import Prediction
from course_lib.quiz.questions import Question

_STYLE = """<style>
.course-quiz .widget-radio-box label, .course-quiz .widget-checkbox label, .course-quiz .widget-label-basic {
  height: auto; width: auto; line-height: 1.5; white-space: normal; overflow: visible; margin-bottom: 0.2em }
.course-quiz .widget-radio-box { width: auto; max-width: 100% }
.course-quiz .widget-html-content { line-height: 1.5; overflow-wrap: anywhere }
</style>"""


def _wide() -> widgets.Layout:
    return widgets.Layout(width="auto", max_width="100%")


class View:
    """Text, controls, two buttons and feedback in a frame. Subclasses give the controls and `submit`."""

    def __init__(self, heading: str, body: str, controls: list, button: str):
        self.controls = controls
        self.button = widgets.Button(description=button)
        self.clear_button = widgets.Button(description="Clear")
        self.feedback = widgets.HTML(layout=_wide())
        top = widgets.HTML(f"{_STYLE}<b>{heading}</b>{to_html(body)}", layout=_wide())
        self.box = widgets.VBox(
            [top, *controls, widgets.HBox([self.button, self.clear_button]), self.feedback],
            layout=widgets.Layout(**FRAME),
        )
        self.box.add_class("course-quiz")
        self.button.on_click(lambda _: self.say(*self.submit()))
        self.clear_button.on_click(lambda _: self.clear())

    def submit(self) -> tuple[str, str]:
        """What the answer earns: a verdict (or nothing) and its explanation."""
        raise NotImplementedError

    def say(self, verdict: str, explanation: str) -> None:
        """Screen readers announce it: the element is a live region."""
        head = f"<b>{verdict}</b> " if verdict else ""
        self.feedback.value = f"<div role='status' aria-live='polite'>{head}{to_html(explanation)}</div>"

    def clear(self) -> None:
        for control in self.controls:
            for one in getattr(control, "children", (control,)):
                one.value = {widgets.Checkbox: False, widgets.Text: "", widgets.IntSlider: 50}.get(type(one))
        self.say("", "")


def _radio(labels: list[tuple[str, object]]) -> widgets.RadioButtons:
    return widgets.RadioButtons(options=labels, value=None, layout=_wide())


def _number_box(label: str, unit: str) -> widgets.Text:
    label = f"{label} ({unit})" if unit else label
    return widgets.Text(placeholder="a number", description=label, style={"description_width": "initial"})


def _place(number: int, options: list[tuple[int, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(
        options=[("choose", None), *((label, i) for i, label in options)],
        layout=_wide(),
        description=f"{number}.",
        style={"description_width": "2em"},
    )


def parse_number(typed: str) -> float | None:
    """A typed number, with decimal point or comma, also with a per cent sign; None for anything else."""
    try:
        number = float(typed.strip().rstrip("%").strip().replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


class QuestionView(View):
    def __init__(self, question: Question):
        self.question = question
        options = list(enumerate(question.options))
        make: dict[str, Callable[[], list]] = {
            "single": lambda: [_radio([(label, i) for i, label in options])],
            "several": lambda: [
                widgets.Checkbox(description=label, indent=False, layout=_wide()) for _, label in options
            ],
            "number": lambda: [_number_box("Your answer", question.unit)],
            "ordering": lambda: [_place(place + 1, options) for place, _ in options],
        }
        what = {"several": "Tick every statement that is true.", "ordering": "Put them in order."}
        heading = " ".join(part for part in ("Question.", what.get(question.kind, "")) if part)
        super().__init__(heading, question.text, make[question.kind](), "Check")
        self.say("", text.earlier(question))

    @property
    def answer(self):
        """The controls' state as Question.mark takes it."""
        values = [control.value for control in self.controls]
        return {
            "single": lambda: values[0],
            "several": lambda: [i for i, ticked in enumerate(values) if ticked],
            "number": lambda: parse_number(values[0]),
            "ordering": lambda: values,
        }[self.question.kind]()

    def submit(self) -> tuple[str, str]:
        answer = self.answer
        mark = self.question.mark(answer)
        if mark.correct is None:
            return "", mark.feedback
        progress.record_answer(self.question.id, answer, mark.correct, mark.misconception)
        return mark.verdict, f"{mark.feedback}\n\n{text.see(self.question)}"


class PredictionView(View):
    def __init__(self, prediction: Prediction):
        self.prediction = prediction
        choose = prediction.kind == "choice"
        control = (
            _radio([(label, key) for key, label in prediction.choices.items()])
            if choose
            else _number_box("Your guess", prediction.unit)
        )
        sure = widgets.IntSlider(
            value=50,
            min=50,
            max=100,
            step=5,
            description="How sure? (%)",
            style={"description_width": "initial"},
        )
        body = prediction.text if choose else f"{prediction.text}\n\n{text.bounds(prediction)}"
        super().__init__("Predict, before you go on.", body, [control, sure], "Keep my guess")
        before = outcome.kept_guess(prediction)
        if before:
            self.say("", f"You guessed {prediction.show(before['guess'])}, {before['confidence']} % sure.")

    def submit(self) -> tuple[str, str]:
        control, sure = self.controls
        guess = control.value if self.prediction.kind == "choice" else parse_number(control.value)
        if guess is None:
            return "", "Choose one first." if self.prediction.kind == "choice" else "Type a number first."
        try:
            return "", text.keep(self.prediction, guess, sure.value)
        except ValueError as error:  # outside what is allowed: the message says so
            return "", str(error)


def show_question(question: Question) -> QuestionView:
    """Displays the question and returns its view."""
    view = QuestionView(question)
    display(view.box)
    return view


def show_prediction(prediction: Prediction) -> PredictionView:
    """Displays the prediction and returns its view."""
    view = PredictionView(prediction)
    display(view.box)
    return view
