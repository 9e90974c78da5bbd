"""A tiny course to build: one lesson with one task."""
import pytest

LESSON = '''\
# %% [markdown] title
# # One example changes everything

# %% start
from course_lib.lesson import start

start("01")

# %% softmax
import torch

torch.ones(3).softmax(0)    # (3,)
'''
EXERCISE = '''\
# %% [markdown] title
# # Exercise 01

# %% start
from course_lib.checks import check

# %% task 01.1
'''
TASK = '''\
# %% [markdown] statement
# ## Task 01.1 · Double it

# %% stub
def double(x):
    raise NotImplementedError

# %% reference
def double(x):
    return 2 * x

# %% checks
TASK = "01.1"
TOLERANCE = 1e-6


def draw(seed):
    return {"x": seed + 3}

# %% wrong squared
# You square it.
def double(x):
    return x * x

# %% wrong halved
# You halve it;
# the task is the other way round.
def double(x):
    return x / 2

# %% wrong text
# You return a text.
def double(x):
    return str(2 * x)
'''
PROJECT = '[project]\nname = "tiny"\n[project.urls]\nRepository = "https://github.com/someone/course"\n'


@pytest.fixture
def tiny(tmp_path):
    """The root of the tiny course."""
    root = tmp_path / "tiny"
    folder = root / "lessons" / "01_small"
    (folder / "tasks").mkdir(parents=True)
    (root / "pyproject.toml").write_text(PROJECT)
    (folder / "lesson.py").write_text(LESSON)
    (folder / "exercise.py").write_text(EXERCISE)
    (folder / "tasks" / "double.py").write_text(TASK)
    return root


@pytest.fixture
def change(tiny):
    """change(file in the lesson, old, new): edit a source of the tiny course."""
    def edit(name: str, old: str, new: str):
        path = tiny / "lessons" / "01_small" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    return edit
