"""course build --mutants: changed references that the check notices, those that it does not, those that are equal."""
import ast
import time

import pytest

from course_lib.builder import changes, mutants
from course_lib.builder.branches import branches
from course_lib.builder.command import main
from course_lib.builder.tasks import read_task
from course_lib.errors import CourseError

REFERENCE = '''\
# %% reference
import torch


def double(x, w):
    """Twice the sum of the larger rows."""
    total = 0
    for row in x:
        if row.sum() > 0:
            total = total + row
    return 2 * (total @ w)
'''
DRAW = '''\
    import torch
    size = 3 + seed % 5
    return {"x": torch.arange(3.0 * size).reshape(size, 3) - 6, "w": torch.tensor([1.0, 2.0, 4.0 + seed % 7])}
'''


@pytest.fixture
def task(tiny, change):
    """The tiny course's task, on tensors."""
    change("tasks/double.py", "# %% reference\ndef double(x):\n    return 2 * x\n", REFERENCE)
    change("tasks/double.py", '    return {"x": seed + 3}\n', DRAW)
    path = tiny / "lessons" / "01_small" / "tasks" / "double.py"
    text = path.read_text().replace("def double(x):", "def double(x, w):")
    path.write_text(text.replace("return 2 * x", "return x.sum(0) @ w").replace("return x / 2", "return x @ w / 2")
                    .replace("return x * x", "return (x * x) @ w").replace("str(x.sum(0) @ w)", "'a'"))
    return lambda: read_task(path)


def test_what_is_made_and_refused(task):
    report = mutants.try_mutants(task())
    assert report.made >= mutants.FEWEST and len(report.refused) > 30 and not report.wrongly_equal
    assert "+ with no_grad():" in report.refused and "+ with spoilt(x):" in report.refused
    assert "return 2 * (total @ w) -> return 2 * (detached(total) @ w)" in report.refused
    assert "for row in x: -> for row in twice(x):" in report.refused
    assert "for row in x: -> for row in turned(x):" in report.surviving
    assert report.constant == ["x, side 1", "the length of w"]


def test_gradients_that_do_not_count_are_not_tried(task, change):
    change("tasks/double.py", "TOLERANCE = 1e-6", "TOLERANCE = 1e-6\nGRADIENTS = ()")
    assert not any("detached" in one.name or "no_grad" in one.name for one in mutants.mutants(task()))


def test_equal_ones_are_listed_with_a_reason_and_tried_on_other_draws(task, change):
    line = "for row in x: -> for row in turned(x):"
    change("tasks/double.py", "# %% wrong squared", "# %% equal order\n# A sum has no order.\n"
           f'MUTANTS = ["{line}", "no such -> change", "+ with spoilt(x):"]\n\n# %% wrong squared')
    report = mutants.try_mutants(task())
    assert line in report.equal and line not in report.surviving
    assert report.wrongly_equal == ["no change has this name: no such -> change",
                                    "the check refuses it: + with spoilt(x):"]


def test_a_change_that_is_equal_on_the_tasks_draws_only_is_not_equal(task, change):
    line = "if row.sum() > 0: -> if row.sum() >= 0:"
    wider = ("def draw(seed):\n    import torch\n    return {'x': torch.tensor([[1.0, -1.0, 0.0], [1.0, 1.0, 1.0]]), "
             "'w': torch.ones(3) * torch.tensor([1.0, 2.0, 3.0])}\n")
    change("tasks/double.py", "# %% wrong squared", f'# %% equal more\n# No.\nMUTANTS = ["{line}"]\n\n{wider}\n'
           "# %% wrong squared")
    change("tasks/double.py", "- 6,", "- 6.5,")
    assert mutants.try_mutants(task()).wrongly_equal == [f"other draws tell it apart: {line}"]


def test_a_size_that_is_assigned_to_is_not_read():
    changed = [ast.unparse(one) for one in changes.changed(ast.parse("self.shape = tuple(shape)"))]
    assert "pass" in changed and not any("fixed" in one for one in changed)
    assert "n = fixed(x.shape)[0]" in [ast.unparse(one) for one in changes.changed(ast.parse("n = x.shape[0]"))]


def test_no_end_and_no_memory_are_refused():
    def endless():
        while True:
            pass

    def greedy():
        return bytearray(2**33)[0]

    start = time.process_time()
    for one in (endless, greedy, lambda: 1, lambda: 1 / 0):
        assert mutants.in_its_own_process(one) == "refused"
    assert mutants.in_its_own_process(lambda: 0) == "survives" and time.process_time() - start < 20


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(mutants, "CPU_SECONDS", 2)


def test_the_command_prints_a_line_for_each_task_and_what_survives(task, tiny, monkeypatch, capsys):
    task()
    monkeypatch.chdir(tiny)
    assert main(["--mutants", "01"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("01.1 double") and "surviving; all branches reached\n    survives: " in out
    assert "the length of w is the same in all draws" in out
    with pytest.raises(CourseError, match="no lesson or task called '09'"):
        main(["--mutants", "09"])


def test_texts_are_changed_too():
    made = {one.split(" -> ")[1] for one in (mutants.name_of(a, b) for a, b in [
        ("f'{key}: {value}'", "f'{value}: {key}'"), ("a\nb", "a\nc")])}
    assert made == {"f'{value}: {key}'", "c"}


@pytest.mark.parametrize("reference, words", [
    ("def double(x):\n    if x > 10:\n        return 1\n    return 2 * x\n", "goes from line 2 of the reference, "
     "'if x > 10:', to 'return 1'"),
    ("def double(x):\n    for i in range(x):\n        return 2 * x\n", "to the end"),
])
def test_a_branch_that_no_draw_takes_is_refused(tiny, change, reference, words):
    change("tasks/double.py", "def double(x):\n    return 2 * x\n", reference)
    task = read_task(tiny / "lessons" / "01_small" / "tasks" / "double.py")
    with pytest.raises(CourseError, match="no drawn input") as caught, branches(task) as file:
        function = task.function(task.reference, file)
        for seed in task.seeds:
            function(**task.draw(seed))
    assert words in str(caught.value)
