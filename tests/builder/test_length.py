"""How long a lesson is: counted from its cells and what they printed; the minutes that follow, and who may exceed."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.builder import length
from course_lib.builder.audit import audit_lengths
from course_lib.builder.command import build
from course_lib.builder.length import BUDGETS, OVER_BUDGET, Length, lengths, lesson_cells, measure
from course_lib.builder.plan import make_plan
from course_lib.builder.printed import other_length, printed_words, read_printed, to_do, words, write_printed
from course_lib.errors import CourseError
from course_lib.lessons import lessons
from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[2]
SHORT = dict(prose=900, printed=500, code_cells=30, lines=250, in_a_row=6, predictions=4, questions=6, labs=1,
             fill_ins=3)


def cell(name: str, source: str, kind: str = "code", **metadata) -> dict:
    return {"id": name, "cell_type": kind, "source": source, "metadata": metadata}


CELLS = [
    cell("course-install", "import course_lib"),
    cell("title", "# Two words\n\n[a link](https://a.b/c) and `code`", "markdown"),
    cell("one", "import torch\n\nx = 1"),
    cell("guess", 'from course_lib.quiz import predict\n\npredict("01.a")'),
    cell("two", "y = 2"),
    cell("hidden", "plot()\nplot()", jupyter={"source_hidden": True}),
    cell("lab", "prune_lab.prune_lab()"),
    cell("fill", '@fill_in("01.mix")\ndef mix(x):\n    ...'),
    cell("ask", 'quiz("01.b")'),
    cell("end", 'ledger("01")'),
]


def test_everything_is_counted_once():
    found = measure(CELLS, {"one": 30, "guess": 1000, "two": 20, "end": 1000})
    assert found == Length(prose=6, printed=50, code_cells=8, lines=8, in_a_row=2, predictions=1, questions=1, labs=1,
                           fill_ins=1)


def test_the_minutes_are_the_sum_that_is_promised():
    """900 / 180 + 500 / 250 + 250 / 25 + 4 · 1 + 6 · 1.5 + 1 · 4 + 3 · 5 = 5 + 2 + 10 + 4 + 9 + 4 + 15 = 49."""
    assert Length(**SHORT).minutes == 49
    assert Length(**SHORT | {"prose": 901}).minutes == 50
    assert Length(**SHORT).too_long() == []


@pytest.mark.parametrize("more", [{name: most + 1} for name, most in BUDGETS.items() if name != "minutes"]
                         + [{"fill_ins": 2}, {"labs": 4}], ids=lambda more: next(iter(more)))
def test_each_budget_is_kept(more):
    [said] = Length(**SHORT | more).too_long()
    assert said.startswith("minutes 61" if "labs" in more else next(iter(more)))


@pytest.mark.parametrize("outputs, count", [
    ([{"output_type": "stream", "name": "stdout", "text": "loss 0.51 = low"}], 3),
    ([{"output_type": "stream", "name": "stderr", "text": "100%"}], 0),
    ([{"output_type": "display_data", "data": {"text/plain": "<HTML object>", "text/html": "<b>two</b> words"}}], 2),
    ([{"output_type": "display_data", "data": {"text/markdown": "**one**<details><b>a</b></details>"}}], 1),
    ([{"output_type": "display_data", "data": {"text/plain": "a", "image/png": "b"}}], 0),
    ([{"output_type": "execute_result", "data": {"text/plain": "tensor([1., 2.])"}}], 2),
    ([{"output_type": "error"}], 0),
])
def test_printed_words_are_those_that_are_seen(outputs, count):
    assert printed_words(outputs) == count


@pytest.mark.parametrize("source, what", [
    ('quiz("06.a")', "quiz"), ('x = 1\npredict("06.a")', "predict"), ("edit_lab.edit_lab(*pair)", "lab"),
    ('@fill_in("09.mix")\ndef mix(x):', "fill_in"), ('quiz("01.a")\nquiz("02.b")', "quiz quiz"),
    ('due("04", "01.a", "02.b", "03.c")', "quiz quiz quiz"), ("# quiz(1)", ""),
    ('reveal("06.a", 1)', ""), ("my_quiz(1)", ""),
])
def test_what_there_is_to_do_in_a_cell(source, what):
    assert to_do(cell("a", source)) == what.split()


def test_words_end_where_a_tag_begins():
    assert words("<td>a</td><td>b</td>") == 2 and words("— · |") == 0


def test_the_list_of_lessons_over_budget_only_shrinks():
    """Eight lessons and the first were written before there were budgets. One that keeps them leaves the list."""
    assert set(OVER_BUDGET) <= {"00", "01", "02", "03", "04", "05", "06", "07", "08"}
    measured = lengths(ROOT, lesson_cells(ROOT, {}))
    assert [one for one in OVER_BUDGET if not measured[one].too_long()] == []


def test_a_lesson_promises_the_minutes_that_were_computed():
    for number, one in lengths(ROOT, lesson_cells(ROOT, {})).items():
        assert one.printed and lessons()[number].minutes == one.minutes


@pytest.fixture
def listed(tiny):
    """The tiny course with what promises a length."""
    (tiny / "course_lib").mkdir(exist_ok=True)
    shutil.copy(ROOT / "course_lib" / "lessons.toml", tiny / "course_lib")
    (tiny / "README.md").write_text("| lesson | | minutes |\n|---|---|---|\n| 01 | One example | 99 |\n")
    return tiny


def test_the_build_writes_the_minutes_and_check_finds_others(listed):
    assert {"README.md", length.LENGTHS} <= set(build(listed)) and build(listed) == []
    assert "| 01 | One example | 1 |" in (listed / "README.md").read_text()
    assert json.loads((listed / length.LENGTHS).read_text())["01"]["minutes"] == 1
    assert audit_lengths(listed, make_plan(listed)) == []
    (listed / "README.md").write_text("| 01 | One example | 2 |\n")
    [found] = audit_lengths(listed, make_plan(listed))
    assert found.startswith("README.md: says another length")


def test_a_new_lesson_keeps_the_budgets_and_its_printed_words_are_counted(listed, monkeypatch):
    build(listed)
    monkeypatch.setattr(length, "OVER_BUDGET", ())
    uncounted, too_long = audit_lengths(listed, make_plan(listed))
    assert "cell 'start': nobody counted" in uncounted and "--keep-printed notebooks/01_small.ipynb" in uncounted
    assert "too long: fill_ins 0, at least 3" in too_long


def test_a_run_that_prints_more_than_was_counted_is_found(tmp_path):
    write_printed(tmp_path, {"one": 500, "two": 100})
    assert other_length(tmp_path, {"one": 530, "two": 100}) == "" == other_length(tmp_path, {"one": 570})
    assert "prints 631 words, and its minutes are computed from 600" in other_length(tmp_path, {"one": 631})
    assert "prints 0 words" in other_length(tmp_path, {})


@pytest.mark.parametrize("last, kept", [("print('three words more')", {"first": 2, "last": 3}), ("1 / 0", None)])
def test_a_run_in_which_a_cell_fails_writes_no_counts(tmp_path, last, kept):
    lesson, notebook = tmp_path / "lessons" / "01_sample", tmp_path / "notebooks" / "01_sample.ipynb"
    lesson.mkdir(parents=True)
    notebook.parent.mkdir()
    cells = [nbformat.v4.new_code_cell(source, id=name)
             for name, source in (("first", "print('two words')"), ("last", last))]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    (tmp_path / "elsewhere.py").write_text(
        f"from tests import notebook_plugin\nnotebook_plugin.LESSONS = notebook_plugin.Path({str(lesson.parent)!r})\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "elsewhere",
         "-p", "tests.notebook_plugin", "--nbval-lax", "--nbval-current-env", "--keep-printed", str(notebook)],
        cwd=ROOT, capture_output=True, text=True, timeout=HANGS,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])})
    path = lesson / "printed.json"
    assert (json.loads(path.read_text()) if path.exists() else None) == kept, done.stdout


@pytest.mark.parametrize("text", ["{", "", "[]", '{"cells": [{}]}'])
def test_a_damaged_notebook_is_named_and_not_counted_as_empty(listed, text):
    build(listed)
    (listed / "notebooks" / "01_small.ipynb").write_text(text)
    with pytest.raises(CourseError, match=r"^notebooks/01_small\.ipynb is damaged.*--overwrite notebooks/01_small"):
        lesson_cells(listed, {})
    assert lesson_cells(listed, make_plan(listed).outputs)["01_small"]


def test_damaged_counts_are_named(tmp_path):
    (tmp_path / "printed.json").write_text("{")
    with pytest.raises(CourseError, match=r"printed\.json is damaged .* Count anew: pytest"):
        read_printed(tmp_path)
