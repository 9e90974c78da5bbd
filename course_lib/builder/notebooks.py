"""Assemble notebooks from the sources of one lesson. The same sources give the same bytes."""
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.builder.sources import Cell, check_names, read_cells
from course_lib.builder.tasks import Task
from course_lib.errors import CourseError

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})"
INSTALL = """\
# Where the course is installed, this only loads it; elsewhere (Google Colab) it installs the course.
import importlib.util

if importlib.util.find_spec("course_lib") is None:
    %pip install --quiet "course-lib @ git+{repository}"
import course_lib  # before torch: its threads then wait asleep
"""
NO_INSTALL = """\
# Where the course is installed, this only loads it.
import importlib.util

if importlib.util.find_spec("course_lib") is None:
    raise ImportError("The course is not installed in this Python. In a terminal, go to the "
                      "course's folder (README.md lies there), run `make lab`, and open this "
                      "notebook there.")
import course_lib  # before torch: its threads then wait asleep
"""


def repository(root: Path) -> str | None:
    """The repository's address from [project.urls] in pyproject.toml; None where the owner has not set it."""
    path = root / "pyproject.toml"
    try:
        address = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {}).get("urls", {}).get("Repository")
    except (ValueError, AttributeError) as error:
        raise CourseError(f"{path}: {error}") from error
    return address.rstrip("/").removesuffix(".git") if address else None


def opening(address: str | None, path: str) -> list[Cell]:
    """The generated cells at the top of the notebook `path`: a badge, if there is an address; the set-up."""
    if not address:
        return [Cell("course-install", "code", NO_INSTALL.rstrip())]
    cells = [Cell("course-install", "code", INSTALL.format(repository=address).rstrip())]
    if address.startswith("https://github.com/"):
        place = address.removeprefix("https://github.com/")
        link = f"https://colab.research.google.com/github/{place}/blob/main/{path}"
        cells.insert(0, Cell("course-badge", "markdown", BADGE.format(link=link)))
    return cells


def expand(cells: list[Cell], tasks: dict[str, Task], part: str, path: Path) -> list[Cell]:
    """Put each task where the exercise says `# %% task 01.1`; `part` is "stub" or "reference"."""
    def made(cell: Cell, task: Task) -> list[Cell]:
        name, code = f"task-{task.id.replace('.', '-')}", f"# task {task.id}: {task.name}\n{getattr(task, part)}"
        return [Cell(f"{name}-statement", "markdown", task.statement), Cell(name, "code", code),
                Cell(f"{name}-check", "code", f'check("{task.id}")')]

    return placed(cells, "task", tasks, made, path)


def with_fill_ins(cells: list[Cell], fill_ins: dict[str, Task], path: Path) -> list[Cell]:
    """Put each fill-in where the lesson says `# %% fill-in 09.mix`: its statement, then its stub under `@fill_in`."""
    def made(cell: Cell, task: Task) -> list[Cell]:
        head, name = f"def {task.name}(", f"fill-in-{task.name.replace('_', '-')}"
        before, found, after = f"\n{task.stub}".partition(f"\n{head}")
        if not found:
            raise CourseError(f"{task.path}: the stub has no line that begins with '{head}'.")
        code = f'{before}\n@fill_in("{task.id}"){found}{after}'.removeprefix("\n")
        gap = "\n" if before else "\n\n\n"
        return [Cell(f"{name}-statement", "markdown", task.statement),
                Cell(name, "code", f"from course_lib.checks.fill_ins import fill_in{gap}{code}", cell.metadata)]

    return placed(cells, "fill-in", fill_ins, made, path)


