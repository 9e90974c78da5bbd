"""`course release`: what students get holds no answer and lacks nothing; refused where it must be."""
import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from course_lib.builder.leaks import leaks
from course_lib.builder.plan import lesson_folders
from course_lib.builder.release import digest, given_files, main, release
from course_lib.builder.tasks import read_tasks
from course_lib.cli import COMMANDS
from course_lib.errors import CourseError
from course_lib.lessons import lessons
from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[1]
READY = [lesson.id for lesson in lessons().values() if lesson.ready]
COUNTS = {"notebooks": len(READY) + len(list((ROOT / "lessons").glob("[0-9]*/more.py"))),
          "exercises": len(READY) - 1}            # lesson 00 has none
TASKS = [task for folder in lesson_folders(ROOT) for task in read_tasks(folder).values()]
ANSWERS = [pytest.param(task, source, id=f"{task.id}-{name}", marks=() if name == "reference" else pytest.mark.slow)
           for task in TASKS for name, source in
           [("reference", task.reference), *((one.name, one.source) for one in task.wrong)]]
GONE = {name for name, (module, _) in COMMANDS.items() if module.split(".")[1] in ("builder", "grading")}


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The repository's files as they are here, without git: what somebody has who got them as an archive."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    copy = tmp_path_factory.mktemp("unpacked")
    for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith("tests/"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy


@pytest.fixture(scope="module")
def released(unpacked, tmp_path_factory):
    """(the folder, the zip, what the command said)."""
    out = tmp_path_factory.mktemp("released") / "course"
    archive = out.with_name("course.zip")
    return out, archive, release(unpacked, out, archive)


@pytest.fixture
def clone(unpacked, tmp_path):
    """A small clone in which everything is committed, with an ignored file as a tool leaves it."""
    for name, path in given_files(unpacked).items():
        if name.count("/") < 2 and "orchard" not in name:
            source = path.relative_to(unpacked)
            (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / source).write_bytes(path.read_bytes())
    (tmp_path / ".gitignore").write_text("build/\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "all")
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(released, home: Path, *arguments: str, **more) -> subprocess.CompletedProcess:
    """Python in the released folder, with its own course_lib."""
    folder = released[0]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COURSE_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1",
                   "COURSE_TEXT": "1", "MPLBACKEND": "agg"}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True,
                          encoding="utf-8", timeout=HANGS, **more)


def test_it_holds_what_students_need_and_nothing_else(released):
    names = content(released[0])
    assert {name.partition("/")[0] for name in names} == {
        "LICENSE", "LICENSE-text", "Makefile", "README.md", "constraints.txt", "constraints-colab.txt", "course_lib",
        "environment.yml", "exercises", "notebooks", "pyproject.toml"}
    assert not [name for name in names if re.match(r"course_lib/(builder|grading)", name)]
    assert not [name for name in names if re.search(r"(^|/)\.|__pycache__|\.pyc$|solution|test", name)]
    for folder, there in COUNTS.items():
        assert sum(name.startswith(folder + "/") for name in names) == len(list((ROOT / folder).glob("*"))) == there


def test_no_answer_to_a_task_stands_in_it(released):
    assert leaks(content(released[0]), TASKS) == []


@pytest.mark.parametrize("task, source", ANSWERS)
def test_an_answer_would_be_found_in_every_disguise(task, source):
    spaced = "\n".join(f"    {line}  # {number}\n" for number, line in enumerate(source.splitlines()))
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True)}
    for path, text in (("a.py", spaced), ("a.ipynb", json.dumps({"cells": [cell]})), ("a.bin", "\0\1" + "\n" + source),
                       ("a.json", json.dumps({"probe": [{source: 1}]})), ("a.txt", source.replace("\n", "\r\n"))):
        assert leaks({path: text.encode()}, [task]), path


def test_what_the_task_shows_itself_is_no_leak():
    shown = "\n".join([*(task.stub for task in TASKS), *(task.statement for task in TASKS)])
    assert leaks({"a.ipynb": json.dumps([shown]).encode()}, TASKS) == []


