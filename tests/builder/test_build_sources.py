"""Bad sources: each is refused with the file, the cell and what to do."""
import pytest

from course_lib import cli
from course_lib.builder.command import build, main
from course_lib.builder.sources import read_cells
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
    ("lesson.py", "torch.ones(3).softmax(0)", "torch.ones(3", "lesson.py, line 12: .*never closed: torch.ones"),
    ("lesson.py", "import torch", "return 3", "lesson.py, line 10: 'return' outside function"),
    ("lesson.py", "import torch", "\0", "lesson.py.*null bytes"),
    ("exercise.py", "from course_lib", "from from course_lib", "exercise.py, line 5: invalid syntax"),
    ("tasks/double.py", "return 2 * x\n\n# %% checks", "return 2 x\n\n# %% checks", "double.py, line 10: invalid"),
    ("tasks/double.py", "# You return a text.\n", "# You return a text.\n1 / 0\n", "double.py: this cell stops with Z"),
    ("tasks/double.py", 'TASK = "01.1"', 'TASK = "01.1"\nno_such_name', "double.py, checks: .* stops with NameError"),
    ("tasks/double.py", 'TASK = "01.1"', "TASK = 1", "must look like '01.1'"),
    ("tasks/double.py", "TOLERANCE = 1e-6", 'TOLERANCE = "small"', "TOLERANCE = 'small'; it must be a number"),
    ("tasks/double.py", "TOLERANCE = 1e-6", "TOLERANCE = 0", "outcome of 'wrong halved' holds floats, which another"),
    ("tasks/double.py", "TOLERANCE = 1e-6", 'TOLERANCE = float("nan")', "it must be a number"),
    ("tasks/double.py", "def draw(seed):", "def draw(seed):\n    seed[0]", r"double.py: draw\(0\) stops with Type"),
    ("tasks/double.py", "def draw(seed):", "def draw(seed):\n    return [3]", r"draw\(0\) gives \[3\]; it must be"),
    ("tasks/double.py", "def draw(seed):", "def probe(double, x):\n    return double(draw(x)['x'])\n\n\n"
     "def draw(seed):", "probe uses draw, which must not reach the students"),
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


@pytest.mark.parametrize("text", ["project = [1", "project = 3", "[project]\nurls = 3", "\0"])
def test_a_broken_pyproject(tiny, text):
    (tiny / "pyproject.toml").write_text(text)
    with pytest.raises(CourseError, match="pyproject.toml: "):
        build(tiny)


@pytest.mark.parametrize("text", ["", "[]", "3", "[" * 100_000])
def test_a_damaged_record(tiny, text):
    build(tiny)
    (tiny / "lessons" / "built.json").write_text(text)
    with pytest.raises(CourseError, match="built.json is damaged .* Restore it from git"):
        build(tiny)


def test_outside_any_clone_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.root.__file__", str(tmp_path / "a" / "b.py"))
    monkeypatch.chdir(tmp_path)
    for argv in ([], ["--check"]):
        with pytest.raises(CourseError, match="no folder 'lessons' .* inside of the course's folder"):
            main(argv)


def test_a_folder_that_cannot_be_written_is_no_traceback(tiny, monkeypatch, capsys):
    def refuse(path, text):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.chdir(tiny)
    monkeypatch.setattr("course_lib.builder.command.write_text", refuse)
    assert cli.main(["build"]) == 2
    assert "course build: " in (said := capsys.readouterr().err) and "Permission denied." in said
