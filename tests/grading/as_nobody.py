"""A command as an ordinary user, for tests that root runs."""
import shutil
import sys
from pathlib import Path

from course_lib.grading.sandbox import packages

ROOT = Path(__file__).resolve().parents[2]


def as_nobody() -> list[str]:
    """The start of a command that root runs as a user without any right, who may read the course and its Python."""
    command = [shutil.which("bwrap"), "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    closed = {}
    for path in map(Path, (ROOT, sys.prefix, sys.base_prefix, *packages())):
        for above in [*path.resolve().parents][::-1]:
            if not above.stat().st_mode & 0o001:
                closed.setdefault(above, []).append(path.resolve())
                break
    for above, paths in closed.items():
        command += ["--perms", "0755", "--tmpfs", str(above)]
        for path in paths:
            for between in [one for one in [*path.parents][::-1] if above in one.parents]:
                command += ["--perms", "0755", "--dir", str(between)]
            command += ["--ro-bind", str(path), str(path)]
    return [*command, "--", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all"]