def test_the_zip_holds_the_same_and_both_are_the_same_again(released, unpacked, tmp_path, monkeypatch):
    folder, archive, said = released
    with zipfile.ZipFile(archive) as opened:
        assert {name.removeprefix("course/"): opened.read(name) for name in opened.namelist()} == content(folder)
    monkeypatch.setattr("course_lib.builder.release.refuse_stale", lambda root: None)  # it takes long, and held above
    (tmp_path / "course").mkdir()
    again = release(unpacked, tmp_path / "course", tmp_path / "course.zip")
    assert content(tmp_path / "course") == content(folder)
    assert (tmp_path / "course.zip").read_bytes() == archive.read_bytes()
    same = [line for line in said if "sha256" in line]
    assert same == [line for line in again if "sha256" in line] and len(same) == 2
    assert digest(content(folder)) in same[0] and "no git" in again[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "course.zip"]


def test_the_sum_is_that_of_the_usual_tools(released):
    command = "find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"
    shown = subprocess.run(command, shell=True, cwd=released[0], capture_output=True, text=True, check=True).stdout
    assert shown.split()[0] == digest(content(released[0]))


@pytest.mark.parametrize("change, message", [
    ({"README.md": "new"}, "README.md"), ({"course_lib/cli.py": "new"}, "M course_lib/cli.py"),
    ({"notebooks/00_start_here.ipynb": "{}"}, "M notebooks"), ({"course_lib/more.py": ""}, r"\?\? course_lib/more.py"),
    ({"course_lib/build/more.py": ""}, r"\?\? course_lib/build/more.py")])  # ignored by git, and yet a module
def test_what_is_not_committed_is_refused(clone, tmp_path, change, message):
    for name, text in change.items():
        (clone / name).parent.mkdir(exist_ok=True)
        (clone / name).write_text(text)
    with pytest.raises(CourseError, match=rf"(?s)is not. Commit it.*{message}"):
        release(clone, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_committed_is_asked_of_this_repository_only(clone, monkeypatch):
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "more")
    further = lambda root: (_ for _ in ()).throw(CourseError("on"))
    monkeypatch.setattr("course_lib.builder.release.refuse_stale", further)
    with pytest.raises(CourseError, match="^on$"):  # so far nothing was refused
        release(clone, clone / "build" / "out")


def test_a_stale_notebook_is_refused(unpacked, tmp_path):
    notebook = unpacked / "exercises" / "06_lora.ipynb"
    before = notebook.read_bytes()
    notebook.write_bytes(before.replace(b"How many numbers", b"How few numbers", 1))
    try:
        with pytest.raises(CourseError, match="exercises/06_lora.ipynb, cell 'task-06-1-statement': edited by hand"):
            release(unpacked, tmp_path / "out")
    finally:
        notebook.write_bytes(before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["out/file", "out", "out.zip"])
def test_what_is_there_is_never_written_over(unpacked, tmp_path, monkeypatch, there):
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine")
    monkeypatch.chdir(unpacked)
    with pytest.raises(CourseError, match="Nothing was written"):
        main(["--out", str(tmp_path / "out"), "--zip"])
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [Path(there).name]
    assert (tmp_path / there).read_text() == "mine"


