"""The sandbox: what can be seen and done from inside."""
import subprocess

from course_lib.grading.sandbox import WORKER, sandboxed
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
    import json

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
