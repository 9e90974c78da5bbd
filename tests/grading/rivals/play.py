"""Plays one attack against each grader: the same task, the same cell, the same tests, one point."""
import hashlib
import json
import os
import socket
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import torch

from course_lib.builder.plan import lesson_folders
from course_lib.builder.tasks import Task, read_tasks
from course_lib.grading.engine import grade_cells
from course_lib.grading.one import HandedIn, Settings, grade_one
from course_lib.root import find_root
from tests.grading.attacks import MARK, PORT, RIGHT, ZERO, Attack, attack
from tests.grading.rivals import box

PLAIN = (attack("a right answer", "no attack", "right", RIGHT, honest=1),
         attack("a wrong answer", "no attack", "wrong", ZERO))
PRELUDE = "import math, random\nimport numpy as np\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F"
PUBLIC, HIDDEN = range(1), range(1, 8)          # seeds of the draws that the other graders test with
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "~", ".", "..")   # where a file of an attack would lie


def digest(one: Attack) -> str:
    """SHA-256 of the task and the cell."""
    return hashlib.sha256(f"{one.task}\n{one.source}".encode()).hexdigest()


def tasks() -> dict[str, Task]:
    return {id: task for folder in lesson_folders(find_root("lessons")) for id, task in read_tasks(folder).items()}


def tests_of(task: Task, seeds: range) -> str:
    """Tests as an instructor writes them: a number is equal, a tensor is close."""
    right, lines = task.function(task.reference), []
    for seed in seeds:
        inputs = task.draw(seed)
        given = ", ".join(f"{name}={code(value)}" for name, value in inputs.items())
        expected = right(**inputs)
        close = "torch.allclose({}, {}, atol=1e-4)" if isinstance(expected, torch.Tensor) else "{} == {}"
        lines.append("assert " + close.format(f"{task.name}({given})", code(expected)))
    return "\n".join(lines)


def code(value) -> str:
    return f"torch.tensor({value.tolist()})" if isinstance(value, torch.Tensor) else repr(value)


@contextmanager
def assignment(task: Task):
    """A folder with the task as an assignment for each of the other graders."""
    with tempfile.TemporaryDirectory(prefix="course-graders-") as folder:
        os.chmod(folder, 0o777)   # the user in the box is another one
        box.inside("make", {"name": task.name, "prelude": PRELUDE, "reference": task.reference,
                            "public": tests_of(task, PUBLIC), "hidden": tests_of(task, HIDDEN)},
                   Path(folder), 300, writes=True)
        yield Path(folder)


def theirs(grader: str, one: Attack, made: Path, seconds: float) -> dict:
    """What came of the attack on this grader: {"points": number or None, "hangs", "outside", "connected"}.

    That it hangs is believed the second time, with twice the seconds: a busy computer is slow without an attack.
    """
    for limit in (seconds, 2 * seconds):
        job = {"cell": one.source, "seconds": limit, "mark": MARK, "port": PORT}
        found = box.inside(grader, job, made, limit) or {"points": None, "hangs": False, "outside": False,
                                                         "connected": False}
        if not found["hangs"]:
            break
    return found


def ours(one: Attack, task: Task) -> dict:
    """The same for `course grade`, outside of the box: what an instructor's computer would meet."""
    cells = [PRELUDE, f"# task {task.id}: {task.name}\n{one.source}"]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "outputs": [], "execution_count": None,
         "source": cell} for number, cell in enumerate(cells)]}
    handed = HandedIn("student", (("06_lora.ipynb", json.dumps(notebook).encode()),), (), ())
    before = left()
    with listening() as heard:
        graded = grade_one(handed, Settings({task.id: task}, 0, grade_cells))
    mark = graded.marks[0]
    return {"points": mark.points if graded.digest else None, "hangs": False, "outside": left() != before,
            "connected": bool(heard), "verdict": mark.verdict}


def left() -> set[Path]:
    """The files of attacks that lie where they would be written."""
    return {path for place in PLACES for path in Path(place).expanduser().glob(f"*{MARK}*")}


@contextmanager
def listening():
    """A list that holds something once somebody has connected to PORT."""
    heard = []
    server = socket.create_server(("127.0.0.1", PORT))

    def wait() -> None:
        try:
            while True:
                heard.append(server.accept()[1])
        except OSError:   # closed
            return

    threading.Thread(target=wait, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
