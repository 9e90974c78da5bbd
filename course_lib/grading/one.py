"""The grading of one submission: a function of what was handed in and of the settings, for any process to run.

What decides a mark has a digest, so that a result can be kept: as long as it is the same, the mark would be, too.
"""
import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from course_lib.builder.tasks import Task
from course_lib.errors import CourseError
from course_lib.grading.notebook import last_written, task_cells
from course_lib.grading.results import OUT_OF, Graded, Mark
from course_lib.grading.submissions import Submission

PACKAGE = Path(__file__).resolve().parents[1]
CODE = ("__init__.py", "builder/__init__.py", "builder/sources.py", "builder/tasks.py", "checks/*.py",
        "checks/data/*.json", "display.py", "errors.py", "grading/__init__.py", "grading/allowed.py",
        "grading/answers.py", "grading/engine.py", "grading/judging.py", "grading/notebook.py", "grading/one.py",
        "grading/results.py", "grading/running.py", "grading/sandbox.py", "grading/watch.py", "grading/worker.py",
        "lazy.py", "threads.py")
LIBRARIES = ("numpy", "torch")
MOST_BYTES = 40 * 2**20   # of one student's notebooks: they are held in memory together
NOT_GRADED = "It was not graded, because the grader stopped."


@dataclass(frozen=True)
class Settings:
    """What decides the marks besides what was handed in. `grade` is engine.grade_cells, or what has its form."""
    tasks: dict[str, Task]
    seed: int
    grade: Callable[..., tuple[Mark, ...]]
    unsafe: bool = False
    code: str = ""  # code_digest()


@dataclass(frozen=True)
class HandedIn:
    """A submission that has been read: (name, content) of its notebooks, and what could not be read."""
    student: str
    files: tuple[tuple[str, bytes], ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]


def code_digest() -> str:
    """SHA-256 of the code that decides a mark, and of the versions of Python, numpy and torch.

    Another version computes other last digits, and may raise where the one before gave a number: so all are graded
    again after an upgrade. How the pages look, and what gathers the results, decides no mark.
    """
    sha = hashlib.sha256(repr(versions()).encode())
    for path in sorted(path for pattern in CODE for path in PACKAGE.glob(pattern)):
        sha.update(path.read_bytes())
    return sha.hexdigest()


def versions() -> list[str]:
    """Of all that computes: ["Python 3.11.7", "numpy 2.4.6", ...]."""
    return [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in LIBRARIES)]


def read(submission: Submission) -> HandedIn:
    """What the submission's notebooks hold; never raises for what a student did.

    Where they are too large together, the oldest are left aside: of a task in several the last counts.
    """
    files, problems = [], [submission.problem] if submission.problem else []
    for entry in reversed(submission.notebooks):
        if sum(len(content) for _, content in files) > MOST_BYTES:
            problems.append(f"{entry.name} was left aside: the notebooks behind it hold more than "
                            f"{MOST_BYTES // 2**20} MB.")
            continue
        try:
            files.append((entry.name, entry.read()))
        except CourseError as error:
            problems.append(f"{entry.name} cannot be read: {error}.")
    return HandedIn(submission.student, tuple(reversed(files)), submission.notes, tuple(problems))


def digest(handed: HandedIn, settings: Settings) -> str:
    """SHA-256 of all that decides the marks."""
    tasks = sorted((id, task.digest) for id, task in settings.tasks.items())
    files = [(name, hashlib.sha256(content).hexdigest()) for name, content in handed.files]
    facts = (handed.student, files, handed.notes, handed.problems, tasks, settings.seed, settings.unsafe, settings.code)
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest()


def grade_one(handed: HandedIn, settings: Settings) -> Graded:
    """The marks of one submission; of a task in several notebooks the last that is not the stub counts.

    Where the grader itself fails, each mark says so and the digest is empty: the next run tries again. Why it failed
    is in `problems`, for the instructor alone: it may name files of this computer.
    """
    problems, notes, found = list(handed.problems), list(handed.notes), {}
    stubs = {id: task.stub for id, task in settings.tasks.items()}
    for name, content in handed.files:
        try:
            cells, said = task_cells(content, stubs)
        except CourseError as error:
            problems.append(f"{name} cannot be read: {error}.")
            continue
        notes += [f"{name}: {one}" for one in said]
        for id in cells.keys() & stubs.keys():
            found.setdefault(id, []).append((name, cells[id]))
    chosen = {id: several[last_written([source for _, source in several], stubs[id])]
              for id, several in sorted(found.items())}
    notes += [f"Task {id} is in {len(found[id])} notebooks; the one in {name} counts."
              for id, (name, _) in chosen.items() if len(found[id]) > 1]
    key, told = digest(handed, settings), list(problems)
    try:
        marks = settings.grade(handed.student, {id: source for id, (_, source) in chosen.items()}, settings.tasks,
                               settings.seed, settings.unsafe)
    except Exception as error:
        problems.append(str(error) or type(error).__name__)
        told.append(NOT_GRADED)
        marks, key = none_of(settings.tasks, "unreadable", NOT_GRADED), ""
    marks = tuple(replace(mark, verdict="unreadable", reason=told[0])
                  if told and mark.verdict == "missing" else mark for mark in marks)
    graded = Graded(handed.student, tuple(name for name, _ in handed.files), key, settings.seed, settings.unsafe,
                    (*told, *notes), marks, tuple(problems))
    return Graded.from_json(graded.to_json().encode("utf-8", "replace").decode())  # nothing that no file can hold


def none_of(tasks: dict[str, Task], verdict: str, reason: str) -> tuple[Mark, ...]:
    """No point for any task."""
    return tuple(Mark(id, task.name, 0.0, OUT_OF, verdict, reason) for id, task in sorted(tasks.items()))
