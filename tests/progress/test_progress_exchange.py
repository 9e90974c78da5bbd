"""Export and restore: what comes from outside changes nothing unless it is sound, and nothing is lost."""
import json
import os
import subprocess
import sys
import time

import pytest

from course_lib import cli, progress
from course_lib.errors import CourseError


def event(**changes):
    return {"uid": "0" * 32, "at": "2026-01-01T00:00:00+00:00", "kind": "answer", "id": "01.bare", "data": {},
            "correct": True} | changes


def content(*entries, **changes) -> bytes:
    return json.dumps({"format": "course-progress", "version": 1, "events": entries} | changes).encode()


def nested(depth: int) -> dict:
    data = {}
    for _ in range(depth):
        data = {"a": data}
    return data


def test_export_and_restore_merge(tmp_path, monkeypatch, fill):
    fill(3)
    saved = progress.export(tmp_path / "saved.json")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "other"))
    progress.record_check("01.1", False)
    assert (progress.restore(saved), progress.restore(saved)) == (3, 0)
    assert len(progress.events()) == 4
    progress.export(saved)  # over an earlier export
    assert len(json.loads(saved.read_text())["events"]) == 4


def test_a_check_with_a_message_as_earlier_exports_hold_it_is_still_read(tmp_path):
    (tmp_path / "old.json").write_bytes(content(event(kind="check", id="01.1", data={"message": ""}, correct=True)))
    assert progress.restore(tmp_path / "old.json") == 1
    progress.record_check("01.1", False)
    assert progress.summary()["check"]["01.1"] | {"at": ""} == {"tries": 2, "correct": True, "at": ""}
    saved = json.loads(progress.export(tmp_path / "new.json").read_text())["events"]
    assert [entry["data"] for entry in saved] == [{"message": ""}, {}]


def test_an_export_with_more_in_it_is_not_overwritten(tmp_path, monkeypatch, fill):
    fill(3)
    saved = progress.export(tmp_path / "saved.json")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "a new machine"))
    fill(1)
    with pytest.raises(CourseError, match="holds 3 entries that your progress here does not have. Restore it first"):
        progress.export(saved)
    progress.restore(saved)
    assert len(json.loads(progress.export(saved).read_text())["events"]) == 4


UNSOUND = {
    "text": "x", "list": [1], "nothing": None, "kind": event(kind="code"),
    "markup": event(id="<img src=x onerror=alert(1)>"),
    "control": event(id="01.\x1b[2J"), "soon": event(at="soon"), "no time zone": event(at="2026-01-01"),
    "year 1": event(at="0001-01-01T00:00:00+05:00"), "year 9999": event(at="9999-12-31T23:59:59-05:00"),
    "year 1970": event(at="1970-01-01T00:00:00+00:00"), "time a number": event(at=5),
    "correct a text": event(correct="yes"),
    "correct a half": event(correct=0.5), "correct two": event(correct=2), "data a list": event(data=[1]),
    "uid": event(uid="x"), "long": event(data={"a": "b" * 30_000}), "extra": event(extra=1),
    "nan": event(data={"a": float("nan")}), "deep": event(data=nested(900)), "seven deep": event(data=nested(7)),
    "infinity": event(data={"a": float("inf")}),
}
BROKEN = {
    "bytes": (b"\x80\x04\x95", "no readable JSON"), "deep lists": (b"[" * 100_000, "no readable JSON"),
    "deep tables": (b'{"a":' * 100_000, "no readable JSON"), "long number": (b"1" * 5000, "no readable JSON"),
    "empty": (b"", "no readable JSON"), "list": (b"[]", "not a progress file"),
    "no list": (content(events={}), "not a progress file"), "version 7": (content(version=7), "version 7"),
    "long version": (content(version="x" * 10**6), "has version 'xxx"),
    "a million": (content(*[1] * 10**6), "too many entries"),
    **{name: (content(event(), one), "event 2") for name, one in UNSOUND.items()},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_hostile_or_broken_file_changes_nothing(tmp_path, name):
    data, words = BROKEN[name]
    (tmp_path / "theirs.json").write_bytes(data)
    with pytest.raises(CourseError, match=words) as error:
        progress.restore(tmp_path / "theirs.json")
    assert progress.events() == [] and len(str(error.value)) < 400 + len(str(tmp_path))


@pytest.mark.parametrize("size", [50_000_001, 200_000_000])
def test_a_file_that_is_too_large_is_not_read(tmp_path, size):
    with open(tmp_path / "huge.json", "wb") as file:
        file.truncate(size)  # a hole: it takes no room
    with pytest.raises(CourseError, match="too large"):
        progress.restore(tmp_path / "huge.json")


NO_PATHS = {None: "None is no path", 3: "3 is no path", "": "is no path", "a\0b": "is no path", b"a": "is no path",
            "~nosuch-user/a.json": "no home folder for ~nosuch-user", "x" * 300: "[Cc]annot", ".": "no file",
            "no-such-folder/a.json": "Cannot", "/dev/null": "no file"}


@pytest.mark.parametrize("path", NO_PATHS, ids=lambda path: repr(path)[:20])
@pytest.mark.parametrize("verb", [progress.restore, progress.export])
def test_what_is_no_file(path, verb, tmp_path, monkeypatch, fill):
    fill(1)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CourseError, match=NO_PATHS[path]):
        verb(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path, fill):
    fill(1)
    os.mkfifo(tmp_path / "pipe")
    for verb in (progress.restore, progress.export):
        with pytest.raises(CourseError, match="no file"):
            verb(tmp_path / "pipe")


