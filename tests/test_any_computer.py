"""What the course does by itself about other systems than Linux, held on Linux.

Files are read and written as UTF-8, wherever the system's own encoding is another (cp1252 on Windows); nothing is
imported that only Linux and macOS have; no two files differ in case alone; commands print on a console of cp1252.
"""
import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = sorted((ROOT / "course_lib").rglob("*.py")), sorted((ROOT / "tests").rglob("*.py"))
POSIX_ONLY = {"crypt", "curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios",
              "tty"}
POSIX_NAMES = {"fork", "geteuid", "getuid", "kill", "killpg", "mkfifo", "setsid", "sched_getaffinity", "symlink_to",
               "symlink", "SIGKILL", "SIGHUP", "SIGUSR1", "chown", "uname", "getpgid", "statvfs"}
# A maintainer's, and the sandbox of `course grade`: each says that it needs Linux.
NOT_ON_WINDOWS = {"builder/mutants.py", "grading/doctor.py", "grading/running.py", "grading/sandbox.py",
                  "grading/selfcheck.py", "grading/worker.py"}
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
WESTERN = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "COLUMNS": "80"}


def calls(tree: ast.AST) -> list[tuple[ast.Call, str]]:
    """Every call, with the last word of what is called."""
    name = lambda function: getattr(function, "attr", getattr(function, "id", ""))
    return [(node, name(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def without_encoding(source: str) -> list[int]:
    """Lines that open a text and leave it to the system how it is encoded."""
    found = []
    for call, name in calls(ast.parse(source)):
        keywords = {word.arg: word.value for word in call.keywords}
        of_path = isinstance(call.func, ast.Attribute)
        owner = getattr(call.func.value, "id", "") if of_path else ""
        if name in ("read_text", "write_text") and of_path:
            texts = "encoding" not in keywords and len(call.args) < (1 if name == "read_text" else 2)
        elif name == "open" and owner not in ("os", "webbrowser"):
            place = 0 if of_path and owner != "io" else 1
            mode = keywords.get("mode", call.args[place] if len(call.args) > place else ast.Constant("r"))
            texts = "encoding" not in keywords and "b" not in str(getattr(mode, "value", ""))
        else:
            said = keywords.get("text", keywords.get("universal_newlines"))
            texts = name in ("run", "Popen", "check_output") and said is not None and "encoding" not in keywords
        if texts:
            found.append(call.lineno)
    return found


@pytest.mark.parametrize("source, lines", [
    ("open('a')", [1]), ("open('a', 'rb')", []), ("open('a', mode='wb')", []), ("open('a', encoding='utf-8')", []),
    ("p.read_text()", [1]), ("p.read_text('utf-8')", []), ("p.write_text(x)", [1]), ("p.open('w')", [1]),
    ("p.write_text(x, encoding='utf-8')", []), ("run(x, text=True)", [1]), ("run(x)", []),
    ("run(x, text=True, encoding='utf-8')", []), ("write_text(p, x)", [])])
def test_a_text_without_its_encoding_would_be_found(source, lines):
    assert without_encoding(source) == lines


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_file_names_its_encoding(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []


def test_nothing_is_used_that_only_linux_and_macos_have():
    found = []
    for path in PACKAGE:
        if path.relative_to(ROOT / "course_lib").as_posix() in NOT_ON_WINDOWS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = {name for call, word in calls(tree) if word == "hasattr"
                   for name in [getattr(call.args[1], "value", None)]}
        done_without = {one for node in ast.walk(tree) if isinstance(node, ast.Try)
                        and any(getattr(handler.type, "id", "") == "ImportError" for handler in node.handlers)
                        for one in node.body}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and node not in done_without:
                names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                found += [(path.name, name) for name in names if str(name).split(".")[0] in POSIX_ONLY]
            of_system = getattr(getattr(node, "value", None), "id", "") in ("os", "signal")
            if isinstance(node, ast.Attribute) and of_system and node.attr in POSIX_NAMES - guarded:
                found.append((path.name, node.attr))
    assert found == []


def test_the_course_can_be_kept_where_names_have_no_case_and_some_are_reserved():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("no clone: what belongs to the course is not known")
    names = [name for name in listed.stdout.decode().split("\0") if name]
    assert len({name.lower() for name in names}) == len(names)
    assert [name for name in names if re.search(r'[<>:"\\|?*]|[ .](/|$)', name)] == []
    assert [name for name in names if {part.split(".")[0].lower() for part in name.split("/")} & RESERVED] == []
    assert max(map(len, names)) < 140, "Windows allows 260 signs, with the folder that the course lies in"


@pytest.mark.parametrize("command", [
    ["--help"], ["doctor"], ["world", "--stats"], ["models", "orchard-s"], ["claims"], ["progress"],
    ["progress", "export", "mine.json"], ["bench", "--help"], ["lab", "--no-open", "--dir", "copy"],
    ["no-such-command"]], ids=" ".join)
def test_commands_print_on_a_console_of_cp1252_and_read_their_files_there(command, tmp_path):
    strict = {**os.environ, **WESTERN, "PYTHONPATH": str(ROOT), "PYTHONWARNDEFAULTENCODING": "1"}
    folder = ROOT if command[0] == "lab" else tmp_path
    command = [str(tmp_path / "copy") if word == "copy" else word for word in command]
    done = subprocess.run([sys.executable, "-m", "course_lib.cli", *command], cwd=folder, env=strict,
                          capture_output=True, timeout=HANGS)
    said = done.stdout.decode("cp1252") + done.stderr.decode("cp1252")
    assert "Traceback" not in said and not re.search(r"course_lib\S* EncodingWarning", said), said
    assert said.strip() and done.returncode in (0, 1, 2)


def test_no_test_gives_up_by_a_clock_of_its_own():
    """What a test waits for is given HANGS seconds: only what hangs takes so long."""
    found = []
    for path in TESTS:
        if path.parent.name == "rivals":   # no tests: a command that says which grader hangs
            continue
        for call, _ in calls(ast.parse(path.read_text(encoding="utf-8"))):
            found += [(path.name, call.lineno) for word in call.keywords if word.arg == "timeout"
                      and "HANGS" not in ast.unparse(word.value) and path.name != "test_lab.py"]
    assert found == []
