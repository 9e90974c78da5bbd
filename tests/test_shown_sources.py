"""What a lesson shows of the course's own source fits into a notebook's cell: 100 columns."""
import ast
import inspect
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parents[1] / "lessons").glob("[0-9]*/lesson.py"))
WIDEST = 100


def shown(path: Path) -> list:
    """What `show_source` is given in a lesson: the thing named there, or all that a loop puts in its place."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    space: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("course_lib"):
            exec(compile(ast.Module([node], []), str(path), "exec"), space)
    loops = {ast.unparse(node.target): ast.unparse(node.iter) for node in ast.walk(tree) if isinstance(node, ast.For)}
    names = [ast.unparse(node.args[0]) for node in ast.walk(tree)
             if isinstance(node, ast.Call) and ast.unparse(node.func) == "show_source"]
    return [one for name in names for one in (eval(loops[name], space) if name in loops else [eval(name, space)])]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.parent.name)
def test_shown_source_is_no_wider_than_a_cell(lesson):
    wide = [f"{one.__qualname__}, line {number} of what is shown: {len(line)} columns" for one in shown(lesson)
            for number, line in enumerate(inspect.getsource(one).splitlines(), 1) if len(line) > WIDEST]
    assert not wide, "\n".join(wide)


def test_what_lessons_show_is_found():
    assert len([one for lesson in LESSONS for one in shown(lesson)]) > 20
