"""docs/instructors.md holds: its commands are there, its figures are the code's, and its task is one."""
import re
import shlex
import subprocess

import pytest

from course_lib.builder import command as build
from course_lib.builder import release
from course_lib.builder.mutants import try_mutants
from course_lib.builder.plan import lesson_folders
from course_lib.builder.tasks import read_task, read_tasks
from course_lib.checks.run import outcome_of
from course_lib.cli import COMMANDS
from course_lib.errors import CourseError
from course_lib.grading import changes, command
from course_lib.grading.engine import Limits
from course_lib.root import find_root

ROOT = find_root("lessons")
PAGE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## For instructors"):README.index("## For maintainers")]
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE + SECTION, re.MULTILINE | re.DOTALL)
BLOCKS = [text for kind, text in FENCED if not kind]
TYPED = [*"".join(BLOCKS).replace("\\\n", "").splitlines(), *re.findall(r"`(\.venv/bin/course [^`]+)`", PAGE)]
PARSERS = {"grade": command.parser, "release": release.parser, "build": build.parser}


@pytest.mark.parametrize("block", BLOCKS)
def test_each_block_is_shell(block):
    assert subprocess.run(["bash", "-n"], input=block, capture_output=True, encoding="utf-8").stderr == ""


def typed(name: str) -> list[list[str]]:
    """The arguments of each `course NAME` on the page."""
    words = [shlex.split(line) for line in TYPED]
    words = [line[line.index(".venv/bin/course") + 1:] for line in words if ".venv/bin/course" in line]
    assert {line[0] for line in words} <= set(COMMANDS)
    return [line[1:] for line in words if line[0] == name]


@pytest.mark.parametrize("name", PARSERS)
def test_each_command_is_understood_as_it_is_typed(name):
    assert typed(name)
    for arguments in typed(name):
        if not {"--doctor", "--demo"} & set(arguments):   # which stand without SUBMISSIONS
            PARSERS[name]().parse_args(arguments)


def test_a_typing_mistake_on_the_page_would_be_found():
    with pytest.raises((SystemExit, CourseError)):
        command.parser().parse_args(["in", "--out", "out", "--grade-book", "x.csv"])


def test_each_option_that_is_named_is_there():
    known = {option for make in PARSERS.values() for action in make()._actions for option in action.option_strings}
    ours = re.sub(r"^\.venv/bin/dask .*$", "", PAGE, flags=re.MULTILINE)   # the options of another program
    assert set(re.findall(r"(?<![\w-])--[a-z]+[a-z-]*", ours)) <= known


def test_its_links_lead_somewhere():
    for link in re.findall(r"\]\((?!https://)([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
    for path in re.findall(r"`((?:lessons|course_lib)/[^`]+)`", PAGE):
        assert (ROOT / path).exists() or path.endswith("pair_bytes.py"), path
    for name in re.findall(r"`([a-z]+\.py)`", PAGE):
        assert (ROOT / "course_lib" / "grading" / name).exists(), name


def test_its_figures_are_those_of_the_code():
    most = Limits()
    assert (f"{most.call:g} seconds a call, {most.task:g} a task, {most.memory // 2**20} MB of memory beside torch's "
            f"own, no further process or thread, no file written, {most.bytes // 2**20} MB of answers") in PAGE
    draws = [task.settings["DRAWS"] for folder in lesson_folders(ROOT) for task in read_tasks(folder).values()]
    assert f"{min(draws)} to {max(draws)} draws, twice" in PAGE
    for kind, columns in changes.COLUMNS.items():
        assert f"| `--{kind}` | `{','.join(columns)}` |" in PAGE


def test_its_task_is_one_that_the_build_takes(tmp_path):
    path = tmp_path / "pair_bytes.py"
    path.write_text(re.search(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1], encoding="utf-8")
    task = read_task(path)
    assert str(outcome_of(task.function(task.reference), {"d": 128, "k": 64, "rank": 4, "size": 2})) in task.statement
    assert try_mutants(task).good
