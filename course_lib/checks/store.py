"""Read the shipped data of the public checks, and of the fill-ins, whose checks they are, too."""
import json
from importlib import resources

from course_lib.errors import CourseError, shown, unknown

DATA = resources.files("course_lib.checks") / "data"


def task_ids() -> list[str]:
    """The tasks that have a public check, in order."""
    return known_in(DATA)


def known_in(folder) -> list[str]:
    """What this folder holds the data of, in order."""
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


def load_task_data(task_id: str) -> dict:
    """The data of one task's check. Raises CourseError, with the nearest ids, where there is no such task."""
    return load(DATA, task_id, "task", 'check("01.1")')


def load(folder, name: str, kind: str, example: str) -> dict:
    """The data called `name` in this folder; CourseError where there are none: `kind` says what it would be, `example`
    how it is named."""
    if not isinstance(name, str):
        raise CourseError(f"A {kind} is named by a text, as in {example}; you gave {shown(name)}.")
    if name not in (known := known_in(folder)):
        raise unknown(kind, name, known)
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def load_probe(data: dict):
    """The task's probe, which turns the student's function into an outcome; None where it has none."""
    if data["probe"] is None:
        return None
    space = {"__name__": "__probe__"}
    exec(compile(data["probe"], "<the check of the task>", "exec"), space)
    return space["probe"]
