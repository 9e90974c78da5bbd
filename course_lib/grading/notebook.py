"""The cells of the tasks in a notebook as it was handed in. Nothing is run, and nothing is parsed as Python."""
import codecs
import json
import re

from course_lib.errors import CourseError, shown

MARKER = re.compile(r"^#[^\S\n]*task[^\S\n]+(\d{1,2})\.(\d{1,3})[^\S\n]*(?:[:：].*)?$", re.IGNORECASE | re.MULTILINE)
MAGIC = re.compile(r"([^\S\n]*)(?:%%?[A-Za-z_]\w*(?:[^\S\n].*)?|![^=\n].*|\?{1,2}[\w.]+|[\w.]+\?{1,2})[^\S\n]*$")
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
         (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"), (b"", "utf-8"))
MOST_CELLS, MOST_NOTES = 10_000, 100


def task_cells(content: bytes, stubs: dict[str, str] | None = None) -> tuple[dict[str, str], list[str]]:
    """{task id: source} of the code cells that begin with `# task NN.M: name`, and notes on what was seen.

    A cell with several markers is split at them; what stands above the first belongs to it. Of two cells with one
    marker the last counts that is neither empty nor the stub of `stubs` ({task id: source}). Lines for Jupyter alone
    (`%timeit`, `!pip`) become `pass`. Raises CourseError with the reason where the notebook cannot be read.
    """
    decoded, notes = decode(content)
    found: dict[str, list[str]] = {}
    for number, (kind, source) in enumerate(cells(read_json(decoded)), 1):
        if source is None:
            note(notes, f"Cell {number} has no source that is text; it was left aside.")
            continue
        for id, part in split(source):
            if kind != "code":
                note(notes, f"The cell of task {id} is a {kind} cell and was left aside: make it a code cell.")
            else:
                found.setdefault(id, []).append(plain_python(id, part, notes))
    chosen = {}
    for id, sources in found.items():
        chosen[id] = sources[last_written(sources, (stubs or {}).get(id, ""))]
        if len(sources) > 1:
            note(notes, f"There are {len(sources)} cells of task {id}; the last that is not the stub counts.")
    return chosen, notes


def last_written(sources: list[str], stub: str) -> int:
    """The place of the last source that is neither empty nor the stub; where all are, of the last."""
    written = [place for place, source in enumerate(sources) if body(source) not in ("", body(stub))]
    return written[-1] if written else len(sources) - 1


def decode(content: bytes) -> tuple[str, list[str]]:
    """The text, and a note where its coding had to be guessed."""
    mark, coding = next((mark, coding) for mark, coding in MARKS if content.startswith(mark))
    try:
        return content.decode(coding), []
    except UnicodeDecodeError:
        pass
    try:
        if not mark and b"\0" not in content:
            return content.decode("cp1252"), ["The notebook is not in UTF-8; it was read as Windows-1252."]
    except UnicodeDecodeError:
        pass
    raise CourseError("its bytes are no text in UTF-8: save it again in Jupyter")


def read_json(text: str) -> dict:
    """The notebook that the text holds. Of a name that stands twice the last counts, as in Jupyter."""
    if not text.strip():
        raise CourseError("the file is empty")
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise CourseError("its JSON is nested too deeply") from None
    except ValueError as error:
        raise CourseError(f"it is damaged, no whole JSON ({shown(str(error))})") from None
    if not isinstance(notebook, dict):
        raise CourseError("it is no notebook: its JSON is no object")
    return notebook


def cells(notebook: dict) -> list[tuple[str, str | None]]:
    """(kind, source) of each cell, of format 4 or 3; None where the source is no text."""
    if isinstance(sheets := notebook.get("worksheets"), list) and "cells" not in notebook:
        rows = [row for sheet in sheets if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
                for row in sheet["cells"]]
    elif isinstance(rows := notebook.get("cells"), list):
        pass
    else:
        raise CourseError("it is no notebook: it has no list of cells")
    if len(rows) > MOST_CELLS:
        raise CourseError(f"it has {len(rows):,} cells; at most {MOST_CELLS:,} are read")
    found = []
    for row in rows:
        row = row if isinstance(row, dict) else {}
        source = row["source"] if "source" in row else row.get("input")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str):
            source = source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
            source = source.encode("utf-8", "replace").decode()  # half a pair of UTF-16 can be written nowhere
        kind = row.get("cell_type")
        found.append((kind if kind in ("code", "markdown", "raw") else "nameless",
                      source if isinstance(source, str) else None))
    return found


def split(source: str) -> list[tuple[str, str]]:
    """(task id, its part of the cell), split at the markers; blanks before the first one do no harm."""
    source = re.sub(r"\A\s+(?=#)", "", source)
    markers = list(MARKER.finditer(source))
    starts = [0, *(marker.start() for marker in markers[1:]), len(source)]
    return [(f"{int(marker[1]):02}.{int(marker[2])}", source[start:end].rstrip() + "\n")
            for marker, start, end in zip(markers, starts, starts[1:])]


def plain_python(id: str, source: str, notes: list[str]) -> str:
    """The source with `pass` in the place of each line that only Jupyter understands, and a note for each."""
    lines = source.split("\n")
    for number, line in enumerate(lines):
        if match := MAGIC.match(line):
            lines[number] = f"{match[1]}pass"
            note(notes, f"Task {id}: the line {shown(line.strip())} was left out, for it is no Python.")
    return "\n".join(lines)


def note(notes: list[str], text: str) -> None:
    """Add a note, where there are not too many: a notebook can give cause for millions. The last says so."""
    if len(notes) <= MOST_NOTES:
        notes.append(text if len(notes) < MOST_NOTES else "There is more of this kind, which is not listed.")


def body(source: str) -> str:
    """What a cell says, without comments of a whole line, empty lines and blanks at the ends of lines."""
    lines = (line.rstrip() for line in source.split("\n"))
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
