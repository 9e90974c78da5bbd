"""`course build --mutants`: does a task's check notice when the reference is changed?

Every change is made by cosmic-ray or by changes.py, runs on the task's own draws in a process of its own, and must
make another outcome, or an error, or no end; or the task lists it as equal and a hundred other draws agree.
"""
import ast
import os
import signal
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache

from course_lib.builder import changes, meddling
from course_lib.builder.checkdata import MARGIN, check_data, outcomes_of
from course_lib.builder.tasks import Equal, Task, run
from course_lib.checks.compare import same
from course_lib.checks.outcomes import encode
from course_lib.errors import CourseError

try:
    import resource
except ImportError:
    raise CourseError("Mutants are tried on Linux and macOS alone: Windows cannot fork a process.") from None
try:
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names
except ImportError as missing:
    raise CourseError("This needs cosmic_ray. Install it: pip install 'course-lib[build]'") from missing

CPU_SECONDS, MEMORY = 20, 2**31    # more than any reference needs; an endless loop ends here
WALL_SECONDS = 400                 # for a change that waits for what never comes, on a busy computer
PROPERTY_SEEDS = range(1000, 1100)
FEWEST = 15
CODES = {0: "survives", 1: "refused", 2: "no change"}


@dataclass(frozen=True)
class Mutant:
    """A changed reference. `name` is the line that changed, `old -> new`."""
    name: str
    source: str


@dataclass
class Report:
    """What came of a task's mutants, by name."""
    task: Task
    refused: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    surviving: list[str] = field(default_factory=list)
    wrongly_equal: list[str] = field(default_factory=list)    # listed, and refused, unknown, or not equal elsewhere
    constant: list[str] = field(default_factory=list)         # sizes and arguments that are the same in all draws

    @property
    def made(self) -> int:
        return len(self.refused) + len(self.equal) + len(self.surviving)

    @property
    def good(self) -> bool:
        return not self.surviving and not self.wrongly_equal and not self.constant and self.made >= FEWEST

    def lines(self) -> list[str]:
        """One line, and one more for everything to mend."""
        row = (f"{self.task.id} {self.task.name:<28} {self.made:>4} made, {len(self.refused):>4} refused, "
               f"{len(self.equal):>3} equal, {len(self.surviving):>3} surviving; all branches reached")
        return [row, *(f"    survives: {name}" for name in self.surviving),
                *(f"    listed as equal, but {name}" for name in self.wrongly_equal),
                *(f"    {name} is the same in all draws" for name in self.constant),
                *([f"    fewer than {FEWEST} changes could be made"] if self.made < FEWEST else [])]


def mutants(task: Task) -> list[Mutant]:
    """All changed references of the task, each once. Notes on types and docstrings are taken out before."""
    plain = bare(task.reference)
    found = {}
    for source in [*of_cosmic_ray(plain), *map(ast.unparse, changes.changed(ast.parse(plain)))]:
        source = ast.unparse(Plus().visit(ast.parse(source)))
        if source != plain and source not in found:
            found[source] = name_of(plain, source)
    names, made = {}, []
    learns = task.settings.get("GRADIENTS") != () and "torch" in plain
    for source, name in found.items():
        if not learns and any(f"{word}(" in source for word in changes.GRADIENTS):
            continue
        names[name] = names.get(name, 0) + 1
        made.append(Mutant(name if names[name] == 1 else f"{name} ({names[name]})", source))
    return made


class Plus(ast.NodeTransformer):
    """+1 is 1."""

    def visit_UnaryOp(self, node):
        return node.operand if isinstance(node.op, ast.UAdd) and isinstance(node.operand, ast.Constant) else node


def bare(source: str) -> str:
    """The source without docstrings, comments and annotations, as ast writes it."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)


def of_cosmic_ray(source: str) -> list[str]:
    """What cosmic-ray's operators make of it. Those that need arguments (names of variables) are left out."""
    found = []
    for operator in operators():
        number = 0
        while (changed := mutate_code(source, operator, number)) is not None:
            number += 1
            try:
                ast.parse(changed)
            except SyntaxError:
                continue
            found.append(changed)
    return found


@cache
def operators() -> list:
    return [get_operator(name)() for name in operator_names() if not name.endswith(("Replacer", "Inserter"))
            or name.endswith(("NumberReplacer", "ExceptionReplacer"))]