def test_links_that_lead_to_each_other(tmp_path, fill):
    fill(1)
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for verb in (progress.restore, progress.export):
        with pytest.raises(CourseError, match="Cannot read"):
            verb(tmp_path / "a")


def test_export_overwrites_no_other_file(tmp_path, fill):
    fill(1)
    (tmp_path / "lesson.ipynb").write_text("{}")
    with pytest.raises(CourseError, match="not a progress file"):
        progress.export(tmp_path / "lesson.ipynb")
    with pytest.raises(CourseError, match="Cannot write"):
        progress.export(tmp_path / "no-such-folder" / "saved.json")
    assert (tmp_path / "lesson.ipynb").read_text() == "{}" and not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("call", [
    lambda: progress.record_answer("01.bare", float("nan"), True),
    lambda: progress.record_answer("01.bare", 10**5000, True),
    lambda: progress.record_answer("01.bare", "x" * 10**6, True),
    lambda: progress.record_answer("01.bare", object(), True),
    lambda: progress.record_answer("a question", 1, True),
    lambda: progress.record_answer(None, 1, True),
    lambda: progress.record_check("01.1", "yes"),
    lambda: progress.record_answer("01.bare", nested(20), True),
    lambda: progress.record_prediction("01.riddle", "\0" * 30_000, 50),
])
def test_what_no_export_could_hold_is_not_recorded(call):
    with pytest.raises(CourseError, match="cannot be kept in your progress"):
        call()
    assert progress.events() == []


LINES = {  # written by something else than the course
    "sound": event(uid="1" * 32, kind="check", id="01.1"),
    "no confidence": event(uid="2" * 32, kind="prediction", id="01.riddle", correct=None),
    "outcome": event(uid="3" * 32, at="2026-01-01T00:00:01+00:00", kind="outcome", id="01.riddle"),
    "huge confidence": event(uid="4" * 32, kind="prediction", id="01.x", data={"confidence": 10**400}, correct=None),
    "its outcome": event(uid="5" * 32, at="2026-01-01T00:00:01+00:00", kind="outcome", id="01.x"),
    "surrogate": event(uid="6" * 32, id="01.s", data={"answer": "\ud800"}),
}


def test_lines_of_something_else_do_no_harm_and_exports_stay_well_formed(tmp_path, file, monkeypatch, capsys):
    file.parent.mkdir()
    file.write_text("\n".join(map(json.dumps, [*LINES.values(), *UNSOUND.values()])), encoding="utf-8")
    assert cli.main(["progress"]) == 0 and progress.calibration() == []
    assert f"passed over: {len(UNSOUND)}, the first is line {len(LINES) + 1}." in capsys.readouterr().out
    saved = progress.export(tmp_path / "saved.json")

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    json.loads(saved.read_text(encoding="utf-8"), parse_constant=refuse)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "other"))
    assert progress.restore(saved) == len(LINES)


@pytest.mark.parametrize("year, allowed", [(1971, True), (2999, True), (1970, False), (3000, False)])
def test_what_is_imported_is_read_again_on_the_borders_of_the_years(tmp_path, year, allowed):
    """What counts is the year in UTC, in which it is kept."""
    borders = {1970: "1971-01-01T00:00:00+05:00", 3000: "2999-12-31T23:59:00-05:00"}
    at = borders.get(year, f"{year}-06-01T00:00:00+05:00")
    (tmp_path / "theirs.json").write_bytes(content(event(at=at)))
    try:
        assert progress.restore(tmp_path / "theirs.json") == 1 and allowed
    except CourseError:
        assert not allowed
    assert len(progress.events()) == allowed


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00", "2026", "soon"])
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process")
def test_a_day_that_no_calendar_has_stops_no_quiz(at, monkeypatch):
    for zone in ("America/Los_Angeles", "Pacific/Kiritimati", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert isinstance(progress.day(at), str)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
@pytest.mark.parametrize("year", [1971, 2999])
def test_the_first_and_the_last_year_stop_no_quiz(zone, year, file):
    file.parent.mkdir()
    file.write_text(json.dumps(event(at=f"{year}-06-01T00:00:00+00:00")), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", "from course_lib import quiz\nquiz.quiz('01.bare', text=True)"],
                          env={**os.environ, "TZ": zone}, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0 and "You answered this right on" in done.stdout, done.stderr
