"""Whatever was done to a notebook, the cells of its tasks are found, or the reason is said why not."""
import json
from pathlib import Path

import pytest

from course_lib.errors import CourseError
from course_lib.grading.notebook import task_cells

ROOT = Path(__file__).resolve().parents[2]
ONE = "# task 06.1: one\ndef one():\n    return 1\n"
TWO = "# task 06.2: two\ndef two():\n    return 2\n"
STUB = "# task 06.1: one\ndef one():\n    raise NotImplementedError\n"


def cell(source, kind: str = "code") -> dict:
    return {"cell_type": kind, "metadata": {}, "source": source, "outputs": []}


def notebook(*cells) -> dict:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {},
            "cells": [one if isinstance(one, dict) else cell(one) for one in cells]}


def dumped(*cells) -> bytes:
    return json.dumps(notebook(*cells)).encode()


def read(*cells) -> dict[str, str]:
    """What is found in a notebook of these cells, without a note."""
    found, notes = task_cells(dumped(*cells))
    assert notes == []
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_solution_gives_the_cells_of_its_tasks(path):
    found, notes = task_cells(path.read_bytes())
    tasks = len(list((ROOT / "lessons" / path.stem / "tasks").glob("*.py")))
    assert list(found) == [f"{path.name[:2]}.{number}" for number in range(1, tasks + 1)] and notes == [] and tasks > 3
    assert not any("NotImplementedError" in source for source in found.values())
    unwritten, notes = task_cells((ROOT / "exercises" / path.name).read_bytes())
    assert list(unwritten) == list(found) and notes == []
    again, _ = task_cells(dumped(*found.values(), *unwritten.values()), stubs=unwritten)
    assert again == found, "the stubs came last and counted"


TEXT = json.dumps(notebook(ONE, "x = 'é€'", TWO), ensure_ascii=False, indent=1)


@pytest.mark.parametrize("content, note", [
    (TEXT.encode(), False), (TEXT.encode("utf-8-sig"), False), (TEXT.encode("utf-16"), False),
    (TEXT.encode("utf-16-le"), False), (TEXT.encode("utf-16-be"), False), (TEXT.encode("utf-32"), False),
    (TEXT.encode("cp1252"), True), (TEXT.replace("\n", "\r\n").encode(), False),
    (TEXT.replace("\\n", "\\r\\n").encode(), False), (TEXT.replace("\\n", "\\r").encode(), False)],
    ids=["utf-8", "bom", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "crlf file", "crlf cells", "cr cells"])
def test_other_codings_and_line_ends(content, note):
    found, notes = task_cells(content)
    assert found == {"06.1": ONE, "06.2": TWO} and bool(notes) == note


@pytest.mark.parametrize("content, why", [
    (b"", "empty"), (b" \n", "empty"), (b"\xef\xbb\xbf", "empty"), (dumped(ONE)[:-3], "damaged"),
    (b"PK\3\4", "damaged"),
    (b"[" * 10**6, "nested"), (b'{"a":' * 10**5, "nested"), (b"[]", "no object"), (b"null", "no object"),
    (b"NaN", "no object"), (b"{}", "no list of cells"), (b'{"cells": {}}', "no list"), (b'{"cells": 1}', "no list"),
    (b'{"worksheets": 3}', "no list"), (b"{\x81\x8d}", "UTF-8"), (b"\xff\xfe{\0\0", "UTF-8"),
    (b"\x00\x01\x02\xff", "UTF-8"), (b'{"cells": ' + b"1" * 5000 + b"}", "damaged"), (b"<html>", "damaged")])
def test_what_cannot_be_read_gets_a_reason(content, why):
    with pytest.raises(CourseError, match=why):
        task_cells(content)


def test_oddities_in_json_do_no_harm():
    plain = dumped(ONE).decode()
    odd = plain.replace('"metadata": {}', '"metadata": {"a": NaN, "b": -Infinity, "b": 1e999}', 1)
    assert task_cells(odd.encode())[0] == {"06.1": ONE}
    twice = '{"cells": [{"cell_type": "code", "source": "no", "source": "# task 06.1\\nx"}]}'
    assert task_cells(twice.encode())[0] == {"06.1": "# task 06.1\nx\n"}


def test_format_3():
    cells = [{"cell_type": "heading", "source": "title"}, {"cell_type": "code", "input": ONE},
             {"cell_type": "code", "input": TWO.splitlines(keepends=True)}]
    content = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells[:2]}, 7, {}, {"cells": cells[2:]}]}).encode()
    assert task_cells(content) == ({"06.1": ONE, "06.2": TWO}, [])


