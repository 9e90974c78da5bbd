"""Every task: its draws vary, and its check notices each change of the reference, or the task says why it is equal."""
from pathlib import Path

import pytest

from course_lib.builder.mutants import FEWEST, mutants, try_mutants
from course_lib.builder.tasks import read_task

ROOT = Path(__file__).resolve().parents[2]
TASKS = sorted(map(read_task, ROOT.glob("lessons/[0-9]*/tasks/*.py")), key=lambda task: task.id)
each_task = pytest.mark.parametrize("task", TASKS, ids=[task.id for task in TASKS])
SAMPLE = 24  # each twenty-fourth change; `course build --mutants` and the slow test try all


@each_task
def test_there_are_enough_changes_and_no_name_stands_twice(task):
    names = [one.name for one in mutants(task)]
    assert len(names) >= FEWEST and len(set(names)) == len(names)


@each_task
def test_a_sample_of_changes_is_noticed(task):
    report = try_mutants(task, every=SAMPLE)
    assert report.refused and not report.surviving and not report.wrongly_equal and not report.constant


@pytest.mark.slow
@each_task
def test_every_change_is_noticed_or_equal(task):
    report = try_mutants(task)
    assert report.good, "\n".join(report.lines())
