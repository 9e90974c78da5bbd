"""The workers of a dask cluster do what is handed out (workers.py): for what outgrows one computer.

A worker that is killed costs time only: dask gives its item to another. The results come back pickled by the workers,
which are trusted as this computer is.
"""
import asyncio
import logging
from collections.abc import Callable

from course_lib.errors import CourseError, shown
from course_lib.workers import Processes

CONNECT = 20     # seconds for the scheduler to answer
SILENCE = 3600   # seconds without a result of any worker
Facts = tuple[list[str], str]  # versions of what computes, and a digest of the course's own code


class Cluster(Processes):
    """`do(item)` by the workers of the scheduler at `address`.

    facts: what must be alike on all computers. doing, go_on: "grading", and how to go on, for the sentence that says
    why it stopped. Raises CourseError where no scheduler answers, or where a worker would compute something else.
    """

    silence = SILENCE

    def __init__(self, do: Callable, address: str, facts: Callable[[], Facts], doing: str, go_on: str):
        try:
            from distributed import Client
        except ImportError:
            raise CourseError("--dask needs one package more: pip install -c constraints.txt -e '.[cluster]'."
                              ) from None
        for handler in logging.getLogger("distributed").handlers:
            handler.setLevel(logging.CRITICAL)  # what matters is said below, without a traceback
        workers = workers_of(address)
        super().__init__(do, len(workers), go_on)
        self.address, self.doing, self.client = address, doing, None
        try:
            self.client = Client(address, timeout=CONNECT)
            look_at(workers, self.client.run(facts, on_error="return"), facts(), doing)
        except BaseException as error:
            self.stop()
            raise self.why(error) from None

    def start(self):
        return self.client.get_executor(pure=False)

    def hand(self, item) -> None:
        try:
            super().hand(item)
        except Exception as error:
            raise self.why(error) from None

    def take(self) -> tuple:
        try:
            return super().take()
        except Exception as error:
            raise self.why(error) from None

    def why(self, error: BaseException) -> BaseException:
        """A CourseError that says why the cluster does not go on."""
        from distributed import KilledWorker

        if isinstance(error, CourseError) or not isinstance(error, Exception):
            return error
        if isinstance(error, KilledWorker):
            what = f"{error.allowed_failures + 1} workers died with the same item; is there enough memory?"
        elif isinstance(error, TimeoutError):
            what = "no worker has sent a result for an hour."
        else:
            what = f"{shown(str(error) or type(error).__name__)}."
        return CourseError(f"the cluster at {shown(self.address)} stopped {self.doing}: {what} Every result so far is "
                           f"kept: mend it and go on {self.go_on}, or without --dask on this computer.")

    def stop(self) -> None:
        client, self.client, self.executor = self.client, None, None
        for future in self.out:
            future.cancel()
        if client is not None:
            client.close()


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
                          "scheduler'), and give the address that it prints, such as tcp://10.0.0.5:8786; or run it on "
                          "this computer, without --dask.") from None
    if said.get("type") != "Scheduler":
        raise CourseError(f"at {shown(address)} is no scheduler of dask, but a {said.get('type')}. Give the address "
                          "that 'dask scheduler' prints.")
    if not said["workers"]:
        raise CourseError(f"the scheduler at {shown(address)} has no worker. Start some on each computer: 'dask worker "
                          f"{address} --nworkers 8 --nthreads 1'.")
    return said["workers"]


def look_at(workers: dict[str, dict], said: dict[str, object], here: Facts, doing: str) -> None:
    """Raise CourseError that names a worker which would not compute as this computer does."""
    for worker, answer in said.items():
        if workers.get(worker, {}).get("nthreads", 1) != 1:
            raise CourseError(f"the worker {worker} has several threads, and {doing} takes a process of its own. Start "
                              "it with --nthreads 1, and more processes by --nworkers.")
        if not isinstance(answer, tuple):
            raise CourseError(f"the worker {worker} has no course that can do this: {shown(str(answer))}. Install the "
                              "course there as it is here.")
        versions, code = answer
        if versions != here[0]:
            raise CourseError(f"the worker {worker} computes with {', '.join(versions)}, this computer with "
                              f"{', '.join(here[0])}: the results could differ. Install the same on both.")
        if code != here[1]:
            raise CourseError(f"the worker {worker} has another version of the course: the results could differ. "
                              "Install the same on both.")
