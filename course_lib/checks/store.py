"""Read the shipped data of the public checks."""
import json
from importlib import resources

from course_lib.errors import CourseError, shown, unknown

DATA = resources.files("course_lib.checks") / "data"


def task_ids() -> list[str]:
    """The tasks that have a public check, in order."""
    files = DATA.iterdir() if DATA.is_dir() else ()
    return sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


def load_task_data(task_id: str) -> dict:
    """The data of one task's check. Raises CourseError, with the nearest ids, where there is no such task."""
    if not isinstance(task_id, str):
        raise CourseError(f'A task is named by a text, as in check("01.1"); you gave {shown(task_id)}.')
    if task_id not in (known := task_ids()):
        raise unknown("task", task_id, known)
    return json.loads((DATA / f"{task_id}.json").read_text(encoding="utf-8"))


def load_probe(data: dict):
    """The task's probe, which turns the student's function into an outcome; None where it has none."""
    if data["probe"] is None:
        return None
    space = {"__name__": "__probe__"}
    exec(compile(data["probe"], "<the check of the task>", "exec"), space)
    return space["probe"]
