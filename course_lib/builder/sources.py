"""Read a source file (py:percent) as named cells.

A cell begins with `# %% name` or `# %% [markdown] name`; the name becomes the cell's id in the notebook.
"""
import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.errors import CourseError

NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
OWN_METADATA = ("title", "name", "lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")


@dataclass(frozen=True)
class Cell:
    """One cell of a source: `kind` is "markdown" or "code"."""
    name: str
    kind: str
    source: str
    metadata: dict = field(default_factory=dict)


def read_source(path: Path) -> str:
    """The text of a source, which must be UTF-8 and Python; a CourseError names the file and the line."""
    try:
        text = path.read_text(encoding="utf-8")
        compile(text, str(path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except UnicodeDecodeError as error:
        raise CourseError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}).") from error
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise CourseError(f"{path}{line}: {error.msg}: {(error.text or '').strip()}") from error
    except ValueError as error:  # a zero byte
        raise CourseError(f"{path}: no Python: {error}.") from error
    return text


def read_cells(path: Path) -> list[Cell]:
    """The cells of a py:percent file, in order. A missing name, or one used twice, is a CourseError."""
    try:
        import jupytext  # here, for it takes a second, and who grades only needs what a task is
    except ImportError as missing:
        raise CourseError("Building needs jupytext. Install it: pip install 'course-lib[build]'") from missing

    notebook, cells, seen = jupytext.reads(read_source(path), fmt="py:percent"), [], set()
    for number, cell in enumerate(notebook.cells, start=1):
        name = cell.metadata.get("title", "").strip()
        first = cell.source.partition("\n")[0]
        if not name:
            raise CourseError(f"{path}: cell {number} ({first!r}) has no name. Write '# %% a-name' above it, "
                              "or '# %% [markdown] a-name'.")
        if name in seen:
            raise CourseError(f"{path}: two cells are called {name!r}. Every cell needs a name of its own.")
        if cell.cell_type not in ("markdown", "code"):
            raise CourseError(f"{path}: cell {name!r} is {cell.cell_type!r}; markdown and code are allowed.")
        seen.add(name)
        metadata = {key: value for key, value in cell.metadata.items() if key not in OWN_METADATA}
        cells.append(Cell(name, cell.cell_type, cell.source.rstrip(), metadata))
    return cells


def check_names(path: Path, cells: list[Cell]) -> None:
    """Raise CourseError unless every name can be a cell id: small letters, digits and hyphens, at most 64."""
    for cell in cells:
        if not NAME.fullmatch(cell.name) or len(cell.name) > 64:
            raise CourseError(f"{path}: the cell name {cell.name!r} cannot be a cell id. Use small letters, "
                              "digits and hyphens, at most 64 characters ('one-example').")
        if cell.name.startswith("course-"):
            raise CourseError(f"{path}: names that begin with 'course-' are the build's own ({cell.name!r}).")
