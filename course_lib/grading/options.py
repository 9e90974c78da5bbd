"""The options of `course grade`, as they are typed."""
import argparse

import joblib

from course_lib.grading.changes import COLUMNS

WHAT = """Grades what a class handed in, each task in a sandbox, and keeps every result. It looks for notebooks in a
folder with a folder for each student, in notebooks or zips side by side, in a zip of those, and in what Canvas and
Moodle download."""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="course grade", description=WHAT)
    made.add_argument("submissions", metavar="SUBMISSIONS", help="a folder or a zip")
    made.add_argument("--out", metavar="DIR", required=True, help="where the results go; kept for --resume")
    made.add_argument("--roster", metavar="FILE",
                      help="a CSV file with a column student, named as the submissions are: who of them is missing?")
    made.add_argument("--only", metavar="TASK", nargs="+", action="extend", default=[],
                      help="a lesson (06) or a task (06.2), or several; else all")
    made.add_argument("--jobs", metavar="N", type=int, default=joblib.cpu_count(), help="submissions at a time")
    made.add_argument("--dask", metavar="ADDRESS", help="of a dask scheduler: its workers grade, in place of --jobs")
    made.add_argument("--resume", action="store_true", help="grade only what is new or has changed")
    for name, columns in COLUMNS.items():
        made.add_argument(f"--{name}", metavar="FILE", action="append", default=[],
                          help=f"a CSV file with the columns {', '.join(columns)}; or several, each with --{name}")
    made.add_argument("--gradebook", metavar="EXPORT", help="the export of Canvas or Moodle, to be filled in")
    made.add_argument("--column", metavar="TITLE", help="of the export, where several could take the grades")
    made.add_argument("--progress", metavar="DIR", help="a folder with students' progress files, for class.html")
    made.add_argument("--seed", metavar="N", type=int, help="of the drawn inputs; else drawn once and kept in DIR/seed")
    made.add_argument("--doctor", action="store_true", help="alone: can this computer grade in a sandbox?")
    made.add_argument("--demo", action="store_true", help="alone, or with --out and --jobs: grade a made-up class")
    made.add_argument("--unsafe-no-sandbox", action="store_true",
                      help="run the code of students without a sandbox: it can do whatever you can")
    return made


def read_options(made: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """What was typed. Ends Python with a sentence, as argparse does, where an option is wrong or would do nothing."""
    chosen = made.parse_args(argv)
    if chosen.doctor or chosen.demo:
        made.error("--doctor and --demo stand without submissions: type them alone.")
    if chosen.column is not None and chosen.gradebook is None:
        made.error("--column names a column of --gradebook's export. Name that, too.")
    return chosen
