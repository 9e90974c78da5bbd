"""Broken and odd submissions: what is done to a file, a name or a zip on its way, by accident or on purpose.

Each is laid into the folder of a class and says which points its cells of 06.1 and 06.2 earn, and what is said of it
to the instructor. `ONE` and `TWO` are right.
"""
import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_lib.builder.tasks import read_tasks
from tests.grading.test_notebook import cell, dumped, notebook

TASKS = read_tasks(Path(__file__).resolve().parents[2] / "lessons" / "06_lora")
ONE, TWO = (f"# task {id}: {TASKS[id].name}\n{TASKS[id].reference}" for id in ("06.1", "06.2"))
STUB = f"# task 06.1: lora_parameters\n{TASKS['06.1'].stub}"
NO = "# task 06.1: lora_parameters\ndef lora_parameters(shapes, rank):\n    return 0\n"
BOTH, NOTHING, SECOND = (1, 1), (0, 0), (0, 1)


@dataclass(frozen=True)
class Broken:
    """One submission. `lay` writes it into the class's folder; `said` stands in a note or a reason of its result."""
    name: str                              # what is wrong with it
    student: str                           # whom it belongs to: the folder, most often
    lay: Callable[[Path], object]
    points: tuple[int, int] = BOTH
    said: str = ""


