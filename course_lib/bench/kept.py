"""What a long bench has measured, kept in a file as it comes, so that a run that was stopped goes on."""
import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass

from course_lib.errors import CourseError
from course_lib.files import user_path, write_text
from course_lib.models import load_model, weights_hash


@functools.cache
def base_hash(name: str) -> str:
    """The hash of a base model's weights as they are now."""
    return weights_hash(load_model(name)[0])


class Kept:
    """The figures in the file at `path`; without a path they are kept for this run only.

    Raises CourseError for a file that holds something else.
    """

    def __init__(self, path: str | None):
        self.path = user_path(path) if path else None
        self.figures: dict[str, dict[str, float]] = {}
        if self.path and self.path.exists():
            self.figures = read_figures(self.path)

    def __call__(self, measure: Callable, bases: Sequence[str], *what) -> dict[str, float]:
        """measure(*what): from the file where it was measured on base models with these weights, else run and kept."""
        given = [asdict(part) if is_dataclass(part) else part for part in what]
        key = json.dumps([measure.__name__, *given, *map(base_hash, bases)])
        if key not in self.figures:
            self.figures[key] = measure(*what)
            if self.path:
                write_text(self.path, json.dumps(self.figures, indent=0))
        return self.figures[key]


def read_figures(path) -> dict[str, dict[str, float]]:
    """The figures in this file; CourseError where it holds something else."""
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        if all(isinstance(value, float | int) for one in figures.values() for value in one.values()):
            return figures
    except (OSError, ValueError, AttributeError):
        pass
    raise CourseError(f"{path} holds no measurements of `course bench quality`. Name another file, or delete this one.")
