"""A row of a file, whatever the file's kind."""
from dataclasses import dataclass, field

from course_lib.errors import CourseError


@dataclass
class Row:
    """A row, where it stands in its file, what is asked in it, and why it cannot be asked, if so."""

    place: str                                                # "line 7"
    prompt: object = None
    problem: str = ""
    fields: dict[str, object] = field(default_factory=dict)   # by column; of a line that cannot be read none
    line: str = ""                                            # of JSONL: as it stands there


@dataclass
class Source:
    """A file with rows, as a first look at it found it. Each kind of file has its own `rows()`."""

    path: object
    column: str               # of the prompts
    columns: list[str]
    count: int                # rows


def whole(text: str) -> str:
    """The text with "?" for halves of characters, which no file can hold: the problem of their row names them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def is_text(text: str) -> bool:
    """Whether the text can be written as UTF-8: JSON can name halves of characters, which cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_columns(path, column: str, columns: list[str], new: str) -> None:
    """CourseError where no column has the prompts, or one has the name of the answers."""
    if column not in columns:
        raise CourseError(f"{path} has no column {column!r}; its columns are {', '.join(map(str, columns)) or 'none'}. "
                          "Name the one with the prompts: --column NAME.")
    if not new or not is_text(new):
        raise CourseError(f"{new!r} is no name for a column of answers. Name another one: --answer NAME.")
    if new in columns:
        raise CourseError(f"{path} has a column {new!r} already, and nothing is written over it. Name another one for "
                          "the answers: --answer NAME.")


def check_utf8(path) -> None:
    """CourseError, with the line, where the file is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
                bad = "a byte of 0, which is no text" if b"\0" in line else ""
            except UnicodeDecodeError as error:
                bad = f"the byte 0x{line[error.start]:02x}"
            if bad:
                was = "utf-16" if line.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin1"
                raise CourseError(f"The file {path} is not UTF-8: line {number} holds {bad}. Save it again as UTF-8, "
                                  f"for instance with iconv -f {was} -t utf-8 '{path.name}' > 'utf8-{path.name}'.")
