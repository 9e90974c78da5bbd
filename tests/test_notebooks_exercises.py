"""An untouched exercise fails at its tasks, with the message for an unwritten answer, and nowhere else."""
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = sorted(ROOT.glob("exercises/*.ipynb"))
TASK, CHECK = re.compile(r"# task (\d\d\.\d+): "), re.compile(r"""^check\(["'](\d\d\.\d+)["']\)""", re.MULTILINE)


def test_there_are_exercises():
    assert [path.name[:2] for path in EXERCISES][:1] == ["01"]


def test_an_untouched_exercise_fails_at_its_tasks_only(course_home):
    """All in one kernel, one after the other, with none of the names of the one before."""
    read = {path.stem: nbformat.read(path, as_version=4).cells for path in EXERCISES}
    notebook = nbformat.v4.new_notebook()
    for name, cells in read.items():
        notebook.cells += [nbformat.v4.new_code_cell("%reset -f"), *cells]
        for place, cell in enumerate(cells):
            cell.id = f"{name}-{place}"  # of its own in the one notebook, too
    where = {"metadata": {"path": EXERCISES[0].parent}}
    NotebookClient(notebook, timeout=HANGS, allow_errors=True, resources=where).execute()
    for name, cells in read.items():
        tasks, failed = [], []
        for cell in (cell for cell in cells if cell.cell_type == "code"):
            tasks += TASK.findall(cell.source)
            for error in (output for output in cell.outputs if output.output_type == "error"):
                found = CHECK.search(cell.source)
                assert found and error.ename == "CheckFailed", f"{name}: {cell.source}\n{error.ename}: {error.evalue}"
                failed.append(found[1])
        assert len(tasks) >= 3 and failed == tasks, name
