"""In the real sandbox, what is known to be right gets all points, what is known to be wrong less, and is told why.

`make test` tries a few tasks and changes, `make test-all` every task, and fifty changes of the references.
"""
import html
import inspect
import random
import re

import pytest

from course_lib.builder import meddling
from course_lib.builder.checkdata import check_data
from course_lib.builder.mutants import in_its_own_process, judged, mutants
from course_lib.builder.tasks import run
from course_lib.grading.engine import grade_cells
from course_lib.grading.one import HandedIn, Settings, grade_one
from course_lib.grading.pages import write_feedback
from course_lib.grading.results import Graded
from course_lib.grading.sandbox import Worker
from course_lib.grading.selfcheck import known_answers, refuse
from tests.grading.test_engine import TASKS
from tests.grading.test_notebook import dumped

LESSONS = sorted({id.partition(".")[0] for id in TASKS})
FEW = ["07.1"]   # for `make test`; test_selfcheck.py has 06.1
SEED, COUNT = 2026, 50


@pytest.mark.parametrize("chosen", [*FEW, *(pytest.param(one, marks=pytest.mark.slow) for one in LESSONS)])
def test_the_reference_has_all_points_the_stub_none_and_each_mistake_is_named(chosen, tmp_path):
    tasks = {id: task for id, task in TASKS.items() if chosen in (id, id.partition(".")[0])}
    seen = []
    for variant, mark in known_answers(tasks, SEED):
        task = tasks[mark.task]
        refuse(mark, task, variant)
        seen.append((mark.task, variant))
        write_feedback(Graded("ada", (), "", SEED, False, (), (mark,)), tmp_path / "ada.html")
        said = html.unescape(re.sub("<[^>]*>", "", (tmp_path / "ada.html").read_text(encoding="utf-8")))
        assert ("✓ 1 of 1" if variant == "reference" else "✗ 0 of 1") in said
        if type(variant) is int:
            wrong = task.wrong[variant]
            assert mark.mistake == wrong.name, (mark.task, wrong.name, mark.reason)
            assert re.sub(r"`|\*\*", "", wrong.message) in said, (mark.task, wrong.name)
    assert len(seen) == len(set(seen)) == sum(2 + len(task.wrong) for task in tasks.values())


def sampled(count: int, tasks: dict) -> list:
    """(task, changed reference) `count` times, by a fixed seed; what had no effect on the task's draws is no change."""
    rng, chosen = random.Random(SEED), []
    every = [(task, one) for task in tasks.values() for one in mutants(task)]
    while len(chosen) < count:
        task, one = every.pop(rng.randrange(len(every)))
        if in_its_own_process(judged, task, one, check_data(task)) != "no change":
            chosen.append((task, one))
    return chosen


@pytest.mark.parametrize("chosen, count", [(FEW, 3), pytest.param(TASKS, COUNT, marks=pytest.mark.slow)])
def test_a_changed_reference_is_below_all_points_but_where_it_is_listed_as_equal(chosen, count):
    caught = 0
    with Worker() as worker:
        def grade(*arguments):
            return grade_cells(*arguments, worker)

        for number, (task, changed) in enumerate(sampled(count, {id: TASKS[id] for id in chosen})):
            equal = {name for one in task.equal for name in run(one.source, str(task.path)).get("MUTANTS", [])}
            cell = f"# task {task.id}: {task.name}\n{inspect.getsource(meddling)}\n{changed.source}"
            handed = HandedIn(f"student-{number:02}", (("06.ipynb", dumped(cell)),), (), ())
            [mark] = grade_one(handed, Settings({task.id: task}, SEED, grade)).marks
            assert mark.points < mark.out_of or changed.name in equal, (task.id, changed.name)
            unseen = ("refused", "missing", "unreadable", "unwritten")
            assert mark.verdict not in unseen, (task.id, changed.name, mark.reason)
            caught += mark.points < mark.out_of
    assert caught > count / 2
