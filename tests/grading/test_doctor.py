"""Whether this computer has a sandbox, as whom, and the sentence where it has none: cause and way out."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.cli import main
from course_lib.grading import doctor
from tests.grading.as_nobody import as_nobody
from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[2]
# As on a computer that has no user namespaces left for anybody, such as a container: nothing here is faked.
CLOSED = ["bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns", "--bind", "/", "/",
          "--dev-bind", "/dev", "/dev", "--"]
NAMESPACES = "bwrap: No permissions to create new namespace, likely because the kernel does not allow it."


def course(*typed: str, before: list[str] = ()) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*before, sys.executable, "-m", "course_lib.cli", "grade", *typed], cwd=ROOT, env=environment,
                          capture_output=True, text=True, encoding="utf-8", timeout=HANGS)


def test_this_computer_can_and_says_as_whom(capsys):
    assert main(["grade", "--doctor"]) == 0
    assert doctor.WAYS["as root" if os.geteuid() == 0 else "as a user"] in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as an ordinary user anyway")
def test_an_ordinary_user_can_as_well():
    done = course("--doctor", before=as_nobody())
    assert done.returncode == 0 and doctor.WAYS["as a user"] in done.stdout, done.stdout + done.stderr


def test_without_namespaces_the_doctor_says_so_and_nobody_is_graded(tmp_path):
    done = course("--doctor", before=CLOSED)
    assert done.returncode == 1 and doctor.SAID["amespace"] in done.stdout and doctor.LAST in done.stdout
    shutil.copytree(ROOT / "solutions", tmp_path / "in" / "ada")
    done = course(str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--only", "06.1", before=CLOSED)
    assert done.returncode == 2 and "The sandbox does not start: bwrap: Creating new namespace" in done.stderr
    assert done.stderr.strip().endswith("'course grade --doctor' says what this computer lacks.")
    assert not (tmp_path / "out" / "grades.csv").exists()


@pytest.mark.parametrize("said, meaning", [
    (NAMESPACES, "amespace"), ("bwrap: Creating new namespace failed: Operation not permitted", "amespace"),
    ("bwrap: setting up uid map: Permission denied", "uid map"),
    ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "ount proc"),
    ("bwrap: Unknown option --disable-userns", "Unknown option"),
    ("bwrap: execvp setpriv: No such file or directory", "setpriv"), ("", None)])
def test_each_way_in_which_bubblewrap_fails_is_explained(fake, capsys, said, meaning):
    fake(f"echo \"{said}\" >&2; exit 1")
    assert main(["grade", "--doctor"]) == 1
    told = capsys.readouterr().out
    assert said in told and told.count("--doctor") == 0
    assert {one for one, words in doctor.SAID.items() if words in told} == ({meaning} if meaning else set())


@pytest.mark.parametrize("path, value", [(path, value) for path, (value, _) in doctor.FORBIDDEN.items()])
def test_what_the_system_forbids_is_named_with_its_cure(fake, monkeypatch, tmp_path, path, value):
    fake(f"echo '{NAMESPACES}' >&2; exit 1")
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(doctor, "content", lambda asked: value if asked == path else "")
    assert f"{path} is {value}" in doctor.report() and doctor.FORBIDDEN[path][1] in doctor.report()
    monkeypatch.setattr(doctor, "content", lambda asked: "7")
    assert path not in doctor.report()


def test_a_container_is_called_one(fake, monkeypatch):
    fake("exit 1")
    monkeypatch.setattr(doctor, "CONTAINER", ())
    for name in doctor.OF_CONTAINERS:
        monkeypatch.delenv(name, raising=False)
    assert "container" not in doctor.report()
    monkeypatch.setenv("container", "podman")
    assert "seems to be a container" in doctor.report()


def test_without_bubblewrap_and_elsewhere_than_linux(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert "apt install bubblewrap" in doctor.report()
    monkeypatch.setattr(doctor.sys, "platform", "win32")
    assert "WSL 2" in doctor.report()


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """fake(lines of shell): what `bwrap` is from here on."""
    def write(lines: str) -> None:
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{lines}\n", encoding="ascii")
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return write
