"""What a sandbox says is read with care: a student's code may have written every letter of it."""
import json

import pytest

from course_lib.grading.answers import Seen

INPUT = "[(64, 96), (128, 344)] and rank 4"
CALL = {"call": 0, "outcome": 7, "stopped": None, "course": None}


def read(*events) -> Seen:
    return Seen.read({"lines": [one if isinstance(one, str) else json.dumps(one) for one in events], "ending": "",
                      "signal": 0, "seconds": 0.1}, 1)


def test_an_honest_answer():
    seen = read({"cell": None}, CALL, "\"done\"")
    assert (seen.outcomes, seen.refused, seen.ending, seen.defined) == ({0: 7}, "", "", True)


@pytest.mark.parametrize("event", [
    {"refused": INPUT}, {"refused": f"it changes {INPUT}"}, {"refused": f"it imports {INPUT}"}, {"missing": INPUT},
    {"cell": {"kind": INPUT, "line": 1, "memory": False}}, {**CALL, "course": INPUT},
    {**CALL, "stopped": {"kind": INPUT, "line": INPUT, "memory": INPUT}}])
def test_no_words_of_a_student_come_through_in_which_an_input_could_be_told(event):
    assert INPUT not in repr(read(event))


@pytest.mark.parametrize("said", ["it imports os.path", "it changes torch.nn.Linear", "it changes what watches it",
                                  "it asks the interpreter for sys._getframe"])
def test_what_was_seen_comes_through(said):
    assert read({"refused": said}).refused == said


def test_kinds_of_errors_are_pythons_own():
    kinds = {"KeyError": "KeyError", "SystemExit": "SystemExit", "print": "an error", "Own": "an error"}
    for kind, shown in kinds.items():
        assert read({"cell": {"kind": kind, "line": 3, "memory": False}}).stopped["kind"] == shown
    assert read({**CALL, "course": "course_lib.methods.lora.<lambda>"}).course == "course_lib.methods.lora.<lambda>"


@pytest.mark.parametrize("line", ["", "7", "[]", "{", "null", "[" * 10**5, '{"call": 0}',
                                  '{"call": 1e999, "outcome": 1}',
                                  '{"call": 9, "outcome": 1, "course": null}', '{"call": true, "outcome": 1}',
                                  '{"call": 0, "outcome": {"dtype": "x", "shape": [2], "values": [1]}, "course": null}',
                                  '{"call": 0, "outcome": {"a": 1, "b": 2}, "course": null}', '"' + "1" * 5000])
def test_what_is_no_answer_is_refused(line):
    assert read({"cell": None}, line).refused == "something that is no answer"
