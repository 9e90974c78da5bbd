"""course build: the same sources give the same bytes, edits are small diffs, nobody's work is overwritten."""
import difflib
import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from course_lib.builder import plan
from course_lib.builder.checkdata import check_data
from course_lib.builder.command import build, main
from course_lib.errors import CourseError

NOTEBOOKS = [f"{place}/01_small.ipynb" for place in ("notebooks", "exercises", "solutions")]
DATA = "course_lib/checks/data/01.1.json"


def cells(root, path):
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads((root / path).read_text())["cells"]}


def test_builds_three_notebooks_and_the_data_of_the_check(tiny):
    assert sorted(build(tiny)) == sorted([*NOTEBOOKS, DATA])
    assert build(tiny) == []
    assert list(json.loads((tiny / "lessons" / "built.json").read_text())) == sorted([*NOTEBOOKS, DATA])


def test_the_same_sources_give_the_same_bytes(tiny, tmp_path):
    build(tiny)
    first = {path: (tiny / path).read_bytes() for path in [*NOTEBOOKS, DATA]}
    for path in first:
        (tiny / path).unlink()
    build(tiny)
    assert first == {path: (tiny / path).read_bytes() for path in first}


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_notebooks_are_valid_named_and_without_outputs(tiny, path):
    build(tiny)
    notebook = nbformat.read(tiny / path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert [cell.id for cell in notebook.cells][:4] == ["course-badge", "course-install", "title", "start"]


def test_one_lesson_is_built_alone(tiny, change):
    build(tiny)
    second = tiny / "lessons" / "02_second"
    shutil.copytree(tiny / "lessons" / "01_small", second, ignore=shutil.ignore_patterns("tasks", "exercise.py"))
    change("lesson.py", "torch.ones(3)", "torch.zeros(3)")
    known = json.loads((tiny / "lessons" / "built.json").read_text())
    assert build(tiny, lessons=("02",)) == ["notebooks/02_second.ipynb"]
    assert json.loads((tiny / "lessons" / "built.json").read_text()).items() >= known.items()
    assert build(tiny, lessons=("01",)) == [NOTEBOOKS[0]]
    with pytest.raises(CourseError, match="There is no lesson called '03'"):
        build(tiny, lessons=("03",))
    with pytest.raises(CourseError, match="looks at all lessons"):
        main(["--check", "01"])


def test_a_task_that_ran_as_it_is_does_not_run_again(tiny, change, monkeypatch):
    ran = []
    monkeypatch.setattr(plan, "check_data", lambda task: ran.append(task.id) or check_data(task))
    build(tiny)
    build(tiny)
    change("lesson.py", "torch.ones(3)", "torch.zeros(3)")
    build(tiny)
    assert ran == ["01.1"]
    (tiny / DATA).unlink()
    build(tiny)
    change("tasks/double.py", "2 * x", "x * 2")
    build(tiny)
    (tiny / "lessons" / ".ran.json").write_text("no notes")
    build(tiny)
    monkeypatch.setattr("course_lib.builder.ran.version", lambda name: "another")
    build(tiny)
    assert ran == ["01.1"] * 5


def test_a_one_line_edit_is_a_one_line_diff(tiny, change):
    build(tiny)
    before = (tiny / NOTEBOOKS[0]).read_text().splitlines()
    change("lesson.py", "torch.ones(3)", "torch.zeros(3)")
    assert build(tiny) == [NOTEBOOKS[0]]
    after = (tiny / NOTEBOOKS[0]).read_text().splitlines()
    assert sum(line[0] in "+-" for line in list(difflib.unified_diff(before, after, n=0))[2:]) == 2


def test_a_task_becomes_statement_stub_or_reference_and_check(tiny):
    build(tiny)
    exercise, solution = cells(tiny, NOTEBOOKS[1]), cells(tiny, NOTEBOOKS[2])
    assert exercise["task-01-1"].startswith("# task 01.1: double\n")
    assert "NotImplementedError" in exercise["task-01-1"] and "2 * x" in solution["task-01-1"]
    assert exercise["task-01-1-check"] == 'check("01.1")'
    assert "Double it" in exercise["task-01-1-statement"]


def test_no_reference_code_ships_to_the_student(tiny):
    build(tiny)
    for path in (NOTEBOOKS[0], NOTEBOOKS[1], DATA):
        assert "2 * x" not in (tiny / path).read_text()


def test_without_an_address_there_is_no_badge(tiny):
    (tiny / "pyproject.toml").write_text('[project]\nname = "tiny"\n')
    build(tiny)
    found = cells(tiny, NOTEBOOKS[0])
    assert "course-badge" not in found and "pip" not in found["course-install"]
    exec(found["course-install"], {})    # does nothing where the course is installed


def test_with_an_address_badge_and_install_cell_name_it(tiny):
    build(tiny)
    found = cells(tiny, NOTEBOOKS[1])
    assert "github/someone/course/blob/main/exercises/01_small.ipynb" in found["course-badge"]
    assert "git+https://github.com/someone/course" in found["course-install"]


def test_somebodys_edit_is_not_overwritten(tiny, change):
    build(tiny)
    path = tiny / NOTEBOOKS[0]
    mine = path.read_text().replace("One example", "Two examples")
    path.write_text(mine)
    change("exercise.py", "Exercise 01", "Exercise one")
    with pytest.raises(CourseError, match=f"course build --overwrite {NOTEBOOKS[0]}"):
        build(tiny)
    assert path.read_text() == mine
    assert "Exercise one" not in (tiny / NOTEBOOKS[1]).read_text(), "refused means that nothing is written"
    assert NOTEBOOKS[0] in build(tiny, overwrite=(NOTEBOOKS[0],))
    assert "Two examples" not in path.read_text()


def test_a_file_that_was_there_before_the_first_build_is_not_overwritten(tiny):
    path = tiny / NOTEBOOKS[0]
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(CourseError, match="somebody's edits"):
        build(tiny)
    assert path.read_text() == "mine"


def test_outputs_whose_source_is_gone_are_deleted_unless_edited(tiny):
    build(tiny)
    (tiny / "lessons/01_small").rename(tiny / "lessons/01_other")
    assert NOTEBOOKS[0] in build(tiny) and not (tiny / NOTEBOOKS[0]).exists()
    (tiny / NOTEBOOKS[0]).write_text("mine")
    with pytest.raises(CourseError, match="no source in lessons/ makes it"):
        build(tiny)


def test_data_that_hold_within_the_tolerance_are_left_as_they_are(tiny):
    build(tiny)
    path = tiny / DATA
    path.write_text(path.read_text().replace(' "expected": [\n  6,', ' "expected": [\n  6.0000001,'))
    assert build(tiny) == []
    assert "6.0000001" in path.read_text()


def test_drawn_inputs_that_are_rounded_otherwise_are_left_as_they_are(tiny, change):
    change("tasks/double.py", '{"x": seed + 3}', '{"x": seed + 3.1}')
    build(tiny)
    path = tiny / DATA
    path.write_text(path.read_text().replace('"x": 3.1', '"x": 3.1000001'))
    assert build(tiny) == [] and "3.1000001" in path.read_text()
    with pytest.raises(CourseError, match="somebody's edits"):
        path.write_text(path.read_text().replace("3.1000001", "3.11"))
        build(tiny)


@pytest.mark.parametrize("old, new", [
    ('"inputs": [', '"inputs": 3, "inp": ['), ('{"x": 3}', "3"), ('"x"', '"y"'), ("1e-06", "{}")])
def test_data_that_are_none_any_more_are_found_and_written_again(tiny, old, new):
    build(tiny)
    path = tiny / DATA
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert build(tiny, overwrite=(DATA,)) == [DATA] and path.read_text() == text


def test_overwrite_takes_only_what_the_build_makes(tiny):
    with pytest.raises(CourseError, match="makes no such file"):
        build(tiny, overwrite=("README.md",))


def test_the_command_says_what_it_wrote(tiny, monkeypatch, capsys):
    monkeypatch.chdir(tiny / "lessons")
    assert main([]) == 0 and "wrote   notebooks/01_small.ipynb" in capsys.readouterr().out
    assert main([]) == 0 and capsys.readouterr().out == "Everything is up to date.\n"


def test_help_waits_for_no_torch():
    code = """
import sys
from course_lib import cli
try:
    cli.main(["build", "--help"])
except SystemExit:
    pass
assert not {"torch", "jupytext", "nbformat"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
