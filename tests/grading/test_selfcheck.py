"""The self-check passes on this computer, and says which solution is graded as it must not be."""
import resource
from dataclasses import replace

import pytest

from course_lib.errors import CourseError
from course_lib.grading import selfcheck
from course_lib.grading.engine import grade_cells
from course_lib.grading.one import Settings
from tests.grading.test_engine import TASKS

TASK = TASKS["06.1"]


def test_this_computer_grades_as_it_must():
    assert selfcheck.check({"06.1": TASK}) == 2 + len(TASK.wrong)


@pytest.mark.parametrize("change, part", [
    ({"reference": "def lora_parameters(shapes, rank):\n    return 0"}, "the reference does not get full marks"),
    ({"stub": TASK.reference}, "the stub is not seen as unwritten"),
])
def test_what_is_graded_wrongly_is_named(monkeypatch, change, part):
    cells = replace(TASK, **change)
    monkeypatch.setattr(selfcheck, "grade_cells", lambda student, cells, tasks, *rest:
                        grade_cells(student, cells, {"06.1": TASK}, *rest))
    with pytest.raises(CourseError, match=part):
        selfcheck.check({"06.1": cells})


@pytest.fixture
def checked(monkeypatch):
    """What was really checked: (tasks, seed, unsafe)."""
    done = []
    monkeypatch.setattr(selfcheck, "check", lambda *facts: done.append(facts) or 14)
    return done


SETTINGS = Settings({"06.1": TASK}, 7, grade_cells, code="1")


def test_what_passed_is_recalled_by_resume_alone(tmp_path, checked):
    path = tmp_path / "selfcheck"
    assert selfcheck.check_or_recall(SETTINGS, path, True) == (14, False)
    assert selfcheck.check_or_recall(SETTINGS, path, True) == (14, True) and len(checked) == 1
    assert selfcheck.check_or_recall(SETTINGS, path, False) == (14, False) and len(checked) == 2
    assert checked[0] == (SETTINGS.tasks, 7, False)


@pytest.mark.parametrize("other", [
    {"code": "2"}, {"seed": 8}, {"unsafe": True}, {"tasks": {"06.2": TASKS["06.2"]}},
    {"tasks": {"06.1": TASK, "06.2": TASKS["06.2"]}}, {"tasks": {}}], ids=str)
def test_another_grading_is_checked_anew(tmp_path, checked, other):
    selfcheck.check_or_recall(SETTINGS, tmp_path / "selfcheck", True)
    assert not selfcheck.check_or_recall(replace(SETTINGS, **other), tmp_path / "selfcheck", True)[1]
    assert not selfcheck.check_or_recall(SETTINGS, tmp_path / "selfcheck", True)[1], "the last one alone is kept"


def test_another_computer_or_sandbox_is_checked_anew(tmp_path, checked, monkeypatch):
    path, boot, bwrap = tmp_path / "selfcheck", tmp_path / "boot", tmp_path / "bwrap"
    boot.write_text("one", encoding="ascii")
    bwrap.write_text("one", encoding="ascii")
    command = [str(bwrap), "--unshare-net"]
    monkeypatch.setattr(selfcheck, "BOOT", boot)
    monkeypatch.setattr(selfcheck, "sandboxed", lambda: command)
    changes = [lambda: boot.write_text("two", encoding="ascii"),
               lambda: bwrap.write_text("another", encoding="ascii"),
               lambda: command.append("--ro-bind"),
               lambda: monkeypatch.setattr(selfcheck.platform, "uname", lambda: ("Linux", "elsewhere")),
               lambda: monkeypatch.setattr(selfcheck.os, "geteuid", lambda: 54321),
               lambda: monkeypatch.setattr(resource, "getrlimit", lambda _: (2**30, 2**30))]
    for change in changes:
        selfcheck.check_or_recall(SETTINGS, path, True)
        assert selfcheck.check_or_recall(SETTINGS, path, True)[1]
        change()
        assert not selfcheck.check_or_recall(SETTINGS, path, True)[1]
    boot.unlink()
    assert not any(selfcheck.check_or_recall(SETTINGS, path, True)[1] for _ in range(3)), "no start is known"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"KEY", b"KEY many", b"KEY -3"])
def test_a_damaged_file_is_checked_anew(tmp_path, checked, content):
    content = content.replace(b"KEY", selfcheck.key_of(SETTINGS).encode())
    (tmp_path / "selfcheck").write_bytes(content)
    assert selfcheck.check_or_recall(SETTINGS, tmp_path / "selfcheck", True) == (14, False)


def test_what_failed_is_not_kept(tmp_path):
    settings = replace(SETTINGS, tasks={"06.1": replace(TASK, stub=TASK.reference)})
    for _ in range(2):
        with pytest.raises(CourseError, match="stub"):
            selfcheck.check_or_recall(settings, tmp_path / "selfcheck", True)
    assert not (tmp_path / "selfcheck").exists()
