"""No test is passed over: `make test` collects every `test_*` function that is written."""
import ast
import os
import re
import subprocess
import sys
from pathlib import Path

from tests import run_all

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


def collected(*groups: list[str]) -> set[str]:
    """file::function of what pytest finds with the arguments of each group: in one process, where only the first
    waits for torch."""
    code = (f"import pytest\nfor arguments in {groups!r}:\n"
            "    pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', *arguments])")
    done = subprocess.run([sys.executable, "-c", code], cwd=TESTS.parent, capture_output=True, text=True,
                          encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"})
    ids = re.findall(r"^(tests/[^:]+\.py)(?:::\w+)*::(test_\w+)", done.stdout, flags=re.MULTILINE)
    assert ids, done.stdout + done.stderr
    return {f"{path}::{name}" for path, name in ids}


def test_every_test_that_is_written_is_collected():
    known = run_all.groups()
    (_, code), (_, browser), (_, slow) = known["code"], known["browser"], known["mutants"]
    found = collected(code[:-len(run_all.TWO)], browser, slow[:-len(run_all.TWO)])
    assert sorted(written() - found) == [] and sorted(found - written()) == []
    assert f"tests/{run_all.CHECK}::test_course_build_check_finds_nothing" in found
    assert {"code", "browser"} <= set(run_all.in_make_test())


def test_make_test_and_the_ci_run_every_group():
    make = (TESTS / "targets.mk").read_text(encoding="utf-8")
    assert re.search(r"^test:\n\t.*\n\t@.venv/bin/python tests/run_all.py\n", make, flags=re.MULTILINE)
    assert (TESTS.parent / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
