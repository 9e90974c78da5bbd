"""grades.csv: a row for each student and task. A name in it is text to every spreadsheet, never a formula."""
import csv
import io
from collections.abc import Iterable
from pathlib import Path

from course_lib.files import write_text
from course_lib.grading.results import Graded

COLUMNS = ("student", "task", "points", "out_of", "reason")
WEAK = "[graded without a sandbox] "
FORMULA = "=+-@＝＋－＠\t\r\n"  # what Excel, LibreOffice and Google Sheets calculate, full-width signs among it


def write_grades(graded: Iterable[Graded], path: Path) -> None:
    """Writes grades.csv. UTF-8 without a byte-order mark: a script would read the mark as a part of `student`, and
    Excel reads the file right by Data, From Text/CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180; a line end in a name stays inside of its quotes
    writer.writerow(COLUMNS)
    for one in graded:
        for mark in one.marks:
            behaves = f" It behaves like {mark.mistake}: {mark.message}" if mark.mistake else ""
            writer.writerow([harmless(one.student), harmless(mark.task), number(mark.points), number(mark.out_of),
                             (WEAK if one.weak else "") + harmless(mark.reason + behaves)])
    write_text(path, out.getvalue())


def harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would calculate; half a character is a question mark.

    >>> harmless("=1+1"), harmless("  @SUM(A1)"), harmless("Anna-Maria")
    ("'=1+1", "'  @SUM(A1)", 'Anna-Maria')
    """
    text = text.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(tuple(FORMULA)) else text


def number(value: float) -> str:
    """Points as people write them.

    >>> number(2.0), number(1 / 3), number(1250)
    ('2', '0.3333', '1250')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")
