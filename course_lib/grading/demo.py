"""`course grade --demo`: a made-up class of twenty that is graded while you look, and then its pages.

The answers stand nowhere twice: right and wrong ones are those of lesson 06's tasks, and demo_class.py has what no task
holds. What is made is the same each time, but for the times in progress files.
"""
import argparse
import json
import os
import random
import tempfile
import webbrowser
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import joblib

from course_lib import progress
from course_lib.builder.tasks import Task
from course_lib.errors import CourseError
from course_lib.files import user_path, write_bytes, write_text
from course_lib.grading.demo_class import CLASS, GONE, ODD, STUB
from course_lib.grading.notebook import task_cells
from course_lib.quiz.questions import SingleChoice
from course_lib.quiz.reading import bank
from course_lib.root import find_root

LESSON, SEED, PLACE = "06", 6, "grading-demo"
ABSENT = "student-21"   # in the roster and the export, and nowhere else
MARKUP = "06 <img src=x onerror=alert(1)>.ipynb"   # a notebook's name
LOOK = """
Look at
  {class_page}
      the class: how hard each task is, what failing answers do, quizzes and confidence, two answers that are alike
  {feedback}
      student-04.html   one mistake, made in two tasks, and said in words
      student-17.html   markup in an answer and in a name: text, and nothing else
      student-18.html   hostile: each task costs itself alone
      student-15.html   a damaged notebook, and student-16.html one of an old format, which is read
  {gradebook}
      the export of Canvas beside the sample class, filled in; {absent} handed in nothing
  {sample}
      what they handed in, their progress files, the roster, the export
"""


def cell(student: str, task: Task) -> str | None:
    """The source of this student's cell; None where there is none."""
    wrong = {one.name: one.source for one in task.wrong}
    known = {None: task.reference, STUB: task.stub, GONE: None, **ODD, **wrong}
    source = known[CLASS[student].get(task.id)]
    if student == "student-12":
        source = copied(source)
    return source and f"# task {task.id}: {task.name}\n{source}"


def copied(source: str) -> str:
    """The same in disguise: a comment and other names."""
    return f"# All my own work.\n{source.replace('scaling', 'factor').replace('delta', 'update')}"


