"""What a task allows: all that a student would write honestly, and nothing that reaches the machinery."""
import ast
from pathlib import Path

import nbformat
import pytest

from course_lib.builder import meddling
from course_lib.builder.mutants import mutants, run
from course_lib.builder.tasks import read_tasks
from course_lib.checks.outcomes import encode
from course_lib.grading import allowed
from course_lib.grading.watch import PRELUDE

LESSONS = Path(__file__).resolve().parents[2] / "lessons"


@pytest.mark.parametrize("folder", sorted(LESSONS.glob("[0-9]*")), ids=lambda folder: folder.name)
def test_every_solution_right_or_wrong_is_allowed(folder):
    for task in read_tasks(folder).values():
        equal = {name for one in task.equal for name in run(one.source, str(task.path)).get("MUTANTS", [])}
        sources = [task.reference, task.stub, *(wrong.source for wrong in task.wrong)]
        sources += [one.source for one in mutants(task) if one.name in equal
                    and not any(f"{name}(" in one.source for name in meddling.NAMES)]
        assert [allowed.read(source) for source in sources] == [None] * len(sources)


@pytest.mark.parametrize("source", [
    "import torch.nn as nn\nclass A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self._w = 1\n    def forward(self, x):\n        return self._w * x",
    "import re\nWORD = re.compile('a')", "def f(x, F):\n    F.requires_grad = True\n    return F",
    "def f(x):\n    id = input = 3\n    return type(x).__name__, x.__class__.__name__, id, input",
    "from torch.nn.functional import softmax\nimport numpy as np\nnp.random.seed(0)\ntorch.manual_seed(0)",
    "class A:\n    def __init__(self):\n        self.types = self.io = 1\n    def load(self):\n"
    "        return self.types",
    "def f(x):\n    x.weight.data = x.weight.data + 1\n    setattr(x, 'k', 2)\n    return getattr(x, 'k', None)",
    "if __name__ == '__main__':\n    print('hello')", "def help(x):\n    return x\nhelp(3)",
    "from __future__ import annotations\nx: Later = 1",
    "class Cache(dict):\n    def __missing__(self, key):\n        return 0", "class Rows(list): pass",
    "from collections import OrderedDict\nclass A(OrderedDict):\n    def __str__(self): return 'A'",
    "class A(nn.Module):\n    def train(self, mode=True):\n        return super().train(mode and not self.frozen)",
    "class SGD:\n    def __init__(self, parameters):\n        self.parameters = list(parameters)",
    "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.type = 'relu'",
    "def f(x):\n    copy, mean = x.data, x\n    return copy.load, mean",
])
def test_honest_ways_to_write(source):
    assert allowed.read(source) is None


@pytest.mark.parametrize("source, part", [
    ("import os", "imports os"), ("import course_lib.methods", "the course's own"), ("from torch import os", "os"),
    ("x = 1\nimport torch.overrides", "Line 2"), ("torch.utils._pytree", "torch"), ("exec('1')", "exec"),
    ("(lambda: 0).__globals__", "__globals__"), ("try: pass\nexcept E as e: e.__traceback__", "__traceback__"),
    ("[x for x in ().__class__.__base__.__subclasses__()]", "."), ("getattr(torch, 'o' + 's')", "only known when"),
    ("getattr(torch, 'os')", ".os"), ("g = getattr", "getattr"), ("torch.Tensor.__eq__ = f", "__eq__"),
    ("torch.relu = f", "reaches into torch"), ("nn.Linear.forward = f", "nn.Linear"), ("F.softmax = f", "softmax"),
    ("class A(torch.Tensor): pass", "class"), ("class A(int): pass", "class"), ("class A(float): pass", "class"),
    ("class A:\n    def __eq__(self, o): return True", "__eq__"), ("class A(metaclass=M): pass", "metaclass"),
    ("class A:\n    __class__ = int", "__class__"), ("A = type('A', (), {})", "calling type"),
    ("class A(nn.Module):\n    def parameters(self): return []", "parameters"),
    ("class A(nn.Module):\n    if 1:\n        def parameters(self): return []", "parameters"),
    ("class A(nn.Module):\n    for parameters in [f]: pass", "parameters"),
    ("class A(nn.Module):\n    from operator import truth as parameters", "parameters"),
    ("class A(nn.Module):\n    def __init__(self):\n        self.parameters = f", "parameters"),
    ("A.named_parameters = f", "named_parameters"), ("setattr(a, 'parameters', f)", "parameters"),
    ("class A(dict):\n    def __eq__(self, o): return True", "__eq__"),
    ("class A(list):\n    def __getattribute__(self, name): return 1", "__getattribute__"),
    ("class A:\n    if 1:\n        def __eq__(self, o): return True", "__eq__"),
    ("class A:\n    from operator import truth as __eq__", "__eq__"), ("__builtins__", "__builtins__"),
    ("torch.jit", "jit"), ("np.lib", "lib"), ("np.load('x')", "load"),
    ("from operator import attrgetter", "attrgetter"),
    ("match x:\n    case A(__dict__=d): pass", "__dict__"), ("from torch import *", "everything"),
    ("open('x')", "open"),
    ("import torch as t\nt.sys", ".sys"), ("def f():\n    yield\nf().gi_frame", "gi_frame"),
])
def test_what_reaches_the_machinery(source, part):
    verdict, reason = allowed.read(source)
    assert verdict == "refused" and part in reason and reason.startswith("Line "), reason


def test_what_a_kind_of_dict_or_list_says_of_itself_is_not_believed():
    class Lies(dict):
        __iter__ = __len__ = __getitem__ = __contains__ = lambda self, *given: 1 / 0

    class Rows(list):
        __iter__ = __len__ = __getitem__ = lambda self, *given: 1 / 0

    assert encode(Lies(a=1)) == {"dict": {"a": 1}} and encode(Rows([1, 2])) == [1, 2]


@pytest.mark.parametrize("source", ["def f(:", "x = '\0'", "(" * 5000, "-" * 40_000 + "1", "\ufeffa b",
                                    "x = " + "9" * 40_000])
def test_what_is_no_python(source):
    assert allowed.read(source)[0] == "error"


def imported(source: str) -> set[str]:
    """The names that the code imports, but for the course's own."""
    return {one.asname or one.name for node in ast.walk(ast.parse(source))
            if isinstance(node, (ast.Import, ast.ImportFrom)) for one in node.names
            if not (getattr(node, "module", None) or one.name).startswith(("course_lib", "importlib"))}


@pytest.mark.parametrize("path", sorted((LESSONS.parent / "exercises").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_cell_that_works_in_its_notebook_finds_its_imports_when_it_is_graded(path):
    source = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    assert imported(source) <= imported(PRELUDE)


def test_a_cell_of_endless_length_is_not_even_read():
    verdict, reason = allowed.read("x = 1\n" * 10**7)
    assert verdict == "refused" and "longer than 50,000 letters" in reason


def nested(depth: int) -> str:
    """A small cell that takes gigabytes when it is compiled: each `finally` stands twice in what comes out."""
    lines = [" " * place + part for place in range(1, depth + 1) for part in ("try: return 1", "finally:")]
    return "\n".join(["def f():", *lines, " " * (depth + 1) + "pass"])


@pytest.mark.parametrize("source", [
    nested(16), f"def f(y):\n    return [x {'for x in y ' * 4500}]",
    "".join(f"{' ' * place}class a:\n" for place in range(60)) + " " * 60 + f"x = [{'1,' * 20_000}]"])
def test_what_would_cost_much_to_compile_is_only_read(source):
    ast.parse(source)
    assert allowed.read(source) is None
