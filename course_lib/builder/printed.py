"""How many words a lesson's code prints, cell by cell, as a run of its notebook counted them.

The tests run every notebook anyway: `pytest ... --keep-printed notebooks/06_lora.ipynb` writes the counts to
lessons/06_lora/printed.json, and every other run compares (tests/notebook_plugin.py). What there is to do in a cell has
minutes of its own, and the ledger is looked things up in: their words do not count.
"""
import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import write_text
from course_lib.quiz.recall import MANY

UNSEEN = re.compile(r"<(details|style|script)\b.*?</\1>|<!--.*?-->|(?<=\])\([^)\s]*\)", re.DOTALL)
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
READ = ("text/html", "text/markdown", "text/plain")  # what a notebook shows of these is the first
NOT_READ = ("application/vnd.jupyter.widget-view+json", "image/png", "image/svg+xml")
LABS = tuple(path.stem for path in (Path(__file__).parents[1] / "explore").glob("[a-z]*.py"))
CALL = re.compile(rf"^@?(?:\w+\.)?(predict|quiz|due|fill_in|ledger|{'|'.join(LABS)})\(", re.MULTILINE)


def to_do(cell: dict) -> list[str]:
    """What there is to do in a cell, a word for each: "predict", "quiz", "fill_in", "lab"; "ledger" for the ledger.

    What is due are several questions.
    """
    found = CALL.findall(cell["source"]) if cell["cell_type"] == "code" else []
    return [word for name in found for word in
            (["quiz"] * MANY if name == "due" else ["lab" if name in LABS else name])]


def words(text: str) -> int:
    """The words of a text, a Markdown or an HTML one: without what is folded away, tags and links' addresses.

    >>> words("**Two** words<details><summary>More</summary> three of them </details>"), words("a = 1 | [b](c.html)")
    (2, 3)
    """
    seen = html.unescape(TAG.sub(" ", UNSEEN.sub(" ", text)))
    return len(re.findall(r"\S*\w\S*", seen))


def counted(cell: dict) -> bool:
    """Whether the words that a cell prints count."""
    return cell["cell_type"] == "code" and not cell["id"].startswith("course-") and not to_do(cell)


def printed_words(outputs: Iterable[dict]) -> int:
    """The words that a cell's outputs show: what is printed, said, tabled, and written below a figure."""
    count = 0
    for one in outputs:
        data = one.get("data", {})
        if one["output_type"] == "stream" and one["name"] == "stdout":
            count += words(one["text"])
        elif not any(kind in data for kind in NOT_READ):
            count += next((words(data[kind]) for kind in READ if kind in data), 0)
    return count


def read_printed(folder: Path) -> dict[str, int]:
    """{cell: words} of the lesson in `folder`, lessons/NN_name; {} where no run has counted yet."""
    path = folder / "printed.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except (ValueError, TypeError) as error:
        raise CourseError(f"{path} is damaged ({error}). {how_to_count(folder)}") from error


def write_printed(folder: Path, counts: dict[str, int]) -> None:
    write_text(folder / "printed.json", json.dumps(counts, indent=1) + "\n")


def other_length(folder: Path, counts: dict[str, int]) -> str:
    """A sentence where a run printed another number of words than is kept; "" where it is close, as runs differ."""
    kept, now = sum(read_printed(folder).values()), sum(counts.values())
    if abs(now - kept) <= max(20, kept / 20):
        return ""
    return (f"Lesson {folder.name} prints {now:,} words, and its minutes are computed from {kept:,}. "
            f"{how_to_count(folder)}")


def how_to_count(folder: Path) -> str:
    """The command that counts anew."""
    return (f"Count anew: pytest -q -p tests.notebook_plugin --nbval-lax --nbval-current-env --keep-printed "
            f"notebooks/{folder.name}.ipynb, then course build.")
