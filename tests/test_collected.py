"""No test is passed over: `make test` collects every `test_*` function that is written."""
import ast
import re
from pathlib import Path

import pytest

from tests import run_all
from tests.conftest import WRITTEN

TESTS = Path(__file__).parent


def written() -> set[str]:
    """file::function for every test that stands in a file."""
    found = set()
    for path in TESTS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
        found |= {f"tests/{path.relative_to(TESTS).as_posix()}::{node.name}" for body in bodies for node in body
                  if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")}
    return found


def test_every_test_that_is_written_is_collected(pytestconfig):
    if pytestconfig.args != ["tests"]:
        pytest.skip("this run was asked for a part of the tests only")
    known = run_all.groups()
    (_, code), (_, browser), (_, slow) = known["code"], known["browser"], known["mutants"]
    assert code[:3] == ["tests", "-m", "not browser and not slow"] and slow[:3] == ["tests", "-m", "slow"]
    assert browser == ["tests/browser"]
    found = pytestconfig.stash[WRITTEN]
    assert all(name.startswith("tests/browser/") for name, marks in found.items() if "browser" in marks)
    assert sorted(written() - set(found)) == [] and sorted(set(found) - written()) == []
    assert f"tests/{run_all.CHECK}::test_course_build_check_finds_nothing" in found
    assert {"code", "browser"} <= set(run_all.in_make_test())


def test_make_test_and_the_ci_run_every_group():
    make = (TESTS / "targets.mk").read_text(encoding="utf-8")
    assert re.search(r"^test:\n\t.*\n\t@.venv/bin/python tests/run_all.py\n", make, flags=re.MULTILINE)
    assert (TESTS.parent / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
