"""A graded task is one file: statement, stub, reference, checks and wrong solutions, each a named cell.

    # %% [markdown] statement      what the student reads
    # %% stub                      what the student gets; raises NotImplementedError
    # %% reference                 a right solution
    # %% checks                    TASK = "01.1", TOLERANCE, draw(seed) -> inputs, and perhaps a probe
    # %% wrong NAME                a wrong solution; its leading comment is what a student who wrote it reads
    # %% equal NAME                changes of the reference that are right as well; its comment says why

The file's name is the name of the function to write. Every code cell runs in a namespace of its own. An
outcome is what the function returns, or what `probe(function, **inputs)` does where it must be seen at work.

`draw` is asked for three inputs, or for DRAWS of them, eight at most: together they must execute every branch of
the reference, or the build refuses, and no size and no argument should be the same in all (FIXED = {"levels":
"why"} names those that must be). Small numbers, rounded, made by no decomposition, are the same on every computer.

Two things are looked at for every task (checks/probing.py): an argument that a call changes in place makes another
outcome; and where the reference's result carries gradients to inputs, so must the student's. GRADIENTS = () says
that the piece is never trained, so that numpy is as good; GRADIENTS = ("x",) names the inputs that count. A probe
looks at gradients itself (`gradients`, `watched`, `shares_numbers`, `raised`).

`course build --mutants 06.2` changes the reference in every way of mutants.py and says which changes the check
does not notice. Draw or probe so that it does, or list the change as equal, in words and as `--mutants` prints it:

    # %% equal more-than-patience
    # The count grows by one, so it never jumps over the patience.
    MUTANTS = ["if waited == patience: -> if waited >= patience:"]

The command then compares it with the reference on a hundred other draws: of the cell's own `draw(seed)` where it
has one, which should draw more widely, else of the task's.

A fill-in of a lesson, lessons/NN_name/fill_ins/FUNCTION.py, is such a file as well, and graded by nobody. Its id is
TASK = "09.FUNCTION", one wrong solution is enough, and it has a cell more:

    # %% [markdown] hint           what helps without giving it away
"""
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from course_lib.builder.sources import NAME, Cell, read_cells
from course_lib.errors import CourseError, shown

MOST_DRAWS = 8
PARTS = {"statement": "markdown", "stub": "code", "reference": "code", "checks": "code"}
FILL_IN = {**PARTS, "hint": "markdown"}


@dataclass(frozen=True)
class Wrong:
    """A wrong solution: its name, the message for the student, its code."""
    name: str
    message: str
    source: str


@dataclass(frozen=True)
class Equal:
    """Changes of the reference that are right as well: why, and the code that lists them."""
    name: str
    reason: str
    source: str


