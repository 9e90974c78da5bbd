"""How long a lesson is: what the build counts on its main path, the minutes that follow, and the budgets.

The minutes stand in course_lib/lengths.json, where `start` reads them, and in the READMEs' tables. Nobody types them.
"""
import json
import math
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from course_lib.builder.notebooks import cells_of
from course_lib.builder.plan import lesson_folders
from course_lib.builder.printed import counted, how_to_count, read_printed, to_do, words
from course_lib.errors import CourseError

LENGTHS = "course_lib/lengths.json"
READMES = ("README.md", "docs/README-students.md")
OVER_BUDGET = ("00", "01", "02", "03", "04", "05", "06", "07", "08")  # written before the budgets; no other ever joins
BUDGETS = {"prose": 1200, "printed": 700, "code_cells": 35, "lines": 260, "in_a_row": 6, "minutes": 60}
LEAST_FILL_INS = 3
READ, LINES = {"prose": 180, "printed": 250}, 25                       # words, and lines of code, a minute
EACH = {"predictions": 1, "questions": 1.5, "labs": 4, "fill_ins": 5}  # minutes


@dataclass(frozen=True)
class Length:
    """Counts of one lesson. `prose` and `printed` are words, `lines` of code, `in_a_row` the most code cells without
    anything to do in them; a cell that is folded away counts, its lines do not."""

    prose: int
    printed: int
    code_cells: int
    lines: int
    in_a_row: int
    predictions: int
    questions: int
    labs: int
    fill_ins: int

    @property
    def minutes(self) -> int:
        """Whole minutes, rounded up."""
        counts = asdict(self)
        reading = sum(counts[name] / speed for name, speed in READ.items()) + self.lines / LINES
        return math.ceil(reading + sum(counts[name] * each for name, each in EACH.items()))

    def too_long(self) -> list[str]:
        """What is over its budget, a sentence each."""
        counts = asdict(self) | {"minutes": self.minutes}
        found = [f"{name} {counts[name]:,}, at most {most:,}" for name, most in BUDGETS.items() if counts[name] > most]
        if self.fill_ins < LEAST_FILL_INS:
            found.append(f"fill_ins {self.fill_ins}, at least {LEAST_FILL_INS}")
        return found

    def __str__(self) -> str:
        counts = asdict(self) | {"minutes": self.minutes}
        return ", ".join(f"{name} {count:,}" + (f" of {BUDGETS[name]:,}" if name in BUDGETS else "")
                         for name, count in counts.items())


def measure(cells: list[dict], printed: dict[str, int]) -> Length:
    """The length of a notebook's cells; `printed` is {cell: words}, and the build's own cells do not count."""
    cells = [cell for cell in cells if not cell["id"].startswith("course-")]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    done = [one for cell in code for one in to_do(cell)]
    runs = "".join("." if set(to_do(cell)) <= {"ledger"} else " " for cell in code).split()
    read = [cell for cell in code if "fill_in" not in to_do(cell) and "jupyter" not in cell["metadata"]]
    return Length(
        prose=sum(words(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"),
        printed=sum(printed.get(cell["id"], 0) for cell in code if counted(cell)),
        code_cells=len(code),
        lines=sum(bool(line.strip()) for cell in read for line in cell["source"].splitlines()),
        in_a_row=max(map(len, runs), default=0),
        predictions=done.count("predict"), questions=done.count("quiz"), labs=done.count("lab"),
        fill_ins=done.count("fill_in"))


def lesson_cells(root: Path, outputs: dict[str, str]) -> dict[str, list[dict]]:
    """{lessons/ folder's name: the cells of its notebook}: as the build has just made it, else as it lies there.

    A root without lessons.toml promises nobody a length. Raises CourseError for a notebook that is damaged.
    """
    cells = {}
    for folder in lesson_folders(root) if (root / "course_lib" / "lessons.toml").exists() else ():
        path = f"notebooks/{folder.name}.ipynb"
        if path in outputs or (root / path).exists():
            text = outputs.get(path) or (root / path).read_text(encoding="utf-8", errors="replace")
            if (found := cells_of(text)) is None:
                raise CourseError(f"{path} is damaged: it is no notebook, so its words cannot be counted. Run course "
                                  f"build --overwrite {path}.")
            cells[folder.name] = found
    return cells


def lengths(root: Path, cells: dict[str, list[dict]]) -> dict[str, Length]:
    """{lesson's number: its length}, of what `lesson_cells` gives."""
    return {name[:2]: measure(one, read_printed(root / "lessons" / name)) for name, one in cells.items()}


def promises(root: Path, measured: dict[str, Length]) -> dict[str, str]:
    """The files that say a lesson's length, {path: text}: the counts, and the READMEs with the minutes of now."""
    if not measured:
        return {}
    rows = [f' "{number}": {json.dumps(asdict(one) | {"minutes": one.minutes})}' for number, one in measured.items()]
    texts = {LENGTHS: "{\n" + ",\n".join(rows) + "\n}\n"}
    for path in (path for path in READMES if (root / path).exists()):
        texts[path] = (root / path).read_text(encoding="utf-8")
        for number, one in measured.items():
            texts[path] = re.sub(rf"^(\| {number} \| .* \|) \d+ \|$", rf"\1 {one.minutes} |", texts[path], flags=re.M)
    return texts


def audit_length(root: Path, name: str, cells: list[dict], length: Length) -> list[str]:
    """Findings in a lesson that keeps the budgets: what is over one, and a cell whose printed words nobody counted."""
    if name[:2] in OVER_BUDGET:
        return []
    folder = root / "lessons" / name
    printed = read_printed(folder)
    new = next((cell["id"] for cell in cells if counted(cell) and cell["id"] not in printed), None)
    found = [f"lessons/{name}, cell {new!r}: nobody counted yet what it prints. {how_to_count(folder)}"] if new else []
    return found + [f"lessons/{name}: too long: {one}. Move what is beside the line to more.py, or cut it."
                    for one in length.too_long()]
