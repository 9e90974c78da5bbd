"""The lessons' sources as a student sees them: nothing scrolls sideways, cells are short, a name means one thing."""
import ast
import re
from pathlib import Path

import pytest

from course_lib.builder.sources import read_cells

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for name in ("lesson", "more", "exercise") for path in ROOT.glob(f"lessons/[0-9]*/{name}.py"))
TASKS = sorted([*ROOT.glob("lessons/[0-9]*/tasks/*.py"), *ROOT.glob("lessons/[0-9]*/fill_ins/*.py")])
WIDTH, LINES = 100, 15  # characters that JupyterLab shows in a window of 1280 pixels; lines of code in a cell
BARE_COMMAND = re.compile(r"(?<![/\w])course (lab|doctor|progress|build|claims|bench|world|models|pretrain)\b")


def cells(path: Path, kind: str) -> list:
    return [cell for cell in read_cells(path) if cell.kind == kind]


def named(paths: list[Path]) -> list:
    return [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in paths]


@pytest.mark.parametrize("path", named(SOURCES))
def test_code_is_narrow_and_short(path):
    for cell in cells(path, "code"):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert not [line for line in lines if len(line) > WIDTH], cell.name
        assert len(lines) <= LINES, f"{cell.name}: {len(lines)} lines"


@pytest.mark.parametrize("path", named(TASKS))
def test_what_a_student_gets_of_a_task_is_narrow(path):
    for cell in cells(path, "code"):
        if cell.name in ("stub", "reference"):
            assert not [line for line in cell.source.splitlines() if len(line) > WIDTH], cell.name


@pytest.mark.parametrize("path", named([*SOURCES, *TASKS]))
def test_prose_names_no_command_that_the_terminal_does_not_find(path):
    """After `make lab` there is no `course` on the PATH."""
    for cell in cells(path, "markdown"):
        assert not BARE_COMMAND.search(cell.source), cell.name


@pytest.mark.parametrize("path", named(SOURCES))
def test_the_name_of_a_function_or_an_import_means_nothing_else(path):
    tree = ast.parse("\n".join(cell.source for cell in cells(path, "code")))
    fixed, assigned = set(), set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert node.name not in fixed, f"{node.name} is defined twice"
            fixed.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            fixed.update(alias.asname or alias.name for alias in node.names)
        else:
            assigned.update(one.id for one in ast.walk(node)
                            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    twice = fixed & assigned
    assert not twice
