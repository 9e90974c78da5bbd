"""Every check, one group after the other, and one line at the end: `make test`.

    python tests/run_all.py              all groups
    python tests/run_all.py code         one group, or several: code notebooks browser colab

Needs nothing but the standard library; the groups run in .venv and in .venv-colab. No group may change the
repository. With COURSE_REQUIRE_BROWSER=1 nothing may be missing: a skipped test is a failure.
"""
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TWO = ["-n", "2", "--dist", "loadfile"]  # one file, and so one kernel, stays in one process
NOTEBOOKS = ["-p", "tests.notebook_plugin", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120", *TWO]
# What depends on the versions that Colab has:
COLAB = ("methods", "training", "distillation", "models", "quiz", "explore", "checks/test_check.py",
         "checks/test_check_odd_values.py", "checks/test_outcomes.py", "progress", "world/test_tasks.py",
         "world/test_tasks_from_outside.py", "world/test_tasks_from_the_hub.py", "test_errors.py",
         "test_evaluation.py", "test_plots.py", "test_prompting.py", "test_prompting_measures.py",
         "test_prompting_refuses.py", "test_prompting_search.py", "test_quiz_checker.py", "test_shifts.py",
         "test_weak_supervision.py")


def groups() -> dict[str, tuple[str, list[str]]]:
    """Name -> (the environment, pytest's arguments)."""
    lessons = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("notebooks/*.ipynb"))
    return {
        "code": (".venv", ["tests", "-m", "not browser", *TWO]),
        "notebooks": (".venv", [*NOTEBOOKS, "notebooks", "solutions"]),
        "browser": (".venv", ["tests/browser"]),
        "colab": (".venv-colab", ["--disable-warnings", *(f"tests/{name}" for name in COLAB), *TWO]),
        "colab-lesson": (".venv-colab", [*NOTEBOOKS, *[path for path in lessons if "/01_" in path]]),
    }


def count(report: Path) -> dict[str, int]:
    """passed, failed and skipped from pytest's JUnit file; a run that left none has failed once."""
    if not report.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    total, failed, errors, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    return {"passed": total - failed - errors - skipped, "failed": failed + errors, "skipped": skipped}


def run(name: str, environment: str, arguments: list[str], scratch: Path) -> dict[str, int]:
    print(f"\n=== {name} ({environment}) ===", flush=True)
    report = scratch / f"{name}.xml"
    python = ROOT / environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [str(python), "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1",      # two processes at a time, on two cores
                   "PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # or every kernel prints a warning of its debugger's
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, env=environment).returncode
    counts = count(report)
    if code and not counts["failed"]:  # no test found, or a check at the end of the session
        counts["failed"] = 1
    return counts


def status() -> str:
    """What git says of the repository; nothing where this is no clone."""
    if not (ROOT / ".git").exists():
        return ""
    return subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def main(wanted: list[str]) -> int:
    known = groups()
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no group {unknown[0]!r}. Known: {', '.join(known)}.", file=sys.stderr)
        return 2
    total = {"passed": 0, "failed": 0, "skipped": 0}
    rows, before = [], status()
    with tempfile.TemporaryDirectory(prefix="course-tests-") as scratch:
        for name in wanted or known:
            start = time.perf_counter()
            counts = run(name, *known[name], Path(scratch))
            rows.append(f"  {name:<13} {sentence(counts)}, {time.perf_counter() - start:.0f} s")
            total = {key: total[key] + counts[key] for key in total}
    print("\n" + "\n".join(rows))
    print(sentence(total))
    problems = [f"{total['failed']} failed"] if total["failed"] else []
    if total["skipped"] and os.environ.get("COURSE_REQUIRE_BROWSER") == "1":
        problems.append(f"{total['skipped']} were skipped, and COURSE_REQUIRE_BROWSER=1 wants every one")
    if (after := status()) != before:
        changed = sorted(set(after.splitlines()) ^ set(before.splitlines()))
        problems.append("the repository is no longer what it was before:\n  " + "\n  ".join(changed))
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


def sentence(counts: dict[str, int]) -> str:
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
