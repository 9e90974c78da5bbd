"""The student's working copy of the notebooks: brought up to date without losing anything of theirs.

A notebook that the student changed is never overwritten; what counts is its cells' sources, for JupyterLab
saves outputs and metadata by itself.
"""
import hashlib
import json
from pathlib import Path

from course_lib.display import course
from course_lib.errors import CourseError
from course_lib.files import write_bytes, write_text
from course_lib.root import MARKER

FOLDERS = ("notebooks", "exercises")


def another_folder() -> str:
    """What to do about a folder that cannot be a working copy."""
    return f"Choose another folder: {course('lab --dir NAME')}."


def fingerprint(path: Path) -> str | None:
    """A digest of the cells' kinds and sources; None for a file that is no notebook."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        sources = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def update_copy(root: Path, copy: Path) -> list[str]:
    """Bring the working copy `copy` up to date with the clone `root`; say what was done, a line each.

    Raises CourseError where `copy` cannot be read or written or is a folder of something else, or where the clone
    holds no notebooks.
    """
    given = [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]
    if not given:
        raise CourseError(f"There are no notebooks in {root / FOLDERS[0]}. Get the course's folder again, or, in a "
                          f"clone of its repository, run {course('build')} first.")
    try:
        refuse_other_folder(root, copy)
        marker = copy / MARKER
        state, first, said = read_state(marker), not marker.exists(), []
        copy.mkdir(parents=True, exist_ok=True)
        for source in given:
            said += update_one(source, copy, source.relative_to(root).as_posix(), state)
            write_text(marker, json.dumps(state, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise CourseError(f"{error.filename or copy}: {error.strerror}. {another_folder()}") from None
    return [f"{len(given)} notebooks copied"] if first else said


def refuse_other_folder(root: Path, copy: Path) -> None:
    """Raise CourseError where `copy` is anything but a working copy, an empty folder or a new one."""
    if copy.exists() and not copy.is_dir():
        raise CourseError(f"{copy} is a file. {another_folder()}")
    if copy.is_dir() and any(copy.iterdir()) and not (copy / MARKER).exists():
        raise CourseError(f"{copy} is not empty and is no working copy of this course. Nothing was touched. "
                          f"{another_folder()}")
    for folder in FOLDERS:
        if copy.is_relative_to(root / folder):
            raise CourseError(f"{copy} lies among the course's own {folder}. {another_folder()}")


def read_state(marker: Path) -> dict[str, dict]:
    """{path: {"given": fingerprint of what the course put there, "offered": of a newer one beside it}}."""
    try:
        state = json.loads(marker.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: entry for name, entry in state.items() if isinstance(entry, dict)} if isinstance(state, dict) else {}


def update_one(source: Path, copy: Path, name: str, state: dict) -> list[str]:
    """Update one notebook, called `name` in the copy; changes its entry in `state`."""
    target, new = copy / name, fingerprint(source)
    entry = state.setdefault(name, {})
    if not target.exists():
        put(source, target)
        state[name] = {"given": new}
        return [f"new: {name}"]
    mine = fingerprint(target)
    if mine == new:
        state[name] = {"given": new}
        return []
    if mine and mine in (entry.get("given"), entry.get("offered")):
        put(source, target)
        state[name] = {"given": new}
        return [f"updated: {name}"]
    if new == entry.get("offered") or (mine and new == entry.get("given")):
        return []
    beside = free_name(target, state, copy)
    put(source, beside)
    entry["offered"] = new
    offered = beside.relative_to(copy).as_posix()
    state[offered] = {"given": new}
    why = "it has your changes; the newer version" if mine else "it cannot be read; the course's version"
    return [f"kept: {name} ({why} is beside it: {offered})"]


def free_name(target: Path, state: dict, copy: Path) -> Path:
    """NAME.new.ipynb, or NAME.new-2.ipynb and so on: the first that is free or that was left as it was."""
    number = 1
    while True:
        beside = target.with_name(f"{target.stem}.new{'' if number == 1 else f'-{number}'}.ipynb")
        entry = state.get(beside.relative_to(copy).as_posix(), {})
        if not beside.exists() or fingerprint(beside) == entry.get("given", ""):
            return beside
        number += 1


def put(source: Path, target: Path) -> None:
    """Copy in one move. The copy is writable, whatever the clone allows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, source.read_bytes())
