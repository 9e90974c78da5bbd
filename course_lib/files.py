"""Paths as people type them, and files that nobody ever sees half written."""
import errno
import os
import re
import uuid
from pathlib import Path

from course_lib.errors import CourseError, shown

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")  # owner/name, a model or a data set on the Hugging Face Hub


def user_path(given: str | os.PathLike) -> Path:
    """The path that somebody typed, with ~ filled in. Raises CourseError where it can be no path."""
    if not isinstance(given, (str, os.PathLike)) or not str(given).strip() or "\0" in str(given):
        raise CourseError(f"{shown(given)} is no path. Give the name of a file or a folder as text.")
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise CourseError(f"{given}: this computer knows no home folder for {Path(given).parts[0]}. "
                          "Write the whole path.") from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write beside `path`, in a folder that exists, then take its place; at an OSError `path` is as it was.

    What is there must be a file: in the place of a device or a pipe, such as /dev/null, this would put a file.
    """
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "there is something else than a file of that name")
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # the name that means something
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """`write_bytes` for text: UTF-8, with line ends of one byte on every system."""
    write_bytes(path, text.encode("utf-8"))
