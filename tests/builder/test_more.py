"""A lesson's second notebook, the links from one to the next, and cells whose code is folded away."""
import json
import shutil

import pytest

from course_lib.builder.audit import audit
from course_lib.builder.command import build
from course_lib.builder.plan import make_plan
from course_lib.builder.record import read_record
from course_lib.lesson import start
from tests.quiz_driver import lessons_run

MORE = '# %% [markdown] title\n# # More\n\n# %% plot tags=["presentation"]\nprint("a figure")\n'


@pytest.fixture
def three(tiny):
    """The tiny course with three lessons, the second one with more."""
    for name in ("02_second", "03_third"):
        shutil.copytree(tiny / "lessons" / "01_small", tiny / "lessons" / name,
                        ignore=shutil.ignore_patterns("tasks", "exercise.py"))
    (tiny / "lessons" / "02_second" / "more.py").write_text(MORE)
    build(tiny)
    return tiny


def cells(root, name: str) -> dict:
    return {cell["id"]: cell for cell in json.loads((root / "notebooks" / f"{name}.ipynb").read_text())["cells"]}


def test_more_is_built_like_a_lesson(three):
    assert list(cells(three, "02_second_more")) == ["course-badge", "course-install", "title", "plot", "course-links"]
    assert "02_second_more.ipynb" in "".join(cells(three, "02_second_more")["course-badge"]["source"])
    assert audit(three, make_plan(three), read_record(three)) == [] and build(three) == []
    (three / "lessons" / "02_second" / "more.py").unlink()
    assert sorted(build(three)) == ["notebooks/02_second.ipynb", "notebooks/02_second_more.ipynb"]
    assert not (three / "notebooks" / "02_second_more.ipynb").exists()


@pytest.mark.parametrize("name, line", [
    ("01_small", "[Lesson 02 →](02_second.ipynb)"),
    ("02_second", "[← Lesson 01](01_small.ipynb) · [More measurements](02_second_more.ipynb) · "
                  "[Lesson 03 →](03_third.ipynb)"),
    ("02_second_more", "[← Back to lesson 02](02_second.ipynb) · [Lesson 03 →](03_third.ipynb)"),
    ("03_third", "[← Lesson 02](02_second.ipynb)"),
])
def test_a_notebook_ends_with_the_way_on(three, name, line):
    last = list(cells(three, name).values())[-1]
    assert (last["id"], last["cell_type"], "".join(last["source"])) == ("course-links", "markdown", line)


def test_a_figure_that_is_typed_into_more_is_found(three):
    (three / "lessons" / "02_second" / "more.py").write_text(MORE.replace("# # More", "# It was 0.51."))
    assert any("more.py, cell 'title': a figure typed" in one
               for one in audit(three, make_plan(three), read_record(three)))


def test_a_presentation_cell_is_folded_in_jupyterlab_and_in_colab(three):
    metadata = cells(three, "02_second_more")["plot"]["metadata"]
    assert metadata == {"tags": ["presentation"], "jupyter": {"source_hidden": True}, "cellView": "form"}
    assert cells(three, "02_second")["softmax"]["metadata"] == {}


def test_more_promises_no_minutes(capsys):
    start("01", more=True)
    said = capsys.readouterr().out
    assert "More measurements" in said and "minutes" not in said


def test_who_runs_more_alone_need_not_see_the_lessons_questions():
    assert lessons_run(["notebooks/02_second_more.ipynb", "notebooks/03_third.ipynb"]) == {"03"}
