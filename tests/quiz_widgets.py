"""Drives the widget of a question or a prediction as a browser would: states and clicks in, text out.

It knows nothing of how the course marks an answer: the verdicts are compared with the key file alone.
"""

import html
import itertools
import re

import ipywidgets as widgets

SEE = re.compile(r"See lesson \d\d, section “[^”]*”\.")


class QuizFault(AssertionError):
    """Something is wrong with a quiz question; the message names it."""


def require(condition, where: str, message: str) -> None:
    if not condition:
        raise QuizFault(f"{where}: {message}")


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def of_type(view, kind) -> list:
    return [one for one in walk(view.box) if isinstance(one, kind)]


def words(view) -> str:
    """The text of the feedback, without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", view.feedback.value)).split())


def press(view, name: str, where: str) -> str:
    """Clicks a button by the message that a browser sends, and returns the feedback that this click brought."""
    buttons = [one for one in of_type(view, widgets.Button) if one.description == name]
    require(len(buttons) == 1, where, f"there is not one button {name!r}")
    view.feedback.value = ""
    buttons[0]._handle_button_msg(buttons[0], {"event": "click"}, [])
    if not view.feedback.value:  # ipywidgets swallows what a callback raises: ask it directly
        callbacks = buttons[0]._click_handlers.callbacks
        require(callbacks, where, f"the button {name!r} is not wired to anything")
        try:
            for callback in callbacks:
                callback(buttons[0])
        except Exception as error:
            raise QuizFault(f"{where}: the button {name!r} raises {type(error).__name__}: {error}") from error
        raise QuizFault(f"{where}: the button {name!r} brings no feedback")
    require(
        "role='status'" in view.feedback.value and "aria-live='polite'" in view.feedback.value,
        where,
        "the feedback is not announced to screen readers",
    )
    return words(view)


def attempt(view, where: str, right: bool | None, what: str) -> str:
    """Presses Check, asserts the verdict (None: there must be none) and returns the explanation."""
    told = press(view, "Check", where)
    verdict = True if told.startswith("Right.") else False if told.startswith("Not yet.") else None
    name = {True: "right", False: "wrong", None: "no answer"}
    require(verdict is right, where, f"{what} is marked as {name[verdict]}; by the key it is {name[right]}")
    explanation = SEE.sub("", re.sub(r"^(Right|Not yet)\.", "", told)).strip()
    require(len(explanation) >= 15, where, f"{what} gets no explanation")
    return explanation


def distinct(explanations: list[str], where: str) -> None:
    require(len(set(explanations)) == len(explanations), where, "two answers get the same explanation")


def _matches(labels: list[str], beginnings: list[str], where: str) -> list[int]:
    """Which label begins like each entry of the key."""
    places = []
    for beginning in beginnings:
        found = [i for i, label in enumerate(labels) if label.startswith(beginning)]
        require(len(found) == 1, where, f"the key {beginning!r} is not among the choices: {labels}")
        places += found
    return places


def _single(view, key: dict, where: str) -> None:
    (radio,) = of_type(view, widgets.RadioButtons)
    labels = list(radio._options_labels)
    (right,) = _matches(labels, key["right"], where)
    told = []
    for i, label in enumerate(labels):
        radio.set_state({"index": i})
        told.append(attempt(view, where, i == right, f"the choice {label!r}"))
    distinct(told, where)


def _several(view, key: dict, where: str) -> None:
    boxes = of_type(view, widgets.Checkbox)
    right = set(_matches([box.description for box in boxes], key["right"], where))
    near = []  # the answers that differ from the right one in one box
    for ticks in itertools.product((False, True), repeat=len(boxes)):
        chosen = {i for i, tick in enumerate(ticks) if tick}
        for box, tick in zip(boxes, ticks):
            box.set_state({"value": tick})
        told = attempt(
            view, where, chosen == right if chosen else None, f"ticking {sorted(i + 1 for i in chosen)}"
        )
        near += [told] if len(chosen ^ right) <= 1 else []
    distinct(near, where)


def _number(view, key: dict, where: str) -> None:
    (box,) = of_type(view, widgets.Text)
    told = []
    for value in (key["number"], *key["wrong"]):
        box.set_state({"value": str(value)})
        told.append(attempt(view, where, value == key["number"], f"the number {value}"))
    distinct(told, where)
    box.set_state({"value": "a lot"})
    attempt(view, where, None, "the answer 'a lot'")


def _ordering(view, key: dict, where: str) -> None:
    places = of_type(view, widgets.Dropdown)
    labels = list(places[0]._options_labels)
    right = _matches(labels, key["order"], where)
    require(len(right) == len(places), where, "the key has not as many items as there are places")
    told = []
    for swap in range(len(right)):  # the right order, then each pair of neighbours exchanged
        order = list(right)
        if swap:
            order[swap - 1], order[swap] = order[swap], order[swap - 1]
        for place, index in zip(places, order):
            place.set_state({"index": index})
        told.append(
            attempt(view, where, not swap, f"the order with place {swap} exchanged" if swap else "the order")
        )
    distinct(told, where)
    places[0].set_state({"index": right[1]})
    places[1].set_state({"index": right[1]})
    attempt(view, where, None, "the same item in two places")


def drive_question(view, key: dict) -> None:
    """Nothing chosen, every wrong answer, the right one; then back to unanswered. Raises QuizFault."""
    where, shown = f"quiz {view.question.id}", view.feedback.value
    attempt(view, where, None, "nothing at all")
    kind = "number" if "number" in key else "order" if "order" in key else None
    if kind is None:
        kind = "several" if of_type(view, widgets.Checkbox) else "single"
    {"single": _single, "several": _several, "number": _number, "order": _ordering}[kind](view, key, where)
    _back_to_unanswered(view, where, shown)


def drive_prediction(view, key) -> None:
    """No guess, every choice or the key's number, with several confidences; then back to unanswered."""
    where, shown = f"prediction {view.prediction.id}", view.feedback.value
    (sure,) = of_type(view, widgets.IntSlider)
    require("Kept" not in press(view, "Keep my guess", where), where, "an empty guess is kept")
    radios, boxes = of_type(view, widgets.RadioButtons), of_type(view, widgets.Text)
    guesses = (
        [(radios[0], {"index": i}) for i in range(len(radios[0]._options_labels))]
        if radios
        else [(boxes[0], {"value": str(key)})]
    )
    for turn, (control, state) in enumerate(guesses):
        control.set_state(state)
        sure.set_state({"value": 50 + 10 * turn})
        told = press(view, "Keep my guess", where)
        require(
            told.startswith("Kept:") and f"{50 + 10 * turn} %" in told,
            where,
            f"the guess {state} is not kept: {told}",
        )
    if boxes:
        boxes[0].set_state({"value": "1e9"})
        require(
            "must lie between" in press(view, "Keep my guess", where),
            where,
            "a guess outside the range is kept",
        )
    _back_to_unanswered(view, where, shown)


def _back_to_unanswered(view, where: str, shown: str) -> None:
    require(press(view, "Clear", where) == "", where, "Clear leaves feedback behind")
    for control in of_type(view, (widgets.RadioButtons, widgets.Dropdown, widgets.Checkbox, widgets.Text)):
        require(control.value in (None, False, ""), where, "Clear leaves an answer behind")
    view.feedback.value = shown
