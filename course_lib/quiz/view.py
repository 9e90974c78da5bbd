"""Questions and predictions as widgets, for ipywidgets 7.7 and 8. Every rule is in questions.py."""

import html
from collections.abc import Callable

import ipywidgets as widgets
from IPython.display import display

from course_lib import progress
from course_lib.framed import Framed
from course_lib.quiz import outcome, text
from course_lib.quiz.markup import to_html
from course_lib.quiz.predictions import Prediction
from course_lib.quiz.questions import Question

_STYLE = """<style>
.course-quiz .widget-radio, .course-quiz .widget-checkbox { height: auto; width: auto; margin: 2px }
.course-quiz .widget-radio-box { height: auto; width: auto; max-width: 100%; margin: 0 }
.course-quiz .widget-radio-box label, .course-quiz .widget-checkbox .widget-label-basic {
  display: flex; align-items: flex-start; height: auto; width: auto; line-height: 1.5; white-space: normal;
  overflow: visible; margin: 0 0 0.2em }
.course-quiz .widget-radio-box label { flex-direction: row-reverse; justify-content: flex-end }
.course-quiz .widget-radio-box label input, .course-quiz .widget-checkbox .widget-label-basic input {
  flex: none; align-self: flex-start; font-size: inherit; width: 1em; height: 1em; margin: 0.25em 0.6em 0 2px }
.course-quiz .widget-checkbox .widget-label-basic span { white-space: normal; overflow: visible; text-overflow: clip }
.course-quiz .widget-html-content { line-height: 1.5; overflow-wrap: anywhere }
</style>"""
EMPTY = ""  # of a place in an order: ipywidgets shows None, at some hash seeds, as no option at all


def _wide() -> widgets.Layout:
    return widgets.Layout(width="auto", max_width="100%")


class View(Framed):
    """Text, controls, two buttons and feedback in a frame. Subclasses give the controls, `options` and `submit`."""

    def __init__(self, heading: str, body: str, controls: list, button: str):
        self.controls, self.told = controls, ""
        self.button = widgets.Button(description=button)
        self.clear_button = widgets.Button(description="Clear")
        self.feedback = widgets.HTML(layout=_wide())
        self.asked = f"<b>{heading}</b>{to_html(body)}"
        top = widgets.HTML(_STYLE + self.asked, layout=_wide())
        buttons = widgets.HBox([self.button, self.clear_button])
        super().__init__([top, *controls, buttons, self.feedback], "course-quiz")
        self.button.on_click(lambda _: self.say(*self.submit()))
        self.clear_button.on_click(lambda _: self.clear())

    @property
    def options(self) -> tuple[str, ...]:
        """The texts to choose from, for the still form."""
        raise NotImplementedError

    def submit(self) -> tuple[str, str]:
        """What the answer earns: a verdict (or nothing) and its explanation."""
        raise NotImplementedError

    def say(self, verdict: str, explanation: str) -> None:
        """Screen readers announce it: the element is a live region."""
        head = f"<b>{verdict}</b> " if verdict else ""
        self.told = head + to_html(explanation)
        self.feedback.value = f"<div role='status' aria-live='polite'>{self.told}</div>"
        self.keep()

    def clear(self) -> None:
        empty = {widgets.Checkbox: False, widgets.Text: "", widgets.IntSlider: 50, widgets.Dropdown: EMPTY}
        for control in self.controls:
            control.value = empty.get(type(control))
        self.say("", "")

    def still(self) -> str:
        """The text, its options, and what was said of the last answer."""
        options = "".join(f"<li>{html.escape(one)}</li>" for one in self.options)
        return (f"{self.asked}<ul style='margin:0.4em 0'>{options}</ul>{self.told}"
                "<p style='margin:0.4em 0'><i>Run this cell, and you can answer here.</i></p>")


def _radio(labels: list[tuple[str, object]]) -> widgets.RadioButtons:
    return widgets.RadioButtons(options=labels, value=None, layout=_wide())


def _number_box(label: str, unit: str) -> widgets.Text:
    """It sends what was typed once one leaves it, whole: letter by letter, a busy kernel would get the click first."""
    label = f"{label} ({unit})" if unit else label
    return widgets.Text(placeholder="a number", description=label, continuous_update=False,
                        layout=widgets.Layout(width="min(32em, calc(100% - 4px))"),  # 2 px of margin on either side
                        style={"description_width": "initial"})


def _place(number: int, options: list[tuple[int, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(
        options=[("choose", EMPTY), *((label, i) for i, label in options)],
        value=EMPTY,
        layout=_wide(),
        description=f"{number}.",
        style={"description_width": "2em"},
    )


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
    def options(self) -> tuple[str, ...]:
        return self.question.options

    @property
    def answer(self):
        """The controls' state as Question.mark takes it."""
        values = [control.value for control in self.controls]
        return {
            "single": lambda: values[0],
            "several": lambda: [i for i, ticked in enumerate(values) if ticked],
            "number": lambda: self.question.read(values[0]),
            "ordering": lambda: [None if value == EMPTY else value for value in values],
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
            self.say("", f"You guessed {outcome.guessed(prediction, before)}.")

    @property
    def options(self) -> tuple[str, ...]:
        return tuple((self.prediction.choices or {}).values())

    def submit(self) -> tuple[str, str]:
        control, sure = self.controls
        if control.value in (None, ""):
            return "", "Choose one first." if self.prediction.kind == "choice" else "Type a number first."
        try:
            return "", text.keep(self.prediction, control.value, sure.value)
        except ValueError as error:  # what is no number, can be two, or is outside what is allowed
            return "", str(error)


def show_question(question: Question) -> QuestionView:
    """Displays the question and returns its view."""
    view = QuestionView(question)
    display(view)
    return view


def show_prediction(prediction: Prediction) -> PredictionView:
    """Displays the prediction and returns its view."""
    view = PredictionView(prediction)
    display(view)
    return view
