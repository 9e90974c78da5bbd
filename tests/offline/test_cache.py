"""The cache keeps what was put in, whoever else writes and whatever the disk does, and takes no file of others."""
import multiprocessing
import sqlite3

import pytest

from course_lib.errors import CourseError
from course_lib.offline import Cache, predict
from tests.hang import HANGS

KEYS = [bytes([number // 256, number % 256]) * 16 for number in range(2000)]


def test_what_is_put_in_is_there_again(tmp_path):
    with Cache(tmp_path / "a") as cache:
        cache.put({KEYS[0]: "drupe", KEYS[1]: "", KEYS[2]: "é\n\0, \"x\""})
        cache.put({KEYS[0]: "another"})                       # who was first stays
    with Cache(tmp_path / "a") as cache:
        assert cache.get(KEYS) == {KEYS[0]: "drupe", KEYS[1]: "", KEYS[2]: "é\n\0, \"x\""}
        assert len(cache) == 3 and cache.get([]) == {}
        assert cache.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cache.connection.execute("PRAGMA busy_timeout").fetchone()[0] >= 30_000


def test_files_that_were_written_are_known_by_their_content(tmp_path):
    with Cache(tmp_path / "a") as cache:
        cache.wrote(tmp_path / "out", "12")
    with Cache(tmp_path / "a") as cache:
        assert cache.is_ours(tmp_path / "out", "12")
        assert not cache.is_ours(tmp_path / "out", "13") and not cache.is_ours(tmp_path / "other", "12")


def make(path, ready, go) -> None:
    ready.release()
    go.wait()
    Cache(path).close()


def test_many_processes_make_the_file_together(tmp_path):
    """Seen: one of them found the tables of another, and not yet whose they were."""
    context = multiprocessing.get_context("fork")
    for number in range(20):
        ready, go = context.Semaphore(0), context.Event()
        makers = [context.Process(target=make, args=(tmp_path / f"{number}", ready, go)) for _ in range(6)]
        for maker in makers:
            maker.start()
        for _ in makers:
            ready.acquire(timeout=HANGS)
        go.set()
        for maker in makers:
            maker.join(HANGS)
        assert [maker.exitcode for maker in makers] == [0] * 6


def write_many(path, first: int, ready, go) -> None:
    """Puts 250 answers in, one by one."""
    ready.release()
    go.wait()
    with Cache(path) as cache:
        for key in KEYS[first:first + 250]:
            cache.put({key: f"{first}"})


def test_four_processes_at_once_lose_nothing(tmp_path):
    """They make the file together, too."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Semaphore(0), context.Event()
    writers = [context.Process(target=write_many, args=(tmp_path / "a", first, ready, go))
               for first in (0, 100, 500, 750)]
    for writer in writers:
        writer.start()
    for _ in writers:
        ready.acquire(timeout=HANGS)
    go.set()
    for writer in writers:
        writer.join(HANGS)
    assert [writer.exitcode for writer in writers] == [0] * 4
    with Cache(tmp_path / "a") as cache:
        assert len(cache) == 350 + 500 and set(cache.get(KEYS).values()) == {"0", "100", "500", "750"}
        assert cache.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_reader_is_not_kept_waiting_by_a_writer(tmp_path):
    with Cache(tmp_path / "a") as one, Cache(tmp_path / "a") as other:
        one.put({KEYS[0]: "a"})
        with one.writing():
            one.connection.execute("INSERT INTO answers VALUES (?, ?)", (KEYS[1], "b"))
            assert other.get(KEYS) == {KEYS[0]: "a"}
        assert len(other.get(KEYS)) == 2


def test_a_full_disk_stops_it_and_what_was_there_stays(tmp_path, small, prompts):
    """SQLite's own limit on the pages of a file gives its own error."""
    path = tmp_path / "a"
    whole = predict(*small, prompts, max_new_tokens=4)
    with Cache(path) as cache:
        pages = cache.connection.execute("PRAGMA page_count").fetchone()[0]
        cache.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(CourseError, match="cannot be written .*full.* make room, and run the same again"):
            for start in range(0, len(KEYS), 10):
                cache.put({key: "x" * 100 for key in KEYS[start:start + 10]})
        kept = cache.get(KEYS)
        assert 0 < len(kept) < len(KEYS) and len(kept) % 10 == 0
    with Cache(path) as cache:
        assert cache.get(KEYS) == kept and cache.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert predict(*small, prompts, max_new_tokens=4, cache=path) == whole


@pytest.mark.parametrize("make, words", [
    (lambda path: path.write_text("prompt,answer\na,b\n" * 99), "is no cache, or damaged"),
    (lambda path: sqlite3.connect(path).execute("CREATE TABLE t (x)"), "is a database of another program"),
    (lambda path: path.mkdir(), "cannot be used .*unable to open")])
def test_a_file_of_somebody_else_is_left_alone(tmp_path, make, words):
    make(tmp_path / "a")
    before = (tmp_path / "a").read_bytes() if (tmp_path / "a").is_file() else None
    with pytest.raises(CourseError, match=words):
        Cache(tmp_path / "a")
    assert before is None or (tmp_path / "a").read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CourseError, match="Name a file in a folder that you can write to"):
        Cache(tmp_path / "none" / "a")


def test_a_damaged_cache_is_named(tmp_path):
    with Cache(tmp_path / "a") as cache:
        cache.put(dict.fromkeys(KEYS, "x" * 50))
    data = bytearray((tmp_path / "a").read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(CourseError, match="is no cache, or damaged"), Cache(tmp_path / "a") as cache:
        cache.get(KEYS)
