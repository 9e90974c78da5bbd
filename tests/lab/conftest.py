"""A clone with two notebooks, and a student's working copy of it."""
import json

import pytest

from course_lib.lab.working_copy import update_copy

LESSON, EXERCISE = "notebooks/00_start_here.ipynb", "exercises/01_prompting.ipynb"


@pytest.fixture
def notebook():
    """notebook(source, ...): the text of a notebook with these code cells."""

    def text(*sources: str, outputs=(), count=None) -> str:
        cells = [{"id": f"cell-{i}", "cell_type": "code", "metadata": {}, "source": source.splitlines(True),
                  "outputs": list(outputs), "execution_count": count} for i, source in enumerate(sources)]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    return text


@pytest.fixture
def clone(tmp_path, monkeypatch, notebook):
    """A clone with two notebooks, in which the test runs."""
    root = tmp_path / "clone"
    for path in (LESSON, EXERCISE):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(notebook("x = 1"))
    (root / "pyproject.toml").write_text("")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def copy(clone):
    """The working copy, as after the first start."""
    assert update_copy(clone, clone / "my-course") == ["2 notebooks copied"]
    return clone / "my-course"
