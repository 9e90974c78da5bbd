"""The `course` command: one line per subcommand, each in a module of its own.

A module offers `main(argv) -> int`; it is imported only when its command runs, so that `course --help` is quick.
"""
import errno
import importlib
import sys

from course_lib.errors import CourseError, unknown

COMMANDS = {
    "lab": ("course_lib.lab", "open the course in JupyterLab, in a working copy of your own"),
    "doctor": ("course_lib.doctor", "check that this computer has what the course needs"),
    "install": ("course_lib.install", "get what is too large to come with the course: a real pretrained encoder"),
    "world": ("course_lib.world.command", "read documents of the small world, and count them"),
    "models": ("course_lib.models.command", "list the bundled models and show their cards"),
    "pretrain": ("course_lib.models.pretrain", "train a base model from nothing, as the shipped ones were"),
    "claims": ("course_lib.claims.command", "list, run and verify the measured claims"),
    "progress": ("course_lib.progress.command", "show, export and import your answers and predictions"),
    "build": ("course_lib.builder.command", "build notebooks, exercises and solutions from lessons/"),
    "bench": ("course_lib.bench.command", "measure the base models and the course's time budgets"),
}
REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC}  # a folder of somebody else's, a full disk


def usage() -> str:
    """What `course --help` prints: a line for each command."""
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:<{width}}  {about}" for name, (_, about) in COMMANDS.items())
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
            raise unknown("command", name, COMMANDS)
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
