"""Everything that the build makes of lessons/, in memory."""
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.builder.checkdata import agrees, check_data, data_text, fill_in_data
from course_lib.builder.notebooks import lesson_notebooks
from course_lib.builder.ran import Ran
from course_lib.builder.tasks import Task, read_fill_ins, read_tasks
from course_lib.errors import CourseError, unknown

DATA, FILL_INS = "course_lib/checks/data", "course_lib/checks/fill_ins"


@dataclass
class Plan:
    """`outputs` is {path from the root: text}; `folders` the lessons; `data` the task of each check."""
    folders: list[Path] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    data: dict[str, Task] = field(default_factory=dict)


def lesson_folders(root: Path) -> list[Path]:
    """lessons/NN_name, in order. Raises CourseError for a folder whose name is no such name."""
    inside = sorted((root / "lessons").iterdir())
    folders = [path for path in inside if path.is_dir() and path.name[0] not in "._"]
    for folder in folders:
        if not re.fullmatch(r"\d\d_[a-z0-9_]+", folder.name):
            raise CourseError(f"{folder}: a lesson's folder is called NN_name, like 01_prompting.")
    return folders


def make_plan(root: Path, lessons: Sequence[str] = (), ran: Ran | None = None) -> Plan:
    """Build lessons of the repository `root` in memory: those of these numbers, or all.

    A task that `ran` as it is does not run again. CourseError for a lesson that is none.
    """
    folders = {folder.name[:2]: folder for folder in lesson_folders(root)}
    if strangers := [lesson for lesson in lessons if lesson not in folders]:
        raise unknown("lesson", strangers[0], folders)
    plan = Plan([folder for number, folder in folders.items() if not lessons or number in lessons])
    for folder in plan.folders:
        tasks, fill_ins = read_tasks(folder), read_fill_ins(folder)
        plan.outputs |= lesson_notebooks(root, folder, tasks, fill_ins)
        for place, some, make in ((DATA, tasks, check_data), (FILL_INS, fill_ins, fill_in_data)):
            for task_id, task in some.items():
                path = f"{place}/{task_id}.json"
                plan.data[path] = task
                plan.outputs[path] = ((root / path).read_text(encoding="utf-8") if ran and ran.has(task, path)
                                      else kept_or_new(root / path, make(task)))
    return plan


def kept_or_new(path: Path, data: dict) -> str:
    """The text of the shipped data where these still hold within the tolerance, else the new text."""
    if path.exists():
        text = path.read_text(encoding="utf-8")
        try:
            if agrees(json.loads(text), data):
                return text
        except (ValueError, AttributeError, KeyError, TypeError):  # somebody's edits left no JSON, or no such data
            pass
    return data_text(data)
