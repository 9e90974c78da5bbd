"""Files are written whole or not at all; paths are what people type."""
import os
from pathlib import Path

import pytest

from course_lib.errors import CourseError
from course_lib.files import user_path, write_bytes, write_text


def test_text_is_utf8_with_plain_line_ends_and_nothing_is_left_beside_it(tmp_path):
    write_text(tmp_path / "a", "old")
    write_text(tmp_path / "a", "ä\nb\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa4\nb\n"
    assert [path.name for path in tmp_path.iterdir() if path.name != "course-home"] == ["a"]


@pytest.mark.parametrize("fails", ["write_bytes", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, fails):
    (tmp_path / "a").write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr(*((Path, "write_bytes") if fails == "write_bytes" else (os, "replace")), full)
    with pytest.raises(OSError, match="No space left") as error:
        write_bytes(tmp_path / "a", b"new")
    assert error.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "old" and not list(tmp_path.glob("*.part"))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        write_text(tmp_path / "none" / "a", "")
    assert error.value.filename == str(tmp_path / "none" / "a")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name")
def test_what_is_no_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "folder", "link"):
        with pytest.raises(OSError, match="something else than a file") as error:
            write_bytes(tmp_path / name, b"new")
        assert error.value.filename == str(tmp_path / name)
    assert (tmp_path / "pipe").is_fifo() and (tmp_path / "link").is_fifo() and not list(tmp_path.glob("*.part"))


def test_the_longest_name_can_be_written(tmp_path):
    write_text(tmp_path / ("x" * 255), "")


def test_paths_as_people_type_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert user_path("~/a") == tmp_path / "a" and user_path(Path("b")) == Path("b")
    for given in (None, 3, b"a", "", " ", "a\0b", ["a"], 10**5000):
        with pytest.raises(CourseError, match="is no path"):
            user_path(given)
    with pytest.raises(CourseError, match="no home folder for ~nosuch-user"):
        user_path("~nosuch-user/a")
