"""The examples in docstrings say what comes out."""
import doctest
import importlib

import pytest

from course_lib.root import find_root

ROOT = find_root("lessons")
WITH_EXAMPLES = sorted(path.relative_to(ROOT) for path in (ROOT / "course_lib").rglob("*.py")
                       if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_the_examples_hold(path):
    done = doctest.testmod(importlib.import_module(".".join(path.with_suffix("").parts)))
    assert done.attempted and done.failed == 0
