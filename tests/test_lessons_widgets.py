"""A cell that shows a widget stands on its own: run alone in a fresh kernel, it finds all that it names."""
import ast
import builtins
from pathlib import Path

import pytest

from course_lib.builder.sources import read_cells

ROOT = Path(__file__).resolve().parents[1]
LABS = {path.stem for path in (ROOT / "course_lib" / "explore").glob("*.py")}
SHOWING = {"quiz", "due", "predict", *LABS}
ALL_ABOVE = "Run All"  # what is said above a lab that shows what this lesson has trained


def called(tree: ast.AST) -> set[str]:
    """The functions that a cell calls, by their last name."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {getattr(one, "id", getattr(one, "attr", None)) for one in functions}


def free(tree: ast.AST) -> set[str]:
    """The names that a cell reads and nothing in it makes."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {one.id for one in names if isinstance(one.ctx, ast.Store)} | {
        alias.asname or alias.name for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    return {one.id for one in names if isinstance(one.ctx, ast.Load)} - made - set(dir(builtins))


@pytest.mark.parametrize("path", sorted(ROOT.glob("lessons/[0-9]*/lesson.py")), ids=lambda path: path.parent.name)
def test_a_cell_that_shows_a_widget_stands_on_its_own(path):
    found, above = set(), ""
    for cell in read_cells(path):
        if cell.kind == "markdown":
            above = " ".join(cell.source.split())
            continue
        tree = ast.parse(cell.source)
        if shows := called(tree) & SHOWING:
            found |= shows
            assert not free(tree) or (shows <= LABS and ALL_ABOVE in above), (cell.name, free(tree))
    assert {"quiz", "predict"} <= found and found & LABS
