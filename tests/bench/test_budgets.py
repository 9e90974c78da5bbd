"""The time budgets of import and lessons: they can be kept, and they can be missed."""
import nbformat
import pytest

from course_lib.bench import budgets


@pytest.mark.parametrize("limit, kept", [(-1, False), (1e9, True)])
def test_an_import_that_takes_too_long_misses_its_budget(limit, kept, monkeypatch, capsys):
    monkeypatch.setattr(budgets, "IMPORT_SECONDS", limit)
    assert budgets.imports(repeats=1) == kept
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in said] == ["yes" if kept else "NO", "yes"]


def test_an_import_that_brings_torch_along_is_no_light_one(monkeypatch, capsys):
    real = budgets.subprocess.run
    monkeypatch.setattr(budgets.subprocess, "run", lambda command, **options: real(
        [*command[:-1], f"import sys; sys.modules['torch'] = None; {command[-1]}"], **options))
    assert not budgets.imports(repeats=1)
    assert capsys.readouterr().out.splitlines()[-1].endswith("NO")


@pytest.mark.parametrize("name, line", [("LESSON_SECONDS", 0), ("CELL_SECONDS", 1)])
def test_a_lesson_or_a_cell_that_takes_too_long_misses_its_budget(name, line, tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)", id="the-cell")])
    nbformat.write(notebook, tmp_path / "notebooks" / "00_good.ipynb")
    monkeypatch.setattr(budgets, name, 0)
    assert not budgets.lessons(tmp_path)
    verdicts = [said.split()[-1] for said in capsys.readouterr().out.splitlines()]
    assert verdicts == ["NO" if place == line else "yes" for place in (0, 1)]


def test_lessons_are_timed_and_a_failing_one_is_said(tmp_path, capsys):
    (tmp_path / "notebooks").mkdir()
    for name, code in (("00_good", "print(1)"), ("01_bad", "1 / 0")):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id="the-cell")])
        nbformat.write(notebook, tmp_path / "notebooks" / f"{name}.ipynb")
    assert not budgets.lessons(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("lesson 00_good") and lines[0].endswith("yes")
    assert lines[1].strip().startswith("slowest cell: the-cell")
    assert lines[2].startswith("lesson 01_bad") and lines[2].endswith("NO")
    assert "ZeroDivisionError" in "".join(lines[3:])