def name_of(plain: str, source: str) -> str:
    """`old -> new` of the first line that differs, `+ new` of one more, `- old` of one less."""
    old, new = ([line.strip() for line in text.splitlines()] for text in (plain, source))
    how, a, b, c, d = next(one for one in SequenceMatcher(None, old, new, False).get_opcodes() if one[0] != "equal")
    return {"replace": f"{' '.join(old[a:b])} -> {' '.join(new[c:d])}", "insert": f"+ {' '.join(new[c:d])}",
            "delete": f"- {' '.join(old[a:b])}"}[how]


def try_mutants(task: Task, every: int = 1) -> Report:
    """Try each mutant on the task's draws, and those listed as equal on others.

    With `every` = n only every n-th of those that are not listed is tried, and no other draws are made: a sample for a
    quick test.
    """
    data, report, known = check_data(task), Report(task), {one.name: one for one in mutants(task)}
    listed = {name: equal for equal in task.equal for name in run(equal.source, str(task.path)).get("MUTANTS", [])}
    report.constant = constants(task)
    if in_its_own_process(judged, task, Mutant("", bare(task.reference)), data) != "survives":
        raise CourseError(f"{task.path}: without any change the reference does not pass in a process of its own, so "
                          "nothing can be tried here. Does it need more memory or time than mutants.py allows?")
    report.wrongly_equal = [f"no change has this name: {name}" for name in listed if name not in known]
    for number, (name, mutant) in enumerate(known.items()):
        if number % every and name not in listed:
            continue
        came = in_its_own_process(judged, task, mutant, data)
        if came == "refused":
            report.refused.append(name)
            report.wrongly_equal += [f"the check refuses it: {name}"] if name in listed else []
        elif came == "survives":
            (report.equal if name in listed else report.surviving).append(name)
            if name in listed and every == 1 and "refused" == in_its_own_process(elsewhere, task, mutant, data,
                                                                                 listed[name]):
                report.wrongly_equal.append(f"other draws tell it apart: {name}")
    return report


def judged(task: Task, mutant: Mutant, data: dict) -> int:
    """A key of CODES. Draw after draw, so that the first one that tells it apart is enough."""
    meddling.effects.clear()
    meddling.first_seen.clear()
    function = task.function(mutant.source, names=meddling.NAMES)
    for one, right in zip(data["inputs"], data["expected"]):
        found = outcomes_of(task, function, [one], data["gradients"])[0]
        if not same(found, right, MARGIN * data["tolerance"]):
            return 1
    meddles = any(f"{name}(" in mutant.source for name in meddling.NAMES)
    return 2 if meddles and not meddling.effects else 0


def elsewhere(task: Task, mutant: Mutant, data: dict, equal: Equal) -> int:
    """Compare with the reference on a hundred other draws: the cell's own, or the task's."""
    draw = run(equal.source, str(task.path)).get("draw", task.draw)
    inputs = [{key: encode(value) for key, value in draw(seed).items()} for seed in PROPERTY_SEEDS]
    expected = outcomes_of(task, task.function(task.reference), inputs, data["gradients"])
    return judged(task, mutant, data | {"inputs": inputs, "expected": expected})


def in_its_own_process(work, *arguments) -> str:
    """What work(*arguments) says, a key of CODES, in words. An error, and too much memory or time, is "refused"."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            signal.alarm(WALL_SECONDS)
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            code = work(*arguments)
        except BaseException:
            code = 1
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    return CODES[os.waitstatus_to_exitcode(status)] if os.WIFEXITED(status) else "refused"


def constants(task: Task) -> list[str]:
    """Arguments, lengths and sides of tensors that are the same in all draws, but for those in the task's FIXED."""
    draws = [{key: encode(value) for key, value in task.draw(seed).items()} for seed in task.seeds]
    found = []
    for name in draws[0]:
        if name in task.settings.get("FIXED", ()):
            continue
        values = [one[name] for one in draws]
        if all(value == values[0] for value in values):
            found.append(name)
        sizes = [size(value) for value in values]
        found += [f"{name}, side {side}" if len(sizes[0]) > 1 else f"the length of {name}"
                  for side, seen in enumerate(zip(*sizes)) if len(set(seen)) == 1 and f"{name}.{side}" not in
                  task.settings.get("FIXED", ())]
    return found


def size(value) -> list[int]:
    """The shape of an encoded tensor, the length of a list; nothing for all else."""
    if isinstance(value, dict) and "shape" in value:
        return value["shape"]
    return [len(value)] if isinstance(value, list) else []
