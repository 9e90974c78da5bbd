"""The store of runs: what long runs have measured, a line of JSON each, so that one that was stopped goes on.

A run is known by what it is of (a setting, an arm, a seed), by its base models' weights, and by the code and the data
that it can depend on. Nothing is kept, and nothing taken from a store, but in the block of `kept`.
"""
import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from pathlib import Path

from course_lib import models
from course_lib.errors import CourseError
from course_lib.files import user_path
from course_lib.syntax import digest, parsed, plain

COURSE = Path(__file__).resolve().parents[1]
SHARED = {f"experiments/{name}.py" for name in ("draws", "run", "setting")}  # of experiments; a run says the rest
CANNOT_CHANGE_A_RUN = {  # but for the file of what is measured
    "bench", "builder", "checks", "claims", "cli.py", "explore", "framed.py", "grading", "lab", "lengths.json",
    "lesson.py", "lessons.py", "plots", "progress", "quiz"}
DATA = {".json", ".tsv", ".txt"}


@functools.cache
def base_hash(name: str) -> str:
    """The hash of a base model's weights as they are now."""
    return models.weights_hash(models.load_model(name)[0])


@functools.cache
def library() -> str:
    """The digest of the library and its data as they are now, and of the versions of what it stands on.

    The methods are no part of it, but for what they share: a run is known by the files of its own one.
    """
    files = {path.relative_to(COURSE).as_posix(): path for path in sorted(COURSE.rglob("*"))
             if path.suffix in DATA | {".py"}}
    return digest(([(name, said_by(path)) for name, path in files.items() if can_change_a_run(name)],
                   version("torch"), version("transformers")))


def can_change_a_run(name: str) -> bool:
    """Whether a file of the course can change any run."""
    folder, *rest = name.split("/")
    if folder == "experiments" and rest:
        return name in SHARED
    return folder not in CANNOT_CHANGE_A_RUN and (folder != "methods" or rest[0] == "base")


def files_of(what: object) -> list[Path]:
    """The files of the classes that an arm's method is made of."""
    classes = getattr(getattr(what, "method", None), "__mro__", ())
    return [Path(inspect.getsourcefile(one)) for one in classes if one.__module__.startswith("course_lib.")]


def said_by(path: Path) -> str:
    """The digest of a file; of code without its comments and docstrings."""
    return digest(plain(parsed(path)) if path.suffix == ".py" else path.read_bytes())


class Store:
    """The runs in the file at `path`, {what they are of: {code: figures}}, to which new ones are added.

    `any_code`: what other code has measured is taken, too. Says which lines are no runs. Raises CourseError for a file
    that holds something else.
    """

    def __init__(self, path: str | Path, any_code: bool = False):
        self.path, self.any_code, self.told = user_path(path), any_code, False
        self.runs: dict[str, dict[str, dict[str, float]]] = {}
        try:
            self.path.touch()               # that it cannot be written is said before anything is measured
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise CourseError(f"{self.path} cannot keep runs: {error}. Name another file.") from error
        bad = [number for number, line in enumerate(lines, 1) if not self.take(line)]
        if lines and not self.runs:
            raise CourseError(f"{self.path} holds no measurements. Name another file, or delete this one.")
        if bad:
            print(f"{self.path}: no runs, and passed over, are the lines {', '.join(map(str, bad))}.")

    def take(self, line: str) -> bool:
        """Whether a line of the file holds a run, which is then known."""
        try:
            run = json.loads(line)
            if not all(isinstance(value, float | int) for value in run["figures"].values()):
                return False
            self.runs.setdefault(json.dumps(run["of"]), {})[run["code"]] = run["figures"]
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        return True

    def find(self, of: str, code: str) -> dict[str, float] | None:
        """The figures of a run; None where they have to be measured."""
        known = self.runs.get(of, {})
        if known and code not in known and not self.told:
            self.told = True
            print(f"Runs in {self.path} are by other code than now, or other versions of torch or transformers: they "
                  + ("are shown as they were measured then." if self.any_code else "are measured anew."))
        return known.get(code, list(known.values())[-1] if known and self.any_code else None)

    def add(self, of: str, code: str, figures: dict[str, float]) -> None:
        """A line more in the file. It begins anew also where the last one was left half written."""
        line = f'{{"of": {of}, "code": "{code}", "figures": {json.dumps(figures)}}}\n'
        self.take(line)
        try:
            with self.path.open("a+b") as file:
                whole = file.tell() == 0 or file.seek(-1, 2) >= 0 and file.read() == b"\n"
                file.write(("" if whole else "\n").encode() + line.encode())
        except OSError as error:
            raise CourseError(f"{self.path} cannot keep what was measured: {error}. It was {figures}.") from error


_OPEN: ContextVar[Store | None] = ContextVar("open", default=None)


@contextmanager
def kept(path: str | Path | None, any_code: bool = False) -> Iterator[None]:
    """In this block runs are taken from the file at `path` where it has them, and added to it; None: nothing is kept.

    `any_code`: also what other code has measured. Raises CourseError for a file that holds something else.
    """
    before = _OPEN.set(Store(path, any_code) if path else None)
    try:
        yield
    finally:
        _OPEN.reset(before)


def once(measure: Callable[..., dict[str, float]], bases: Sequence[str], *what) -> dict[str, float]:
    """measure(*what), figures of a run on these base models: from the open store where it has it, else run and kept."""
    store = _OPEN.get()
    if store is None:
        return measure(*what)
    of = json.dumps({"measure": measure.__name__, "what": [asdict(one) if is_dataclass(one) else one for one in what],
                     "weights": {base: base_hash(base) for base in bases}}, default=name_of)
    code = digest((library(), *map(said_by, [Path(inspect.getsourcefile(measure)),
                                             *(file for one in what for file in files_of(one))])))
    figures = None if sys.gettrace() else store.find(of, code)  # where it is noted what runs, it must run
    if figures is None:
        figures = measure(*what)
        store.add(of, code, figures)
    return figures


def name_of(method: type) -> str:
    """How a method's class is written in a run."""
    if not isinstance(method, type):
        raise TypeError(f"a run cannot be known by {method!r}")
    return method.__qualname__
