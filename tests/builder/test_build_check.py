"""course build --check: each finding, with the file and the cell."""
import json

import pytest

from course_lib.builder.command import build, main
from course_lib.builder.figures import figures

NOTEBOOK = "notebooks/01_small.ipynb"
DATA = "course_lib/checks/data/01.1.json"


@pytest.fixture
def check(tiny, monkeypatch, capsys):
    """check() -> (exit code, lines) of `course build --check` in the tiny course, which is built."""
    build(tiny)
    monkeypatch.chdir(tiny)

    def run():
        code = main(["--check"])
        return code, capsys.readouterr().out.splitlines()
    return run


def only_finding(check) -> str:
    code, lines = check()
    assert code == 1 and lines[-1] == "1 to mend.", lines
    return lines[0]


def test_nothing_to_find(check):
    assert check() == (0, ["All 4 files are as built."])


def test_a_hand_edited_notebook(tiny, check):
    path = tiny / NOTEBOOK
    path.write_text(path.read_text().replace("torch.ones", "torch.zeros"))
    assert only_finding(check).startswith(f"{NOTEBOOK}, cell 'softmax': edited by hand")


def test_a_stale_notebook(check, change):
    change("lesson.py", "torch.ones", "torch.zeros")
    assert only_finding(check).startswith(f"{NOTEBOOK}, cell 'softmax': older than its source")


def test_a_missing_notebook(tiny, check):
    (tiny / NOTEBOOK).unlink()
    assert only_finding(check).startswith(f"{NOTEBOOK}: not built yet")


@pytest.mark.parametrize("path", ["notebooks/02_gone.ipynb", "course_lib/checks/data/09.1.json"])
def test_an_orphan(tiny, check, path):
    (tiny / path).write_text("{}")
    assert only_finding(check).startswith(f"{path}: left behind")


@pytest.mark.parametrize("left", [{"execution_count": 3}, {"outputs": [{"output_type": "error"}]}])
def test_outputs_left_in(tiny, check, left):
    path = tiny / NOTEBOOK
    notebook = json.loads(path.read_text())
    notebook["cells"][-1].update(left)
    path.write_text(json.dumps(notebook))
    assert only_finding(check).startswith(f"{NOTEBOOK}, cell 'softmax': outputs or an execution count")


def test_stale_data_of_a_check(check, change):
    change("tasks/double.py", "You square it.", "You squared it.")
    assert only_finding(check).startswith(f"{DATA}: older than its source")


def test_edited_data_of_a_check(tiny, check):
    path = tiny / DATA
    path.write_text(path.read_text().replace('"expected": [\n  6', '"expected": [\n  7'))
    assert only_finding(check).startswith(f"{DATA}: edited by hand")


def test_a_lost_record(tiny, check):
    (tiny / "lessons" / "built.json").unlink()
    code, lines = check()
    assert code == 1 and all("Run course build" in line for line in lines[:-1])
    assert build(tiny) == [] and check()[0] == 0


@pytest.mark.parametrize("name, cell", [
    ("lesson.py", "title"), ("exercise.py", "title"), ("tasks/double.py", "statement"),
])
def test_a_figure_typed_into_text(tiny, check, change, name, cell):
    change(name, "\n\n# %%", "\n# It gains 3.4 points.\n\n# %%")
    code, lines = check()
    finding = next(line for line in lines if "figure" in line)
    assert code == 1 and finding.startswith(f"lessons/01_small/{name}, cell '{cell}': a figure typed")
    assert "3.4 points" in finding


@pytest.mark.parametrize("text", [
    "accuracy of 0.93", "it gives .93 here", "rises by 5 %", "about 40% of them", "5 percent",
    "3 points more", "a 3-point gain", "2 × faster", "2x faster", "5 times as many", "it took 1.5 s",
    "| LoRA | 0.7 |", "> 0.93 is best", "12,000 times", "**93 %**", "see the tasks, 10.5 on average",
])
def test_figures_are_found(text):
    assert len(figures(text)) == 1, figures(text)


@pytest.mark.parametrize("text", [
    "`0.93`", "``a 5 % `x` ``", "```\n0.93\n```", "~~~\n5 %\n~~~\nmore", "$p = 0.93$", "$$\n0.5\n$$",
    "[here](http://a.b/3.4)", "![plot](img/2.5x.png)", "<http://a/1.5>", "https://arxiv.org/abs/2106.09685",
    "task 01.2", "tasks 10.1 and 10.2", "after 01.3 you", "transformers 5.23", "Python 3.11", "version 2.0",
    "v1.5", "4.6.1", "Apache-2.0", "CC BY 4.0", "§ 3.2", "§4.1", "Section 3.2", "arXiv:2106.09685",
    "> It gains 5 %.\n> — Lester et al.", "> 0.93 and\n> more ([source](http://x))", "1,000 questions",
    "eight examples", "lesson 06", "1. first\n2. second", "two or three times", "ten points",
    "at 12 o'clock", "25 minutes",
])
def test_what_is_no_measured_figure(text):
    assert figures(text) == []


def test_a_quotation_without_a_source_is_not_exempt():
    assert figures("> It gains 5 %.\n>\n> So they say.") and figures("> It gains 5 %.\n\n— Lester et al.")
