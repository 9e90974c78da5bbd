"""Which tasks have run as they are: only a task whose file, or the course's code, has changed runs again.

What is noted lies in lessons/.ran.json, which is no part of the repository; `course build --check` runs all.
"""
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from course_lib.builder.record import digest_of
from course_lib.builder.tasks import Task
from course_lib.files import write_text

COURSE = Path(__file__).resolve().parents[1]


class Ran:
    """The notes of the repository `root`; a file that is none is as good as none."""

    def __init__(self, root: Path):
        self.root, self.path = root, root / "lessons" / ".ran.json"
        code = hashlib.sha256(version("torch").encode())
        for file in sorted(COURSE.rglob("*.py")):
            code.update(file.read_bytes())
        self.code = code.hexdigest()
        try:
            self.notes = dict(json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self.notes = {}

    def has(self, task: Task, path: str) -> bool:
        """Whether the data at `path` are what this task gave when it ran last, as it is and with this code."""
        made = digest_of(self.root, path)
        return made is not None and self.notes.get(path) == [task.digest, self.code, made]

    def note(self, task: Task, path: str) -> None:
        """The data at `path` are what the task gives now."""
        self.notes[path] = [task.digest, self.code, digest_of(self.root, path)]

    def write(self) -> None:
        """Keeps the notes for the next time."""
        write_text(self.path, json.dumps(self.notes, indent=0) + "\n")
