"""`course doctor`: does this computer have what the course needs, and if not, what to do."""
import argparse
import importlib
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from course_lib import threads
from course_lib.display import columns, course

OPTIONAL = {"jupyterlab": "lab", "jupytext": "build", "scikit-learn": "bench"}
BUILDER = Path(__file__).parents[1] / "builder"  # students have none
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "firefox", "microsoft-edge", "safari", "open")
REINSTALL = "install the course again: make lab, or pip install -c constraints.txt -e '.[lab]'"
GOOD, NOTE, BAD = "ok", "note", "MISSING"


@dataclass(frozen=True)
class Finding:
    """One row of the table; `advice` says what to do where something is not right."""

    state: str
    what: str
    found: str
    advice: str = ""


def check_python() -> Finding:
    """Whether this Python is new enough."""
    version = platform.python_version()
    if sys.version_info < (3, 11):
        advice = "the course needs Python 3.11 or newer: make lab PYTHON=/path/to/python3"
        return Finding(BAD, "Python", version, advice)
    return Finding(GOOD, "Python", f"{version} ({sys.prefix})")


def requirements() -> dict[str, str]:
    """{package: lowest version} of the core dependencies, as the installed course states them."""
    stated = metadata.requires("course-lib") or []
    parts = [re.match(r"([\w.-]+)>=([\d.]+)$", line) for line in stated]
    return {part[1]: part[2] for part in parts if part}


def release(version: str) -> tuple[int, ...]:
    """(2, 13, 0) of "2.13.0+cpu"."""
    return tuple(int(number) for number in re.findall(r"\d+", version.split("+")[0])[:3])


def check_package(name: str, lowest: str = "", extra: str = "") -> Finding:
    """A package is there, new enough and can be imported; one with an `extra` is only noted where it is missing."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        if extra:
            return Finding(NOTE, name, "not here", f"only if you need it: pip install 'course-lib[{extra}]'")
        return Finding(BAD, name, "not here", REINSTALL)
    if lowest and release(version) < release(lowest):
        return Finding(BAD, name, version, f"needs {lowest} or newer; {REINSTALL}")
    if lowest:
        try:
            importlib.import_module(name)
        except Exception as error:  # a broken installation fails in many ways
            return Finding(BAD, name, f"{version}, but: {type(error).__name__}: {error}", REINSTALL)
    return Finding(GOOD, name, version)


def check_models() -> list[Finding]:
    """Whether the shipped models are here; one that no ready lesson runs on is only noted."""
    from course_lib.lessons import lessons
    from course_lib.models.card import BUNDLED
    from course_lib.models.configs import SHIPPED

    needed = {lesson.model for lesson in lessons().values() if lesson.ready}
    findings = []
    for name in SHIPPED:
        weights = BUNDLED / name / "model.safetensors"
        if weights.is_file():
            findings.append(Finding(GOOD, name, f"{weights.stat().st_size / 1e6:.1f} MB"))
        elif name in needed:
            findings.append(Finding(BAD, name, "not here", REINSTALL))
        else:
            findings.append(Finding(NOTE, name, "not here", "no lesson that is ready needs it"))
    return findings


def check_progress() -> Finding:
    """Whether answers and predictions can be kept: writes and removes a file there."""
    from course_lib.progress.file import NAME
    from course_lib.progress.place import place

    folder, problem = place()
    if problem:
        return Finding(BAD, "progress", str(folder), problem)
    try:
        with tempfile.TemporaryFile(dir=nearest_that_exists(folder)):
            pass  # the folder is made with the first answer
        if (folder / NAME).exists():
            open(folder / NAME, "r+b").close()
        return Finding(GOOD, "progress", str(folder))
    except OSError as error:
        advice = "set COURSE_HOME to a folder that you may write to, or answers are kept only while a notebook runs"
        return Finding(BAD, "progress", f"{folder} ({error.strerror})", advice)


def nearest_that_exists(folder: Path) -> Path:
    """`folder`, or the nearest above it. Raises OSError where it could not be made there."""
    while True:
        try:
            os.stat(folder)
            return folder
        except FileNotFoundError:
            folder = folder.parent


def check_browser() -> Finding:
    """Whether there is a browser that `course lab` can open; only noted where there is none."""
    found = next((name for name in BROWSERS if shutil.which(name)), None) or os.environ.get("BROWSER")
    if found or os.name == "nt":
        return Finding(GOOD, "browser", found or "the system's")
    advice = f"{course('lab')} prints an address: open it in any browser on this computer"
    return Finding(NOTE, "browser", "none found", advice)


def check_threads() -> Finding:
    """How torch's threads wait for each other: asleep, or as the user has said; noted where they spin."""
    torch = sys.modules.get("torch")
    if torch is None:
        return Finding(NOTE, "threads", "torch is not here", REINSTALL)
    count = torch.get_num_threads()
    if count > 1 and not threads.IN_TIME:
        advice = ("beside a busy program everything takes many times as long: restart the kernel and run `import "
                  "course_lib` before torch; where torch is there from the start, `torch.set_num_threads(1)`")
        return Finding(NOTE, "threads", f"{count}, which spin: torch was loaded before course_lib", advice)
    how = ", ".join(f"{name}={os.environ[name]}" for name in threads.HOW_TO_WAIT if name in os.environ)
    return Finding(GOOD, "threads", f"{count} ({how})")


def findings() -> list[Finding]:
    """Every row of the table, in its order."""
    try:
        needed = requirements()
    except metadata.PackageNotFoundError:
        return [check_python(), Finding(BAD, "course-lib", "not installed", REINSTALL)]
    return [
        check_python(),
        *(check_package(name, lowest) for name, lowest in needed.items()),
        *(check_package(name, extra=extra) for name, extra in OPTIONAL.items() if extra != "build" or BUILDER.is_dir()),
        check_threads(),
        *check_models(),
        check_progress(),
        check_browser(),
    ]


def main(argv: list[str]) -> int:
    """Print the table; 0 when everything needed is there, else 1."""
    about = "Check that this computer has what the course needs."
    parser = argparse.ArgumentParser(prog="course doctor", description=about)
    parser.parse_args(argv)
    rows = findings()
    lines = []
    for row in rows:
        lines += [(f"  {row.state}", row.what, row.found), *[("", "", f"-> {row.advice}")] * bool(row.advice)]
    print(*columns(lines), sep="\n")
    bad = sum(row.state == BAD for row in rows)
    print(f"\n{bad} of {len(rows)} checks found something missing." if bad
          else "\nEverything the course needs is here.")
    return 1 if bad else 0
