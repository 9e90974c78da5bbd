"""Killed at any moment and begun again, or twice at once: the output of an unbroken run, and little computed twice."""
import csv
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from course_lib.cli import main
from course_lib.offline import Cache, command, windows, writer
from tests.hang import HANGS
from tests.offline.conftest import HEAD, ended, forked

BATCH, ROWS = 8, 400


@pytest.fixture
def job(folder, tmp_path, monkeypatch):
    """job(out, cache): a child with the command on 400 prompts, 280 of them distinct, half of which begin alike.

    It notes every batch in the file "computed".
    """
    monkeypatch.chdir(tmp_path)
    draw = random.Random(0)
    words = [f"{'a ' * draw.randrange(12)}pear {number}" for number in range(280)]
    rows = [f"{HEAD}{word}:" if number % 2 else f"{word} and" for number, word in enumerate(words)]
    rows = draw.sample(rows + draw.choices(rows, k=ROWS - 280), ROWS)
    with open("in.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["prompt"], *([row] for row in rows)])
    plain = writer.generate

    def noting(model, batch, *more):
        new = plain(model, batch, *more)
        with open("computed", "a") as file:
            file.write(json.dumps(len(batch)) + "\n")
        return new

    def start(out: str = "out.csv", cache: str = "cache") -> int:
        writer.generate = noting
        monkeypatch.setattr(windows, "WINDOW", 130)
        try:
            return forked(lambda: main(["predict", "in.csv", "--model", str(folder), "--out", out, "--cache", cache,
                                        "--batch-size", str(BATCH), "--max-new-tokens", "5"]), f"{out}.said")
        finally:
            writer.generate = plain
    return start


def computed() -> int:
    return sum(map(int, Path("computed").read_text().split())) if os.path.exists("computed") else 0


def kept(cache: str = "cache") -> int:
    if not os.path.exists(cache):
        return 0
    with Cache(cache) as found:
        return len(found)


def test_killed_at_five_random_moments_it_gives_what_an_unbroken_run_gives(job):
    assert ended(job("whole.csv", "whole.cache")) == 0 and computed() == 280
    os.remove("computed")
    moments = sorted(random.Random().sample(range(3, 33), 5))    # batches: 35 or some more are to come
    print("killed after batches", moments)
    for moment in moments:
        child = job()
        end = time.monotonic() + HANGS
        while computed() < moment * BATCH and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(random.random() * 0.01)                       # in a computation, in a commit, in between
        os.kill(child, signal.SIGKILL)
        assert ended(child) == -signal.SIGKILL and not os.path.exists("out.csv")
        print("in the cache", kept(), "computed in all", computed())
        assert computed() - 5 * BATCH <= kept() <= computed()
    assert ended(job()) == 0
    print("computed in all", computed(), "of", 280)
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert 280 <= computed() <= 280 + 5 * BATCH and kept() == 280
    assert sorted(name for name in os.listdir() if name.endswith(".part")) == []


def test_two_at_once_share_a_cache_and_end_alike(job):
    children = [job("one.csv"), job("two.csv")]
    assert [ended(child) for child in children] == [0, 0]
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes() and kept() == 280
    assert 280 <= computed() <= 2 * 280


def test_two_at_once_may_even_write_one_file(job):
    children = [job(), job()]
    assert [ended(child) for child in children] == [0, 0] and ended(job()) == 0
    assert len(list(csv.reader(open("out.csv", encoding="utf-8", newline="")))) == ROWS + 1


@pytest.mark.parametrize("name", ["put_in_place", "sha256"])
def test_killed_at_the_very_end_it_is_told_as_ours(job, name, monkeypatch, tmp_path):
    """After OUT took its place, or just before."""
    before = getattr(command, name)

    def killed(*given):
        if name == "put_in_place":
            before(*given)
        os.kill(os.getpid(), signal.SIGKILL)
    monkeypatch.setattr(command, name, killed)
    assert ended(job()) == -signal.SIGKILL and os.path.exists("out.csv") == (name == "put_in_place")
    monkeypatch.setattr(command, name, before)
    assert ended(job()) == 0 and computed() == 280 and not list(tmp_path.glob(".*.part"))


def peak(rows: int, name: str) -> int:
    """Bytes that a child needs at most for so many rows, whose answers are made up; Linux tells it."""
    with open(f"{rows}{name}", "w", encoding="utf-8") as file:
        for number in range(rows):
            file.write(json.dumps({"prompt": f"{number} is a number, and {'so ' * 20}", "more": "x" * 300}) + "\n")

    def run() -> int:
        Path("/proc/self/clear_refs").write_text("5")            # the peak begins anew
        code = main(["predict", f"{rows}{name}", "--model", os.environ["MODEL"], "--out", f"{rows}.csv"])
        [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
        print(line.split()[1])
        return code
    assert ended(forked(run, f"{rows}.said")) == 0
    return 1024 * int(Path(f"{rows}.said").read_text().split()[-1])


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="Linux tells a process its peak")
@pytest.mark.parametrize("rows", [20_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_the_memory_does_not_grow_with_the_rows(folder, tmp_path, monkeypatch, rows):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODEL", str(folder))
    monkeypatch.setattr(writer, "generate", lambda model, rows, *_: [[5]] * len(rows))
    monkeypatch.setattr(windows, "WINDOW", 1000)
    few, many = peak(2000, ".jsonl"), peak(rows, ".jsonl")
    print(f"peak with 2,000 rows {few / 2**20:.0f} MiB, with {rows:,} {many / 2**20:.0f} MiB")
    assert many - few < 20 * 2**20
