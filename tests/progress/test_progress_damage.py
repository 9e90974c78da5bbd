"""A progress file that is damaged or cannot be written: said so, and nothing else is lost."""

import errno
import io
import os
from types import SimpleNamespace

import pytest

from course_lib import progress
from course_lib.progress import file as progress_file
from course_lib.progress import place

DAMAGES = {  # of a file of 100 entries: (what is done to it, entries left, lines passed over)
    "a binary file": (lambda content: bytes(range(256)) * 20, 0, 21),
    "another's file": (lambda content: b'{\n "cells": [],\n "nbformat": 4\n}\n', 0, 4),
    "another's lines": (lambda content: b'{"kind": "answer"}\n[]\n7\nnull\n"x"\n' + content, 100, 5),
    "a database": (lambda content: b"SQLite format 3\0" + bytes(4080) + content, 100, 1),
    "cut off": (lambda content: content[:len(content) // 2 - 20], 49, 1),
    "its start lost": (lambda content: content[50:], 99, 1),
    "its middle overwritten": (lambda content: over(content, b"\xff"), 97, 1),
    "NULs in its middle": (lambda content: over(content, b"\0"), 97, 1),
    "NULs at its end": (lambda content: content + bytes(4096), 100, 1),
    "a line of 10 MB": (lambda content: content + b"\n" + b"x" * 10**7, 100, 1),
    "a line of 10 MB of lists": (lambda content: b"[" * 10**7 + content, 100, 1),
    "a line of 10 MB of digits": (lambda content: b"7" * 10**7 + content, 100, 1),
    "line ends of Windows, and of an editor": (lambda content: content.replace(b"\n", b"\r\n") + b"\r\n\r\n", 100, 0),
    "every line twice": (lambda content: content + content, 100, 0),
    "empty": (lambda content: b"", 0, 0),
}


def over(content: bytes, what: bytes) -> bytes:
    """The content with three entries in its middle overwritten, and the line ends between them."""
    lines = content.split(b"\n")  # an entry on every second
    return b"\n".join([*lines[:51], what * len(b"\n".join(lines[51:56])), *lines[56:]])


@pytest.mark.parametrize("now", [True, False], ids=["while a kernel runs", "before a new one"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_line_is_passed_over_with_a_word_and_nothing_else_is_lost(
        file, capsys, new_kernel, fill, damage, now):
    harm, left, passed_over = DAMAGES[damage]
    fill(100)
    assert len(progress.events()) == 100
    content = harm(file.read_bytes())
    file.write_bytes(content)
    if not now:
        new_kernel()
    for _ in range(2):
        assert len(progress.events()) == left
    progress.record_answer("01.after", 1, True)
    assert progress.latest("answer", "01.after").correct and len(progress.events()) == left + 1
    said = capsys.readouterr().out
    assert said.count("were passed over") == bool(passed_over)
    assert f"passed over: {passed_over}, the first is line" in said or not passed_over
    assert file.read_bytes().startswith(content), "what is there is never changed"
    assert [path.name for path in file.parent.iterdir()] == [progress_file.NAME]


def test_an_export_brings_back_what_damage_has_taken(tmp_path, file, fill, capsys):
    fill(10)
    saved = progress.export(tmp_path / "saved.json")
    file.write_bytes(file.read_bytes()[:700])
    left = len(progress.events())
    assert 0 < left < 10 and progress.restore(saved) == 10 - left and len(progress.events()) == 10
    assert "restore" in capsys.readouterr().out


class Full(io.FileIO):
    """A file on a disk that has room for 30 bytes more."""

    room = 30

    def write(self, content):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = super().write(content[:self.room])
        self.room -= written
        return written


def test_a_full_disk_costs_no_answer_and_is_tried_again(monkeypatch, capsys, fill, new_kernel):
    fill(2)
    with monkeypatch.context() as patch:
        patch.setattr(progress_file, "open", lambda path, mode, buffering: Full(path, mode), raising=False)
        progress.record_answer("01.long", "x" * 10_000, True)
        progress.record_answer("01.more", "x", True)
        assert len(progress.events()) == 4 and progress_file.only_in_memory()
        assert capsys.readouterr().out.count("cannot be written") == 1
    progress.record_answer("01.room", "x", True)
    new_kernel()
    assert len(progress.events()) == 5 and not progress_file.only_in_memory()


def test_a_disk_without_locks_still_keeps_everything(monkeypatch, fill):
    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(progress_file, "fcntl", SimpleNamespace(flock=none, LOCK_EX=2))
    fill(3)
    assert len(progress.events()) == 3 and not progress_file.only_in_memory()


def test_on_windows_all_lock_the_same_byte(monkeypatch, fill):
    places = []
    locking = lambda number, mode, count: places.append((os.lseek(number, 0, os.SEEK_CUR), mode, count))
    monkeypatch.setattr(progress_file, "fcntl", None)
    monkeypatch.setattr(progress_file, "msvcrt", SimpleNamespace(locking=locking, LK_LOCK=1), raising=False)
    fill(2)
    assert len(progress.events()) == 2 and places == [(0, 1, 1)] * 3


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_a_file_that_cannot_be_read_is_not_shown_as_an_empty_one_without_a_word(
        open_folder, monkeypatch, capsys, fill, as_somebody):
    monkeypatch.setenv("COURSE_HOME", str(open_folder))
    fill(2)
    (open_folder / progress_file.NAME).chmod(0)
    with as_somebody():
        assert progress.events() == []
    assert "cannot be read" in capsys.readouterr().out


def test_where_no_file_can_be_written_it_says_so_once(tmp_path, monkeypatch, capsys, fill):
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "a-file" / "home"))
    fill(3)
    assert len(progress.events()) == 3
    assert capsys.readouterr().out.count("cannot be written") == 1
    assert progress.export(tmp_path / "saved.json").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_a_read_only_home_still_shows_what_it_holds(open_folder, monkeypatch, capsys, fill, new_kernel, as_somebody):
    home = open_folder / "home"
    monkeypatch.setenv("COURSE_HOME", str(home))
    fill(2)
    (home / progress_file.NAME).chmod(0o444)
    home.chmod(0o555)
    with as_somebody():
        progress.record_answer("01.more", 1, True)
        assert len(progress.events()) == 3
        assert "cannot be written" in capsys.readouterr().out
    home.chmod(0o755)
    new_kernel()
    assert len(progress.events()) == 2


def test_no_home_at_all(monkeypatch, capsys, fill):
    for name in ("COURSE_HOME", "HOME", "XDG_DATA_HOME", "USERPROFILE", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)

    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(place.Path, "home", nobody)
    monkeypatch.setattr(place.Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(PermissionError("no")))
    fill()
    assert len(progress.events()) == 1 and "cannot be written" in capsys.readouterr().out
