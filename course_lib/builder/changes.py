"""Our own ways to go wrong, tried on a reference beside cosmic-ray's: `changed(tree)` gives each as a new tree."""
import ast
import copy
from collections.abc import Iterator

GRADIENTS = ("detached", "no_grad")
ORDER = ("turned", "twice", "mixed", "without_first", "without_last")
OTHER_DIM = {0: 1, 1: 0, 2: 1, -1: 0, -2: -1}
WITH_DIM = {"softmax", "log_softmax", "sum", "mean", "max", "min", "argmax", "argmin", "amax", "amin", "norm", "cat",
            "stack", "topk", "sort", "argsort", "cumsum", "unsqueeze", "squeeze", "logsumexp", "repeat_interleave",
            "flatten", "any", "all", "prod", "std", "var", "gather", "index_select", "chunk", "split", "flip"}
SIDES = (ast.Sub, ast.Div, ast.MatMult, ast.FloorDiv, ast.Mod, ast.Pow)


def changed(tree: ast.Module) -> Iterator[ast.Module]:
    """Every change of every place, one at a time. `tree` stays as it is."""
    for place, node in enumerate(ast.walk(tree)):
        for number in range(len(list(ways(node)))):
            fresh = copy.deepcopy(tree)
            target = next(one for at, one in enumerate(ast.walk(fresh)) if at == place)
            yield ast.fix_missing_locations(Swap(target, list(ways(target))[number]).visit(fresh))


class Swap(ast.NodeTransformer):
    """Puts `new` (a node, or nothing) in the place of the node `old`."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else super().visit(node)


def ways(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of `node`."""
    if isinstance(node, ast.FunctionDef):
        yield from around(node)
    elif isinstance(node, ast.stmt) and not isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Pass)):
        yield ast.Pass()                                                               # a statement dropped
    if isinstance(node, (ast.Return, ast.Assign, ast.AugAssign)) and node.value is not None:
        yield with_value(node, call("detached", node.value))
    if isinstance(node, (ast.For, ast.comprehension)):
        yield from (with_value(node, call(name, node.iter), "iter") for name in ORDER)
    if isinstance(node, ast.BinOp):
        yield from sides(node)
    if isinstance(node, ast.Call):
        yield from calls(node)
    if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) > 1 and isinstance(node.ctx, ast.Load):
        yield from orders(node, "elts")
    if isinstance(node, ast.JoinedStr) and len(node.values) > 1:
        yield from orders(node, "values")
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value                                                               # not transposed
    if is_size(node):
        yield call("fixed", node)
    if isinstance(node, ast.Constant) and type(node.value) is str:
        yield from map(ast.Constant, {"", node.value + " ", node.value.strip()} - {node.value})


def orders(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """The parts turned round, and each part left out."""
    parts = getattr(node, field)
    yield with_value(node, parts[::-1], field)
    yield from (with_value(node, parts[:number] + parts[number + 1:], field) for number in range(len(parts)))


def around(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """No gradient in the whole body; one parameter changed in place; one parameter always the first one seen."""
    inside = lambda *first: with_value(node, [ast.With([ast.withitem(first[0])], node.body)], "body")
    yield inside(call("no_grad"))
    for one in node.args.args:
        if one.arg == "self":
            continue
        name = ast.Name(one.arg, ast.Load())
        yield inside(call("spoilt", name))
        again = ast.Assign([ast.Name(one.arg, ast.Store())], call("fixed", name))
        yield with_value(node, [again, *node.body], "body")


def sides(node: ast.BinOp) -> Iterator[ast.AST]:
    """The two sides exchanged; one side without its gradient."""
    if isinstance(node.op, SIDES):
        yield ast.BinOp(node.right, node.op, node.left)
    yield with_value(node, call("detached", node.left), "left")
    yield with_value(node, call("detached", node.right), "right")


def calls(node: ast.Call) -> Iterator[ast.AST]:
    """Another dim, two arguments exchanged, a keyword left out, no transposition, a result in another order."""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else None
    if method in ("t", "transpose", "permute", "contiguous", "clone", "abs", "exp", "log", "sqrt", "strip", "clamp"):
        yield node.func.value
    for number, one in enumerate(node.args):
        if method in WITH_DIM and (value := constant(one)) in OTHER_DIM:
            yield with_value(node, replaced(node.args, number, ast.Constant(OTHER_DIM[value])), "args")
        if number:
            before = replaced(node.args, number - 1, one)
            yield with_value(node, replaced(before, number, node.args[number - 1]), "args")
    for number, one in enumerate(node.keywords):
        if one.arg in ("dim", "axis") and (value := constant(one.value)) in OTHER_DIM:
            other = ast.keyword(one.arg, ast.Constant(OTHER_DIM[value]))
            yield with_value(node, replaced(node.keywords, number, other), "keywords")
        yield with_value(node, node.keywords[:number] + node.keywords[number + 1:], "keywords")
    if method in ("sample", "choices", "sort", "topk", "unbind", "split", "chunk"):
        yield from (call(name, node) for name in ORDER)


def is_size(node: ast.AST) -> bool:
    """len(x), x.shape, x.size(...), x.numel(), x.dim()."""
    if isinstance(node, ast.Attribute):
        return node.attr == "shape" and isinstance(node.ctx, ast.Load)
    if not isinstance(node, ast.Call):
        return False
    return getattr(node.func, "id", "") == "len" or getattr(node.func, "attr", "") in ("size", "numel", "dim")


def constant(node: ast.AST):
    """The number that is written there, also a negative one; None for all else."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if type(value) is int else None


def call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def replaced(nodes: list, number: int, new) -> list:
    return [*nodes[:number], new, *nodes[number + 1:]]


def with_value(node: ast.AST, value, field: str = "value") -> ast.AST:
    """A copy of the node with another value in one of its fields."""
    fresh = copy.copy(node)
    setattr(fresh, field, value)
    return fresh
