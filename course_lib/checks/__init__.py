"""The public check of an exercise's task: `check("01.1")` in a cell below the student's.

It runs the student's function on a few inputs and compares what comes back with what should. The data ship
with the course: inputs, expected outcomes, and the outcomes of known mistakes with what to say about each.
Reference code does not.
"""
import re
import sys

from course_lib.checks.messages import (
    CheckFailed,
    is_stub,
    no_function,
    not_found,
    not_right,
    not_written,
    not_yours,
    unwritten,
)
from course_lib.checks.run import course_calls, outcome_of
from course_lib.checks.store import load_probe, load_task_data
from course_lib.display import shell

__all__ = ["CheckFailed", "check", "passed"]
_passed: set[str] = set()


def check(task_id: str, answer=None) -> None:
    """Check the function that the task asks for, by name, among what the caller has defined.

    Args:
        task_id: the task, such as "01.1".
        answer: check this function instead.

    Raises:
        CheckFailed: if it is not right; the message says what is likely wrong.
        CourseError: if there is no such task.
    """
    data = load_task_data(task_id)
    if answer is None:
        answer = find(data["name"], sys._getframe(1).f_globals)
    _passed.discard(task_id)
    failure = examine(data, answer)
    if failure is None:
        _passed.add(task_id)
        print(f"Task {task_id} passed: {data['name']} is right on all {len(data['inputs'])} inputs.")
    if failure is None or failure.tried:
        remember(task_id, failure)
    if failure:
        raise failure


def passed(task_id: str) -> bool:
    """True once check(task_id) has passed since this notebook's kernel started."""
    load_task_data(task_id)
    return task_id in _passed


def examine(data: dict, answer) -> CheckFailed | None:
    """Run `answer` on the task's inputs; None where everything is right."""
    from course_lib.checks.compare import same
    from course_lib.checks.outcomes import decode

    if answer is None:
        return not_found(data)
    if not callable(answer):
        return no_function(data, answer)
    if str(getattr(answer, "__module__", "")).partition(".")[0] == "course_lib":
        return not_yours(data, answer)
    probe, errors, outcomes = load_probe(data), [], []
    for inputs in data["inputs"]:
        with course_calls() as called:
            call = {key: decode(value) for key, value in inputs.items()}
            one = outcome_of(answer, call, probe, errors, data["gradients"])
        if called:
            return not_written(data, called[0])
        if one == {"raises": "NotImplementedError"} and is_stub(errors[-1]):
            return unwritten(data)
        outcomes.append(one)
    if same(outcomes, data["expected"], data["tolerance"]):
        return None
    mistake = next((one for one in data["wrong"] if same(outcomes, one["outcomes"], data["tolerance"])), None)
    failure = not_right(data, answer, outcomes, mistake, errors)
    if mistake:
        failure.mistake, failure.said = mistake["name"], re.split(r"(?<=[.!?])\s", mistake["message"])[0]
    return failure


def find(name: str, space: dict):
    """What is called `name` in the caller's namespace, else in the notebook's; None where nothing is."""
    if name in space:
        return space[name]
    ipython = shell()
    return ipython.user_ns.get(name) if ipython else None


def remember(task_id: str, failure: CheckFailed | None) -> None:
    """Keep the result in the student's progress; that this fails must not spoil the check itself."""
    try:
        from course_lib.progress import record_check
        record_check(task_id, failure is None, failure.mistake if failure else "", failure.said if failure else "")
    except Exception as error:
        print(f"(This result could not be kept in your progress: {error})")