def notebook(student: str, tasks: dict[str, Task], given: dict) -> bytes:
    """What the student handed in. `given`: the exercise's notebook."""
    cells = []
    for one in given["cells"]:
        id = marked(one)
        source = cell(student, tasks[id]) if id else "".join(one["source"])
        if source is not None:
            cells.append({**one, "source": source})
    made = {**given, "cells": cells}
    if student == "student-13":   # another order, and a stub behind the answer
        again = next(one for one in given["cells"] if marked(one) == "06.1")
        made["cells"] = [*reversed(cells), {**again, "id": "again"}]
    if student == "student-16":
        rows = [{"cell_type": one["cell_type"], "input" if one["cell_type"] == "code" else "source": one["source"]}
                for one in cells]
        made = {"metadata": {}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": rows}]}
    content = json.dumps(made, indent=1).encode()
    return content[:len(content) // 2] if student == "student-15" else content


def marked(cell: dict) -> str | None:
    """The id of the task whose cell this is."""
    found, _ = task_cells(json.dumps({"cells": [cell]}).encode())
    return next(iter(found), None)


def make_class(folder: Path, tasks: dict[str, Task]) -> None:
    """Writes submissions, progress files, roster.csv and canvas.csv. `tasks`: those of lesson 06."""
    path, = (find_root("lessons") / "exercises").glob(f"{LESSON}_*.ipynb")
    given = json.loads(path.read_text(encoding="utf-8"))
    for student in CLASS:
        place = folder / "submissions" / student / (MARKUP if student == "student-17" else path.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(place, notebook(student, tasks, given))
    (folder / "progress").mkdir(exist_ok=True)
    for number, student in enumerate(list(CLASS)[:15]):
        write_progress(folder / "progress" / f"{student}.json", student, random.Random(number))
    people = [*CLASS, ABSENT]
    write_text(folder / "roster.csv", "\n".join(["student", *people, ""]))
    rows = [f"\"Example, {one.capitalize()}\",{900 + number},{one},Group 1," for number, one in enumerate(people)]
    write_text(folder / "canvas.csv", "\n".join(["Student,ID,SIS Login ID,Section,\"Exercise 06, LoRA (600)\"",
                                                 "    Points Possible,,,,20.00", *rows, ""]))


def write_progress(path: Path, student: str, rng: random.Random) -> None:
    """A student's progress through the lesson, as the course itself writes it: surer than right, as people are."""
    questions, predictions = (
        {id: one for id, one in part.items() if id.startswith(f"{LESSON}.")} for part in bank())
    with tempfile.TemporaryDirectory() as home, course_home(home):
        for id, question in questions.items():
            if isinstance(question, SingleChoice):
                index = rng.randrange(len(question.choices)) if rng.random() < 0.5 else \
                    next(at for at, choice in enumerate(question.choices) if choice.correct)
                choice = question.choices[index]
                progress.record_answer(id, index, choice.correct, choice.misconception)
        for id, prediction in predictions.items():
            sure, right = rng.choice([30, 50, 60, 70, 80, 90, 95]), rng.random() < 0.5
            guess, other = list(prediction.choices or (prediction.max, prediction.min))[:2]
            progress.record_prediction(id, guess, sure)
            progress.record_outcome(id, guess if right else other, guess, right)
        path.unlink(missing_ok=True)   # of an earlier demo
        progress.export(path, name=student)


@contextmanager
def course_home(folder: str):
    """The block in which progress is kept in this folder, and yours stays as it is."""
    before = os.environ.get("COURSE_HOME")
    os.environ["COURSE_HOME"] = folder
    try:
        yield
    finally:
        del os.environ["COURSE_HOME"]
        if before is not None:
            os.environ["COURSE_HOME"] = before


def main(argv: list[str], tasks: dict[str, Task], grade: Callable[[list[str]], int]) -> int:
    """Makes the class in OUT, grades it by `grade`, the command, and shows its page. 0, or CourseError."""
    parser = argparse.ArgumentParser(prog="course grade", description="Grade a made-up class, for a first look.")
    parser.add_argument("--demo", action="store_true", required=True)
    parser.add_argument("--out", metavar="DIR", default=PLACE, help=f"where it goes; else the folder {PLACE}")
    parser.add_argument("--jobs", metavar="N", default=str(joblib.cpu_count()), help="submissions at a time")
    parser.add_argument("--no-browser", action="store_true", help="only write the pages")
    chosen = parser.parse_args(argv)
    out = user_path(chosen.out).resolve()
    sample = out / "sample-class"
    if out.exists() and not out.is_dir() or out.is_dir() and any(out.iterdir()) and not sample.is_dir():
        raise CourseError(f"{out} holds something else. Choose a new folder for --out.")
    try:
        make_class(sample, tasks)
    except OSError as error:
        raise CourseError(f"{error.filename or out}: {error.strerror}. Choose another folder for --out.") from None
    print(f"A made-up class of {len(CLASS)} for lesson {LESSON}: {sample}")
    grade([str(sample / "submissions"), "--out", str(out), "--only", LESSON, "--jobs", chosen.jobs, "--seed", str(SEED),
           "--roster", str(sample / "roster.csv"), "--gradebook", str(sample / "canvas.csv"),
           "--progress", str(sample / "progress")])
    page = out / "class.html"
    print(LOOK.format(class_page=page, feedback=out / "feedback", gradebook=out / "gradebook.csv", sample=sample,
                      absent=ABSENT))
    if not chosen.no_browser:
        show(page)
    return 0


def show(page: Path) -> None:
    """Opens the page in the browser, where there is one with a window."""
    if any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")):
        webbrowser.open(page.as_uri())
