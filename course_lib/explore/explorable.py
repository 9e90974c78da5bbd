"""An explorable: a pure function from state to result, and the one view on it that all of them share.

A module declares its State, a frozen dataclass whose values are the start; its controls, by the names of the state's
fields (controls.py); `compute`, from state to result; and what is said and drawn of a result. All else is here.
"""
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from course_lib import plots
from course_lib.display import widgets_work
from course_lib.errors import CourseError, shown
from course_lib.explore.controls import Control


def checked(state, kind: type, controls: dict[str, Control]):
    """The state, with what a control reads into it. Raises CourseError if it is none of this kind, or cannot be so."""
    if not isinstance(state, kind):
        raise CourseError(f"A state here is {kind()!r}, or one with other values; you gave {shown(state)}.")
    for name, control in controls.items():
        state = replace(state, **{name: control.checked(name, state)})
    return state


def picture_of(figure: Callable, alt: Callable[[Any], str], note: str = "", dpi: int = 96) -> Callable[[Any], str]:
    """result -> HTML: its still figure with what it shows in words, and a note below."""
    return lambda result: plots.picture_html(figure(result), alt(result), note, dpi=dpi)


@dataclass(frozen=True)
class Explorable:
    """All that makes one: `compute` gives a result for a state, all functions below it say something of a result."""

    title: str
    state: type
    controls: dict[str, Control]
    compute: Callable[[Any], Any]
    rows: Callable[[Any], Iterable[str]]  # of the text form, above the summary
    summary: Callable[[Any], str]
    picture: Callable[[Any], str] = lambda result: ""  # as HTML
    above: Callable[[Any], Iterable[str]] = lambda result: ()  # texts that stand above the picture

    def ranges(self, **values) -> dict:
        """Every value that each control can take, where some others have these values."""
        return {name: control.allowed(self.state(**values)) for name, control in self.controls.items()}

    def text_form(self, state) -> str:
        """For a terminal or a screen reader: the rows, and the summary. Raises CourseError as `compute` does."""
        result = self.compute(state)
        return "\n".join([*self.rows(result), "", self.summary(result)])

    def panel(self, start):
        """The widgets, ready to be displayed or driven (`.set`). Raises CourseError if `start` cannot be shown."""
        from course_lib.explore.panel import Panel

        start = checked(start, self.state, self.controls)
        self.compute(start)  # says what else is wrong with it
        return Panel(self, start)


def show(make: Callable[[], Explorable], start, text: bool) -> None:
    """Displays the panel; prints the text form where widgets do not work or `text` asks for it.

    What cannot be shown is explained in its place.
    """
    try:
        if text or not widgets_work():
            print(make().text_form(start))
            return
        from IPython.display import display

        display(make().panel(start))
    except CourseError as error:
        print(error)
