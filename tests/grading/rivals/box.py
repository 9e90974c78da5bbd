"""The box that the other graders run in, so that their being fooled harms nothing: no network, no file that stays.

Their Python and the system are there to be read; what they write lies in memory, and all that they start ends with the
box. It is no part of the comparison: what the box holds off counts as done ("wrote outside", "connected").
"""
import json
import os
import subprocess
from pathlib import Path

from course_lib.grading.sandbox import SYSTEM, folder

HERE = Path(__file__).resolve().parent
GRADERS = (HERE.parents[2] / ".venv-graders").resolve()
USER = 65533                    # not the one of the course's own sandbox
DISK = 512 * 2**20              # bytes in /tmp, and in /var/tmp
LIMITS = ("--as=6442450944", "--nproc=1000", "--fsize=67108864", "--nofile=512")
GRACE = 60                      # seconds more than a grader gets, to start and to look at what is left


def inside(what: str, job: dict, made: Path, seconds: float, writes: bool = False) -> dict | None:
    """What `inside.py` answers; None where it was ended with the rest, or took too long."""
    python = GRADERS / "bin" / "python"
    base = Path(os.path.realpath(python)).parents[1]
    command = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--die-with-parent",
               "--new-session", "--clearenv"]
    for path in SYSTEM:
        command += ["--symlink", os.readlink(path), path] if os.path.islink(path) else ["--ro-bind-try", path, path]
    command += ["--ro-bind", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", str(DISK),
                "--tmpfs", "/tmp", "--perms", "1777", "--size", str(DISK), "--tmpfs", "/var/tmp"]
    for place in (base, GRADERS, HERE):   # where they are, for their scripts name each other; and open to every user
        for above in reversed(place.parents[:-1]):
            command += folder(str(above)) if str(above) not in ("/usr", "/tmp") else []
        command += ["--ro-bind", str(place), str(place)] if not str(place).startswith("/usr/") else []
    command += ["--bind" if writes else "--ro-bind", str(made), "/made", "--chdir", "/tmp"]
    for name, value in {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8",
                        "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}.items():
        command += ["--setenv", name, value]
    command += ["--"]
    if os.geteuid() == 0:
        command += ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all",
                    "--bounding-set=-all", "--no-new-privs"]
    command += ["prlimit", *LIMITS, str(python), str(HERE / "inside.py"), what]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        said, errors = started.communicate(json.dumps(job).encode() + b"\n", timeout=seconds + GRACE)
    except subprocess.TimeoutExpired:
        started.kill()
        started.communicate()
        return None
    if writes and started.returncode:
        raise SystemExit(f"The assignment cannot be made:\n{errors.decode('utf-8', 'replace')[-3000:]}")
    try:
        return json.loads(said.decode("utf-8", "replace").strip().rpartition("\n")[2])
    except ValueError:
        return None
