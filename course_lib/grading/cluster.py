"""A class that outgrows one computer: the workers of a dask cluster run the same `grade_one`.

Each worker process must compute as this computer does, and before its first submission it grades the reference, the
stubs and every known mistake, as this computer would. Only the results come back, pickled by the workers, which the
instructor trusts as this computer: what a submission's code says has left its sandbox as text, and was read there.
"""
import os
import platform
from collections.abc import Iterator
from functools import partial

from course_lib.cluster import Cluster
from course_lib.errors import CourseError
from course_lib.grading.one import HandedIn, Settings, code_digest, grade_one, read, versions
from course_lib.grading.results import Graded
from course_lib.grading.selfcheck import check
from course_lib.grading.submissions import Submission
from course_lib.workers import all_done

CHECKED = set()  # what this worker has passed the self-check for


def graded_on(address: str, submissions: list[Submission], settings: Settings) -> Iterator[Graded]:
    """The results of the cluster with this scheduler, as they come. Raises CourseError where it cannot grade."""
    workers = Cluster(partial(grade_there, settings=settings), address, facts, "grading", "with --resume")
    yield from all_done(workers, map(read, submissions))


def facts() -> tuple[list[str], str]:
    """What must be alike on all computers: versions() and code_digest()."""
    return versions(), code_digest()


def grade_there(handed: HandedIn, settings: Settings) -> Graded:
    """`grade_one` in a worker, which has looked at itself before: it may have joined after all were looked at."""
    tasks = sorted((id, task.digest) for id, task in settings.tasks.items())
    known = (settings.code, *tasks, settings.seed, settings.unsafe)
    if known not in CHECKED:
        me = f"the worker on {platform.node()}, process {os.getpid()},"
        if code_digest() != settings.code:
            raise CourseError(f"{me} has another version of the course, or computes with other versions: the marks "
                              "could differ. Install the same everywhere.")
        try:
            check(settings.tasks, settings.seed, settings.unsafe)
        except CourseError as error:
            raise CourseError(f"{me} cannot grade: {error}") from None
        CHECKED.add(known)
    return grade_one(handed, settings)
