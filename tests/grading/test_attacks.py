"""Hostile and broken submissions: none earns more than its honest part, stops the class, or reaches outside.

A class of them is graded by the command, as an instructor types it, in the real sandbox. All of them take minutes, so
`make test` has a few of each and `make test-all` has them all: as they are, without the reading of the cell, so that
the sandbox stands alone, and as an ordinary user.
"""
import csv
import ctypes
import os
import re
import socket
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from course_lib.grading.results import VERDICTS
from course_lib.grading.run import stored
from course_lib.grading.submissions import slug
from tests.grading.as_nobody import as_nobody
from tests.grading.attacks import ATTACKS, KINDS, MARK, PORT
from tests.grading.broken import BROKEN, ONE, TASKS, TWO
from tests.grading.test_notebook import dumped
from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[2]
SECRET = "what only the instructor knows"
FEW = ("an int equal to all, hidden", "equal and allclose, hidden", "frames, hidden", "writing, hidden", "a download",
       "forks, hidden", "lines in every open file", "the process ended, hidden", "a loop in C")
FEW_BROKEN = ("damaged", "two cells with one marker", "a link to a secret", "out of the zip", "a bomb that lies",
              "a name with markup")
SUBREAPER = 36   # prctl's number


def test_every_kind_of_attack_is_there_once_at_least():
    assert {one.kind for one in ATTACKS} == set(KINDS)
    assert len({one.name for one in ATTACKS}) == len(ATTACKS) >= 40
    assert {verdict for one in ATTACKS for verdict in one.verdicts} <= set(VERDICTS)
    assert {*FEW} <= {one.name for one in ATTACKS} and {*FEW_BROKEN} <= {one.name for one in BROKEN}
    assert len({one.student for one in BROKEN} | {one.name for one in ATTACKS}) == len(BROKEN) + len(ATTACKS)


def test_the_looks_see_what_they_look_for(open_folder):
    page = open_folder / "page.html"
    for text in ("<script>1</script>", "<p onclick='x'>", "<a href=' javascript:x'>", "<IMG src=x>"):
        page.write_text(text, encoding="utf-8")
        assert active(page)
    page.write_text("<p>&lt;script&gt;</p>", encoding="utf-8")
    assert not active(page) and not [*marked(open_folder)]
    (open_folder / "temporary").mkdir()
    (open_folder / "temporary" / f"{MARK}-1").touch()
    assert [*marked(open_folder)]
    before = children()
    subprocess.run(["sh", "-c", "sleep 60 & echo $! >" + str(open_folder / "number")], check=True)
    assert not ended(before, seconds=0.2)
    os.kill(int((open_folder / "number").read_text(encoding="ascii")), 9)
    assert ended(before)


def test_a_few_attacks_and_broken_files(open_folder, counted):
    play(open_folder, [one for one in ATTACKS if one.name in FEW], few_broken(), counted)


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as an ordinary user anyway")
def test_an_ordinary_users_sandbox_is_as_closed(open_folder, counted):
    play(open_folder, [one for one in ATTACKS if one.name == "lines in the pipes of other processes"], (), counted,
         before=as_nobody())


@pytest.mark.slow
def test_every_attack_and_broken_file(open_folder, counted):
    play(open_folder, ATTACKS, BROKEN, counted)


@pytest.mark.slow
def test_every_attack_where_nobody_reads_the_cell(open_folder, counted):
    play(open_folder, ATTACKS, (), counted, read=False)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as an ordinary user anyway")
def test_every_attack_as_an_ordinary_user(open_folder, counted):
    play(open_folder, ATTACKS, few_broken(), counted, before=as_nobody())


def few_broken() -> list:
    return [one for one in BROKEN if one.name in FEW_BROKEN]


