"""The page of attacks on three graders: what is kept was played, and the page is what the program makes of it."""
import json
import re

import pytest

from course_lib.root import find_root
from tests.grading.attacks import ATTACKS
from tests.grading.rivals import page, play

ROOT = find_root("lessons")
KEPT = json.loads((ROOT / "docs" / "graders.json").read_text(encoding="utf-8"))


def test_the_page_is_made_of_what_is_kept():
    assert (ROOT / "docs" / "graders.md").read_text(encoding="utf-8") == page.written(KEPT)


def test_each_kept_attack_is_there_as_it_was_played():
    known = {one.name: (one.kind, one.honest, play.digest(one)) for one in (*play.PLAIN, *ATTACKS)}
    for name, row in KEPT["rows"].items():
        assert (row["kind"], row["honest"], row["digest"]) == known[name], f"{name} has changed: make graders"
    assert {one.name for one in play.PLAIN} < KEPT["rows"].keys()


def test_the_versions_are_those_that_are_pinned():
    pins = (ROOT / "tests" / "grading" / "rivals" / "requirements.txt").read_text(encoding="utf-8")
    assert {f"nbgrader=={KEPT['versions']['nbgrader']}", f"otter-grader=={KEPT['versions']['otter']}"} \
        <= set(pins.splitlines())


def test_a_right_and_a_wrong_answer_are_told_apart_by_all_three():
    for grader in page.GRADERS:
        assert [KEPT["rows"][one.name][grader]["points"] for one in play.PLAIN] == [1, 0]


@pytest.mark.parametrize("points, hangs, outside, connected, honest, said", [
    (1.0, False, False, False, 0, "**1**"), (1.0, False, False, False, 1, "1"), (0.0, False, True, True, 1,
                                                                                "0, wrote outside, connected"),
    (None, False, False, False, 0, "no score"), (None, True, True, False, 0, "hangs, wrote outside")])
def test_what_came_of_an_attack_is_said_and_counted(points, hangs, outside, connected, honest, said):
    one = {"points": points, "hangs": hangs, "outside": outside, "connected": connected}
    assert page.said(one, honest) == said
    row = {"kind": "memory", "honest": honest, **{grader: one for grader in page.GRADERS}}
    made = page.written({**KEPT, "rows": {"an attack": row}})
    counted = dict(re.findall(r"^\| ([^|]+) \| (\d) \| \2 \| \2 \|$", made, re.MULTILINE))
    assert list(counted.values()) == [str(int(value)) for value in (
        points == 1 and not honest, points is None and not hangs, hangs, outside, connected, honest and points != 1)]


def test_the_tests_that_the_others_get_tell_right_from_wrong():
    """All see the same task. Only where a gradient is cut, the course's own probe sees more than a test of values."""
    for id in sorted({one.task for one in ATTACKS}):
        task = play.tasks()[id]
        tests = "\n".join([play.PRELUDE, play.tests_of(task, play.PUBLIC), play.tests_of(task, play.HIDDEN)])
        exec(tests, {task.name: task.function(task.reference)})
        for wrong in task.wrong:
            if not re.search(r"detach|no_grad", wrong.source):
                with pytest.raises((AssertionError, RuntimeError, UnboundLocalError)):
                    exec(tests, {task.name: task.function(wrong.source)})