def placed(cells: list[Cell], word: str, tasks: dict[str, Task], made: Callable[[Cell, Task], list[Cell]],
           path: Path) -> list[Cell]:
    """What made(cell, task) gives, in place of each empty cell `# %% WORD ID`; every task has its place."""
    out, used = [], set()
    for cell in cells:
        first, _, task_id = cell.name.partition(" ")
        if first != word or not task_id:
            out.append(cell)
            continue
        if task_id not in tasks:
            raise CourseError(f"{path}: there is no {word} {task_id}. In {word.replace('-', '_')}s/: "
                              f"{', '.join(tasks) or 'none'}.")
        if cell.source:
            raise CourseError(f"{path}: the cell '{word} {task_id}' must be empty: the build fills it.")
        out += made(cell, tasks[task_id])
        used.add(task_id)
    if unused := sorted(set(tasks) - used):
        raise CourseError(f"{path}: {word} {unused[0]} ({tasks[unused[0]].path.name}) is used nowhere. "
                          f"Add the line '# %% {word} {unused[0]}'.")
    return out


def folded(cell: Cell) -> dict:
    """What folds a cell with tags=["presentation"] away, in JupyterLab and in Colab; its outputs are seen."""
    hidden = "presentation" in cell.metadata.get("tags", ())
    return {"jupyter": {"source_hidden": True}, "cellView": "form"} if hidden else {}


def write(cells: list[Cell], path: Path) -> str:
    """The notebook's text, as nbformat writes it: sorted keys, indent 1, one source line per line."""
    check_names(path, [cell for cell in cells if not cell.name.startswith("course-")])
    if twice := {cell.name for cell in cells if [other.name for other in cells].count(cell.name) > 1}:
        raise CourseError(f"{path}: two cells are called {min(twice)!r}. Every cell needs a name of its own.")
    make = {"code": new_code_cell, "markdown": new_markdown_cell}
    built = [make[cell.kind](cell.source, id=cell.name, metadata=cell.metadata | folded(cell)) for cell in cells]
    notebook = new_notebook(cells=built, metadata=METADATA, nbformat_minor=5)
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def cells_of(text: str) -> list[dict] | None:
    """The cells of a notebook's text; None where it is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        return [{**cell, "source": "".join(cell["source"])} for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None


def links(root: Path, folder: Path, more: bool) -> list[Cell]:
    """The generated last cell of a lesson, or of its second notebook: where to go from here."""
    names = sorted(path.parent.name for path in (root / "lessons").glob("[0-9]*/lesson.py"))
    place, said = names.index(folder.name), []
    if more:
        said.append(f"[← Back to lesson {folder.name[:2]}]({folder.name}.ipynb)")
    elif place > 0:
        said.append(f"[← Lesson {names[place - 1][:2]}]({names[place - 1]}.ipynb)")
    if not more and (folder / "more.py").exists():
        said.append(f"[More measurements]({folder.name}_more.ipynb)")
    if place + 1 < len(names):
        said.append(f"[Lesson {names[place + 1][:2]} →]({names[place + 1]}.ipynb)")
    return [Cell("course-links", "markdown", " · ".join(said))] if said else []


def lesson_notebooks(root: Path, folder: Path, tasks: dict[str, Task], fill_ins: dict[str, Task]) -> dict[str, str]:
    """All notebooks of one lesson, {path from the root: text}."""
    address, out, exercise = repository(root), {}, folder / "exercise.py"
    for source, path in ((folder / "lesson.py", f"notebooks/{folder.name}.ipynb"),
                         (folder / "more.py", f"notebooks/{folder.name}_more.ipynb")):
        if source.exists():
            more = source.stem == "more"
            cells = with_fill_ins(read_cells(source), {} if more else fill_ins, source)
            check_names(source, cells)
            out[path] = write(opening(address, path) + cells + links(root, folder, more), source)
    if exercise.exists():
        cells = read_cells(exercise)
        check_names(exercise, [cell for cell in cells if not cell.name.startswith("task ")])
        for place, part in (("exercises", "stub"), ("solutions", "reference")):
            path = f"{place}/{folder.name}.ipynb"
            out[path] = write(opening(address, path) + expand(cells, tasks, part, exercise), exercise)
    elif tasks:
        raise CourseError(f"{folder} has tasks but no exercise.py to show them in.")
    return out
