"""The sandbox: what can be seen and done from inside."""
import ctypes
import json
import subprocess
from dataclasses import asdict

import pytest

from course_lib.grading.engine import Limits
from course_lib.grading.sandbox import WORKER, Worker, sandboxed
from course_lib.grading.worker import LANDLOCK_RULES
from tests.grading.attacks import GATE
from tests.hang import HANGS

LOOK = """
import json, os, socket
def tried(do):
    try:
        return str(do())
    except OSError as error:
        return type(error).__name__
print(json.dumps({
    "files": sorted(os.listdir("/")), "course": sorted(os.listdir("/course/course_lib")),
    "grading": sorted(os.listdir("/course/course_lib/grading")), "data": os.listdir("/course/course_lib/checks/data"),
    "user": os.getuid() != 0, "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
    "write": [tried(lambda: open(f"{where}/x", "w")) for where in ("", "/usr", "/course", "/dev", "/course-python")],
    "connect": tried(lambda: socket.create_connection(("127.0.0.1", 22), 1)),
    "environment": sorted(os.environ), "links": [name for _, name in socket.if_nameindex()]}))
"""


def test_from_inside():
    command = sandboxed()
    command[-len(WORKER):] = ["-B", "-s", "-S", "-c", LOOK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, env={}, check=False)
    seen = json.loads(done.stdout)
    assert not {"home", "root", "work", "mnt", "srv", "var"} & set(seen["files"])
    assert seen["course"] == ["__init__.py", "checks", "display.py", "errors.py", "grading", "lazy.py", "threads.py"]
    assert seen["grading"] == ["__init__.py", "running.py", "watch.py", "worker.py"]
    assert seen["data"] == [] and seen["user"] and seen["processes"] <= 3
    assert all(one in ("PermissionError", "OSError") for one in seen["write"]), seen["write"]
    assert seen["connect"] in ("ConnectionRefusedError", "OSError") and seen["links"] == ["lo"]
    assert not [name for name in seen["environment"] if "TOKEN" in name or "KEY" in name or name == "USER"]


@pytest.mark.skipif(ctypes.CDLL(None).syscall(LANDLOCK_RULES, None, 0, 1) < 1, reason="this Linux has no Landlock")
def test_a_students_process_makes_no_file_and_looks_into_no_other():
    source = GATE + """
def tried(do):
    try:
        return str(do())
    except OSError as error:
        return type(error).__name__
def look():
    handler = sys.modules["logging"].FileHandler
    return [tried(lambda: os.mknod("empty")), tried(lambda: os.mkdir("folder")),
            *(tried(lambda: handler(f"/proc/{one}/fd/1", "a")) for one in (1, os.getppid()))]
"""
    job = {"kind": "student", "source": source, "name": "look", "probe": None, "gradients": [], "inputs": [{}],
           "limits": asdict(Limits(call=5, task=5))}
    with Worker() as worker:
        call = json.loads(worker.ask(job, 60)["lines"][1])
    assert call["outcome"] == ["PermissionError"] * 4
