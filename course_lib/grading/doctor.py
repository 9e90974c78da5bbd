"""`course grade --doctor`: can this computer run students' code in a sandbox, and if not, why, and what helps?"""
import os
import shutil
import sys
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.grading.sandbox import NOBODY, SEE_DOCTOR, Worker

READY = "This computer can grade"
CANNOT = "This computer cannot grade in a sandbox"
WAYS = {"as root": f"root starts it, and students' code runs as user {NOBODY}, who has no rights and owns nothing",
        "as a user": "a user without rights starts it, in a user namespace of its own"}
FORBIDDEN = {"/proc/sys/kernel/unprivileged_userns_clone": ("0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
             "/proc/sys/user/max_user_namespaces": ("0", "sudo sysctl user.max_user_namespaces=15000"),
             "/proc/sys/kernel/apparmor_restrict_unprivileged_userns":
                 ("1", "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0")}
CONTAINER = ("/.dockerenv", "/run/.containerenv")
OF_CONTAINERS = ("container", "KUBERNETES_SERVICE_HOST")   # variables of the environment
# What bwrap says (a part of it) -> what that means, and what to do.
SAID = {
    "Unknown option": "This bubblewrap is too old: users need 0.8 or newer (bwrap --version). Install a newer one, or "
                      "grade as root, which an older one can do, too.",
    "amespace": "Here nobody may make namespaces, which a sandbox is made of: this is a container without them, or the "
                "kernel forbids them.",
    "uid map": "Here users may not make user namespaces, which a sandbox is made of.",
    "ount proc": "Here no new /proc may be mounted, as in a container that hides a part of its own. Docker: start it "
                 "with --security-opt systempaths=unconfined, too.",
    "setpriv": "Root needs the command 'setpriv', of util-linux. Install it, or grade as an ordinary user."}
LAST = ("Else grade on another computer: a Linux, a virtual machine, or WSL 2. What --unsafe-no-sandbox grades is "
        "marked as such everywhere, for the code of students can then do whatever you can.")


def report() -> str:
    """One text: that it can, and how; or what is missing, and how to get it."""
    if not sys.platform.startswith("linux"):
        return (f"{CANNOT}: bubblewrap runs on Linux only. Use a Linux computer, a virtual machine, or WSL 2 on "
                "Windows.")
    if not shutil.which("bwrap"):
        return (f"{CANNOT}: there is no command 'bwrap'. Install bubblewrap (Debian, Ubuntu: sudo apt install "
                "bubblewrap; Fedora: sudo dnf install bubblewrap).")
    try:
        with Worker():
            way = WAYS["as root" if os.geteuid() == 0 else "as a user"]
            return f"{READY} in a sandbox: bubblewrap starts, and Python and torch run inside of it. Here {way}."
    except CourseError as error:
        said = str(error).removesuffix(SEE_DOCTOR)
        return "\n".join([f"{CANNOT}. {said}", *causes(said), LAST])


def causes(said: str) -> list[str]:
    """What stops the sandbox, as far as its words and this computer tell, and what helps."""
    found = [meaning for words, meaning in SAID.items() if words in said]
    found += [f"{path} is {value}, so users may not make namespaces. To allow it: {cure}"
              for path, (value, cure) in FORBIDDEN.items() if os.geteuid() != 0 and content(path) == value]
    if any(map(os.path.exists, CONTAINER)) or any(name in os.environ for name in OF_CONTAINERS):
        found.append("This seems to be a container. Start it with namespaces allowed (Docker: --security-opt "
                     "seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN), or grade outside "
                     "of it.")
    return found


def content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