@dataclass(frozen=True)
class Task:
    """One task file, read but not run. `name` is the function that the student writes."""
    path: Path
    name: str
    statement: str
    stub: str
    reference: str
    checks: str
    wrong: tuple[Wrong, ...]
    equal: tuple[Equal, ...] = ()
    hint: str = ""

    @cached_property
    def settings(self) -> dict:
        """The namespace of the `checks` cell: TASK, TOLERANCE, draw, and perhaps probe, DRAWS, GRADIENTS, FIXED."""
        space = run(self.checks, f"{self.path}, checks")
        for key in ("TASK", "TOLERANCE", "draw"):
            if key not in space:
                raise CourseError(f"{self.path}: the cell 'checks' defines no {key}.")
        if type(space["TOLERANCE"]) not in (int, float) or not 0 <= space["TOLERANCE"] < 1:
            raise CourseError(f"{self.path}: TOLERANCE = {shown(space['TOLERANCE'])}; it must be a number from 0 on, "
                              "below 1.")
        if space.setdefault("DRAWS", 3) not in range(1, MOST_DRAWS + 1):
            raise CourseError(f"{self.path}: DRAWS = {shown(space['DRAWS'])}; it must be a number from 1 to "
                              f"{MOST_DRAWS}.")
        return space

    @property
    def seeds(self) -> range:
        """The seeds of the draws that ship."""
        return range(self.settings["DRAWS"])

    def draw(self, seed: int) -> dict:
        """The inputs that the task draws with this seed."""
        try:
            drawn = self.settings["draw"](seed)
        except Exception as error:
            raise CourseError(f"{self.path}: draw({seed}) stops with {type(error).__name__}: {error}") from error
        if not isinstance(drawn, dict) or not all(isinstance(name, str) for name in drawn):
            raise CourseError(f"{self.path}: draw({seed}) gives {shown(drawn)}; it must be a dict, name -> input.")
        return drawn

    @property
    def id(self) -> str:
        """The task's number, such as "01.1"."""
        return self.settings["TASK"]

    @property
    def digest(self) -> str:
        """SHA-256 of the task's file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def function(self, source: str, file: str | None = None, names: dict | None = None):
        """Run `source` (stub, reference or wrong solution) by itself; return what it calls `self.name`.

        `file` holds the source, where it is measured what is executed. `names` are there when it runs.
        """
        space = run(source, str(self.path), file, names)
        if self.name not in space:
            raise CourseError(f"{self.path}: this cell defines no {self.name!r}:\n{source}")
        return space[self.name]


def run(source: str, where: str, file: str | None = None, names: dict | None = None) -> dict:
    """Execute `source` in a new namespace, which holds `names`, and return it."""
    space = {"__name__": "__task__", **(names or {})}
    try:
        exec(compile(source, file or f"<{where}>", "exec"), space)
    except Exception as error:
        raise CourseError(f"{where}: this cell stops with {type(error).__name__}: {error}\n{source}") from error
    return space


def read_task(path: Path, shape: dict[str, str] = PARTS, wrong_ones: int = 3) -> Task:
    """Read and check the shape of one task file; nothing is run. Raises CourseError, naming file and cell."""
    cells = read_cells(path)
    parts, wrong, equal = {}, [], []
    for cell in cells:
        kind, _, label = cell.name.partition(" ")
        if kind == "wrong" and NAME.fullmatch(label):
            wrong.append(Wrong(label, *with_comment(path, cell)))
        elif kind == "equal" and NAME.fullmatch(label):
            equal.append(Equal(label, *with_comment(path, cell)))
        elif shape.get(cell.name) == cell.kind:
            parts[cell.name] = cell.source
        else:
            raise CourseError(f"{path}: the {cell.kind} cell {cell.name!r} is no part of a task. A task "
                              f"has the cells {', '.join(shape)}, 'wrong NAME' and 'equal NAME'.")
    missing = [name for name in shape if not parts.get(name)]
    if missing:
        raise CourseError(f"{path}: the cell {missing[0]!r} is missing or empty.")
    if len(wrong) < wrong_ones:
        raise CourseError(f"{path}: {len(wrong)} wrong solutions; it needs at least {wrong_ones}.")
    return Task(path, path.stem, **parts, wrong=tuple(wrong), equal=tuple(equal))


def with_comment(path: Path, cell: Cell) -> tuple[str, str]:
    """The comment that the cell begins with, as a text, and the code below it."""
    comment = re.match(r"(?:#.*(?:\n|$))*", cell.source).group()
    message = " ".join(line.lstrip("#").strip() for line in comment.splitlines())
    if not message:
        raise CourseError(f"{path}: the cell {cell.name!r} begins with no comment. Its first lines are the "
                          "message for a student who made this mistake, or the reason why it is none.")
    return message, cell.source[len(comment):]


def read_tasks(folder: Path) -> dict[str, Task]:
    """All tasks of a lesson, {id: task}. `folder` is lessons/NN_name."""
    tasks = {}
    for path in sorted((folder / "tasks").glob("*.py")):
        task = read_task(path)
        if not re.fullmatch(rf"{folder.name[:2]}\.\d+", str(task.id)):
            raise CourseError(f"{path}: TASK = {task.id!r}; it must look like '{folder.name[:2]}.1' here.")
        if task.id in tasks:
            raise CourseError(f"{path}: task {task.id} is also in {tasks[task.id].path.name}.")
        tasks[task.id] = task
    return tasks


def read_fill_ins(folder: Path) -> dict[str, Task]:
    """All fill-ins of a lesson, {id: task}. `folder` is lessons/NN_name."""
    fill_ins = {}
    for path in sorted((folder / "fill_ins").glob("*.py")):
        task = read_task(path, FILL_IN, wrong_ones=1)
        if task.id != f"{folder.name[:2]}.{task.name}":
            raise CourseError(f"{path}: TASK = {task.id!r}; it must be '{folder.name[:2]}.{task.name}' here.")
        fill_ins[task.id] = task
    return fill_ins
