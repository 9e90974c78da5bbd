"""Run a student's function on one drawn input, and turn what comes back into an outcome."""
import sys
from contextlib import contextmanager
from pathlib import Path

from course_lib.checks.outcomes import outcome

COURSE = Path(__file__).resolve().parents[1]
ALLOWED = (str(COURSE / "checks"), str(COURSE / "lazy.py"))  # the check itself, and what only finds a name's module


def outcome_of(function, inputs: dict, probe=None, errors: list | None = None):
    """The outcome of one call: what `probe(function, **inputs)`, or the function, returns or raises.

    The function gets the inputs in their order, so that its parameters may have any names. An exception becomes
    {"raises": its type}; the exception itself is appended to `errors`.
    """
    try:
        value = probe(function, **inputs) if probe else function(*inputs.values())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit, too, must not end the notebook
        if errors is not None:
            errors.append(error)
        return {"raises": type(error).__name__}
    return outcome(value)


@contextmanager
def course_calls():
    """The block in which the list of the course's own functions grows that are called from outside of the course."""
    called, before = [], sys.getprofile()
    inside = lambda frame: frame is not None and frame.f_code.co_filename.startswith((str(COURSE), "<frozen"))

    def look(frame, event, _):
        if event != "call" or not frame.f_code.co_filename.startswith(str(COURSE)) or inside(frame.f_back):
            return
        if not frame.f_code.co_filename.startswith(ALLOWED):
            called.append(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}")

    sys.setprofile(look)
    try:
        yield called
    finally:
        sys.setprofile(before)
