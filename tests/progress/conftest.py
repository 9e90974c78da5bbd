"""What the tests of the progress file share."""
import pytest

from course_lib import progress
from course_lib.progress import file as progress_file


@pytest.fixture
def new_kernel(monkeypatch):
    """Call it: what this process remembers is forgotten, as in a new kernel."""

    def forget():
        for name in ("_said", "_unsaved"):
            monkeypatch.setattr(progress_file, name, type(getattr(progress_file, name))())

    return forget


@pytest.fixture(autouse=True)
def fresh_process(new_kernel):
    new_kernel()


@pytest.fixture
def file(course_home):
    return course_home / progress_file.NAME


@pytest.fixture
def fill():
    """fill(n): n answers, which are kept."""

    def answer(count=1):
        for number in range(count):
            progress.record_answer(f"01.q{number}", [number], number % 2 == 0, "a belief")

    return answer
