"""What the build wrote last, {path from the root: sha256}, in lessons/built.json: tells output from edits."""
import hashlib
import json
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import write_text

PLACES = (("notebooks", "*.ipynb"), ("exercises", "*.ipynb"), ("solutions", "*.ipynb"),
          ("course_lib/checks/data", "*.json"), ("course_lib/checks/fill_ins", "*.json"))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of(root: Path, path: str) -> str | None:
    """The digest of a file as it lies there; None where there is none."""
    file = root / path
    return digest(file.read_bytes()) if file.exists() else None


def read_record(root: Path) -> dict[str, str]:
    """The record, or {} before the first build."""
    path = root / "lessons" / "built.json"
    if not path.exists():
        return {}
    try:
        record = json.loads(path.read_bytes())
        if not isinstance(record, dict):
            raise ValueError("it holds no table")
        return record
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is damaged ({error}). Restore it from git, or delete it and name what may "
                          "be replaced: course build --overwrite FILE.") from error


def write_record(root: Path, record: dict[str, str]) -> None:
    write_text(root / "lessons" / "built.json", json.dumps(record, indent=1, sort_keys=True) + "\n")


def present(root: Path) -> list[str]:
    """Every file where the build's outputs lie, as paths from the root."""
    found = [path for place, pattern in PLACES for path in (root / place).glob(pattern)]
    return sorted(path.relative_to(root).as_posix() for path in found)


def edited(root: Path, path: str, record: dict[str, str]) -> bool:
    """True where the file exists and is not what the build wrote last."""
    return digest_of(root, path) not in (None, record.get(path))
