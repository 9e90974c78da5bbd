"""Marks of honest work: right, wrong, unwritten, missing, and what stops."""
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.builder.tasks import read_tasks
from course_lib.grading import allowed
from course_lib.grading.engine import Limits, first_seed, fresh, grade_cells
from course_lib.grading.sandbox import Worker

LESSONS = Path(__file__).resolve().parents[2] / "lessons"
TASKS = {id: task for folder in sorted(LESSONS.glob("[0-9]*")) for id, task in read_tasks(folder).items()}
LORA = {id: task for id, task in TASKS.items() if id.startswith("06")}
SHORT = Limits(call=4, task=10, cpu=4)


@pytest.fixture(scope="module")
def worker():
    with Worker() as worker:
        yield worker


def one(source: str, worker: Worker, task: str = "06.1", limits: Limits = SHORT, seed: int = 0):
    return grade_cells("student-07", {task: source}, {task: TASKS[task]}, seed, worker=worker, limits=limits)[0]


def test_a_submission(worker):
    cells = {"06.1": LORA["06.1"].reference, "06.2": LORA["06.2"].stub, "06.3": LORA["06.3"].wrong[2].source}
    marks = grade_cells("student-07", cells, LORA, 5, worker=worker)
    assert [(mark.task, mark.name, mark.points, mark.out_of, mark.verdict) for mark in marks] == [
        ("06.1", "lora_parameters", 1.0, 1.0, "right"), ("06.2", "lora_forward", 0.0, 1.0, "unwritten"),
        ("06.3", "LoRALinear", 0.0, 1.0, "wrong"), ("06.4", "Merger", 0.0, 1.0, "missing")]
    wrong = LORA["06.3"].wrong[2]
    assert (marks[2].mistake, marks[2].message, marks[2].source) == (wrong.name, wrong.message, wrong.source)
    assert all(mark.reason and mark.reason.endswith(".") for mark in marks)


def test_what_stops_below_the_function_does_no_harm(worker):
    """As in the notebook, where the function is defined and the check passes."""
    assert one(f"{LORA['06.1'].reference}\nprint(lora_parameters(shapes_of(model), 8))", worker).verdict == "right"


@pytest.mark.parametrize("source, verdict, reason", [
    ("def lora_parameters(shapes, rank):\n    return 1 / 0", "error",
     "lora_parameters stops with ZeroDivisionError in line 2 of the cell."),
    ("def lora_parameters(shapes, rank):\n    return helper(shapes)", "error",
     "lora_parameters stops with NameError in line 2 of the cell. Only this cell is graded: what it uses from other "
     "cells has to stand in it."),
    ("x = 1\nraise KeyError(x)", "error", "The cell stops with KeyError in line 2 of the cell before "
     "lora_parameters is defined."),
    ("def lora_parameters(shapes, rank):\n    return torch.softmax(torch.tensor([1, 2]), 0)", "error",
     "lora_parameters stops with NotImplementedError in line 2 of the cell."),
    ("def lora_parameters(shapes, rank):\n    with torch.no_grad():\n        raise NotImplementedError", "unwritten",
     "lora_parameters is not written yet: it still raises NotImplementedError."),
    ("def other(): pass", "error", "The cell does not define lora_parameters."),
    ("lora_parameters = 3", "error", "The cell defines no function, but an object called lora_parameters."),
    ("class Own(Exception): pass\ndef lora_parameters(shapes, rank):\n    raise Own(shapes)", "error",
     "lora_parameters stops with an error in line 3 of the cell."),
    ("def lora_parameters(shapes, rank):\n    while True: pass", "time",
     "lora_parameters took too long. Is there a loop without an end?"),
    ("def lora_parameters(shapes, rank):\n    return torch.ones(10**10)", "memory",
     "lora_parameters wants more memory than there is in line 2 of the cell."),
    ("def lora_parameters(shapes, rank):\n    return [0] * 10**10", "memory",
     "lora_parameters wants more memory than there is in line 2 of the cell."),
    ("def lora_parameters(shapes, rank):\n    raise SystemExit", "error",
     "lora_parameters stops with SystemExit in line 2 of the cell."),
    ("def lora_parameters(shapes, rank):\n    raise KeyboardInterrupt", "error",
     "lora_parameters stops with KeyboardInterrupt in line 2 of the cell."),
])
def test_what_stops_says_why(worker, source, verdict, reason):
    mark = one(source, worker)
    assert (mark.verdict, mark.points) == (verdict, 0)
    assert mark.reason == reason
    assert one(TASKS["06.1"].reference, worker).verdict == "right", "the worker goes on"


