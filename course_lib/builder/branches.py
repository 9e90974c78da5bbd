"""Which branches of a reference its draws execute."""
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

from course_lib.builder.tasks import Task
from course_lib.errors import CourseError

try:
    import coverage
except ImportError as missing:
    raise CourseError("Building needs coverage. Install it: pip install 'course-lib[build]'") from missing


@contextmanager
def branches(task: Task):
    """The block is given the path of a file that holds the reference, and must run all of it.

    Raises CourseError at its end, with the line, where a branch was not taken. (What is run under a name that is
    no file is not measured, so the reference is written to one.)
    """
    with tempfile.TemporaryDirectory(prefix="course-reference-") as folder:
        source, report = Path(folder, f"{task.name}.py").resolve(), Path(folder, "report.json")
        source.write_text(task.reference, encoding="utf-8")
        measured = coverage.Coverage(branch=True, include=[str(source)], data_file=None, config_file=False)
        with measured.collect():
            yield str(source)
        measured.json_report(outfile=str(report))
        found = next(iter(json.loads(report.read_text(encoding="utf-8"))["files"].values()))
    lines = task.reference.splitlines()
    if found["missing_branches"]:
        start, end = found["missing_branches"][0]
        to = f"{lines[end - 1].strip()!r}" if end > 0 else "the end"
        raise CourseError(f"{task.path}: no drawn input goes from line {start} of the reference, "
                          f"{lines[start - 1].strip()!r}, to {to}. Draw one that does (DRAWS may be up to 8).")
    if found["missing_lines"]:
        line = found["missing_lines"][0]
        raise CourseError(f"{task.path}: no drawn input runs line {line} of the reference, "
                          f"{lines[line - 1].strip()!r}.")
