"""Run a student's function on one drawn input, and turn what comes back into an outcome."""
import sys
from contextlib import contextmanager
from pathlib import Path

from course_lib.checks.outcomes import outcome
from course_lib.checks.probing import gradients_of_call, watched

COURSE = Path(__file__).resolve().parents[1]
ALLOWED = (str(COURSE / "checks"), str(COURSE / "lazy.py"))  # the check itself, and what only finds a name's module


def outcome_of(function, inputs: dict, probe=None, errors: list | None = None, learn: list[str] = ()):
    """The outcome of one call: what `probe(function, **inputs)`, or the function, returns or raises.

    The function gets the inputs in their order, so that its parameters may have any names. An exception becomes
    {"raises": its type}; the exception itself is appended to `errors`. `learn` names inputs that a gradient must
    reach: a second call says which it does. The value then stands in a dict beside the gradients, and so it does
    where a call changed its inputs in place.
    """
    answer = watched(function)
    try:
        value = probe(answer, **inputs) if probe else answer(*inputs.values())
        reached = gradients_of_call(function, inputs) if learn else {}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit, too, must not end the notebook
        if errors is not None:
            errors.append(error)
        return {"raises": type(error).__name__}
    beside = {"gradients": {name: reached.get(name) for name in learn}} if learn else {}
    if answer.changed:
        beside["inputs changed"] = answer.changed
    return outcome({"value": value, **beside} if beside else value)


@contextmanager
def course_calls():
    """The block in which the list of the course's own functions grows that are called from outside of the course."""
    called, before = [], sys.getprofile()

    def inside(frame) -> bool:
        """Whether a part of the course runs here by itself: the check does not, it calls what the student gave."""
        file = frame.f_code.co_filename if frame is not None else ""
        return file.startswith((str(COURSE), "<frozen")) and not file.startswith(ALLOWED)

    def look(frame, event, _):
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(str(COURSE)) and not file.startswith(ALLOWED):
            if not inside(frame.f_back):
                called.append(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}")

    sys.setprofile(look)
    try:
        yield called
    finally:
        sys.setprofile(before)