def test_a_cell_merged_with_those_below_it_is_graded(worker):
    below = "\ncheck('06.1')\nif passed('06.1'):\n    print(lora_parameters(shapes_of(model), 4))\n"
    assert one(f"from __future__ import annotations\n{TASKS['06.1'].reference}{below}", worker).verdict == "right"
    assert one(TASKS["06.1"].stub + below, worker).verdict == "unwritten"


def test_answers_learned_by_heart_are_worth_nothing(worker):
    """Those of the public check, and those of another student."""
    from course_lib.checks.store import load_task_data

    data, task = load_task_data("06.1"), TASKS["06.1"]
    inputs, expected = fresh("06.1", task, first_seed(0, "another", "06.1"), False)
    known = {str([one["shapes"], one["rank"]]): value for one, value in
             zip(data["inputs"] + inputs, data["expected"] + expected)}
    source = ("def lora_parameters(shapes, rank):\n    shapes = [{'tuple': list(one)} for one in shapes]\n"
              f"    return {known!r}.get(str([shapes, rank]))")
    mark = one(source, worker)
    assert mark.verdict == "wrong" and mark.points == 0 and "on the 4 inputs of the public check" in mark.reason
    assert grade_cells("another", {"06.1": source}, {"06.1": task}, 0, worker=worker)[0].points == 1


def test_fresh_seeds_are_each_students_own_and_visit_every_case():
    seeds = {first_seed(seed, student, task) for seed in (0, 1) for student in ("a", "b") for task in ("06.1", "06.2")}
    assert len(seeds) == 8 and all(seed % 840 == 0 and seed > 10**6 for seed in seeds)
    assert first_seed(0, "a", "06.1") == first_seed(0, "a", "06.1")


def test_a_worker_that_is_dead_before_the_first_task_is_started_again():
    worker = Worker()
    worker.close()
    marks = grade_cells("student-07", {id: task.reference for id, task in LORA.items()}, LORA, 0, worker=worker)
    assert [mark.verdict for mark in marks] == ["right"] * 4


def test_a_process_that_grades_never_runs_a_task_itself_and_stays_small():
    code = ("import pickle, sys; from course_lib.grading.engine import grade_cells, reference_worker\n"
            "task, source = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
            "print(grade_cells('a', {'06.1': source}, {'06.1': task}, 0)[0].verdict)\n"
            "print(sorted({'torch', 'jupytext', 'nbformat'} & set(sys.modules)))")
    task = replace(TASKS["06.1"])   # as the command sends it
    sent = pickle.dumps((task, task.reference)).hex()
    done = subprocess.run([sys.executable, "-c", code, sent], capture_output=True, text=True, encoding="utf-8")
    assert done.stdout.split("\n")[:2] == ["right", "[]"], done.stderr


@pytest.mark.parametrize("note", ["[f'LEAK {shapes}']", "5", "[[1]]", "{'a': 1}"])
def test_a_dict_that_looks_like_the_checks_own_says_nothing(note, worker):
    """A note of changed inputs is the probe's to make: a student's could hold drawn inputs."""
    mark = one(f"def lora_parameters(shapes, rank):\n    return {{'inputs changed': {note}}}", worker)
    assert (mark.verdict, mark.points) == ("wrong", 0) and "LEAK" not in mark.reason and "changes" not in mark.reason


@pytest.mark.parametrize("patch", [
    "from contextlib import contextmanager\n@contextmanager\ndef nothing(): yield\nkind = type(nothing())\n"
    "kind.__exit__ = lambda self, *given: None", "Counter.values = lambda self: [1]"])
def test_a_patch_of_what_calls_the_function_is_seen(patch, worker, monkeypatch):
    monkeypatch.setattr(allowed, "read", lambda source: None)
    mark = one(f"{patch}\n{LORA['06.1'].reference}", worker)
    assert (mark.verdict, mark.points) == ("refused", 0) and "it changes" in mark.reason, mark
