"""`course predict` with workers gives what one process gives, whatever happens to one of them or to the command."""
import csv
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from course_lib import load_model
from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.offline import Cache, flips, partitioned, predictor, windows
from course_lib.offline.partitioned import Asked, write_there
from course_lib.offline.planning import Batch, parts
from course_lib.workers import Processes
from tests.clusters import started
from tests.hang import HANGS
from tests.offline.conftest import HEAD

ROWS = 1500


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> Path:
    """A folder with 1,500 rows of which two are broken, some are twice, and half begin alike; their answers in
    whole.csv.
    """
    path = tmp_path_factory.mktemp("given")
    words = [f"{HEAD if number % 2 else ''}{'so ' * (number % 7)}pear {number % 1200}:" for number in range(ROWS - 2)]
    with open(path / "in.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["prompt"], *([word] for word in words[:700]), [" "], ["pear " * 300],
                                    *([word] for word in words[700:])])
    assert main(command(path, "whole")) == 1
    return path


def command(given: Path, out: str, *more: str) -> list[str]:
    return ["predict", str(given / "in.csv"), "--model", "orchard-xs", "--out", str(given / f"{out}.csv"),
            "--batch-size", "16", "--max-new-tokens", "4", *more]


@pytest.fixture
def small_windows(monkeypatch):
    """Several windows are begun at once, in parts of few batches."""
    monkeypatch.setattr(windows, "WINDOW", 300)
    monkeypatch.setattr(predictor, "PART", 600)


def alike(given: Path, out: str) -> None:
    """The two files are the same but for near ties."""
    one, other = (list(csv.DictReader(open(given / f"{name}.csv", encoding="utf-8", newline="")))
                  for name in ("whole", out))
    assert [row["prompt"] for row in one] == [row["prompt"] for row in other]
    differ = [(a["prompt"], a["answer"], b["answer"]) for a, b in zip(one, other) if a != b]
    print(f"{out}: {len(differ)} of {len(one)} rows differ")
    assert not differ or not flips(*load_model("orchard-xs"), *map(list, zip(*differ))).others


def children(of: psutil.Process) -> list[psutil.Process]:
    """The processes that compute."""
    return [one for one in of.children(recursive=True) if "loky" in " ".join(one.cmdline())
            and "resource_tracker" not in " ".join(one.cmdline())]


def begun(cache: Path) -> None:
    """Waits until a first answer is in the cache."""
    end = time.monotonic() + HANGS
    while time.monotonic() < end:
        if cache.exists() and len(Cache(cache)):
            return
        time.sleep(0.01)


def killed_meanwhile(cache: Path, kill) -> threading.Thread:
    """Calls `kill` as soon as something was computed."""
    thread = threading.Thread(target=lambda: (begun(cache), kill()))
    thread.start()
    return thread


def test_two_processes_of_which_one_is_killed(given, small_windows):
    def kill():
        os.kill(children(psutil.Process())[0].pid, signal.SIGKILL)
    thread = killed_meanwhile(given / "jobs.csv.cache", kill)
    assert main(command(given, "jobs", "--jobs", "2")) == 1
    thread.join()
    alike(given, "jobs")
    assert not children(psutil.Process())


def test_a_cluster_of_two_of_which_one_is_killed(given, tmp_path, small_windows, capsys):
    with started(tmp_path) as (address, scheduler, workers):
        thread = killed_meanwhile(given / "dask.csv.cache", workers[0].kill)
        assert main(command(given, "dask", "--dask", address)) == 1
        thread.join()
        assert workers[0].wait(HANGS) < 0 and workers[1].poll() is None
        said = capsys.readouterr()
        assert "Without an answer: 2 rows." in said.out and said.err.count("in.csv, line ") == 2
        alike(given, "dask")

        folder = tmp_path / "model"
        for one in load_model("orchard-xs"):
            one.save_pretrained(folder)
        asked = Asked(str(folder), None, 16, 4, "newline")
        with Cache(tmp_path / "c") as cache:
            known = asked.predictor(cache).parts
        (folder / "model.safetensors").rename(folder / "gone")            # as on a computer that lacks it
        with partitioned_by(address, asked, known) as there:
            there.hand([Batch(0, [[5]], [b"k"])])
            with pytest.raises(CourseError, match=r"The worker on .*, process \d+, cannot predict: .*model"):
                there.take()
        scheduler.kill()
        time.sleep(1)
        code = main(command(given, "gone", "--dask", address))
        assert code == 2 and "no scheduler of dask can be reached" in capsys.readouterr().err


