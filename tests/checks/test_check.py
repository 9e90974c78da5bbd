"""check(): what a student sees, whatever the student wrote."""
import json
import subprocess
import sys

import pytest

from course_lib import checks
from course_lib.checks import CheckFailed, check, passed, store
from course_lib.errors import CourseError

PROBE = "def probe(double, x):\n    return {'twice': double(x), 'again': double(x + 1)}\n"
ZERO = {"raises": "ZeroDivisionError"}
DATA = {
    "task": "01.1", "name": "double", "tolerance": 1e-6, "file": "", "probe": None, "gradients": [],
    "inputs": [{"x": 3}, {"x": 4}, {"x": 5}], "expected": [6, 8, 10],
    "wrong": [{"name": "squared", "message": "You square it. Double it.", "outcomes": [9, 16, 25]},
              {"name": "zero", "message": "You halve nothing.", "outcomes": 3 * [ZERO]}],
}


@pytest.fixture(autouse=True)
def recorded(tmp_path, monkeypatch):
    """The checks read a data folder of the test's own; what they record comes back as a list."""
    import course_lib.progress

    found = []
    write(tmp_path, DATA)
    monkeypatch.setattr(store, "DATA", tmp_path)
    monkeypatch.setattr(course_lib.progress, "record_check", lambda *event: found.append(event))
    monkeypatch.setattr(checks, "_passed", set())
    return found


def write(folder, data):
    (folder / "01.1.json").write_text(json.dumps(data))


def failure(answer=None) -> str:
    with pytest.raises(CheckFailed) as caught:
        check("01.1", answer)
    return str(caught.value)


def test_a_right_function_passes_and_is_recorded(recorded, capsys):
    assert not passed("01.1")
    assert check("01.1", lambda x: x + x) is None
    assert capsys.readouterr().out == "Task 01.1 passed: double is right on all 3 inputs.\n"
    assert passed("01.1") and recorded == [("01.1", True, "", "")]


def test_the_function_is_found_in_the_callers_namespace():
    space = {"check": check, "double": lambda x: 2 * x}
    exec('check("01.1")', space)
    del space["double"]
    with pytest.raises(CheckFailed, match="there is no double yet. Run the cell that defines it"):
        exec('check("01.1")', space)


def test_a_known_mistake_is_named(recorded):
    message = failure(lambda x: x * x)
    assert "You square it." in message and "x = 3" in message and "Expected: 6" in message
    assert recorded == [("01.1", False, "squared", "You square it.")] and not passed("01.1")


def test_passing_no_longer_counts_after_a_failure():
    check("01.1", lambda x: 2 * x)
    failure(lambda x: x)
    assert not passed("01.1")


def test_an_unknown_mistake_says_what_came_and_what_was_expected():
    message = failure(lambda x: 2 * x if x < 5 else 7)
    assert "Input 3 of 3:\n  x = 5\nYour result: 7\nExpected: 10\n" in message
    assert message.endswith("The first difference: 7 instead of 10.")


def test_the_stub_is_no_error_and_no_try(recorded):
    def double(x):
        raise NotImplementedError
    assert "is not written yet" in failure(double)
    assert "there is no double yet" in failure()
    assert recorded == []
    failure(lambda x: None)
    assert recorded == [("01.1", False, "", "")]


def test_a_stub_that_says_what_to_do_is_no_error_either():
    def double(x):
        raise NotImplementedError("return twice x")
    assert "is not written yet" in failure(double)


def test_an_error_shows_the_students_line():
    def double(x):
        half = x / 2
        return half["nothing"]
    message = failure(double)
    assert "Your code stopped with an error:" in message and 'return half["nothing"]' in message
    assert "TypeError: 'float' object is not subscriptable" in message and "course_lib" not in message


def test_a_known_mistake_that_raises_is_named_with_its_line():
    message = failure(lambda x: x / 0)
    assert "You halve nothing." in message and "ZeroDivisionError" in message


