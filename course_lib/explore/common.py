"""What the explorables share, widgets apart: a state that is one, and a way to be shown that never raises."""
from collections.abc import Callable

from course_lib.display import widgets_work
from course_lib.errors import CourseError, shown


def check_state(state: object, kind: type) -> None:
    """CourseError where `state` is none of this explorable's states, for example a bare text."""
    if not isinstance(state, kind):
        raise CourseError(f"A state here is {kind()!r}, or one with other values; you gave {shown(state)}.")


def matrix_label(name: str) -> str:
    """A matrix of a block as a student says it, blocks counted from 1: block 3, v_proj."""
    parts = name.split(".")
    number = next(int(part) for part in parts if part.isdigit())
    return f"block {number + 1}, {parts[-1]}"


def show(panel: Callable, text_form: Callable[[], str], text: bool) -> None:
    """Displays the panel; prints the text form where widgets do not work or `text` asks for it.

    A state that cannot be shown is explained in its place.
    """
    try:
        if text or not widgets_work():
            print(text_form())
            return
        from IPython.display import display

        display(panel())
    except CourseError as error:
        print(error)
