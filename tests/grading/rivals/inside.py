"""Runs inside the box (box.py) with the Python of .venv-graders: sets the assignment, or grades one notebook.

    python inside.py make              stdin {"name", "prelude", "reference", "public", "hidden"}: an assignment for
                                       each grader in /made, as an instructor makes it; the tests are lines of code
    python inside.py nbgrader|otter    stdin {"cell", "seconds", "mark", "port"}: one line of JSON on stdout,
                                       {"points": number or null, "hangs", "outside", "connected"}

Both graders are used as their manuals show it, with their defaults. The task is worth one point in each.
"""
import json
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

MADE, PLACE, NAME = Path("/made"), Path.home() / "class", "exercise"
WRITABLE = ("/tmp", "/var/tmp", "/dev/shm")
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def call(*typed: str, seconds: float | None = None) -> bool:
    """`python -m …`; whether it ended well. What it says goes to stderr. Raises TimeoutExpired."""
    return subprocess.run([sys.executable, "-m", *typed], cwd=PLACE, stdout=sys.stderr, stdin=subprocess.DEVNULL,
                          timeout=seconds).returncode == 0


def write(path: Path, cells: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)


def make_nbgrader(task: dict) -> None:
    """One cell to be written and one of tests, the hidden ones between nbgrader's marks."""
    def cell(source: str, id: str, **more) -> dict:
        plain = {"schema_version": 3, "grade_id": id, "locked": False, "solution": False, "grade": False, "task": False}
        return new_code_cell(source, metadata={"nbgrader": {**plain, **more}})

    write(PLACE / "source" / "lora" / f"{NAME}.ipynb", [
        new_code_cell(task["prelude"]),
        cell(f"### BEGIN SOLUTION\n{task['reference']}\n### END SOLUTION", "answer", solution=True),
        cell(f"{task['public']}\n### BEGIN HIDDEN TESTS\n{task['hidden']}\n### END HIDDEN TESTS", "tests", grade=True,
             locked=True, points=1)])
    (PLACE / "nbgrader_config.py").write_text(f'get_config().CourseDirectory.root = "{PLACE}"\n', encoding="utf-8")
    call("nbgrader", "generate_assignment", "lora")


def by_nbgrader(cell: str, seconds: float) -> float | None:
    """The points in the gradebook behind `nbgrader autograde`; None where that stops with an error."""
    from nbgrader.api import Gradebook

    notebook = nbformat.read(PLACE / "release" / "lora" / f"{NAME}.ipynb", 4)
    notebook.cells[1].source = cell
    handed = PLACE / "submitted" / "student" / "lora" / f"{NAME}.ipynb"
    handed.parent.mkdir(parents=True)
    nbformat.write(notebook, handed)
    if not call("nbgrader", "autograde", "lora", "--student", "student", seconds=seconds):
        return None
    with Gradebook(f"sqlite:///{PLACE}/gradebook.db") as gradebook:
        return gradebook.find_submission("lora", "student").score


def make_otter(task: dict) -> None:
    """The same as a master notebook for `otter assign`."""
    write(PLACE / f"{NAME}.ipynb", [
        new_raw_cell(f"# ASSIGNMENT CONFIG\nname: {NAME}\ninit_cell: true\ncheck_all_cell: false\nexport_cell: false"),
        new_code_cell(task["prelude"]), new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: 1"),
        new_markdown_cell("The task."), new_raw_cell("# BEGIN SOLUTION"),
        new_code_cell(f"# BEGIN SOLUTION\n{task['reference']}\n# END SOLUTION"), new_raw_cell("# END SOLUTION"),
        new_raw_cell("# BEGIN TESTS"), new_code_cell(task["public"]), new_code_cell(f"# HIDDEN\n{task['hidden']}"),
        new_raw_cell("# END TESTS"), new_raw_cell("# END QUESTION")])
    call("otter", "assign", f"{NAME}.ipynb", "dist", "--no-pdfs")


def by_otter(cell: str, seconds: float) -> float | None:
    """The points in what `otter run` writes; None where it writes nothing."""
    notebook = nbformat.read(PLACE / "dist" / "student" / f"{NAME}.ipynb", 4)
    next(one for one in notebook.cells if one.source.strip() == "...").source = cell
    nbformat.write(notebook, PLACE / f"{NAME}.ipynb")
    results = PLACE / "results" / "results.json"
    results.parent.mkdir()
    autograder = next((PLACE / "dist" / "autograder").glob("*.zip"))
    call("otter", "run", f"{NAME}.ipynb", "-a", str(autograder), "-o", "results", "--no-logo", seconds=seconds)
    if not results.exists():
        return None
    return sum(one["score"] for one in json.loads(results.read_text(encoding="utf-8"))["tests"] if "score" in one)


GRADERS = {"nbgrader": (make_nbgrader, by_nbgrader), "otter": (make_otter, by_otter)}


def listen(port: int, heard: list) -> None:
    """Notes every connection to this port of the box."""
    server = socket.create_server(("127.0.0.1", port))
    while True:
        heard.append(server.accept()[1])


def written(mark: str) -> bool:
    """Whether a file of this mark lies outside of the class's folder."""
    return any(PLACE not in path.parents for place in WRITABLE for path in Path(place).rglob(f"*{mark}*"))


def main(what: str) -> None:
    job = json.loads(sys.stdin.readline())
    if what == "make":
        for name, (make, _) in GRADERS.items():
            PLACE.mkdir()
            make(job)
            shutil.copytree(PLACE, MADE / name)
            shutil.rmtree(PLACE)
        return
    heard, hangs, points = [], False, None
    threading.Thread(target=listen, args=(job["port"], heard), daemon=True).start()
    shutil.copytree(MADE / what, PLACE)
    try:
        points = GRADERS[what][1](job["cell"], job["seconds"])
    except subprocess.TimeoutExpired:
        hangs = True
    print("\n" + json.dumps({"points": points, "hangs": hangs, "outside": written(job["mark"]),
                             "connected": bool(heard)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
