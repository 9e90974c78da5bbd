"""course lab: the clone stays clean, and the course is served at the address that is printed."""
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress

import pytest

from course_lib.errors import CourseError
from course_lib.lab import command as lab
from course_lib.lab.command import free_port, main
from course_lib.root import MARKER
from tests.browser.jupyter import own_folders
from tests.hang import HANGS

LESSON, EXERCISE = "notebooks/00_start_here.ipynb", "exercises/01_prompting.ipynb"


def test_a_folder_of_something_else_is_refused(clone, tmp_path, capsys):
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.txt").write_text("mine")
    for folder in (foreign, clone, clone / "notebooks"):
        with pytest.raises(CourseError, match="no working copy of this course. Nothing was touched"):
            main(["--no-open", "--dir", str(folder)])
    assert [path.name for path in foreign.iterdir()] == ["chapter.txt"]
    with pytest.raises(CourseError, match="is a file"):
        main(["--no-open", "--dir", str(foreign / "chapter.txt")])


def test_only_notebooks_and_exercises_are_copied_to_my_course_or_where_one_says(clone, tmp_path, monkeypatch, notebook):
    monkeypatch.chdir(clone / "exercises")
    (clone / "solutions").mkdir()
    (clone / "solutions/01_prompting.ipynb").write_text(notebook("secret"))
    assert main(["--no-open"]) == 0 and main(["--no-open", "--dir", str(tmp_path / "elsewhere")]) == 0
    for copy in (clone / "my-course", tmp_path / "elsewhere"):
        files = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file())
        assert files == [MARKER, EXERCISE, LESSON]


def test_without_notebooks_it_says_so(clone):
    (clone / LESSON).unlink()
    (clone / EXERCISE).unlink()
    with pytest.raises(CourseError, match="no notebooks in .* run `.*course build`"):
        main(["--no-open"])


def test_outside_any_clone_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.root.__file__", str(tmp_path / "a" / "b.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CourseError, match="inside of the course's folder"):
        main(["--no-open"])


def test_a_taken_port_gives_the_next_and_says_so(clone, monkeypatch, capsys):
    served = []
    monkeypatch.setattr(lab, "serve", lambda *given: served.append(given) or 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
        assert main(["--port", str(port), "--no-browser"]) == 0
    assert f"Port {port} is taken" in capsys.readouterr().out
    assert served == [(clone / "my-course", served[0][1], False)] and served[0][1] > port


@pytest.mark.parametrize("port", ["0", "70000"])
def test_no_such_port(clone, port):
    with pytest.raises(CourseError, match="from 1 to 65535"):
        main(["--port", port])


def test_it_serves_the_first_lesson_at_the_printed_address(clone, tmp_path):
    command = [sys.executable, "-m", "course_lib.cli", "lab", "--no-browser", "--port", str(free_port(18700))]
    environment, log = {**os.environ, **own_folders(tmp_path / "jupyter")}, tmp_path / "log"
    with log.open("w", encoding="utf-8") as said, subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True) as server:
        alarm = threading.Timer(HANGS, server.kill)  # a server that never says its address would be waited for forever
        alarm.start()
        try:
            address = next((line.strip() for line in server.stdout if "http://" in line), None)
            assert address, log.read_text(encoding="utf-8")
            assert "/lab/tree/notebooks/00_start_here.ipynb?token=" in address
            assert '"treePath": "notebooks/00_start_here.ipynb"' in wait_for(address)
        finally:
            alarm.cancel()
            server.terminate()


@pytest.mark.skipif(os.name == "nt", reason="a terminal is opened as Linux and macOS do")
def test_one_ctrl_c_stops_it_and_it_says_that_the_work_is_kept(clone, tmp_path):
    import pty

    command = [sys.executable, "-m", "course_lib.cli", "lab", "--no-browser", "--port", str(free_port(18800))]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, command, {**os.environ, **own_folders(tmp_path / "jupyter")})
    alarm = threading.Timer(HANGS, os.kill, (pid, signal.SIGKILL))
    alarm.start()
    with open(terminal, encoding="utf-8", closefd=False) as lines:
        said = [next(lines)]
        while "http://" not in said[-1]:
            said.append(next(lines))
        wait_for(said[-1].strip())
        os.write(terminal, b"\x03")
        with suppress(OSError):  # how Linux says that nobody is at the other end any more
            said += lines
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    alarm.cancel()
    printed = "".join(said)
    assert code == 0 and "Traceback" not in printed and "y/[n]" not in printed
    assert f"Stopped. Your work is kept in {clone / 'my-course'}" in printed


def wait_for(address: str, seconds: float = HANGS) -> str:
    """The page at `address`, as soon as somebody answers there."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                return page.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
