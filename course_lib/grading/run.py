"""Grades all submissions, several at a time, and keeps each result in a file of its own the moment it is there.

The grading of one submission is one function of what was handed in (`grade_one`): joblib runs it in processes of this
computer. Killed at any moment, `resume` goes on: a result counts as long as its digest is that of all that decides
the marks.
"""
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

import joblib
from tqdm import tqdm

from course_lib.builder.tasks import Task
from course_lib.errors import CourseError, shown
from course_lib.files import write_text
from course_lib.grading.notebook import last_written, task_cells
from course_lib.grading.results import Graded, Mark
from course_lib.grading.submissions import Submission, slug

PACKAGE = Path(__file__).resolve().parents[1]
CODE = ("grading/*.py", "checks/*.py", "builder/tasks.py")  # what decides a mark, besides the task
WATCH = "ends with its parent"
NOT_GRADED = "It was not graded, because the grader stopped"
MOST_STARTS = 4  # of the processes, where one was ended from outside, such as for want of memory


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
    """SHA-256 of the code that decides a mark."""
    sha = hashlib.sha256()
    for path in sorted(path for pattern in CODE for path in PACKAGE.glob(pattern)):
        sha.update(path.read_bytes())
    return sha.hexdigest()


def read(submission: Submission) -> HandedIn:
    """What the submission's notebooks hold; never raises for what a student did."""
    files, problems = [], [submission.problem] if submission.problem else []
    for entry in submission.notebooks:
        try:
            files.append((entry.name, entry.read()))
        except CourseError as error:
            problems.append(f"{entry.name} cannot be read: {error}.")
    return HandedIn(submission.student, tuple(files), submission.notes, tuple(problems))


def digest(handed: HandedIn, settings: Settings) -> str:
    """SHA-256 of all that decides the marks."""
    tasks = sorted((id, task.digest) for id, task in settings.tasks.items())
    files = [(name, hashlib.sha256(content).hexdigest()) for name, content in handed.files]
    facts = (handed.student, files, handed.notes, handed.problems, tasks, settings.seed, settings.unsafe, settings.code)
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest()


def grade_one(handed: HandedIn, settings: Settings) -> Graded:
    """The marks of one submission; of a task in several notebooks the last that is not the stub counts.

    Where the grader itself fails, each mark says so and the digest is empty: the next run tries again.
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
    key = digest(handed, settings)
    try:
        marks = settings.grade(handed.student, {id: source for id, (_, source) in chosen.items()}, settings.tasks,
                               settings.seed, settings.unsafe)
    except Exception as error:
        problems.append(f"{NOT_GRADED}: {shown(str(error) or type(error).__name__)}")
        marks, key = none_of(settings.tasks, "unreadable", problems[-1]), ""
    marks = tuple(replace(mark, verdict="unreadable", reason=problems[0])
                  if problems and mark.verdict == "missing" else mark for mark in marks)
    graded = Graded(handed.student, tuple(name for name, _ in handed.files), key, settings.seed, settings.unsafe,
                    (*problems, *notes), marks)
    return Graded.from_json(graded.to_json().encode("utf-8", "replace").decode())  # nothing that no file can hold


def none_of(tasks: dict[str, Task], verdict: str, reason: str) -> tuple[Mark, ...]:
    """No point for any task."""
    return tuple(Mark(id, task.name, 0.0, 1.0, verdict, reason) for id, task in sorted(tasks.items()))


def stored(path: Path) -> Graded | None:
    """The result in that file; None where there is none, or a damaged one."""
    try:
        return Graded.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def grade_all(submissions: list[Submission], settings: Settings, out: Path, jobs: int = 1,
              resume: bool = False) -> tuple[list[Graded], int]:
    """All results, in the order of the submissions, and how many of them were kept from before.

    Each is written to OUT/results/SLUG.json as it comes; one that is there already is kept if `resume` and its
    digest is still that of what decides the marks.
    """
    folder = out / "results"
    folder.mkdir(parents=True, exist_ok=True)
    place = {one.student: folder / f"{slug(one.student)}.json" for one in submissions}
    results = {}
    if resume:
        for one in submissions:
            known = stored(place[one.student])
            if known is not None and known.student == one.student and known.digest == digest(read(one), settings):
                results[one.student] = known
    kept = len(results)
    with tqdm(total=len(submissions), initial=kept, unit="submission", desc="grading") as bar:
        for graded in graded_by(lambda: [one for one in submissions if one.student not in results], settings, jobs):
            write_text(place[graded.student], graded.to_json())
            results[graded.student] = graded
            bar.update()
    return [results[one.student] for one in submissions], kept


def graded_by(waiting: Callable[[], list[Submission]], settings: Settings, jobs: int) -> Iterator[Graded]:
    """The results of all that is waiting, as they come. Processes that were ended from outside are started again."""
    for start in range(1, MOST_STARTS + 1):
        try:
            yield from joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(
                joblib.delayed(in_a_process)(read(one), settings, os.getpid()) for one in waiting())
            return
        except BrokenProcessPool:
            if start == MOST_STARTS:
                raise CourseError("the processes that grade were ended from outside, again and again; is there enough "
                                  "memory? Try --jobs 1 --resume.") from None


def in_a_process(handed: HandedIn, settings: Settings, parent: int) -> Graded:
    """`grade_one` in a process of its own, which ends with the one that started it."""
    if os.getpid() != parent and os.getppid() == parent and not any(
            thread.name == WATCH for thread in threading.enumerate()):
        threading.Thread(target=end_with, args=(parent,), name=WATCH, daemon=True).start()
    return grade_one(handed, settings)


def end_with(parent: int) -> None:
    """Ends this process, and the sandboxes with it, soon after its parent has ended, even by SIGKILL."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