@pytest.mark.parametrize("answer, words", [
    (3, "should be a function, and is an object of the type int"), (len, "TypeError"),
    (lambda: 3, "takes 0 positional arguments but 1 was given"), (lambda: 3, "The check cannot use it as it is:"),
])
def test_what_is_no_fitting_function(answer, words):
    assert words in failure(answer)


def test_a_call_of_exit_does_not_end_the_notebook():
    assert "SystemExit" in failure(lambda x: sys.exit("bye"))


def test_the_courses_own_function_is_refused():
    def double(x):
        return 2 * x
    double.__module__ = "course_lib.prompting"
    assert "is the course's own" in failure(double)


def test_the_course_cannot_be_called_in_the_students_place():
    from course_lib import quantise

    def double(x):
        return 2 * len(quantise.int4_levels()) * x / 15
    message = failure(double)
    assert "calls the course's own course_lib.quantise.int4_levels. The task is to write this yourself" in message
    assert sys.getprofile() is None
    check("01.1", lambda x: 2 * x if quantise.LEVELS else 0)  # a constant is no call


def test_parameters_may_have_any_names_and_keep_their_order(tmp_path):
    write(tmp_path, DATA | {"inputs": [{"x": 5, "y": 3}] * 3, "expected": [2, 2, 2], "wrong": []})
    check("01.1", lambda a, b: a - b)
    assert "Your result: -2" in failure(lambda y, x: x - y)


def test_inputs_that_the_student_spoils_are_new_for_every_call_and_it_is_said(tmp_path):
    write(tmp_path, DATA | {"inputs": [{"x": [1, 2]}] * 3, "expected": [3, 3, 3], "wrong": []})

    def total(x):
        result = sum(x)
        x.clear()
        return result
    message = failure(total)
    assert "Your function changes its input x" in message and message.endswith("Input 1 of 3:\n  x = [1, 2]")
    check("01.1", sum)


def test_a_probe_turns_the_function_into_an_outcome(tmp_path):
    expected = [{"dict": {"twice": 2 * x, "again": 2 * x + 2}} for x in (3, 4, 5)]
    write(tmp_path, DATA | {"probe": PROBE, "expected": expected, "wrong": []})
    check("01.1", lambda x: 2 * x)
    message = failure(lambda x: 2 * x if x < 6 else 0)
    assert "What the check saw: {'again': 0}\nExpected: {'again': 12}" in message, "only what differs"
    assert "0 at ['again'] instead of 12" in message


def test_an_error_of_the_probe_is_not_called_the_students(tmp_path):
    source = "def probe(double, x):\n    a, b = double(x)\n    return a\n"
    write(tmp_path, DATA | {"probe": source})
    message = failure(lambda x: (x, x, x))
    assert "The check cannot use it as it is:\n  ValueError: too many values to unpack" in message
    assert "Your code stopped" not in message


def test_an_error_inside_a_probe_shows_the_students_lines_only(tmp_path):
    write(tmp_path, DATA | {"probe": PROBE, "wrong": []})

    def double(x):
        return x.nothing
    message = failure(double)
    assert "return x.nothing" in message and "AttributeError" in message and "probe" not in message


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(CourseError, match="no task called '01.9'"):
        check("01.9")


def test_progress_that_cannot_be_kept_does_not_spoil_the_check(monkeypatch, capsys):
    import course_lib.progress

    def full(*event):
        raise OSError("disk full")
    monkeypatch.setattr(course_lib.progress, "record_check", full)
    check("01.1", lambda x: 2 * x)
    assert "could not be kept in your progress: disk full" in capsys.readouterr().out


def test_a_notebook_shows_the_message_alone(tmp_path):
    from IPython.core.interactiveshell import InteractiveShell

    shell, shown = InteractiveShell(), []
    shell._showtraceback = lambda kind, value, lines: shown.append("\n".join(lines))
    shell.user_ns["check"] = check
    shell.run_cell("def double(x):\n    return x * x")
    result = shell.run_cell('check("01.1")')
    assert isinstance(result.error_in_exec, CheckFailed)
    assert shown == [str(result.error_in_exec)] and "Traceback" not in shown[0]


def test_importing_the_checks_loads_no_torch():
    code = "import sys, course_lib.checks; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
