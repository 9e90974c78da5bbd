"""Grades all submissions, several at a time, and keeps each result in a file of its own the moment it is there.

Processes of this computer run `grade_one`, or those of a cluster (cluster.py). Killed at any moment, `resume`
goes on: a result counts as long as its digest is that of all that decides the marks.
"""
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tqdm import tqdm

from course_lib.errors import CourseError, shown
from course_lib.files import write_text
from course_lib.grading.cluster import graded_on
from course_lib.grading.gradebook import FILLED
from course_lib.grading.one import Settings, digest, grade_one, read
from course_lib.grading.results import Graded
from course_lib.grading.submissions import Submission, slug
from course_lib.workers import Here, Processes, all_done

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None

HALF = f".{'[0-9a-f]' * 32}.part"  # as files.py names what it has not written to the end
KEPT = "submissions are graded and kept. To go on: the same command with --resume."
ELSEWHERE = "Choose another folder for --out."


def stored(path: Path) -> Graded | None:
    """The result in that file; None where there is none, or a damaged one."""
    try:
        return Graded.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def others(out: Path, students: list[str], tasks: Iterable[str]) -> list[str]:
    """Whose results lie in OUT besides these students'. Raises CourseError where grades would be overwritten."""
    for folder in (out / "results", out / "feedback"):
        if folder.exists() and not folder.is_dir():
            raise CourseError(f"{folder} is a file. {ELSEWHERE}")
    for path in (out / name for name in ("grades.csv", *FILLED)):
        if path.exists() and not (out / "results").exists():
            raise CourseError(f"{path} is not of 'course grade', and would be overwritten. {ELSEWHERE}")
    ours = {f"{slug(student)}.json" for student in students}
    there = {path.name: stored(path) for path in (out / "results").glob("*.json")}
    there = {name: known for name, known in there.items() if known}
    if lost := {mark.task for known in there.values() for mark in known.marks} - set(tasks):
        raise CourseError(f"{out} holds grades of other tasks ({', '.join(sorted(lost))}), which would be overwritten. "
                          f"Grade them, too, or: {ELSEWHERE}")
    names = sorted(known.student for name, known in there.items() if name not in ours)
    if names and not ours & there.keys():
        raise CourseError(f"{out} holds the grades of another class ({len(names)} students, such as "
                          f"{shown(names[0])}), which would be overwritten. {ELSEWHERE}")
    return names


def grade_all(submissions: list[Submission], settings: Settings, out: Path, jobs: int = 1,
              resume: bool = False, dask: str | None = None) -> tuple[list[Graded], int]:
    """All results, in the order of the submissions, and how many of them were kept from before.

    Each is written to OUT/results/SLUG.json as it comes; one that is there already is kept if `resume` and its
    digest is still that of what decides the marks. dask: the address of a scheduler, whose workers grade.
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
    waiting = [one for one in submissions if one.student not in results]
    coming = graded_by(waiting, settings, jobs) if dask is None else graded_on(dask, waiting, settings)
    with alone(out), tqdm(total=len(submissions), initial=kept, unit="submission", desc="grading") as bar:
        try:
            for graded in coming:
                write_text(place[graded.student], graded.to_json())
                results[graded.student] = graded
                bar.update()
        except KeyboardInterrupt:
            print(f"\n{len(results)} of {len(submissions)} {KEPT}", file=sys.stderr)
            raise
        except OSError as error:  # such as a disk that is full
            raise CourseError(f"{error.filename or 'this computer'}: {error.strerror}. {len(results)} of "
                              f"{len(submissions)} {KEPT}") from None
        finally:
            coming.close()
    return [results[one.student] for one in submissions], kept


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """The block in which no other run grades into OUT. What one that was killed has half written is taken away.

    Raises CourseError where another is at work. On Windows, and on a disk that has no locks, nobody is kept out.
    """
    held = os.open(out, os.O_RDONLY) if fcntl else None  # locked as long as it is open, however this process ends
    try:
        if fcntl:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise CourseError(f"another 'course grade' is grading into {out}. Wait until it ends.") from None
    except OSError:
        pass
    for half in [*out.glob(HALF), *out.glob(f"*/{HALF}")]:
        half.unlink()
    try:
        yield
    finally:
        if fcntl:
            os.close(held)


def graded_by(submissions: list[Submission], settings: Settings, jobs: int) -> Iterator[Graded]:
    """The results of these submissions, as they come. Processes that were ended from outside are started again."""
    do = partial(grade_one, settings=settings)
    workers = Here(do) if jobs == 1 else Processes(do, jobs, "--jobs 1 --resume")
    yield from all_done(workers, map(read, submissions))
