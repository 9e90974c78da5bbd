"""A class is graded by the workers of a dask cluster, each submission's result once, whatever happens to a worker."""
import atexit
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.builder.tasks import read_tasks
from course_lib.cli import main
from course_lib.cluster import look_at
from course_lib.errors import CourseError
from course_lib.files import write_text
from course_lib.grading import cluster, run
from course_lib.grading.engine import grade_cells
from course_lib.grading.one import HandedIn, Settings, code_digest, versions
from course_lib.grading.run import grade_all
from course_lib.grading.sandbox import Worker
from tests.clusters import started
from tests.hang import HANGS

from .test_run import handed_in

ROOT = Path(__file__).resolve().parents[2]
TASK = replace(read_tasks(ROOT / "lessons" / "06_lora")["06.1"])
RIGHT = "# task 06.1: lora_parameters\n" + TASK.reference
WRONG = "# task 06.1: lora_parameters\n" + TASK.wrong[0].source
OPEN = []


def in_one_sandbox(*asked):
    """grade_cells in a sandbox that lives as long as its process: what matters here is the process."""
    if not OPEN:
        OPEN.append(Worker())
        atexit.register(OPEN[0].__exit__)
    return grade_cells(*asked, worker=OPEN[0])


SETTINGS = Settings({"06.1": TASK}, 5, in_one_sandbox, code=code_digest())


@pytest.fixture
def at_the_first_result(monkeypatch):
    """at_the_first_result(do): `do` is called when the first result has been written; the names of all written."""
    written = []

    def register(do) -> list[str]:
        def write(path, text):
            write_text(path, text)
            written.append(path.name)
            if len(written) == 1:
                do()
        monkeypatch.setattr(run, "write_text", write)
        return written
    return register


def a_class(folder: Path) -> list:
    return handed_in(folder / "in", {f"student-{number}": WRONG if number % 3 else RIGHT for number in range(8)})


def test_a_worker_is_killed_while_grading_and_no_grade_is_lost_and_none_is_there_twice(tmp_path, at_the_first_result):
    class_06 = a_class(tmp_path)
    here, _ = grade_all(class_06, SETTINGS, tmp_path / "here")
    with started(tmp_path) as (address, _, workers):
        written = at_the_first_result(workers[0].kill)
        there, kept = grade_all(class_06, SETTINGS, tmp_path / "there", dask=address)
        assert workers[0].wait(HANGS) < 0 and workers[1].poll() is None
        assert sorted(written) == [f"student-{number}.json" for number in range(8)] and kept == 0
        plain = [[replace(one, marks=tuple(replace(mark, seconds=0) for mark in one.marks)) for one in results]
                 for results in (here, there)]
        assert plain[0] == plain[1] and [one.marks[0].points for one in there] == [1, 0, 0, 1, 0, 0, 1, 0]
        assert grade_all(class_06, SETTINGS, tmp_path / "there", resume=True)[1] == 8, "kept on this computer, too"
        with pytest.raises(CourseError, match="worker on .*another version"):  # as where one has joined later
            grade_all(class_06, replace(SETTINGS, code="0" * 64), tmp_path / "other", dask=address)
    assert not list((tmp_path / "other" / "results").iterdir())


@pytest.mark.slow
def test_where_the_cluster_ends_what_is_graded_is_kept(tmp_path, at_the_first_result):
    class_06 = a_class(tmp_path)
    with started(tmp_path) as (address, scheduler, _):
        at_the_first_result(scheduler.kill)
        with pytest.raises(CourseError, match="stopped grading.*--resume"):
            grade_all(class_06, SETTINGS, tmp_path / "out", dask=address)
    results, kept = grade_all(class_06, SETTINGS, tmp_path / "out", resume=True)
    assert 1 <= kept < 8 and [one.marks[0].points for one in results] == [1, 0, 0, 1, 0, 0, 1, 0]


@pytest.mark.slow
def test_a_task_that_dask_gives_up_stops_the_grading_with_a_sentence(tmp_path, at_the_first_result):
    class_06 = a_class(tmp_path)
    with started(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as (address, _, workers):
        at_the_first_result(workers[0].kill)
        with pytest.raises(CourseError, match="workers died.*--resume"):
            grade_all(class_06, SETTINGS, tmp_path / "out", dask=address)
    assert 1 <= grade_all(class_06, SETTINGS, tmp_path / "out", resume=True)[1] < 8


@pytest.mark.slow
def test_a_worker_without_a_sandbox_grades_nobody(tmp_path):
    with started(tmp_path, workers=1, PATH="/nowhere") as (address, _, _):
        with pytest.raises(CourseError, match="worker on .*bwrap"):
            grade_all(a_class(tmp_path), SETTINGS, tmp_path / "out", dask=address)
    assert not list((tmp_path / "out" / "results").iterdir())


@pytest.mark.parametrize("answer, threads, why", [
    ((versions(), "0" * 64), 1, "tcp://b has another version of the course"),
    ((["Python 3.11.7", "numpy 2.4.6", "torch 2.6.0"], code_digest()), 1, "tcp://b computes with .*torch 2.6.0, this"),
    (ModuleNotFoundError("No module named 'course_lib'"), 1, "tcp://b has no course that can do this: .*course_lib"),
    ((versions(), code_digest()), 8, "tcp://b has several threads.*--nthreads 1")])
def test_a_worker_that_would_grade_otherwise_is_refused_by_its_name(answer, threads, why):
    workers = {"tcp://a": {"nthreads": 1}, "tcp://b": {"nthreads": threads}}
    with pytest.raises(CourseError, match=why):
        look_at(workers, {"tcp://a": (versions(), code_digest()), "tcp://b": answer}, cluster.facts(), "grading")
    look_at(workers, {"tcp://a": (versions(), code_digest())}, cluster.facts(), "grading")


def test_a_worker_looks_at_itself_once_for_each_seed(monkeypatch):
    seeds = []
    monkeypatch.setattr(cluster, "CHECKED", set())
    monkeypatch.setattr(cluster, "check", lambda tasks, seed, unsafe: seeds.append(seed))
    for seed in (1, 1, 2, 1):
        settings = replace(SETTINGS, seed=seed, grade=lambda *_: ())
        assert cluster.grade_there(HandedIn("ada", (), (), ()), settings).seed == seed
    assert seeds == [1, 2]


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:9", "tcp://", "http://127.0.0.1:80", "tls://127.0.0.1:9",
                                     "", "127.0.0.1:abc", "tcp://127.0.0.1:99999", "tcp://no where:8786", "MUTE"])
def test_an_address_without_a_scheduler_is_refused(tmp_path, capsys, monkeypatch, address):
    monkeypatch.setattr("course_lib.cluster.CONNECT", 1)
    handed_in(tmp_path / "in", {"ada": RIGHT})
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the call, and says nothing
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}" if address == "MUTE" else address
        assert main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--only", "06.1",
                     f"--dask={address}"]) == 2
    said = capsys.readouterr().err
    assert "no scheduler" in said and repr(address) in said and "dask scheduler" in said and "without --dask" in said


def test_without_dask_the_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match=r"--dask needs .*pip install .*\[cluster\]"):
        grade_all(a_class(tmp_path), SETTINGS, tmp_path / "out", dask="tcp://127.0.0.1:9")
