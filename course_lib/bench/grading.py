"""A large class through the real command: how long it takes, how much of that is students' code, and the memory.

It is the demo's class, again and again, hostile and broken ones and a loop without an end included. What is not
students' code is nearly all the start of a sandbox for each submission: torch is imported anew, for no two students
may meet in one.
"""
import contextlib
import io
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from course_lib.bench.budgets import say
from course_lib.errors import whole_number
from course_lib.grading import command, demo
from course_lib.grading.run import stored

MINUTES, STUDENTS = 10, 200   # a larger class may take longer, in proportion
GROWTH = 0.2                  # of the memory, from the first quarter of the class to the last
EVERY = 0.5                   # seconds between two looks at the memory


def grade(students: int, jobs: int) -> bool:
    """Prints the figures; whether time, memory and marks are as they must be. `students`: at least 8."""
    students, jobs = whole_number("--students", students, 8), whole_number("--jobs", jobs, 1)
    budget = MINUTES * max(1, students / STUDENTS)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        a_class(Path(folder), students)
        memory, done = [], threading.Event()
        watching = threading.Thread(target=watch, args=(out / "results", memory, done), daemon=True)
        watching.start()
        start = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):
            command.main([str(Path(folder, "class")), "--out", str(out), "--only", demo.LESSON, "--jobs", str(jobs),
                          "--seed", str(demo.SEED)])
        minutes = (time.monotonic() - start) / 60
        done.set()
        watching.join()
        results = [stored(path) for path in sorted((out / "results").glob("*.json"))]
    marks = [mark for one in results for mark in one.marks]
    own = sum(mark.seconds for mark in marks) / 60
    first, last = quarters(memory, students)
    say("submissions a minute", f"{len(results) / minutes:.1f}", "", True)
    say("students' code, of the processors' time", f"{own / minutes / min(jobs, os.cpu_count()):.0%}", "", True)
    say("memory of all processes, at most", f"{max(most for _, most in memory) / 2**20:,.0f} MiB", "", True)
    return all([
        say(f"submissions graded, of {len(marks) // max(1, len(results))} tasks each, {jobs} at a time",
            f"{len(results)}", f"{students}", len(results) == students),
        say("minutes, self-check and pages included", f"{minutes:.1f}", f"{budget:.0f}", minutes <= budget),
        say("memory, first quarter and last", f"{first / 2**20:,.0f} → {last / 2**20:,.0f} MiB", f"+{GROWTH:.0%}",
            0 < last <= (1 + GROWTH) * first),
        say("answers marked unlike the same answers of others", f"{unlike(results)}", "0", not unlike(results))])


def a_class(folder: Path, students: int) -> None:
    """FOLDER/class with so many submissions, NUMBER-student-01 and so on."""
    demo.make_class(folder / "sample", command.chosen_tasks([demo.LESSON]))
    names = list(demo.CLASS)
    for number in range(students):
        name = names[number % len(names)]
        shutil.copytree(folder / "sample" / "submissions" / name, folder / "class" / f"{number:04}-{name}")


def unlike(results: list) -> int:
    """How many answers have another verdict than most of those that say the same."""
    verdicts = defaultdict(list)
    for one in results:
        for mark in one.marks:
            verdicts[one.student.partition("-")[2], mark.task].append(mark.verdict)
    return sum(len(given) - given.count(statistics.mode(given)) for given in verdicts.values())


def watch(results: Path, memory: list[tuple[int, int]], done: threading.Event) -> None:
    """Notes (submissions graded so far, bytes of all processes) until it is done."""
    while not done.wait(EVERY):
        memory.append((len(list(results.glob("*.json"))), resident(os.getpid())))


def quarters(memory: list[tuple[int, int]], students: int) -> tuple[float, float]:
    """The mean of the bytes while the first quarter of the class was graded, and the last, but for the ends.

    0 where nothing was measured then.
    """
    first = [most for graded, most in memory if 0 < graded <= students / 4]
    last = [most for graded, most in memory if students * 3 / 4 <= graded < students - 1]
    return statistics.fmean(first or [0]), statistics.fmean(last or [0])


def resident(root: int) -> int:
    """Bytes in memory of this process and all below it, each with what it shares. Linux only."""
    parents, pages = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = Path("/proc", name, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:   # it has ended
            continue
        fields = text.rpartition(")")[2].split()   # behind the command's name, which may hold anything
        parents[int(name)], pages[int(name)] = int(fields[1]), int(fields[21])

    def below(process: int) -> bool:
        while process not in (0, root):
            process = parents.get(process, 0)
        return process == root

    return sum(pages[process] for process in pages if below(process)) * os.sysconf("SC_PAGE_SIZE")
