"""A class that outgrows one computer: the workers of a dask cluster run the same `grade_one`, handed out by joblib.

Each worker process must compute as this computer does, and before its first submission it grades the reference, the
stubs and every known mistake, as this computer would. A worker that is killed costs time only: dask gives its
submission to another. Only the results come back, pickled by the workers, which the instructor trusts as this
computer: what a submission's code says has left its sandbox as text, and was read there.
"""
import asyncio
import logging
import os
import platform
from collections.abc import Iterator

import joblib
from joblib._dask import DaskDistributedBackend

from course_lib.errors import CourseError, shown
from course_lib.grading.one import HandedIn, Settings, code_digest, grade_one, read, versions
from course_lib.grading.results import Graded
from course_lib.grading.selfcheck import check
from course_lib.grading.submissions import Submission

CONNECT = 20     # seconds for the scheduler to answer
SILENCE = 3600   # seconds without a result of any worker: all tasks in endless loops take less
CHECKED = set()  # what this worker has passed the self-check for


class Backend(DaskDistributedBackend):
    """joblib's own, but that waits for ever for a task that dask has given up, and leaves one worker alone idle."""

    def effective_n_jobs(self, n_jobs):
        return max(2, super().effective_n_jobs(n_jobs))  # joblib does the work of one worker itself, here

    def submit(self, func, callback=None):
        future = super().submit(func, callback)
        future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
        return future

    def retrieve_result_callback(self, out):
        if isinstance(out, Exception):
            raise out
        return super().retrieve_result_callback(out)


def graded_on(address: str, submissions: list[Submission], settings: Settings) -> Iterator[Graded]:
    """The results of the cluster with this scheduler, as they come. Raises CourseError where it cannot grade."""
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise CourseError("--dask needs one package more: pip install -c constraints.txt -e '.[cluster]'.") from None
    for handler in logging.getLogger("distributed").handlers:
        handler.setLevel(logging.CRITICAL)  # what matters is said below, without a traceback
    workers = workers_of(address)
    try:
        with Client(address, timeout=CONNECT) as client:
            look_at(workers, client.run(facts, on_error="return"))
            yield from joblib.Parallel(backend=Backend(client=client), return_as="generator_unordered", batch_size=1,
                                       timeout=SILENCE)(
                joblib.delayed(grade_there)(read(one), settings) for one in submissions)
    except CourseError:
        raise
    except KilledWorker as error:
        raise stopped(address, f"{error.allowed_failures + 1} workers died with the same submission; is there enough "
                               "memory?") from None
    except TimeoutError:
        raise stopped(address, "no worker has sent a result for an hour.") from None
    except Exception as error:
        raise stopped(address, f"{shown(str(error))}.") from None


def stopped(address: str, why: str) -> CourseError:
    return CourseError(f"the cluster at {shown(address)} stopped grading: {why} Every result so far is kept: mend it "
                       "and go on with --resume, or without --dask on this computer.")


def workers_of(address: str) -> dict[str, dict]:
    """What the scheduler says of its workers, by their addresses. Raises CourseError where none answers."""
    from distributed import rpc

    async def identity() -> dict:
        async with rpc(address) as scheduler:
            return await scheduler.identity()

    try:
        said = asyncio.run(asyncio.wait_for(identity(), CONNECT))
    except Exception as error:
        why = f"it did not answer within {CONNECT} seconds" if isinstance(error, TimeoutError) else shown(str(error))
        raise CourseError(f"no scheduler of dask can be reached at {shown(address)}: {why}. Start one ('dask "
                          "scheduler'), and give the address that it prints, such as tcp://10.0.0.5:8786; or grade on "
                          "this computer, without --dask.") from None
    if said.get("type") != "Scheduler":
        raise CourseError(f"at {shown(address)} is no scheduler of dask, but a {said.get('type')}. Give the address "
                          "that 'dask scheduler' prints.")
    if not said["workers"]:
        raise CourseError(f"the scheduler at {shown(address)} has no worker. Start some on each computer: 'dask worker "
                          f"{address} --nworkers 8 --nthreads 1'.")
    return said["workers"]


def facts() -> tuple[list[str], str]:
    """What must be alike on all computers: versions() and code_digest()."""
    return versions(), code_digest()


def look_at(workers: dict[str, dict], said: dict[str, object]) -> None:
    """Raise CourseError that names a worker which would not grade as this computer does."""
    for worker, answer in said.items():
        if workers.get(worker, {}).get("nthreads", 1) != 1:
            raise CourseError(f"the worker {worker} has several threads, and a grader is a process of its own. Start "
                              "it with --nthreads 1, and more processes by --nworkers.")
        if not isinstance(answer, tuple):
            raise CourseError(f"the worker {worker} has no course that can grade: {shown(str(answer))}. Install the "
                              "course there as it is here.")
        its_versions, its_code = answer
        if its_versions != versions():
            raise CourseError(f"the worker {worker} computes with {', '.join(its_versions)}, this computer with "
                              f"{', '.join(versions())}: the marks could differ. Install the same on both.")
        if its_code != code_digest():
            raise CourseError(f"the worker {worker} has another version of the course: the marks could differ. Install "
                              "the same on both.")


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
