"""Before anybody is graded: does this computer give the reference full marks, the stub none, each mistake less?

Where a sandbox keeps the reference from running, every student would get 0 with a sentence that sounds plausible.
"""
import hashlib
import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from course_lib.builder.tasks import Task
from course_lib.errors import CourseError
from course_lib.files import write_text
from course_lib.grading.engine import grade_cells
from course_lib.grading.one import Settings
from course_lib.grading.results import Mark
from course_lib.grading.sandbox import Worker, sandboxed

BOOT = Path("/proc/sys/kernel/random/boot_id")   # another one after each start of the computer


def check_or_recall(settings: Settings, path: Path, recall: bool) -> tuple[int, bool]:
    """How many cells were graded as they must be, and whether that was known. What passed is kept in `path`.

    recall: a check that passed counts still, as long as it was of the same tasks, code, versions, seed and sandbox,
    on this computer, and since it was started.
    """
    key = key_of(settings)
    if recall and path.is_file():
        kept, _, count = path.read_text(encoding="utf-8", errors="replace").strip().partition(" ")
        if kept == key and count.isdecimal():
            return int(count), True
    count = check(settings.tasks, settings.seed, settings.unsafe)
    write_text(path, f"{key} {count}\n")
    return count, False


def key_of(settings: Settings) -> str:
    """SHA-256 of all that decides whether the check passes. Where no start of the computer is known, none is alike."""
    if not BOOT.exists():
        return secrets.token_hex()
    import resource  # not on Windows, which knows no BOOT either

    tasks = sorted((id, task.digest) for id, task in settings.tasks.items())
    limits = [(name, resource.getrlimit(getattr(resource, name))) for name in dir(resource) if name[:7] == "RLIMIT_"]
    sandbox = None
    if not settings.unsafe:
        command = sandboxed()
        bwrap = os.stat(command[0])
        sandbox = command, os.geteuid(), bwrap.st_size, bwrap.st_mtime_ns
    facts = (settings.code, hashlib.sha256(Path(__file__).read_bytes()).hexdigest(), tasks, settings.seed,
             settings.unsafe, platform.uname(), BOOT.read_text(encoding="ascii"), limits, sandbox)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def check(tasks: dict[str, Task], seed: int = 0, unsafe: bool = False) -> int:
    """How many cells were graded as they must be. Raises CourseError that names the first that was not."""
    graded = 0
    with closing(known_answers(tasks, seed, unsafe)) as answers:
        for variant, mark in answers:
            refuse(mark, tasks[mark.task], variant)
            graded += 1
    return graded


def known_answers(tasks: dict[str, Task], seed: int = 0, unsafe: bool = False) -> Iterator[tuple[str | int, Mark]]:
    """("reference", its mark), ("stub", its mark) and (number in task.wrong, its mark), of every task."""
    variants = {"reference": {id: task.reference for id, task in tasks.items()},
                "stub": {id: task.stub for id, task in tasks.items()}}
    for id, task in tasks.items():
        for number, wrong in enumerate(task.wrong):
            variants.setdefault(number, {})[id] = wrong.source
    worker = Worker(unsafe)
    try:
        for variant, cells in variants.items():
            if not worker.alive:
                worker = Worker(unsafe)
            for mark in grade_cells("self-check", cells, {id: tasks[id] for id in cells}, seed, unsafe, worker):
                yield variant, mark
    finally:
        worker.__exit__()


def refuse(mark: Mark, task: Task, variant: str | int) -> None:
    """Raise CourseError where this mark is not what the variant must get."""
    full = mark.points == mark.out_of
    if variant == "reference" and not full:
        what = "the reference does not get full marks"
    elif variant == "stub" and mark.verdict != "unwritten":
        what = "the stub is not seen as unwritten"
    elif type(variant) is int and full:
        what = f"the wrong solution {task.wrong[variant].name} gets full marks"
    else:
        return
    raise CourseError(f"Nobody is graded: on this computer {what} (task {mark.task}, {mark.name}: {mark.reason}) "
                      "'course grade --doctor' says what this computer lacks.")
