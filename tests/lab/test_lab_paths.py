"""`course lab --dir X`, whatever X is: a sentence that says what is wrong, and nothing is touched."""
import os
import sys
from contextlib import nullcontext

import pytest

from course_lib import cli
from course_lib.lab.working_copy import update_copy
from course_lib.root import MARKER

EXERCISE = "exercises/01_prompting.ipynb"


def a_loop(folder):
    (folder / "a").symlink_to(folder / "b")
    (folder / "b").symlink_to(folder / "a")
    return folder / "a"


def a_file(folder):
    (folder / "file").write_text("mine")
    return folder / "file"


def unwritable(folder):
    (folder / "locked").mkdir(mode=0o555)
    return folder / "locked" / "copy"


PATHS = {
    "a file": (a_file, "is a file. Choose another folder"),
    "below a file": (lambda folder: a_file(folder) / "copy", "Not a directory"),
    "nobody's home": (lambda folder: "~nosuch-user/x", "no home folder for ~nosuch-user"),
    "a zero byte": (lambda folder: "a\0b", "is no path"),
    "nothing": (lambda folder: "", "'' is no path"),
    "a loop": (a_loop, "leads nowhere|Too many levels"),
    "below a loop": (lambda folder: a_loop(folder) / "copy", "leads nowhere|Too many levels"),
    "too long": (lambda folder: "x" * 300, "File name too long"),
    "among the notebooks": (lambda folder: "notebooks/mine", "among the course's own notebooks"),
    "among the exercises": (lambda folder: "exercises/mine/deep", "among the course's own exercises"),
    "a device": (lambda folder: "/dev/null", "is a file"),
    "unwritable": (unwritable, "Permission denied"),
}


@pytest.fixture
def tmp_path(open_folder):
    """Also somebody who is not root can come here."""
    return open_folder


@pytest.mark.skipif(sys.platform == "win32", reason="links and permissions")
@pytest.mark.parametrize("name", PATHS)
def test_odd_folders(clone, tmp_path, name, capsys, as_somebody):
    make, words = PATHS[name]
    folder = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with as_somebody() if name == "unwritable" else nullcontext():
        assert cli.main(["lab", "--no-open", "--dir", str(folder)]) == 2
    said = capsys.readouterr().err
    assert any(word in said for word in words.split("|")), said
    assert said.startswith("course lab: ") and said.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="permissions")
@pytest.mark.parametrize("locked", ["exercises", EXERCISE])
def test_a_copy_that_is_locked_in_part_keeps_what_it_holds(clone, copy, notebook, locked, capsys, as_somebody):
    for path in (copy, *copy.rglob("*")):
        os.chown(path, 65534 if os.getuid() == 0 else -1, -1)
    (copy / locked).chmod(0o000)
    (clone / EXERCISE).write_text(notebook("x = 2"))
    with as_somebody():
        assert cli.main(["lab", "--no-open"]) == 2
    said = capsys.readouterr().err
    assert f"{EXERCISE}: Permission denied" in said
    (copy / locked).chmod(0o755)
    assert (copy / EXERCISE).read_text() == notebook("x = 1") and not list(copy.rglob("*.part"))


DAMAGED = {
    "deep": '{"cells": ' + "[" * 100_000, "deep cells": '{"cells": [' + "[" * 400 + "]" * 400 + "]}",
    "cells of numbers": '{"cells": [1]}', "a cell without source": '{"cells": [{"cell_type": "code"}]}',
    "source of numbers": '{"cells": [{"cell_type": "code", "source": [1]}]}', "utf-16": "\ufeff{}", "long": "1" * 5000,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_notebook_is_kept(clone, copy, name):
    (copy / EXERCISE).write_text(DAMAGED[name])
    said, = update_copy(clone, copy)
    assert "cannot be read" in said and (copy / EXERCISE).read_text() == DAMAGED[name]


@pytest.mark.parametrize("marker", ['{"exercises/01_prompting.ipynb": 3}', '{"exercises/01_prompting.ipynb": []}',
                                    "[" * 100_000, "null", '"x"', "\0"])
def test_a_damaged_marker_costs_nothing(clone, copy, notebook, marker):
    (copy / MARKER).write_text(marker)
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    said, = update_copy(clone, copy)
    assert "01_prompting.new.ipynb" in said and (copy / EXERCISE).read_text() == notebook("x = my_own")


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be deleted")
def test_a_current_folder_that_is_gone(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr("course_lib.root.__file__", str(tmp_path / "a" / "b.py"))
    for command in ("lab", "build"):
        assert cli.main([command]) == 2
        assert "inside of the course's folder" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