def play(folder: Path, attacks, broken, counted, read: bool = True, before: list[str] = ()) -> None:
    """Grade them as one class, and look at all that came of it. `before`: the start of the command."""
    lay(folder, attacks, broken, counted.port)
    untouched, processes = seen(folder), children()
    done = graded(folder, read, before)
    assert done.returncode == (1 if broken else 0), done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    problems = [f"{one.name}: {problem}" for one in attacks for problem in attack_problems(folder, one, read)]
    problems += [f"{one.name}: {problem}" for one in broken for problem in broken_problems(folder, one)]
    assert not problems, "\n".join(problems)
    rows = list(csv.DictReader((folder / "out" / "grades.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == 2 * (len(attacks) + len(broken)) and all(row["reason"].strip() for row in rows)
    assert seen(folder) == untouched, "something was written beside the results"
    assert not [*marked(folder)], "an attack wrote a file"
    assert counted.connections == 0, "an attack reached the network"
    assert ended(processes), "a process was left"
    for page in (folder / "out").rglob("*.html"):
        assert (found := active(page)) == [], f"{page.name}: {found}"
    for path in (folder / "out").rglob("*.*"):
        text = path.read_text(encoding="utf-8").lower()
        assert SECRET not in text and "without a sandbox" not in text, path


def lay(folder: Path, attacks, broken, port: int) -> None:
    """The class in folder/in, and what nobody may touch, or read, beside it."""
    for name in ("in", "home", "beside", "out", "temporary"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    for name in ("home", "beside"):
        (folder / name / "passwords.json").write_text(f'{{"expected": "{SECRET}"}}', encoding="utf-8")
    for one in broken:
        one.lay(folder / "in")
    for one in attacks:
        hostile = f"# task {one.task}: {TASKS[one.task].name}\n{one.source.replace(str(PORT), str(port))}"
        (folder / "in" / one.name).mkdir()
        (folder / "in" / one.name / "06.ipynb").write_bytes(
            dumped(*([hostile, TWO] if one.task == "06.1" else [ONE, hostile])))


def graded(folder: Path, read: bool, before: list[str]) -> subprocess.CompletedProcess:
    """What the command said, and the number that it ended with."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder / "home"), "API_KEY": SECRET,
                   "TMPDIR": str(folder / "temporary"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*before, sys.executable, "-c", f"from tests.grading.quick import main; main(read={read})",
         str(folder / "in"), "--out", str(folder / "out"), "--only", "06.1", "06.2", "--jobs", "2", "--seed", "7"],
        cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=3 * HANGS)


def attack_problems(folder: Path, one, read: bool) -> list[str]:
    """What is wrong with the result of this attack."""
    marks = {mark.task: mark for mark in stored(folder / "out" / "results" / f"{slug(one.name)}.json").marks}
    mark, other = marks.pop(one.task), *marks.values()
    said = [f"{mark.points} points for {mark.verdict}: {mark.reason}"] if mark.points > one.honest else []
    if other.points != 1:
        said.append(f"the honest cell beside it gets {other.points}: {other.reason}")
    if read and mark.verdict not in one.verdicts:
        said.append(f"{mark.verdict}, {mark.reason}")
    return said


def broken_problems(folder: Path, one) -> list[str]:
    found = stored(folder / "out" / "results" / f"{slug(one.student)}.json")
    points, words = tuple(mark.points for mark in found.marks), [*found.notes, *(mark.reason for mark in found.marks)]
    said = [f"{points} instead of {one.points}: {words}"] if points != one.points else []
    return said + ([f"{one.said!r} is not in {words}"] if not any(one.said in word for word in words) else [])


def seen(folder: Path) -> dict:
    """All that lies beside the results."""
    return {path: (path.lstat().st_mtime_ns, path.lstat().st_size) for part in ("in", "home", "beside")
            for path in [folder / part, *(folder / part).rglob("*")]}


def marked(folder: Path):
    """Files of an attack's making, wherever it may have looked for a place."""
    for place in (folder, ROOT, ROOT.parent, Path.home(), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/")):
        yield from place.glob(f"{MARK}*")
    yield from (folder / "temporary").rglob(f"*{MARK}*")


def active(page: Path) -> list[str]:
    """What in a page could run, or be loaded from elsewhere."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag in ("script", "iframe", "object", "embed", "img", "svg", "link", "form", "base"):
                found.append(tag)
            found.extend(name for name, value in attributes if name.startswith("on") or
                         re.match(r"\s*(javascript|data|https?):", value or ""))

    Reader().feed(page.read_text(encoding="utf-8"))
    return found


def children() -> set[int]:
    """The processes below this one, and those whose parents ended and that came to it."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    return {int(child) for task in Path("/proc/self/task").iterdir()
            for child in (task / "children").read_text(encoding="ascii").split()}


def ended(before: set[int], seconds: float = 10) -> bool:
    """Whether all that was started since has ended, or does so within these seconds."""
    until = time.monotonic() + seconds
    while left := children() - before:
        for process in left:
            try:
                os.waitpid(process, os.WNOHANG)
            except ChildProcessError:
                pass
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


class Counted:
    """A port of this computer that counts who connects to it."""

    def __init__(self):
        self.server, self.connections = socket.create_server(("127.0.0.1", 0)), 0
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.count, daemon=True).start()

    def count(self) -> None:
        while True:
            try:
                self.server.accept()[0].close()
            except OSError:
                return
            self.connections += 1


@pytest.fixture
def counted():
    counting = Counted()
    socket.create_connection(("127.0.0.1", counting.port)).close()
    until = time.monotonic() + 5
    while counting.connections != 1 and time.monotonic() < until:
        time.sleep(0.01)
    assert counting.connections == 1
    counting.connections = 0
    yield counting
    counting.server.close()
