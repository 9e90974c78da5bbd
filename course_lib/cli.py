"""The `course` command: one line per subcommand, each in a module of its own.

A module offers `main(argv) -> int`; it is imported only when its command runs, so that `course --help` is quick.
"""
import errno
import importlib
import sys
from importlib.machinery import PathFinder

import course_lib
from course_lib.display import columns
from course_lib.errors import CourseError, unknown

COMMANDS = {
    "lab": ("course_lib.lab.command", "open the course in JupyterLab, in a working copy of your own"),
    "doctor": ("course_lib.lab.doctor", "check that this computer has what the course needs"),
    "install": ("course_lib.lab.install", "get what is too large to come with the course: a real pretrained encoder"),
    "world": ("course_lib.world.command", "read documents of the small world, and count them"),
    "models": ("course_lib.models.command", "list the bundled models and show their cards"),
    "pretrain": ("course_lib.pretraining.command", "train a base model from nothing, as the shipped ones were"),
    "predict": ("course_lib.offline.command", "a model's answers to the prompts in a file, however many they are"),
    "claims": ("course_lib.claims.command", "list, run and verify the measured claims"),
    "progress": ("course_lib.progress.command", "show, export and import your answers and predictions"),
    "grade": ("course_lib.grading.command", "grade what a class handed in, each task in a sandbox"),
    "build": ("course_lib.builder.command", "build notebooks, exercises and solutions from lessons/"),
    "release": ("course_lib.builder.release", "write what students get: the course without solutions and tests"),
    "bench": ("course_lib.bench.command", "measure the base models and the course's time budgets"),
}
REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC}  # a folder of somebody else's, a full disk


def is_here(name: str) -> bool:
    """Whether the part of the package that a command needs is here: what students get lacks some."""
    part = ".".join(COMMANDS[name][0].split(".")[:2])
    return PathFinder.find_spec(part, course_lib.__path__) is not None  # in this folder, not where another is installed


def usage() -> str:
    """What `course --help` prints: a line for each command that is here."""
    rows = "\n".join(columns((f"  {name}", COMMANDS[name][1]) for name in COMMANDS if is_here(name)))
    return f"usage: course COMMAND [options]\n\n{rows}\n\n`course COMMAND --help` says more about each."


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 is success, 1 a check that failed, 2 bad input."""
    argv = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that knows no "±" gets a question mark, not a traceback
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return 0 if argv else 2
    name, *rest = argv
    try:
        if name not in COMMANDS:
            raise unknown("command", name, filter(is_here, COMMANDS))
        if not is_here(name):
            raise CourseError("this command is not part of what students get; it comes with the course's repository.")
        return importlib.import_module(COMMANDS[name][0]).main(rest)
    except CourseError as error:
        print(f"course {name}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `course world | head` has read enough
        sys.stdout = None
        return 0
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        print(f"course {name}: {error.filename or 'this computer'}: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
