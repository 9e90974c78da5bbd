"""Where the file lies, and what is said where COURSE_HOME is no place for it."""
import os
import subprocess
import sys

import pytest

from course_lib import cli, progress
from course_lib.lab import doctor
from course_lib.progress.place import place
from course_lib.root import MARKER


def test_the_file_lies_where_it_should(tmp_path, monkeypatch):
    assert place() == (tmp_path / "course-home", "")
    monkeypatch.delenv("COURSE_HOME")
    (tmp_path / "my-course" / "notebooks").mkdir(parents=True)
    (tmp_path / "my-course" / MARKER).write_text("")
    monkeypatch.chdir(tmp_path / "my-course" / "notebooks")
    assert place() == (tmp_path / "my-course" / ".course", "")
    for folder in ("", "lessons/01"):  # the course's folder, in which my-course lies, and folders in that
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)
        assert place() == (tmp_path / "my-course" / ".course", "")
    (tmp_path / "my-course" / MARKER).unlink()  # somebody's folder of that name
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert place() == (tmp_path / "data" / "course", "")
    monkeypatch.setenv("COURSE_HOME", "~/here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place() == (tmp_path / "here", "")


@pytest.mark.parametrize("home", ["~nosuch-user/x", " "])
def test_a_home_that_is_no_path_sends_answers_elsewhere_and_says_where(tmp_path, monkeypatch, capsys, home, fill):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_HOME", home)
    monkeypatch.chdir(tmp_path)
    fill(3)
    said = capsys.readouterr().out
    assert said.count("COURSE_HOME cannot be used") == 1 and f"is kept in {tmp_path / 'data' / 'course'}." in said
    assert len(progress.events()) == 3 and (tmp_path / "data" / "course" / "progress.jsonl").exists()
    assert not any(path.name.startswith("~") for path in tmp_path.iterdir())
    finding = doctor.check_progress()
    assert finding.state == doctor.BAD and "COURSE_HOME cannot be used" in finding.advice


def a_file(folder):
    (folder / "it").write_text("")
    return folder / "it"


def below_a_file(folder):
    return a_file(folder) / "home"


def a_loop(folder):
    (folder / "it").symlink_to(folder / "other")
    (folder / "other").symlink_to(folder / "it")
    return folder / "it" / "home"


def too_long(folder):
    return folder / ("x" * 300)


def a_folder_in_place_of_the_file(folder):
    (folder / "it" / "progress.jsonl").mkdir(parents=True)
    return folder / "it"


def not_utf8(folder):
    return os.fsdecode(os.fsencode(folder) + b"/\xff")


CANNOT_WRITE = [a_file, below_a_file, a_loop, too_long, a_folder_in_place_of_the_file]


@pytest.mark.parametrize("home", CANNOT_WRITE, ids=lambda home: home.__name__)
def test_a_home_that_cannot_be_written_costs_no_answer(tmp_path, monkeypatch, capsys, home, fill):
    monkeypatch.setenv("COURSE_HOME", str(home(tmp_path)))
    fill(3)
    said = capsys.readouterr().out
    assert said.count("cannot be written") == 1 and "only until this kernel stops" in said
    assert len(progress.events()) == 3
    saved = progress.export(tmp_path / "saved.json")
    assert cli.main(["progress"]) == 0
    assert cli.main(["progress", "import", str(saved)]) == 2, "it would be lost with the command"
    assert "not all could be imported" in capsys.readouterr().err
    assert doctor.check_progress().state == doctor.BAD


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8")
def test_a_home_with_a_name_that_is_no_text(tmp_path, monkeypatch, fill):
    monkeypatch.setenv("COURSE_HOME", not_utf8(tmp_path))
    fill(2)
    assert len(progress.events()) == 2
    done = subprocess.run([sys.executable, "-m", "course_lib.cli", "progress"], capture_output=True)
    assert done.returncode == 0 and b"01.q1" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be deleted")
def test_a_current_folder_that_is_gone(tmp_path, monkeypatch, capsys, fill):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_HOME", "relative")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    fill(1)
    assert len(progress.events()) == 1 and "COURSE_HOME cannot be used" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