@pytest.mark.parametrize("source", [ONE, ONE.splitlines(keepends=True), ONE + "  \n\n", "\n  \n" + ONE,
                                    "\ufeff" + ONE, " " + ONE])
def test_a_source_may_be_a_text_or_lines_with_blanks_around(source):
    assert read(source) == {"06.1": ONE}


@pytest.mark.parametrize("marker", ["# task 06.1: one", "#task 06.1:one", "#  Task  06.1 :  one  ", "# TASK 06.1",
                                    "# task 06.1:",
                                    "# task 6.1: one", "# task 06.1\t", "#\u00a0task\u00a006.1:\u00a0one",
                                    "# task 06.1：one", "# task 06.1: other"])
def test_what_counts_as_a_marker(marker):
    assert read(f"{marker}\nx = 1") == {"06.1": f"{marker}\nx = 1\n"}


@pytest.mark.parametrize("line", ["# task: one", "# tasks 06.1: one", "task 06.1", "x = 1  # task 06.1: one",
                                  "# task 06.2 needs this", "# see task 06.1: one", "## task 06.1: one",
                                  "# task 06.1.2"])
def test_what_is_no_marker(line):
    assert read(f"{line}\nx = 1") == {}


def test_merged_cells_are_split_and_what_stands_above_belongs_to_the_first():
    assert read("import math\n" + ONE + "\n\n" + TWO) == {"06.1": "import math\n" + ONE, "06.2": TWO}


def test_an_indented_comment_splits_nothing():
    source = ONE + "    # task 06.2: two\n"
    assert read(source) == {"06.1": source}


@pytest.mark.parametrize("order", [(ONE, STUB), (STUB, ONE), (ONE, "# task 06.1: one\n\n"),
                                   (STUB, ONE, STUB + "# so\n")])
def test_of_two_cells_the_last_that_is_written_counts(order):
    found, notes = task_cells(dumped(*order), stubs={"06.1": STUB})
    assert found == {"06.1": ONE} and "06.1" in notes[0]
    changed = ONE.replace("1\n", "2\n")
    assert task_cells(dumped(*order, changed), stubs={"06.1": STUB})[0] == {"06.1": changed}


def test_two_stubs_are_still_the_stub():
    assert task_cells(dumped(STUB, STUB), stubs={"06.1": STUB})[0] == {"06.1": STUB}


@pytest.mark.parametrize("kind", ["markdown", "raw", "heading", None, 7])
def test_a_marker_in_another_kind_of_cell_gives_a_note(kind):
    found, notes = task_cells(dumped(cell(ONE, kind), TWO))
    assert found == {"06.2": TWO} and "make it a code cell" in notes[0]


@pytest.mark.parametrize("broken", [7, None, [], {"cell_type": "code"}, cell(7), cell([1, 2]), cell(None),
                                    cell({"a": 1})])
def test_a_cell_without_a_source_harms_no_other(broken):
    found, notes = task_cells(json.dumps({"cells": [broken, cell(ONE)]}).encode())
    assert found == {"06.1": ONE} and "Cell 1" in notes[0]


@pytest.mark.parametrize("line", ["%timeit one()", "%%time", "%matplotlib inline", "!pip install x", "! ls", "one?",
                                  "??one", "    %time one()"])
def test_a_line_for_jupyter_alone_becomes_pass_with_a_note(line):
    found, notes = task_cells(dumped(ONE + f"if True:\n{line}\n"))
    indent = line[:len(line) - len(line.lstrip())]
    assert found["06.1"] == ONE + f"if True:\n{indent}pass\n" and line.strip() in notes[0]


@pytest.mark.parametrize("line", ["     % b)", "     %b)", "x != 1", "     != b)", "     % (b))",
                                  "# 100 % sure?", "'%s?'"])
def test_python_with_such_signs_stays(line):
    assert read(ONE + f"{line}\n") == {"06.1": ONE + f"{line}\n"}


def test_half_a_pair_and_zeros_can_be_written():
    (source,) = read("# task 06.1: one\nx = '\ud800\0'").values()
    source.encode("utf-8")


def test_notes_without_end_are_cut_and_the_last_says_so():
    lines = "\n".join(["# task 06.1: one", *(f"%time {number}" for number in range(150))])
    _, notes = task_cells(dumped(lines))
    assert len(notes) == 101 and "%time 99" in notes[99] and "more of this kind" in notes[100]
    assert len(task_cells(dumped(lines.partition("%time 100\n")[0]))[1]) == 100
