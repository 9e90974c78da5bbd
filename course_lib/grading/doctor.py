"""`course grade --doctor`: can this computer run students' code in a sandbox, and if not, why?"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.grading.sandbox import Worker

READY = "This computer can grade"
FORBIDDEN = {"/proc/sys/kernel/unprivileged_userns_clone": ("0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
             "/proc/sys/user/max_user_namespaces": ("0", "sudo sysctl user.max_user_namespaces=15000"),
             "/proc/sys/kernel/apparmor_restrict_unprivileged_userns":
                 ("1", "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0")}
CONTAINER = ("/.dockerenv", "/run/.containerenv")


def report() -> str:
    """One text: that it can, or what is missing and how to get it."""
    if not sys.platform.startswith("linux"):
        return ("This computer cannot grade in a sandbox: bubblewrap runs on Linux only. Use a Linux computer, a "
                "virtual machine, or WSL 2 on Windows.")
    if not shutil.which("bwrap"):
        return ("This computer cannot grade in a sandbox: there is no command 'bwrap'. Install bubblewrap (Debian, "
                "Ubuntu: sudo apt install bubblewrap; Fedora: sudo dnf install bubblewrap).")
    try:
        with Worker():
            return f"{READY} in a sandbox: bubblewrap starts, and Python and torch run inside of it."
    except CourseError as error:
        return "\n".join([f"This computer cannot grade in a sandbox. {error}", *causes()])


def causes() -> list[str]:
    """What is known to stop bubblewrap, as far as it is so here."""
    found = [f"{path} is {value}, so users may not make namespaces. To allow it: {cure}"
             for path, (value, cure) in FORBIDDEN.items() if os.geteuid() != 0 and content(path) == value]
    if any(map(os.path.exists, CONTAINER)):
        found.append("This seems to be a container: start it with user namespaces allowed (Docker: --security-opt "
                     "seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN), or grade outside of "
                     "it.")
    plain = subprocess.run(["bwrap", "--ro-bind", "/", "/", "true"], capture_output=True, text=True,
                           encoding="utf-8")
    if plain.returncode:
        found.append(f"bwrap alone says: {plain.stderr.strip()[:300]}")
    return found


def content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
