"""Bad sources: each is refused with the file, the cell and what to do."""
import pytest

from course_lib.build.command import build
from course_lib.build.sources import read_cells
from course_lib.errors import CourseError


def test_cells_are_named_by_their_title_and_keep_other_metadata(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text('# %% [markdown] intro\n# Hello\n\n# %% draw tags=["slow"]\nx = 1\n\n\ny = 2\n')
    first, second = read_cells(path)
    assert (first.name, first.kind, first.source) == ("intro", "markdown", "Hello")
    assert (second.name, second.source, second.metadata) == ("draw", "x = 1\n\n\ny = 2", {"tags": ["slow"]})


@pytest.mark.parametrize("name, old, new, message", [
    ("lesson.py", "# %% softmax", "# %%", "has no name"),
    ("lesson.py", "# %% softmax", "# %% start", "two cells are called 'start'"),
    ("lesson.py", "# %% softmax", "# %% Soft max", "cannot be a cell id"),
    ("lesson.py", "# %% softmax", "# %% course-install", "build's own"),
    ("lesson.py", "# %% softmax", "# %% [raw] softmax", "is 'raw'"),
    ("exercise.py", "# %% task 01.1", "# %% task 01.7", "there is no task 01.7. In tasks/: 01.1"),
    ("exercise.py", "# %% task 01.1", "# %% end", "task 01.1 .double.py. is used nowhere"),
    ("exercise.py", "# %% task 01.1\n", "# %% task 01.1\nx = 1\n", "must be empty"),
    ("exercise.py", "# %% task", "# %% task-01-1\nx = 1\n\n# %% task", "two cells are called 'task-01-1'"),
    ("tasks/double.py", "# %% stub", "# %% start", "'start' is no part of a task"),
    ("tasks/double.py", "# %% reference\ndef double(x):\n    return 2 * x\n", "", "'reference' is missing"),
    ("tasks/double.py", "# You return a text.\n", "", "begins with no comment"),
    ("tasks/double.py", "raise NotImplementedError", "return None", "stub must raise NotImplementedError"),
    ("tasks/double.py", "return x * x", "return x + x", "'wrong squared' gives the same as the reference"),
    ("tasks/double.py", "return x * x", "return 0.5 * x", "'wrong halved' gives the same as 'wrong squared'"),
    ("tasks/double.py", "return x * x", "return 2 * x + 5e-6", "the same as the reference"),
    ("tasks/double.py", "return 2 * x\n\n# %% checks", "return object()\n\n# %% checks", "is no JSON"),
    ("tasks/double.py", 'TASK = "01.1"', 'TASK = "02.1"', "must look like '01.1'"),
    ("tasks/double.py", "def draw", "def drew", "defines no draw"),
    ("tasks/double.py", "other way round.\ndef double", "other way round.\ndef halve", "defines no 'double'"),
])
def test_bad_sources_are_refused(tiny, change, name, old, new, message):
    change(name, old, new)
    with pytest.raises(CourseError, match=message):
        build(tiny)
    assert not (tiny / "notebooks").exists(), "refused means that nothing is written"


def test_two_wrong_solutions_are_too_few(tiny):
    path = tiny / "lessons/01_small/tasks/double.py"
    path.write_text(path.read_text().partition("# %% wrong text")[0])
    with pytest.raises(CourseError, match="2 wrong solutions"):
        build(tiny)


def test_a_lessons_folder_has_a_number(tiny):
    (tiny / "lessons" / "extra").mkdir()
    with pytest.raises(CourseError, match="NN_name"):
        build(tiny)


def test_a_source_that_is_not_utf8(tiny):
    (tiny / "lessons/01_small/lesson.py").write_bytes(b"# %% [markdown] a\n# \xff\n")
    with pytest.raises(CourseError, match="not UTF-8"):
        build(tiny)
