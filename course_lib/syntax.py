"""Python source as what it does: syntax trees without comments, docstrings and places, and their digest."""
import ast
import functools
import hashlib
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file; of no lines where there is none."""
    return ast.parse(path.read_text(encoding="utf-8") if path.is_file() else "")


def plain(tree) -> object:
    """A tree as tuples, without docstrings, places and empty fields, which differ between versions of Python."""
    if isinstance(tree, list):
        return [plain(one) for one in tree]
    if not isinstance(tree, ast.AST):
        return tree
    fields = dict(ast.iter_fields(tree))
    if isinstance(tree, (*FUNCTIONS, ast.ClassDef, ast.Module)) and is_docstring(fields["body"][:1]):
        fields["body"] = fields["body"][1:]
    return (type(tree).__name__, *((name, plain(value)) for name, value in fields.items() if value not in (None, [])))


def is_docstring(body: list) -> bool:
    """Whether these statements begin with a docstring."""
    return bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) \
        and isinstance(body[0].value.value, str)


def digest(said: object) -> str:
    """Twelve hex digits of a value's `repr`."""
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]
