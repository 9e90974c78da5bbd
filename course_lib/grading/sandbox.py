"""The sandbox that student code runs in, and the line through which the host talks to the worker inside.

bubblewrap gives the worker namespaces of its own: no network, no other processes, no files but the system's libraries,
Python and the few modules of the course that the worker needs, all read-only. Not there: lessons, solutions, and what
ships as the expected outcomes. Everything lies at top-level paths: as root, bwrap makes the folders above a bind
0700, and a clone in /root would be closed for the unprivileged user that the worker becomes.
"""
import json
import os
import select
import shutil
import site
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from course_lib.errors import CourseError

COURSE = Path(__file__).resolve().parents[1]
PIECES = ("__init__.py", "threads.py", "lazy.py", "errors.py", "display.py", "checks", "grading/__init__.py",
          "grading/worker.py", "grading/running.py", "grading/watch.py")
NOT_FOR_STUDENTS = "checks/data"
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives", "/nix/store")
NOBODY, TEMPORARY = 65534, 64 * 2**20   # user and group; bytes of /tmp
START_SECONDS = 120                     # import torch on a busy computer
MOST_BYTES = 16 * 2**20                 # of one answer of the worker
SEE_DOCTOR = " 'course grade --doctor' says what this computer lacks."
WORKER = ["-B", "-s", "-S", "-m", "course_lib.grading.worker"]


def packages() -> list[str]:
    """The folders that hold installed packages, such as torch."""
    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        found.append(site.getusersitepackages())
    return [folder for folder in dict.fromkeys(found) if os.path.isdir(folder)]


def environment(paths: list[str], home: str) -> dict[str, str]:
    """All that the worker finds in its environment. One thread: threads count as processes."""
    return {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONPATH": ":".join(paths),
            "PYTHONHOME": home, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
            "LD_LIBRARY_PATH": f"{home}/lib", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def sandboxed() -> list[str]:
    """The command that starts the worker in the sandbox. Raises CourseError without bwrap."""
    bwrap = shutil.which("bwrap")
    if not bwrap:
        raise CourseError("The sandbox needs bubblewrap, and there is no command 'bwrap' here. Install it (Debian, "
                          "Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)." + SEE_DOCTOR)
    base = Path(sys.base_prefix).resolve()
    python = Path(sys.base_exec_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}").resolve()
    command = [bwrap, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
               "--die-with-parent", "--new-session", "--clearenv"]
    if os.geteuid() != 0:   # without --as-pid-1 bwrap would stay inside, open to each process of the same user
        command += ["--unshare-user", "--disable-userns", "--as-pid-1"]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        else:
            command += ["--ro-bind-try", path, path]
    command += folder("/course-python") + ["--ro-bind", str(base), "/course-python"]
    paths = []
    for number, place in enumerate(packages()):
        inside = f"/course-python-packages-{number}"
        command += folder(inside) + ["--ro-bind", place, inside]
        if os.path.isdir(f"{place}/course_lib"):  # an installed course: its check data would lie there
            command += ["--perms", "0755", "--tmpfs", f"{inside}/course_lib"]
        paths.append(inside)
    command += [*folder("/course"), *folder("/course/course_lib"), *folder("/course/course_lib/grading")]
    for piece in PIECES:
        command += ["--ro-bind", str(COURSE / piece), f"/course/course_lib/{piece}"]
    if (COURSE / NOT_FOR_STUDENTS).is_dir():
        command += ["--perms", "0755", "--tmpfs", f"/course/course_lib/{NOT_FOR_STUDENTS}",
                    "--remount-ro", f"/course/course_lib/{NOT_FOR_STUDENTS}"]
    command += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev",
                "--perms", "1777", "--size", str(TEMPORARY), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp"]
    for key, value in environment(["/course", *paths], "/course-python").items():
        command += ["--setenv", key, value]
    if os.geteuid() == 0:
        command += ["--", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
                    "--bounding-set=-all", "--no-new-privs"]
    return [*command, *([] if os.geteuid() == 0 else ["--"]), f"/course-python/{python.relative_to(base)}", *WORKER]


def folder(path: str) -> list[str]:
    """Arguments for a folder that everybody may enter."""
    return ["--perms", "0755", "--dir", path]


class Worker:
    """A worker that was started, and takes one job after another. `unsafe`: as a plain process without a sandbox."""

    def __init__(self, unsafe: bool = False):
        command, settings = (plain() if unsafe else (sandboxed(), {}))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, bufsize=0, env=settings, close_fds=True,
                                        start_new_session=True)
        self.kept = b""
        if self.line(time.monotonic() + START_SECONDS) != b'"ready"':
            said = self.close().decode("utf-8", "replace").strip()[-2000:]
            raise CourseError(f"The sandbox does not start: {said or 'it says nothing'}.{SEE_DOCTOR}")

    def ask(self, job: dict, seconds: float) -> dict | None:
        """The worker's answer to a job; None, and it is ended, where it died, took longer or said what is no answer."""
        until = time.monotonic() + seconds
        text = json.dumps(job).encode() + b"\n"
        try:
            while text:
                if not select.select([], [self.process.stdin], [], max(0, until - time.monotonic()))[1]:
                    raise TimeoutError
                text = text[os.write(self.process.stdin.fileno(), text[:select.PIPE_BUF]):]
            answer = json.loads(self.line(until))
        except (OSError, ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            self.close()
            return None
        return answer

    def line(self, until: float) -> bytes:
        """The next line. Empty where none comes until then, or it is too long."""
        while b"\n" not in self.kept:
            left = until - time.monotonic()
            if left <= 0 or len(self.kept) > MOST_BYTES or not select.select([self.process.stdout], [], [], left)[0]:
                return b""
            more = os.read(self.process.stdout.fileno(), 2**16)
            if not more:
                return b""
            self.kept += more
        line, _, self.kept = self.kept.partition(b"\n")
        return line

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> bytes:
        """End it and all that it started; what it said on stderr."""
        self.process.kill()
        self.process.wait()
        said = b""
        while select.select([self.process.stderr], [], [], 0)[0] and len(said) < 2**16:
            if not (more := os.read(self.process.stderr.fileno(), 2**12)):
                break
            said += more
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        return said

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_) -> None:
        if not self.process.stdin.closed:
            self.close()


def plain() -> tuple[list[str], dict[str, str]]:
    """The command and the environment of a worker without a sandbox."""
    settings = environment([str(COURSE.parent), *packages()], sys.base_prefix)
    return [sys.executable, *WORKER, "--no-sandbox"], {key: value for key, value in settings.items()
                                                       if key not in ("PYTHONHOME", "LD_LIBRARY_PATH")}
