"""A record's recipe: whatever can change a figure is a part of it, and a comment is none."""
import re
import sys
from functools import cache

import pytest

from course_lib import claims, syntax
from course_lib.claims import recipe

FILES = {
    "lora.py": '''
"""A file."""
from course_lib import rates
from course_lib.method import Method, SIZE as HOW_MANY
try:
    from course_lib.fast import STEPS
except ImportError:
    STEPS = 3

RANK, ALPHA = 4, 8
SCALE = ALPHA / RANK
UNUSED = 1


class LoRA(Method):
    """A class."""
    targets: tuple = ("q",)

    def forward(self, x):
        """A method."""
        return x * SCALE * HOW_MANY  # with the scale

    def other(self):
        return 1


@claim("C01", "A claim", tolerance=0.1)
def train(n: int = 16):
    from course_lib.schedule import WARM
    def step(x):
        return x + rates.RATE + WARM
    return [step(one) for one in range(n)], LoRA, STEPS
''',
    "method.py": "SIZE = 2\n\n\nclass Method:\n    bias = False\n\n    def save(self):\n        return 1\n",
    "rates/__init__.py": "BASE = 0.1\nRATE = BASE * 10\nif BASE:\n    RATE += 1\n",
    "schedule.py": "WARM = 7\nCOLD = 8\n",
    "errors.py": "class CourseError(Exception):\n    pass\n",
    "world/data/names.json": "[1]",
}
RAN = {"lora.py:LoRA.forward", "lora.py:train", "errors.py:CourseError.__init__"}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A small course in a folder; `course(file, before, after)` changes it."""
    def change(file: str, before: str, after: str):
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert before in text
        (tmp_path / file).write_text(text.replace(before, after), encoding="utf-8")
        syntax.parsed.cache_clear()

    for file, text in FILES.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(recipe, "COURSE", tmp_path)
    syntax.parsed.cache_clear()
    yield change
    syntax.parsed.cache_clear()


def test_what_belongs_to_a_recipe(course):
    assert list(recipe.recipe(RAN)) == [
        "lora.py:ALPHA", "lora.py:LoRA", "lora.py:LoRA.forward", "lora.py:RANK", "lora.py:SCALE", "lora.py:STEPS",
        "lora.py:train", "method.py:Method", "method.py:SIZE", "rates/__init__.py:BASE", "rates/__init__.py:RATE",
        "schedule.py:WARM", "world/data"]


@pytest.mark.parametrize("file, before, after, named", [
    ("lora.py", "RANK, ALPHA = 4, 8", "RANK, ALPHA = 4, 800", ["lora.py:ALPHA", "lora.py:RANK"]),
    ("lora.py", "ALPHA / RANK", "RANK / ALPHA", ["lora.py:SCALE"]),
    ("lora.py", "STEPS = 3", "STEPS = 300", ["lora.py:STEPS"]),
    ("lora.py", "x * SCALE", "x / SCALE", ["lora.py:LoRA.forward"]),
    ("lora.py", '("q",)', '("q", "v")', ["lora.py:LoRA"]),
    ("lora.py", "n: int = 16", "n: int = 17", ["lora.py:train"]),
    ("lora.py", "return x + rates.RATE", "return x - rates.RATE", ["lora.py:train"]),
    ("method.py", "bias = False", "bias = True", ["method.py:Method"]),
    ("method.py", "SIZE = 2", "SIZE = 3", ["method.py:SIZE"]),
    ("method.py", "SIZE", "LENGTH", ["method.py:SIZE"]),
    ("rates/__init__.py", "BASE = 0.1", "BASE = 10.0", ["rates/__init__.py:BASE"]),
    ("rates/__init__.py", "RATE += 1", "RATE += 2", ["rates/__init__.py:RATE"]),
    ("schedule.py", "WARM = 7", "WARM = 700", ["schedule.py:WARM"]),
    ("world/data/names.json", "[1]", "[2]", ["world/data"]),
    ("lora.py", "  # with the scale", "", []), ("lora.py", '"""A method."""', '"""Another."""', []),
    ("lora.py", '    """A class."""\n', "", []), ("lora.py", "\n\n\nclass", "\n\n\n\n\nclass", []),
    ("lora.py", "(n: int = 16)", "(\n        n: int = 16\n)", []), ("lora.py", "UNUSED = 1", "UNUSED = 2", []),
    ("lora.py", "return 1", "return 2", []),
    ("lora.py", "A claim", "Another claim", []), ("lora.py", "tolerance=0.1", "tolerance=0.2", []),
    ("method.py", "return 1", "return 2", []),
    ("schedule.py", "COLD = 8", "COLD = 9", []),
])
def test_what_has_changed_is_named(course, file, before, after, named):
    recorded = recipe.recipe(RAN)
    assert recipe.changed(recorded) == []
    course(file, before, after)
    assert recipe.changed(recorded) == named


def test_what_ran_is_noted_and_what_was_kept_runs_again(course, tmp_path, monkeypatch):
    space, traced = {"cache": cache, "__name__": "course_lib.toy"}, []
    source = "@cache\ndef once():\n    return [x for x in (lambda: (1,))()]\ndef idle():\n    pass\n"
    exec(compile(source, str(tmp_path / "toy.py"), "exec"), space)
    space["once"]()
    previous = sys.gettrace()
    sys.settrace(lambda *event: traced.append(event[1]))
    try:
        with recipe.noting() as ran:
            space["once"]()
        assert traced and sys.gettrace() is not None
    finally:
        sys.settrace(previous)
    assert ran == {"toy.py:once"}


@pytest.mark.parametrize("claim_id", claims.all_claims())
def test_every_record_has_the_recipe_of_now(claim_id):
    """Where this fails: `course claims restamp ID`, and where the figures differ, `course claims run ID`."""
    recorded = claims.read_record(claim_id)["recipe"]
    assert recipe.changed(recorded) == []
    assert any(re.match(r"(claims/topics|experiments)/.*:[a-z]", part) for part in recorded)
    assert recipe.DATA in recorded


def test_a_rate_that_grows_a_hundredfold_is_named(monkeypatch):
    recorded = claims.read_record("C08")["recipe"]
    plain = syntax.plain
    monkeypatch.setattr(syntax, "plain", lambda tree: 100 * tree if isinstance(tree, float) else plain(tree))
    assert "experiments/one_step.py:RATE" in recipe.changed(recorded)
