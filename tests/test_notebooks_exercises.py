"""An untouched exercise fails at its tasks, with the message for an unwritten answer, and nowhere else."""
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = sorted(ROOT.glob("exercises/*.ipynb"))
TASK, CHECK = re.compile(r"# task (\d\d\.\d+): "), re.compile(r"""^check\(["'](\d\d\.\d+)["']\)""", re.MULTILINE)


def test_there_are_exercises():
    assert [path.name[:2] for path in EXERCISES][:1] == ["01"]


@pytest.mark.parametrize("path", EXERCISES, ids=[path.stem for path in EXERCISES])
def test_an_untouched_exercise_fails_at_its_tasks_only(path, course_home):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=HANGS, allow_errors=True, resources={"metadata": {"path": path.parent}})
    client.execute()
    tasks, failed = [], []
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        tasks += TASK.findall(cell.source)
        errors = [output for output in cell.outputs if output.output_type == "error"]
        for error in errors:
            found = CHECK.search(cell.source)
            assert found and error.ename == "CheckFailed", f"{cell.source}\n{error.ename}: {error.evalue}"
            failed.append(found[1])
    assert len(tasks) >= 3
    assert failed == tasks
