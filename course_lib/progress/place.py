"""The folder where the progress file lies."""
import os
import sys
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import user_path
from course_lib.root import COPY, MARKER


def place() -> tuple[Path, str]:
    """$COURSE_HOME, else .course in the nearest working copy, else the user's data folder. Creates nothing.

    The nearest working copy is the current folder, or `my-course` in it; else the same of the folders above it.
    The second value is a sentence to show where COURSE_HOME is set and can be no folder, else "".
    """
    given = os.environ.get("COURSE_HOME")
    if not given:
        return _without_home(), ""
    try:
        return user_path(given).absolute(), ""
    except (CourseError, OSError) as error:
        instead = _without_home()
        return instead, (f"COURSE_HOME cannot be used: {error} "
                         f"Until it names another folder, your progress is kept in {instead}.")


def _without_home() -> Path:
    try:
        here = Path.cwd()
    except OSError:  # the folder was deleted under us
        here = Path(os.sep)
    for parent in (here, *here.parents):
        for copy in (parent, parent / COPY):
            if os.path.exists(copy / MARKER):
                return copy / ".course"
    try:
        home = Path.home()
    except RuntimeError:  # no HOME and no entry for this user
        home = Path(os.sep) / "nonexistent"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "course"
