"""Plays the attacks of tests/grading/attacks.py against nbgrader, otter and `course grade`, and prints a table.

    make graders                                   all that was not played yet, kept in docs/graders.json and .md
    python -m tests.grading.rivals --only settrace atexit

It needs .venv-graders, which `make graders` installs, and bubblewrap. What was played against the other two is kept
until the attack or the version changes; this course's own grader is played each time. All of it takes about an hour.
"""
import argparse
import json
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from importlib import metadata
from pathlib import Path

from course_lib.files import write_text
from tests.grading.attacks import ATTACKS
from tests.grading.rivals import box, page, play

KEPT = Path(__file__).resolve().parents[3] / "docs" / "graders.json"
OTHERS = {"nbgrader": "nbgrader", "otter": "otter-grader"}


def versions() -> dict[str, str]:
    found = [str(path) for path in box.GRADERS.glob("lib/python*/site-packages")]
    try:
        return {"python": platform.python_version(),
                **{name: next(iter(metadata.distributions(name=package, path=found))).version
                   for name, package in OTHERS.items()}}
    except StopIteration:
        raise SystemExit(f"{box.GRADERS} lacks the other graders. Type: make graders") from None


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.grading.rivals", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="ATTACK", nargs="+", default=[], help="by name")
    parser.add_argument("--seconds", metavar="N", type=int, default=90, help="after which a grader hangs")
    parser.add_argument("--keep", action="store_true", help=f"write {KEPT.name} and .md in docs")
    chosen = parser.parse_args(argv)
    known = {one.name: one for one in (*play.PLAIN, *ATTACKS)}
    if strangers := set(chosen.only) - set(known):
        raise SystemExit(f"There is no attack {min(strangers)!r}. Known: {', '.join(known)}.")
    facts = {"versions": versions(), "seconds": chosen.seconds}
    before = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    same = {name: before.get(name) for name in facts} == facts
    rows = before.get("rows", {}) if same else {}
    if before and not same:
        print(f"{KEPT} was played with other versions, or another --seconds: nothing of it is taken over.")
    tasks, made = play.tasks(), {}
    with ExitStack() as stack, ThreadPoolExecutor(len(OTHERS)) as pool:
        for name in chosen.only or known:
            one = known[name]
            row = {"kind": one.kind, "honest": one.honest, "digest": play.digest(one)}
            old = rows.get(name, {})
            if old.get("digest") == row["digest"]:
                row |= {grader: old[grader] for grader in OTHERS}
            else:
                if one.task not in made:
                    made[one.task] = stack.enter_context(play.assignment(tasks[one.task]))
                playing = {grader: pool.submit(play.theirs, grader, one, made[one.task], chosen.seconds)
                           for grader in OTHERS}
                row |= {grader: played.result() for grader, played in playing.items()}
            row["course"] = play.ours(one, tasks[one.task])
            rows[name] = row
            print(f"{name}: " + "; ".join(f"{title} {page.said(row[grader], one.honest)}"
                                          for grader, title in page.GRADERS.items()), flush=True)
            kept = {**facts, "date": date.today().isoformat(),
                    "rows": {name: rows[name] for name in known if name in rows}}
            if chosen.keep:
                write_text(KEPT, json.dumps(kept, indent=1) + "\n")
                write_text(KEPT.with_suffix(".md"), page.written(kept))
    print("\n" + page.written({**kept, "rows": {name: rows[name] for name in chosen.only or known}}))


if __name__ == "__main__":
    main(sys.argv[1:])
