"""The repository holds together: versions, licences, README, package data, and nothing of one machine."""
import os
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from course_lib.cli import COMMANDS, main
from course_lib.lessons import lessons

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PLACES = [f"/{name}/" for name in ("work", "root", "tmp", "home", "Users")]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def files() -> list[Path]:
    """Everything that is, or would be, committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    names = git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def pinned(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def requirements() -> list[Requirement]:
    project = PROJECT["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [one for one in map(Requirement, lines) if one.name != "course-lib"]


def test_the_locked_set_has_plain_versions_only():
    for name, version in {**pinned("constraints.txt"), **pinned("constraints-colab.txt")}.items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name) and re.fullmatch(r"[0-9][0-9a-z.]*", version), (name, version)
        assert not re.match(r"nvidia|cuda|triton", name)


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_what_is_required_admits_what_is_locked(requirement):
    assert requirement.specifier.contains(pinned("constraints.txt")[requirement.name])
    colab = pinned("constraints-colab.txt").get(requirement.name)
    assert colab is None or requirement.specifier.contains(colab)


def test_torch_is_the_same_in_both_environments():
    assert pinned("constraints.txt")["torch"] == pinned("constraints-colab.txt")["torch"]


def test_conda_installs_what_pip_does():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    names = re.findall(r"^ +- (.+)$", text, flags=re.MULTILINE)
    assert names[0] == "conda-forge" and names[2:] == ["pip", "pip:", "-c constraints.txt", "-e .[lab]"]
    assert f"name: {PROJECT['project']['name']}\n" in text
    assert names[1].startswith("python=") and names[1].removeprefix("python=") in SpecifierSet(
        PROJECT["project"]["requires-python"])


def test_every_data_file_is_installed_with_the_package():
    globs = PROJECT["tool"]["setuptools"]["package-data"]["course_lib"]
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("course_lib/") and path.suffix != ".py":
            inner = name.removeprefix("course_lib/")
            assert any(fnmatch(inner, glob) and inner.count("/") == glob.count("/") for glob in globs), name


def test_nothing_names_a_place_on_one_machine():
    for path in files():
        data = path.read_bytes()
        if b"\0" in data or path == Path(__file__).resolve():
            continue
        text = data.decode("utf-8")
        found = [place for place in PLACES if re.search(rf"(?<![\w.:/]){place}\w", text)]
        assert not found, f"{path.relative_to(ROOT)}: {found}"


def test_licences():
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence
    assert "CC BY 4.0" in (ROOT / "LICENSE-text").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "Apache-2.0"


@pytest.mark.parametrize("name", ["my-course/notebooks/a.ipynb", ".venv/x", ".venv-colab/x", ".screenshots/a.png",
                                  "grading-demo/grades.csv"])
def test_what_a_run_makes_is_ignored(name, tmp_path):
    """Asked in an empty clone: here .venv may be a link, of which git says nothing."""
    files()  # skips where this is no clone
    git("init", "--quiet", str(tmp_path))
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    assert git("-C", str(tmp_path), "check-ignore", name).strip() == name


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_a_page_names_only_what_there_is(page):
    text, places = (ROOT / page).read_text(encoding="utf-8"), (ROOT / page).parent
    makefiles = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "tests/targets.mk"))
    targets = re.findall(r"^([a-z-]+):", makefiles, flags=re.MULTILINE)
    named = re.findall(r"(?:^|`)(?:\.venv/bin/)?(make|course) ([a-z-]+)", text, flags=re.MULTILINE)
    assert {name for tool, name in named if tool == "make"} <= set(targets)
    assert {name for tool, name in named if tool == "course"} - {"--help"} <= set(COMMANDS)
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert link.startswith("https://") or (places / link).exists(), link
    for path in re.findall(r"`((?:course_lib|tests|lessons|docs)/[\w/.]+)`", text):
        assert re.search("[A-Z]{2}", path) or (ROOT / path).exists(), path


def test_the_lines_of_python_in_the_readme_run(capsys):
    [lines] = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(lines, {})
    bare, tuned = map(float, capsys.readouterr().out.split())
    assert tuned > bare + 0.1


def test_the_readme_lists_the_lessons_and_their_minutes():
    for lesson in (one for one in lessons().values() if one.ready):
        assert f"| {lesson.id} | {lesson.title} | {lesson.minutes} |" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"course {command}" in capsys.readouterr().out


def test_an_unknown_command_names_the_nearest(capsys):
    assert main(["doctr"]) == 2
    assert "'doctor'" in capsys.readouterr().err


def make_lab(folder: Path) -> str:
    """What `make lab` would do in `folder`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", "-n", "lab"], cwd=folder, env=environment, capture_output=True, text=True,
                          check=True).stdout


def test_make_lab_installs_once_and_then_only_starts(tmp_path):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    made = ["Makefile", "pyproject.toml", "constraints.txt", ".venv/bin/python", ".venv/.lab"]
    for age, name in enumerate(reversed(made)):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes() if name == "Makefile" else b"")
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    assert make_lab(tmp_path).strip() == ".venv/bin/course lab"
    os.utime(tmp_path / "constraints.txt")  # a newer set of versions
    steps = make_lab(tmp_path).strip().splitlines()
    assert len(steps) > 1 and "pip install" in "".join(steps[:-1]) and steps[-1] == ".venv/bin/course lab"
    assert "minutes" in steps[0] and "PyTorch" in steps[0] and "--quiet" not in "".join(steps), "silent for minutes"


def test_ruff_finds_nothing():
    found = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"], cwd=ROOT,
                           capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
