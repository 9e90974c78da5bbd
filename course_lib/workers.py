"""Work that is handed out item by item, and taken back in whatever order it is done: here, or by several processes.

Python's executors do it: joblib's for the processes of this computer, dask's for a cluster (cluster.py). An item is
done once, in order or not; where its process was ended from outside, another one does it.
"""
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

from course_lib.errors import CourseError

MOST_STARTS = 4  # of the processes, where one was ended from outside, such as for want of memory


class Here:
    """`hand` an item out, and `take` one back with what `do(item)` gave: in this process, one after the other."""

    count = 1

    def __init__(self, do: Callable):
        self.do, self.out = do, []

    @property
    def full(self) -> bool:
        """Whether as many items are out as keep all at work."""
        return bool(self.out)

    def hand(self, item) -> None:
        """Gives out an item."""
        self.out.append(item)

    def take(self) -> tuple:
        """(an item that was handed out, what was made of it)."""
        item = self.out.pop(0)
        return item, self.do(item)

    def __enter__(self) -> "Here":
        return self

    def __exit__(self, *_) -> None:
        pass


class Processes(Here):
    """The same in `count` processes of this computer; `go_on` is what to type where they are ended again and again."""

    silence = None  # seconds until a result must come

    def __init__(self, do: Callable, count: int, go_on: str = "--jobs 1"):
        super().__init__(do)
        self.count, self.go_on, self.starts, self.executor, self.out = count, go_on, 0, None, {}

    @property
    def full(self) -> bool:
        return len(self.out) >= 2 * self.count

    def hand(self, item) -> None:
        if self.executor is None:
            self.executor = self.start()
        try:
            self.out[self.executor.submit(self.do, item)] = item, self.executor
        except BrokenExecutor:
            self.hand_again(item, self.executor)

    def take(self) -> tuple:
        while True:
            done = next(iter(wait(self.out, self.silence, FIRST_COMPLETED).done), None)
            if done is None:
                raise TimeoutError
            item, executor = self.out.pop(done)
            try:
                return item, done.result()
            except BrokenExecutor:
                self.hand_again(item, executor)

    def hand_again(self, item, broken) -> None:
        """Hands an item out for which there was no result, in new processes where the old ones are no more."""
        if self.executor is broken:
            self.stop()
        self.hand(item)

    def start(self):
        """An executor: processes that compute on one thread each, and end with this one, however that ends."""
        try:
            from joblib.externals.loky import ProcessPoolExecutor
        except ImportError:
            raise CourseError("--jobs needs one package more: pip install -c constraints.txt -e '.[grade]'.") from None
        if self.starts == MOST_STARTS:
            raise CourseError("the processes at work were ended from outside, again and again; is there enough memory? "
                              f"Try {self.go_on}.")
        self.starts += 1
        return ProcessPoolExecutor(self.count, env={"OMP_NUM_THREADS": "1"}, initializer=bound_to,
                                   initargs=(os.getpid(),))

    def stop(self) -> None:
        """Ends the processes, whatever they do."""
        executor, self.executor = self.executor, None
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=True)

    def __exit__(self, *_) -> None:
        self.stop()


def all_done(workers: Here, items: Iterable) -> Iterator:
    """What is made of each item, as it comes; of the items few are read ahead."""
    with workers:
        for item in items:
            workers.hand(item)
            while workers.full:
                yield workers.take()[1]
        while workers.out:
            yield workers.take()[1]


def bound_to(parent: int) -> None:
    """This process, from now on, ends with the one that started it, and leaves Ctrl+C to it."""
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it reaches all in a terminal: the parent ends this one


def end_with(parent: int) -> None:
    """Ends this process, and the sandboxes with it, soon after its parent has ended, even by SIGKILL."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