def written(path: Path, held: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(held)
    return path


def holds(name: str, held: bytes, points=BOTH, said="", student="", file="06.ipynb") -> Broken:
    """A student's folder with one file in it."""
    student = student or name
    return Broken(name, student, lambda folder: written(folder / student / file, held), points, said)


def packed(name: str, held: Callable[[], bytes], points=BOTH, said="") -> Broken:
    """A zip in the place of a student's folder."""
    return Broken(name, name, lambda folder: written(folder / f"{name}.zip", held()), points, said)


def linked(name: str, target: str, said: str) -> Broken:
    """A link in the place of the notebook."""
    def lay(folder: Path) -> None:
        (folder / name).mkdir()
        os.symlink(target, folder / name / "06.ipynb")

    return Broken(name, name, lay, NOTHING, said)


def zipped(files: dict) -> bytes:
    """A zip; a name may be a ZipInfo."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    return file.getvalue()


def lying(data: bytes) -> bytes:
    """The zip of one file, saying in its list that the file holds ten bytes."""
    at = data.rfind(b"PK\1\2") + 24
    return data[:at] + (10).to_bytes(4, "little") + data[at + 4:]


def encrypted(data: bytes) -> bytes:
    at = data.rfind(b"PK\1\2") + 8
    return data[:at] + bytes([data[at] | 1]) + data[at + 1:]


def link_in_zip() -> bytes:
    link = zipfile.ZipInfo("06.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped({link: b"/etc/passwd"})


def fifo(folder: Path) -> None:
    (folder / "a pipe").mkdir()
    os.mkfifo(folder / "a pipe" / "06.ipynb")


WHOLE = dumped(ONE, TWO)
TEXT = json.dumps(notebook("# é", ONE, TWO), ensure_ascii=False, indent=1)
OLD = json.dumps({"nbformat": 3, "worksheets": [{"cells": [
    {"cell_type": "code", "input": ONE.splitlines(keepends=True), "prompt_number": 1, "outputs": []},
    {"cell_type": "code", "input": TWO, "prompt_number": 2, "outputs": []}]}]}).encode()
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>".replace("/", "∕")   # a name holds no /

BROKEN = (
    holds("a byte-order mark", b"\xef\xbb\xbf" + WHOLE),
    holds("utf-16", TEXT.encode("utf-16")),
    holds("windows-1252", TEXT.encode("cp1252"), BOTH, "not in UTF-8"),
    holds("line ends of windows in the file", TEXT.replace("\n", "\r\n").encode()),
    holds("line ends of windows in the cells", dumped(ONE.replace("\n", "\r\n"), TWO.replace("\n", "\r"))),
    holds("format 3", OLD),
    holds("trailing blanks", dumped(ONE.replace("\n", "   \n") + "\n \n\n", "\n\n" + TWO)),
    holds("damaged", WHOLE[:-40], NOTHING, "damaged"),
    holds("a conflict of git", b"<<<<<<< HEAD\n" + WHOLE + b"\n=======\n" + WHOLE + b"\n>>>>>>> mine\n", NOTHING,
          "damaged"),
    holds("empty", b"", NOTHING, "empty"),
    holds("the page of a login", b"<!DOCTYPE html><html><script>alert(1)</script></html>", NOTHING, "damaged"),
    holds("an image", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, NOTHING, "no text in UTF-8"),
    holds("a document", b"PK\3\4\x14\0\6\0" + bytes(64), NOTHING, "cannot be read"),
    holds("deep json", b'{"cells": ' + b"[" * 10**5, NOTHING, "nested"),
    holds("a large number", b'{"cells": ' + b"1" * 10**6 + b"}", NOTHING, "damaged"),
    holds("no list of cells", b'{"cells": {"a": 1}}', NOTHING, "list of cells"),
    holds("two cells with one marker", dumped(NO, TWO, ONE), BOTH, "2 cells of task 06.1"),
    holds("the stub once more at the end", dumped(ONE, TWO, STUB), BOTH, "2 cells of task 06.1"),
    holds("a wrong cell once more at the end", dumped(ONE, TWO, NO), SECOND, "2 cells of task 06.1"),
    holds("the marker in markdown", dumped(cell(ONE, "markdown"), TWO), SECOND, "make it a code cell"),
    holds("one cell for all", dumped(ONE + "\n\n" + TWO)),
    holds("the other order", dumped(TWO, "print(1)", ONE)),
    holds("no marker", dumped(ONE.split("\n", 1)[1], TWO), SECOND, "no cell that begins with '# task 06.1"),
    holds("lines for jupyter alone", dumped(ONE + "\n%timeit 1\n!rm -rf /\n", TWO), BOTH, "left out"),
    holds("a cell that is no python", dumped("# task 06.1: x\ndef lora_parameters(:\n", TWO), SECOND, "no Python"),
    holds("a cell nested too deeply", dumped("# task 06.1: x\n" + "(" * 10**4, TWO), SECOND, "no Python"),
    holds("a zero byte and half a sign", dumped("# task 06.1: x\nx = '\0\ud800'\n", TWO), SECOND, "The cell"),
    holds("cells of odd types", json.dumps({"cells": [7, None, {}, cell(7), cell([1]), cell(ONE), cell(TWO)]}).encode(),
          BOTH, "has no source that is text"),
    holds("fifty megabytes", WHOLE + b" " * (50 * 2**20), NOTHING, "larger than 20 MB"),
    holds("outputs of fifty megabytes", dumped(ONE, TWO, {**cell("x"), "outputs": ["y" * 50 * 2**20]}), NOTHING,
          "larger than 20 MB"),
    holds("a cell of a megabyte", dumped("# task 06.1: x\n" + "x = 1\n" * 200_000, TWO), SECOND, "longer than 50,000"),
    holds("a million cells", b'{"cells": [' + b"{}," * 10**6 + b"{}]}", NOTHING, "1,000,001 cells"),
    holds("a hundred thousand notes", dumped("# task 06.1: x\n" + "%x\n" * 10**5, TWO), SECOND, "left out"),
    holds("no notebook", b"def lora_parameters(): pass", NOTHING, "holds only", file="06.py"),
    holds("the copies of jupyter alone", WHOLE, NOTHING, "empty", file=".ipynb_checkpoints/06.ipynb"),
    holds("a folder called so", b"", NOTHING, "No notebook", file="06.ipynb/readme.txt"),
    Broken("a pipe", "a pipe", fifo, NOTHING, "no plain file"),
    linked("a link to a secret", "/etc/passwd", "a link"),
    linked("a link to another's work", "../utf-16/06.ipynb", "a link"),
    linked("a link to itself", "06.ipynb", "a link"),
    linked("a link to memory", "/dev/zero", "a link"),
    packed("a zip", lambda: zipped({"my work/06.ipynb": WHOLE})),
    packed("out of the zip", lambda: zipped({"../../course-attack-was-here": WHOLE, "/etc/cron.d/x": WHOLE,
                                             "C:\\x.ipynb": WHOLE, "06.ipynb": WHOLE}), BOTH, "leads out of the zip"),
    packed("a link in a zip", link_in_zip, NOTHING, "a link"),
    packed("a bomb", lambda: zipped({"06.ipynb": bytes(2**28)}), NOTHING, "larger than 20 MB"),
    packed("a bomb that lies", lambda: lying(zipped({"06.ipynb": bytes(2**28)})), NOTHING, "cannot be read"),
    packed("large notebooks", lambda: zipped({f"{number}.ipynb": WHOLE + b" " * (18 * 2**20) for number in range(5)}),
           BOTH, "0.ipynb was left aside"),
    packed("a zip in a zip", lambda: zipped({"a.zip": zipped({"b.zip": zipped({"06.ipynb": bytes(2**27)})})}), NOTHING,
           "a zip in a zip"),
    packed("twenty thousand files", lambda: zipped({f"{number}.ipynb": b"" for number in range(20_000)}), NOTHING,
           "more than 10,000 files"),
    packed("an encrypted zip", lambda: encrypted(zipped({"06.ipynb": WHOLE})), NOTHING, "encrypted"),
    packed("a damaged zip", lambda: zipped({"06.ipynb": WHOLE})[:-30], NOTHING, "no zip"),
    holds("a name with blanks", WHOLE, student="  Ada   Lovelace  "),
    holds("a name of emoji", WHOLE, student="😀👩‍💻 \u202eتوقف"),
    holds("a name with a line end", WHOLE, student="a\nb,\"c\""),
    holds("a name of windows", WHOLE, student="con"),
    holds("a name that a spreadsheet would calculate", WHOLE, student="=HYPERLINK(1;2)"),
    holds("a name with markup", WHOLE, student=MARKUP),
    holds("a file's name with markup", b"{", NOTHING, "cannot be read", file=f"{MARKUP}.ipynb"),
    holds("a name like an option", WHOLE, student="--out"),
)
