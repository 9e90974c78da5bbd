"""A progress file that is damaged or cannot be written: said so, and nothing else is lost."""

import json
import os
import sqlite3
from contextlib import closing

import pytest

from course_lib import progress
from course_lib.progress import file as progress_file
from course_lib.progress import place, rescue, table


def garbage(content):
    return os.urandom(5000)


def header(content):
    return b"not SQLite at all, sorry" + content[24:]


def first_page(content):
    return bytes(4096) + content[4096:]


def middle(content):
    return content[:8192] + b"\xff" * 4096 + content[12288:]


def cut_off(content):
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    "damage, at_least", [(garbage, 0), (header, 300), (first_page, 300), (middle, 200), (cut_off, 50)]
)
def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_saved(
    file, capsys, new_kernel, damage, at_least
):
    rows = [
        (
            f"{i:032x}",
            f"2026-01-01T00:00:{i:06}",
            "answer",
            f"01.q{i}",
            json.dumps({"answer": i, "misconception": "b" * 60}),
            1,
        )
        for i in range(300)
    ]
    progress_file.run(lambda db: db.executemany(table.INSERT, rows))
    content = damage(file.read_bytes())
    file.write_bytes(content)
    new_kernel()
    progress.record_answer("01.after", 1, True)
    assert progress.latest("answer", "01.after").correct
    said = capsys.readouterr().out
    (aside,) = file.parent.glob("progress-damaged-*.sqlite3")
    assert aside.read_bytes() == content and aside.name in said and said.count("damaged. It is now") == 1
    saved = len(progress.events()) - 1
    assert at_least <= saved <= 300 and f" {saved} saved" in said
    assert sorted(path.name for path in file.parent.iterdir()) == sorted([aside.name, progress_file.NAME])


@pytest.mark.parametrize("damage", [header, middle])
def test_damage_while_a_kernel_runs_is_mended_too(file, capsys, damage, fill):
    fill(3)
    file.write_bytes(damage(file.read_bytes()))
    progress.record_answer("01.after", 1, True)
    assert len(progress.events()) == 4
    assert "damaged" in capsys.readouterr().out


def test_a_lock_that_a_killed_kernel_left_is_waited_for_then_taken_over(file, monkeypatch, fill):
    waited = []
    monkeypatch.setattr(rescue.time, "sleep", waited.append)
    fill(3)
    lock = file.with_suffix(".lock")
    lock.write_text("of another kernel")
    file.write_bytes(header(file.read_bytes()))
    progress.record_answer("01.after", 1, True)
    assert len(progress.events()) == 4 and waited == [rescue.PAUSE] * rescue.TRIES
    assert not lock.exists()


def test_a_kernel_waits_for_the_one_that_mends_and_takes_away_its_own_lock_alone(file, monkeypatch):
    file.parent.mkdir()
    lock = file.with_suffix(".lock")
    with rescue._locked(lock):
        mine = lock.read_bytes()
        monkeypatch.setattr(rescue.time, "sleep", lambda _: lock.unlink(missing_ok=True))  # the other is done
        with rescue._locked(lock):
            assert lock.read_bytes() != mine
        lock.write_bytes(b"a third one's")
    assert lock.read_bytes() == b"a third one's"


def test_a_full_disk_costs_no_answer(monkeypatch, capsys, fill):
    fill(2)
    opened = progress_file._open

    def full(path):
        db = opened(path)
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        return db

    monkeypatch.setattr(progress_file, "_open", full)
    progress.record_answer("01.long", "x" * 10_000, True)
    assert len(progress.events()) == 3 and "full" in capsys.readouterr().out


def test_a_database_of_something_else_is_set_aside(file, fill):
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE events (something TEXT)")
    fill()
    assert len(progress.events()) == 1 and list(file.parent.glob("progress-damaged-*"))


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
