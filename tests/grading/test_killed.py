"""`course grade` killed at five moments, and by Ctrl+C: it goes on, nothing is lost, nothing graded twice, none left.

The command dies by SIGKILL at a moment of its own, so no moment is missed on a busy computer.
"""
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.hang import HANGS

from .test_notebook import dumped
from .test_run import handed_in

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = """
import json, os, signal, sys
from pathlib import Path
import psutil
from course_lib import files
from course_lib.cli import main
from course_lib.grading import command, run, selfcheck

place, name, number, children = sys.argv[1:5]

def die():
    found = [(one.pid, one.create_time()) for one in psutil.Process().children(recursive=True)]
    Path(children).write_text(json.dumps(found), encoding="utf-8")
    os.kill(os.getpid(), signal.SIGKILL)

def counted(function, calls=[]):
    def call(*arguments, **named):
        if place != "results" or "results" in str(arguments[-1]):
            calls.append(arguments)
        if len(calls) == int(number):
            die()
        return function(*arguments, **named)
    return call

module = {"selfcheck": selfcheck, "run": run, "results": os, "command": command}[place]
setattr(module, name, counted(getattr(module, name)))
sys.exit(main(sys.argv[5:]))
"""
MOMENTS = {
    "during the self-check": ("selfcheck", "refuse", 4, 0),
    "before the first result": ("run", "write_text", 1, 0),
    "in the middle of a submission": ("run", "write_text", 3, 2),
    "while a result is written": ("results", "replace", 4, 3),
    "while the pages are written": ("command", "write_feedback", 3, 6),
}
WITHOUT = {**os.environ, "PYTHONPATH": str(ROOT)}


def typed(folder: Path, out: str) -> list[str]:
    return ["grade", str(folder / "in"), "--out", str(folder / out), "--only", "06.1", "--jobs", "2", "--seed", "5"]


def course(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "course_lib.cli", *arguments], cwd=ROOT, env=WITHOUT,
                          capture_output=True, text=True, encoding="utf-8", timeout=HANGS)


@pytest.fixture(scope="module")
def a_class(tmp_path_factory) -> Path:
    """A folder with six submissions, graded into its folder `unkilled`."""
    folder = tmp_path_factory.mktemp("class")
    solution, stub = (part.joinpath("06_lora.ipynb").read_bytes() for part in (ROOT / "solutions", ROOT / "exercises"))
    wrong = dumped("# task 06.1: lora_parameters\ndef lora_parameters(shapes, rank):\n    return 7\n")
    handed_in(folder / "in", {"ada": solution, "bob": stub, "Eve 😀": wrong, "flo": b"{", "gus": solution,
                              "hal": wrong})
    assert course(*typed(folder, "unkilled")).returncode == 1, "flo's notebook is damaged"
    return folder


def results(out: Path) -> dict[str, Path]:
    return {path.name: path for path in (out / "results").glob("[!.]*")} if out.exists() else {}


def content(path: Path) -> dict:
    """A result but for the seconds that it took."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return {**found, "marks": [{**mark, "seconds": 0} for mark in found["marks"]]}


def alive(children: list[list]) -> list[str]:
    """The command lines of those that live still."""
    found = []
    for number, created in children:
        try:
            one = psutil.Process(number)
            if one.create_time() == created and one.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(one.cmdline()))
        except psutil.NoSuchProcess:
            pass
    return found


def all_ended(children: list[list]) -> None:
    until = time.monotonic() + HANGS
    while alive(children) and time.monotonic() < until:
        time.sleep(0.1)
    assert not alive(children)


def goes_on(folder: Path, out: str, kept: dict[str, int]) -> None:
    """--resume makes what an unkilled run made, and grades only what was not there."""
    done = course(*typed(folder, out), "--resume")
    assert done.returncode == 1, done.stderr
    assert f"kept               {len(kept)}\n" in done.stdout and f"graded now         {6 - len(kept)}\n" in done.stdout
    there = results(folder / out)
    assert {name: there[name].stat().st_mtime_ns for name in kept} == kept, "graded a second time"
    assert {name: content(path) for name, path in there.items()} == {
        name: content(path) for name, path in results(folder / "unkilled").items()}
    assert (folder / out / "grades.csv").read_bytes() == (folder / "unkilled" / "grades.csv").read_bytes()
    assert [float(row["points"]) for row in csv.DictReader((folder / out / "grades.csv").open(encoding="utf-8"))] == [
        0, 1, 0, 0, 1, 0]
    names = {path.relative_to(folder / out) for path in (folder / out).rglob("*")}
    assert names == {path.relative_to(folder / "unkilled") for path in (folder / "unkilled").rglob("*")}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_five_moments(a_class, tmp_path, moment):
    place, name, number, written = MOMENTS[moment]
    out = moment.replace(" ", "-")
    killed = subprocess.run([sys.executable, "-c", LAUNCH, place, name, str(number), str(tmp_path / "children"),
                             *typed(a_class, out)], cwd=ROOT, env=WITHOUT, capture_output=True, text=True,
                            encoding="utf-8", timeout=HANGS)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    children = json.loads((tmp_path / "children").read_text(encoding="utf-8"))
    assert children, "nothing was at work"
    all_ended(children)
    half = [path.name for path in (a_class / out).rglob(".*.part")]
    assert len(half) == (moment == "while a result is written")
    kept = {name: path.stat().st_mtime_ns for name, path in results(a_class / out).items()}
    assert len(kept) == written
    goes_on(a_class, out, kept)


def as_in_a_terminal() -> None:
    """Where the tests run in the background they may ignore Ctrl+C, and whom they start would, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_it_and_says_how_to_go_on(a_class):
    out = a_class / "interrupted"
    with subprocess.Popen([sys.executable, "-m", "course_lib.cli", *typed(a_class, out.name)], cwd=ROOT, env=WITHOUT,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                          start_new_session=True, preexec_fn=as_in_a_terminal) as started:
        until = time.monotonic() + HANGS
        while not results(out) and started.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        children = [[one.pid, one.create_time()] for one in psutil.Process(started.pid).children(recursive=True)]
        os.killpg(started.pid, signal.SIGINT)  # a terminal sends it to all
        said = started.communicate(timeout=HANGS)[1]
    assert started.returncode == 130 and "Traceback" not in said
    kept = {name: path.stat().st_mtime_ns for name, path in results(out).items()}
    assert f"{len(kept)} of 6 submissions are graded and kept" in said and "--resume" in said
    all_ended(children)
    assert not list(out.rglob(".*.part")) and {name: content(path) for name, path in results(out).items()} == {
        name: content(results(a_class / "unkilled")[name]) for name in kept}