def partitioned_by(address: str, asked: Asked, known: dict):
    from functools import partial

    from course_lib.cluster import Cluster

    do = partial(write_there, asked=asked, parts=tuple(known.items()))
    return Cluster(do, address, partitioned.facts, "predicting", "by running the same again")


@pytest.mark.slow
def test_where_the_cluster_ends_what_came_back_is_kept(given, tmp_path, small_windows, capsys):
    with started(tmp_path) as (address, scheduler, _):
        thread = killed_meanwhile(given / "lost.csv.cache", scheduler.kill)
        assert main(command(given, "lost", "--dask", address)) == 2
        thread.join()
    assert "stopped predicting" in (said := capsys.readouterr().err) and "by running the same again" in said
    with Cache(given / "lost.csv.cache") as cache:
        assert len(cache) and not (given / "lost.csv").exists()
    assert main(command(given, "lost")) == 1
    alike(given, "lost")


@pytest.mark.parametrize("number, code", [
    pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow), (signal.SIGKILL, -signal.SIGKILL)])
def test_the_command_is_stopped_and_what_came_back_is_kept(given, number, code):
    out = f"stopped{number}"
    run = subprocess.Popen([sys.executable, "-m", "course_lib.cli", *command(given, out, "--jobs", "2")], cwd=given,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, stderr=subprocess.PIPE,
                           start_new_session=True)
    begun(given / f"{out}.csv.cache")
    theirs = children(psutil.Process(run.pid))
    if number == signal.SIGINT:
        os.killpg(run.pid, number)                                        # as a terminal does
    else:
        run.kill()
    assert run.wait(HANGS) == code
    _, left = psutil.wait_procs(theirs, HANGS)
    assert not left and not (given / f"{out}.csv").exists()
    with Cache(given / f"{out}.csv.cache") as cache:
        kept = len(cache)
    assert 0 < kept
    assert main(command(given, out)) == 1
    alike(given, out)


def test_a_worker_with_something_else_refuses_by_name(given):
    asked = Asked("orchard-xs", None, 16, 4, "newline")
    known = asked.predictor().parts
    with pytest.raises(CourseError, match=r"worker on .*, process \d+, .* its weights and libraries are others"):
        write_there([], asked, tuple((known | {"weights": "0", "libraries": "0"}).items()))
    with pytest.raises(CourseError, match="cannot predict: There is no folder '/nowhere'"):
        write_there([], Asked("/nowhere", None, 16, 4, "newline"), tuple(known.items()))
    assert write_there([], asked, tuple(known.items())) == []


def test_parts_are_of_whole_batches_and_about_equal():
    batches = [Batch(0, [[1] * 10] * 4, [0] * 4)] * 20
    found = list(parts(batches, 6, 128))
    assert [len(part) for part in found] == [2] * 10 and sum(found, []) == batches
    assert list(parts(batches, 6, 0)) == [[batch] for batch in batches]


def test_a_predictor_with_workers_reads_few_rows_ahead(small_windows):
    """However slow the first part is."""
    asked, read = Asked("orchard-xs", None, 16, 4, "newline").predictor(), []

    class Slow(Processes):
        def start(self):
            from concurrent.futures import ThreadPoolExecutor
            return ThreadPoolExecutor(1)

        def stop(self):
            pass

    def rows():
        for number in range(6000):
            read.append(number)
            yield f"pear {number % 900}"
    done = 0
    with Slow(asked.writer.write, 2) as workers:
        for some, answers in asked.answered(rows(), lambda row: row, workers=workers):
            done += len(some)
            assert len(answers) == len(some) and len(read) <= done + 4 * 300
    assert done == 6000 and asked.computed == 900


def test_without_the_packages_they_are_named(given, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(command(given, "without", "--dask", "tcp://127.0.0.1:9")) == 2
    assert "--dask needs one package more: pip install" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "joblib.externals.loky", None)
    assert main(command(given, "without", "--jobs", "2")) == 2
    assert "--jobs needs one package more: pip install -c constraints.txt -e '.[grade]'" in capsys.readouterr().err


def test_an_address_without_a_scheduler_is_refused(given, monkeypatch, capsys):
    monkeypatch.setattr("course_lib.cluster.CONNECT", 1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for address in ("nonsense", f"tcp://127.0.0.1:{mute.getsockname()[1]}"):
            assert main(command(given, "mute", "--dask", address)) == 2
            assert f"no scheduler of dask can be reached at {address!r}" in capsys.readouterr().err
    assert main(command(given, "mute", "--jobs", "0")) == 2 and "--jobs must be at least 1" in capsys.readouterr().err