def test_a_folder_that_cannot_be_made_leaves_nothing(unpacked, tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.builder.release.refuse_stale", lambda root: None)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CourseError, match="Name another folder"):
        release(unpacked, tmp_path / "file" / "out")
    monkeypatch.setattr(Path, "rename", lambda path, to: (_ for _ in ()).throw(OSError(28, "the disk is full")))
    with pytest.raises(CourseError, match="the disk is full"):
        release(unpacked, tmp_path / "out", tmp_path / "out.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_its_commands_are_those_whose_modules_are_there(released, tmp_path):
    shown = run(released, tmp_path, "-m", "course_lib.cli", "--help").stdout
    listed = re.findall(r"^  ([a-z]+)  ", shown, flags=re.MULTILINE)
    assert listed == [name for name in COMMANDS if name not in GONE] and {"build", "release"} <= GONE
    for name in GONE:
        refused = run(released, tmp_path, "-m", "course_lib.cli", name, "--check")
        assert refused.returncode == 2 and "not part of what students get" in refused.stderr
    unknown = run(released, tmp_path, "-m", "course_lib.cli", "bild")
    assert unknown.returncode == 2 and not re.search("build|release", unknown.stderr)


def test_no_module_in_it_needs_one_that_is_not(released):
    for path in (released[0] / "course_lib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [
                alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if re.match(r"course_lib\.(builder|grading)|tests", name)], path


@pytest.mark.parametrize("command, said", [("doctor", "Everything the course needs is here"), ("progress", "06.1"),
                                           ("lab --no-open", f"{sum(COUNTS.values())} notebooks copied"),
                                           ("world --help", "usage")])
def test_a_command_works_in_it(released, tmp_path, command, said):
    more = ["--dir", str(tmp_path / "mine")] if command.startswith("lab") else []
    if command == "progress":
        run(released, tmp_path, "-c", CHECK, "total += rank * (d + k)")
    done = run(released, tmp_path, "-m", "course_lib.cli", *command.split(), *more)
    assert done.returncode == 0 and said in done.stdout, done.stdout + done.stderr
    assert "jupytext" not in done.stdout, "only the build needs it"


CHECK = '''
import sys, course_lib
from course_lib.checks import check
exec("def lora_parameters(shapes, rank):\\n    total = 0\\n    for d, k in shapes:\\n        "
     + sys.argv[1] + "\\n    return total")
check("06.1")
'''


@pytest.mark.parametrize("line, said", [("total += rank * (d + k)", "Task 06.1 passed"), ("total += d + k", "no_rank"),
                                        ("raise NotImplementedError", "not written yet")])
def test_a_check_works_in_it(released, tmp_path, line, said):
    done = run(released, tmp_path, "-c", CHECK, line)
    message = next(one.message for task in TASKS if task.id == "06.1" for one in task.wrong if one.name == "no_rank")
    assert (message if said == "no_rank" else said) in done.stdout + done.stderr
    assert (done.returncode == 0) == ("passed" in said)


CELLS = '''
import json, sys
from course_lib.checks import CheckFailed
import course_lib
assert "released" in course_lib.__file__
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        try:
            exec("".join(cell["source"]), globals())
        except CheckFailed as error:
            print(error)
'''


def test_an_exercise_runs_in_it(released, tmp_path):
    done = run(released, tmp_path, "-c", CELLS, "exercises/06_lora.ipynb")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("is not written yet") == 4


def test_its_texts_lead_nowhere_that_is_not_there(released):
    folder = released[0]
    texts = [("README.md", (folder / "README.md").read_text(encoding="utf-8"))]
    for path in [*folder.glob("notebooks/*"), *folder.glob("exercises/*")]:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            assert not re.search(r"solutions/|lessons/|course (build|release|grade)|docs/", source), path
            texts += [(path, source)] if cell["cell_type"] == "markdown" else []
    for name, text in texts:
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            assert re.match("https?://", link) or ((folder / name).parent / link).exists(), (name, link)


def test_its_readme_names_commands_that_are_there(released, tmp_path):
    folder = released[0]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`)(?:\.venv/bin/)?(make|course) ([a-z-]+)", readme, flags=re.MULTILINE)
    assert {name for tool, name in named if tool == "course"} - {"--help"} <= set(COMMANDS) - GONE
    assert {name for tool, name in named if tool == "make"} == {"lab"}
    for one in (lesson for lesson in lessons().values() if lesson.ready):
        assert f"| {one.id} | {one.title} | {one.minutes} |" in readme


def test_make_installs_and_opens_it_and_tests_nothing(released):
    def make(*arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(["make", *arguments], cwd=released[0], env=environment, capture_output=True, text=True)
        return done.stdout

    steps = make("-n", "lab").strip().splitlines()
    assert "pip install" in steps[-3] and "-e '.[lab]'" in steps[-3] and steps[-1] == ".venv/bin/course lab"
    assert "make lab" in make() and "test" not in make()
