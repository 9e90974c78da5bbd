"""A dask cluster of processes of this computer."""
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from course_lib.cluster import workers_of
from course_lib.errors import CourseError
from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def started(folder: Path, workers: int = 2, **environment: str):
    """(address, scheduler, workers): a cluster of processes of this computer."""
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}

    def process(name: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--scheduler-file", str(file), *options]
        found = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        stack.callback(found.wait)
        stack.callback(found.kill)
        return found

    with ExitStack() as stack:
        scheduler = process("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        until = time.monotonic() + HANGS
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.1)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        there = [process("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(workers)]
        while time.monotonic() < until:
            try:
                if len(workers_of(address)) == workers:
                    break
            except CourseError:
                time.sleep(0.1)
        yield address, scheduler, there
