"""What `course build --check` looks for. A finding is one line: the file, the cell, what is wrong."""
from pathlib import Path

from course_lib.builder.figures import figures
from course_lib.builder.length import audit_length, lengths, lesson_cells, promises
from course_lib.builder.notebooks import cells_of
from course_lib.builder.plan import Plan
from course_lib.builder.record import edited, present
from course_lib.builder.sources import read_cells


def audit(root: Path, plan: Plan, record: dict[str, str]) -> list[str]:
    """All findings, in the order of the files."""
    found = [f"{path}: left behind; no source in lessons/ makes it. Delete it."
             for path in present(root) if path not in plan.outputs]
    for path in sorted(plan.outputs):
        found += audit_output(root, path, plan.outputs[path], record)
    found += [f"lessons/built.json: speaks of {path}, which no source makes. Run course build."
              for path in sorted(record) if path not in plan.outputs]
    for folder in plan.folders:
        if not (folder / "lesson.py").exists():
            found.append(f"lessons/{folder.name}: there is no lesson.py.")
        for source in sorted([*folder.glob("*.py"), *folder.glob("tasks/*.py"), *folder.glob("fill_ins/*.py")]):
            found += audit_prose(source, source.relative_to(root).as_posix())
    return found + audit_lengths(root, plan)


def audit_lengths(root: Path, plan: Plan) -> list[str]:
    """Lessons over budget, and files that promise other minutes than those computed."""
    cells = lesson_cells(root, plan.outputs)
    measured = lengths(root, cells)
    found = [one for name in cells for one in audit_length(root, name, cells[name], measured[name[:2]])]
    return found + [f"{path}: says another length of a lesson than the build counts. Run course build."
                    for path, text in promises(root, measured).items() if text_of(root / path) != text]


def text_of(file: Path) -> str | None:
    """The text of a file, as far as it is one; None where there is no file."""
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else None


def audit_output(root: Path, path: str, fresh: str, record: dict[str, str]) -> list[str]:
    text = text_of(root / path)
    if text is None:
        return [f"{path}: not built yet. Run course build."]
    left = leftovers(path, text) if path.endswith(".ipynb") else []
    if left and sources(text) == sources(fresh):
        return left
    if text == fresh:
        stale = edited(root, path, record)
        return [f"lessons/built.json: does not know {path} as it is. Run course build."] if stale else []
    if edited(root, path, record):
        return left + [f"{path}{where(text, fresh)}: edited by hand. Move the edit to lessons/, then run "
                       f"course build --overwrite {path}."]
    return [f"{path}{where(text, fresh)}: older than its source. Run course build."]


def sources(text: str) -> list | None:
    cells = cells_of(text)
    return cells and [(cell.get("id"), cell.get("cell_type"), cell["source"]) for cell in cells]


def leftovers(path: str, text: str) -> list[str]:
    """Outputs and execution counts that somebody's run left in."""
    found = []
    for cell in cells_of(text) or []:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            found.append(f"{path}, cell {cell.get('id')!r}: outputs or an execution count were left in. "
                         f"Run course build --overwrite {path}.")
    return found


def where(text: str, fresh: str) -> str:
    """`, cell 'name'` for the first cell that differs; nothing where no cell does."""
    here, there = sources(text) or [], sources(fresh) or []
    for old, new in zip(here, there):
        if old != new:
            return f", cell {new[0]!r}"
    longer = here[len(there):] or there[len(here):]
    return f", cell {longer[0][0]!r}" if longer else ""


def audit_prose(source: Path, path: str) -> list[str]:
    """Measured-looking figures typed into markdown."""
    return [f"{path}, cell {cell.name!r}: a figure typed into text: {words!r}. Let the run print it, or mark "
            "it: `code`, $maths$, or a quotation with its source."
            for cell in read_cells(source) if cell.kind == "markdown" for words in figures(cell.source)]
