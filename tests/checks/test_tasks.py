"""Every task of the course: reference, stub and wrong solutions against the shipped check."""
import functools
from pathlib import Path

import pytest

from course_lib.builder.checkdata import agrees, check_data
from course_lib.builder.tasks import Task, read_task
from course_lib.checks import CheckFailed, check
from course_lib.checks.store import load_task_data, task_ids
from course_lib.distillation.losses import soft_target_loss

ROOT = Path(__file__).resolve().parents[2]
TASKS = sorted(map(read_task, ROOT.glob("lessons/[0-9]*/tasks/*.py")), key=lambda task: task.id)
WRONG = [pytest.param(task, wrong, id=f"{task.id}-{wrong.name}") for task in TASKS for wrong in task.wrong]
each_task = pytest.mark.parametrize("task", TASKS, ids=[task.id for task in TASKS])


def test_every_task_has_a_check_and_every_check_a_task():
    assert sorted(task.id for task in TASKS) == task_ids()


@each_task
def test_the_reference_passes(task, capsys):
    check(task.id, task.function(task.reference))
    assert "passed" in capsys.readouterr().out


@each_task
def test_the_stub_is_not_written_yet(task):
    with pytest.raises(CheckFailed, match="not written yet"):
        check(task.id, task.function(task.stub))


@pytest.mark.parametrize("task, wrong", WRONG)
def test_a_wrong_solution_is_rejected_with_its_own_message(task, wrong):
    with pytest.raises(CheckFailed) as caught:
        check(task.id, task.function(wrong.source))
    message = str(caught.value)
    assert wrong.message in message
    assert not any(other.message in message for other in task.wrong if other is not wrong)


@each_task
def test_the_shipped_data_are_those_of_the_task_file(task):
    assert agrees(load_task_data(task.id), check_data(task))


@each_task
def test_what_draws_fresh_inputs_does_not_ship(task):
    probe = load_task_data(task.id)["probe"]
    assert "def draw" not in (probe or "") and (probe is None) == ("probe" not in task.settings)


@each_task
def test_the_same_seed_draws_the_same_inputs_and_another_one_others(task):
    draw = task.settings["draw"]
    drawn = [str(draw(seed)) for seed in (*task.seeds, *task.seeds)]
    assert drawn[:len(task.seeds)] == drawn[len(task.seeds):] and len(set(drawn)) == len(task.seeds)


@each_task
@pytest.mark.parametrize("seed", [3, 6, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(9, 30, 3))])
def test_fresh_inputs_also_tell_right_from_wrong(task, seed, monkeypatch):
    monkeypatch.setattr(Task, "seeds", range(seed, seed + task.settings["DRAWS"]))
    check_data(task)


@pytest.mark.parametrize("wrapped", [
    lambda own: functools.partial(own), lambda own: functools.partial(functools.partial(own)),
    lambda own: type("Mine", (), {"__call__": staticmethod(own)})(), lambda own: lambda *given: own(*given),
    lambda own: functools.lru_cache(None)(own), lambda own: functools.wraps(own)(lambda *given: own(*given)),
    lambda own: type(own)(own.__code__, own.__globals__), lambda own: own])
def test_a_wrapper_around_the_courses_own_function_is_none_of_the_students(wrapped):
    with pytest.raises(CheckFailed, match="the course's own"):
        check("04.2", wrapped(soft_target_loss))
