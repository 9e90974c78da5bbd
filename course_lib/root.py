"""Where the course's files lie on this computer."""
import os
from pathlib import Path

from course_lib.errors import CourseError

COPY, MARKER = "my-course", ".course-working-copy"  # the student's working copy, and the file that marks one


def find_root(folder: str, start: Path | None = None) -> Path:
    """The course's folder: the nearest one upwards that holds pyproject.toml and `folder`.

    Looks from `start` (the current folder) upwards, then where the package itself lies.
    Raises CourseError where there is none.
    """
    try:
        start = (start or Path.cwd()).resolve()
    except OSError:  # the folder was deleted under us
        start = Path(os.sep)
    for place in (start, *start.parents, Path(__file__).resolve().parents[1]):
        if os.path.isdir(place / folder) and os.path.isfile(place / "pyproject.toml"):
            return place
    raise CourseError(f"There is no folder '{folder}' here or above ({start}). Run this command inside of "
                      "the course's folder; the installed package alone holds no notebooks.")
