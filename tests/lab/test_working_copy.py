"""The working copy: what a student changed is never overwritten."""
import json

import pytest

from course_lib.lab.working_copy import update_copy
from course_lib.root import MARKER

LESSON, EXERCISE = "notebooks/00_start_here.ipynb", "exercises/01_prompting.ipynb"


def test_the_first_start_copies_and_the_second_changes_nothing(clone, copy):
    assert (copy / LESSON).read_text() == (clone / LESSON).read_text()
    before = (copy / LESSON).stat().st_mtime_ns
    assert update_copy(clone, copy) == [] and (copy / LESSON).stat().st_mtime_ns == before


def test_an_unchanged_notebook_is_updated(clone, copy, notebook):
    (clone / LESSON).write_text(notebook("x = 2"))
    assert update_copy(clone, copy) == [f"updated: {LESSON}"]
    assert (copy / LESSON).read_text() == notebook("x = 2")


def test_outputs_and_metadata_are_no_change(clone, copy, notebook):
    mine = json.loads(notebook("x = 1", outputs=[{"output_type": "stream", "text": "1"}], count=4))
    mine["metadata"] = {"kernelspec": {"name": "python3"}}
    mine["cells"][0] |= {"metadata": {"collapsed": True}, "source": "x = 1"}
    (copy / LESSON).write_text(json.dumps(mine))
    assert update_copy(clone, copy) == [] and json.loads((copy / LESSON).read_text()) == mine
    (clone / LESSON).write_text(notebook("x = 2"))
    assert update_copy(clone, copy) == [f"updated: {LESSON}"]


def test_a_changed_notebook_stays_and_the_newer_version_is_put_beside_it(clone, copy, notebook):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    assert update_copy(clone, copy) == [], "nothing newer, nothing to say"
    (clone / EXERCISE).write_text(notebook("x = 2"))
    said, = update_copy(clone, copy)
    assert said.startswith(f"kept: {EXERCISE} (it has your changes") and "01_prompting.new.ipynb" in said
    assert (copy / EXERCISE).read_text() == notebook("x = my_own")
    assert (copy / "exercises/01_prompting.new.ipynb").read_text() == notebook("x = 2")
    assert update_copy(clone, copy) == [], "said once"
    (copy / "exercises/01_prompting.new.ipynb").unlink()
    assert update_copy(clone, copy) == [], "a version that was thrown away does not come back"


def test_a_newer_version_that_the_student_works_in_is_not_overwritten_either(clone, copy, notebook):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    (clone / EXERCISE).write_text(notebook("x = 2"))
    update_copy(clone, copy)
    (clone / EXERCISE).write_text(notebook("x = 3"))
    update_copy(clone, copy)
    beside = copy / "exercises/01_prompting.new.ipynb"
    assert beside.read_text() == notebook("x = 3"), "left as it was: replaced"
    beside.write_text(notebook("x = worked"))
    (clone / EXERCISE).write_text(notebook("x = 4"))
    said, = update_copy(clone, copy)
    assert "01_prompting.new-2.ipynb" in said and beside.read_text() == notebook("x = worked")


def test_taking_the_newer_version_over_ends_the_matter(clone, copy, notebook):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    (clone / EXERCISE).write_text(notebook("x = 2"))
    update_copy(clone, copy)
    (copy / "exercises/01_prompting.new.ipynb").replace(copy / EXERCISE)
    (clone / EXERCISE).write_text(notebook("x = 3"))
    assert update_copy(clone, copy) == [f"updated: {EXERCISE}"]


def test_a_deleted_notebook_comes_back_and_a_new_one_comes(clone, copy, notebook):
    (copy / LESSON).unlink()
    (clone / "notebooks/02_more.ipynb").write_text(notebook("y"))
    assert update_copy(clone, copy) == [f"new: {LESSON}", "new: notebooks/02_more.ipynb"]


@pytest.mark.parametrize("damaged", ["", "{not json", '{"cells": 3}', "[]"])
def test_a_damaged_notebook_is_kept_and_a_good_one_put_beside_it(clone, copy, damaged):
    (copy / LESSON).write_text(damaged)
    said, = update_copy(clone, copy)
    assert "cannot be read" in said and (copy / LESSON).read_text() == damaged
    assert (copy / "notebooks/00_start_here.new.ipynb").exists() and update_copy(clone, copy) == []


@pytest.mark.parametrize("damaged", ["", "[]", "{"])
def test_with_a_damaged_marker_nothing_of_the_students_is_lost(clone, copy, damaged, notebook):
    (copy / EXERCISE).write_text(notebook("x = my_own"))
    (copy / MARKER).write_text(damaged)
    said, = update_copy(clone, copy)
    assert "01_prompting.new.ipynb" in said and (copy / EXERCISE).read_text() == notebook("x = my_own")
