"""What a record was measured by: the course's functions that ran, the settings that they read, the world's data.

A figure is worth what its recipe is. While a seed is measured, each function of the course that runs is noted. Its part
of the recipe is the hash of its syntax tree; so is that of each constant, and of each class but for its methods, that
it names. Comments, docstrings and line breaks are in no tree, so they may be mended without a word.
"""
import ast
import functools
import gc
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from course_lib.syntax import FUNCTIONS, digest, parsed, plain

COURSE = Path(__file__).resolve().parents[1]
DATA = "world/data"
CANNOT_CHANGE_A_FIGURE = {*(f"claims/{name}.py" for name in ("catalogue", "claim", "command", "measuring", "recipe")),
                          "display.py", "errors.py", "experiments/store.py", "experiments/tuning.py", "files.py",
                          "lazy.py", "syntax.py", "threads.py"}


@contextmanager
def noting() -> Iterator[set[str]]:
    """The block in which a set grows: "training.py:fit" for each function of the course that runs.

    What the course keeps from earlier calls is forgotten first, or who computed it would go unseen.
    """
    for one in gc.get_objects():
        if type(one) is functools._lru_cache_wrapper and str(one.__module__).startswith("course_lib."):
            one.cache_clear()
    codes, before = set(), sys.gettrace()

    def look(frame, event, argument):
        codes.add(frame.f_code)
        return before(frame, event, argument) if before else None

    ran = set()
    sys.settrace(look)
    try:
        yield ran
    finally:
        sys.settrace(before)
        for code in codes:
            path = Path(code.co_filename)
            if path.is_relative_to(COURSE) and not code.co_qualname.startswith("<"):
                ran.add(f"{path.relative_to(COURSE).as_posix()}:{code.co_qualname.partition('.<locals>')[0]}")


def recipe(ran: Iterable[str]) -> dict[str, str]:
    """Part -> its hash: of the functions that ran, of the settings that these read, and of the world's data."""
    parts, waiting = set(), list(ran)
    while waiting:
        part = waiting.pop()
        file, _, name = part.partition(":")
        if part not in parts and file not in CANNOT_CHANGE_A_FIGURE and (trees := trees_of(part)):
            parts.add(part)
            waiting += [found for tree in trees for found in read_by(tree, file)]
            waiting += [f"{file}:{name.rpartition('.')[0]}"] * ("." in name)   # a method's class
    return {part: now(part) for part in sorted(parts)} | {DATA: now(DATA)}


def now(part: str) -> str:
    """The digest of a part as it is now; "gone" where there is none."""
    if part == DATA:
        files = sorted((COURSE / DATA).iterdir())
        return digest([(file.name, digest(file.read_bytes())) for file in files if file.is_file()])
    trees = trees_of(part)
    return digest([plain(tree) for tree in trees]) if trees else "gone"


def changed(recorded: Mapping[str, str]) -> list[str]:
    """The parts of a recorded recipe that are not as they were, by name."""
    return [part for part, then in recorded.items() if now(part) != then]


def module(file: str) -> ast.Module:
    """The syntax tree of a file of the course."""
    return parsed(COURSE / file)


def trees_of(part: str) -> list[ast.AST]:
    """The trees that bind this name in its file: a function, a class without its methods, an assignment."""
    file, _, name = part.partition(":")
    found = [module(file)]
    for piece in name.split("."):
        found = [tree for above in found for tree in statements(above) if piece in bound_by(tree)]
    return list(map(bare, found))


def bare(tree: ast.AST) -> ast.AST:
    """A class without its methods, and a function without what `@claim` says of it, its text and its tolerance."""
    if isinstance(tree, ast.ClassDef):
        body = [one for one in tree.body if not isinstance(one, (*FUNCTIONS, ast.ClassDef))]
        return ast.ClassDef(tree.name, tree.bases, tree.keywords, body, tree.decorator_list)
    if isinstance(tree, ast.FunctionDef):
        says = [one for one in tree.decorator_list if not ast.unparse(one).startswith("claim(")]
        return ast.FunctionDef(tree.name, tree.args, tree.body, says, tree.returns)
    return tree


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """The statements of a module or a class, those below an `if` or a `try` among them."""
    for one in ast.iter_child_nodes(tree):
        if isinstance(one, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            yield from statements(one)
        else:
            yield one


def bound_by(tree: ast.AST) -> set[str]:
    """The names that a statement binds, but for imports."""
    if isinstance(tree, (*FUNCTIONS, ast.ClassDef)):
        return {tree.name}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def read_by(tree: ast.AST, file: str) -> Iterator[str]:
    """The parts that a tree names: constants and classes of its own file, and what it imports from the course."""
    inner = {node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from home(file, node.value.id, tree, node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in inner:
            yield from home(file, node.id, tree)


def home(file: str, name: str, tree: ast.AST | None = None, attribute: str = "") -> Iterator[str]:
    """The part that `name`, or `name.attribute`, means in a file; of functions none, for those that run are noted."""
    bound = trees_of(f"{file}:{name}")
    if bound:
        yield from [] if isinstance(bound[0], FUNCTIONS) else [f"{file}:{name}"]
        return
    for node in [*ast.walk(tree or ast.Module([], [])), *statements(module(file))]:
        for one in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            if name != (one.asname or one.name.partition(".")[0]):
                continue
            path = f"{node.module}.{one.name}" if isinstance(node, ast.ImportFrom) else one.name
            if submodule := file_of(path):
                yield from home(submodule, attribute) if attribute else ()
            elif isinstance(node, ast.ImportFrom) and (source := file_of(node.module or "")):
                yield from home(source, one.name)
            return


def file_of(path: str) -> str | None:
    """The file of a module of the course: course_lib.models -> models/__init__.py; None for any other."""
    package, *rest = path.split(".")
    if package != "course_lib":
        return None
    for file in ("/".join(rest) + ".py", "/".join([*rest, "__init__.py"])):
        if (COURSE / file).is_file():
            return file
    return None
