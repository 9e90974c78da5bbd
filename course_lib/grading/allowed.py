"""Reads a cell, and runs nothing: what a task allows, and what it does not.

A task needs Python, NumPy and PyTorch, and nothing of the machinery below. What is refused here is what reaches it:
modules that see the interpreter or the computer, code made of text, names of frames and namespaces, changes of what
was imported, and classes that answer in place of a number. The sandbox and watch.py stand behind this reading.
"""
import ast
from collections.abc import Iterator

from course_lib.grading.watch import MODULES, PRELUDE

# Inside torch and numpy: enough for every task. The rest of them loads files, compiles, or watches other code.
SUBMODULES = {"torch": {"nn", "autograd", "linalg", "optim", "fft", "special", "functional", "func"},
              "numpy": {"linalg", "random", "fft", "typing"}, "collections": {"abc"}}
DEEPER = {"torch.nn": {"functional", "init", "parameter", "utils"}, "torch.optim": {"lr_scheduler"},
          "torch.autograd": {"functional"}}
WORDS = {"exec", "eval", "compile", "open", "__import__", "globals", "locals", "vars", "dir", "breakpoint", "input",
         "memoryview", "help", "exit", "quit", "get_ipython", "attrgetter", "methodcaller"}
BY_NAME = {"getattr", "setattr", "delattr", "hasattr"}     # with a name that stands there
REACHING = {"sys", "os", "builtins", "inspect", "gc", "ctypes", "importlib", "subprocess", "socket", "threading",
            "atexit", "pickle", "weakref", "traceback", "linecache", "multiprocessing", "overrides", "memmap",
            "fromfile", "tofile", "from_file", "savetxt", "loadtxt", "genfromtxt", "ctypeslib", "f2py", "tb_frame",
            "tb_next", "f_back", "f_locals", "f_globals", "f_builtins", "f_code", "gi_frame", "gi_code", "cr_frame",
            "ag_frame", "attrgetter", "methodcaller", "register_module_forward_hook", "get_referrers", "mro",
            "register_module_full_backward_hook", "register_module_forward_pre_hook", "set_default_device",
            "set_default_tensor_type", "set_default_dtype", "as_subclass"}
OF_LIBRARIES = {"types", "signal", "io", "utils", "hub", "jit", "compile", "library", "ops", "fx", "package", "lib",
                "distributed", "serialization", "load", "save", "savez", "savez_compressed", "DataSource", "core",
                "testing", "modules", "classes", "export"}   # as attributes of torch or numpy alone
DUNDERS = {"__init__", "__name__", "__doc__", "__len__", "__call__", "__getitem__", "__setitem__", "__iter__",
           "__contains__", "__version__", "__post_init__", "__enter__", "__exit__", "__repr__", "__class__"}
# No base of a class: what could answer in place of a number. A kind of dict, list, tuple or set may be one, for what
# is compared is what the built-in type itself has stored (checks/outcomes.py).
BASES_REFUSED = {"Tensor", "Parameter", "Buffer", "int", "float", "str", "bool", "bytes", "complex", "type", "ndarray",
                 "generic", "float32", "float64", "ABCMeta", "EnumMeta", "UninitializedParameter", "TorchFunctionMode",
                 "BaseException", "KeyboardInterrupt", "ModuleType", "Generator"}
METHODS = {"__init__", "__call__", "__len__", "__iter__", "__getitem__", "__post_init__", "__enter__", "__exit__",
           "__repr__", "__str__", "__next__", "__contains__", "__setitem__", "__missing__"}
OF_MODULES = {"parameters", "named_parameters", "buffers", "named_buffers", "state_dict", "load_state_dict",
              "requires_grad_", "children", "named_children", "modules", "named_modules", "zero_grad", "to", "apply",
              "register_parameter", "register_buffer", "get_parameter", "add_module", "type"}
PLAIN = "Only Python, NumPy and PyTorch are needed"
MOST_SOURCE = 50_000   # letters of a cell; reading takes a thousand times the memory of the text


def read(source: str) -> tuple[str, str] | None:
    """None where the cell may run; else (verdict, a sentence that names the line and the thing).

    It is not compiled here: a few nested `finally` make gigabytes, and many `for` in one comprehension end Python.
    """
    if len(source) > MOST_SOURCE:
        return "refused", f"The cell is longer than {MOST_SOURCE:,} letters, and no task needs so many."
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        line = f", line {error.lineno}" if type(error.lineno) is int else ""
        return "error", f"The cell is no Python{line}: {error.msg}."
    except (ValueError, RecursionError, MemoryError):
        return "error", "The cell cannot be read as Python: it holds a zero byte or is nested too deeply."
    try:
        reader = Reader(tree)
        for node in ast.walk(tree):
            if found := reader.refused(node):
                return "refused", f"Line {getattr(node, 'lineno', 1)} of the cell {found}"
    except (ValueError, RecursionError, MemoryError):
        return "error", "The cell cannot be read as Python: it is nested too deeply."
    return None


class Reader:
    """Looks at one node after another. It knows which names the cell imports, and which it binds."""

    def __init__(self, tree: ast.Module):
        self.imported = {}
        for node in (*ast.walk(ast.parse(PRELUDE)), *ast.walk(tree)):
            if isinstance(node, ast.Import):
                for one in node.names:
                    self.imported[one.asname or one.name.partition(".")[0]] = (
                        one.name if one.asname else one.name.partition(".")[0])
            elif isinstance(node, ast.ImportFrom) and node.module:
                for one in node.names:
                    self.imported[one.asname or one.name] = f"{node.module}.{one.name}"
        self.bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
                      and not isinstance(node.ctx, ast.Load)}
        self.bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        self.bound |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        self.plain = set()
        for node in ast.walk(tree):   # outer classes come first, so that no node is added for each class around it
            if isinstance(node, ast.ClassDef) and not node.bases and node not in self.plain:
                self.plain.update(ast.walk(node))
        self.called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for name in self.bound & {"F", "nn", "np", "copy", "mean", "random"}:   # a matrix called F is no module
            self.imported.pop(name)

    def refused(self, node: ast.AST) -> str | None:
        look = getattr(self, f"of_{type(node).__name__}", None)
        return look(node) if look else None

    def of_Import(self, node) -> str | None:
        return next((found for one in node.names if (found := module_refused(one.name))), None)

    def of_ImportFrom(self, node) -> str | None:
        if node.level or not node.module:
            return "imports relatively; the cell stands alone."
        if found := module_refused(node.module):
            return found
        for one in node.names:
            if one.name == "*":
                return f"imports everything from {node.module}. Import what you need by its name."
            if one.name in REACHING | WORDS or one.name.startswith("_"):
                return f"imports {one.name}, which the task does not allow. {PLAIN}."
            library = node.module.partition(".")[0] in SUBMODULES
            if library and one.name in OF_LIBRARIES and not inside(f"{node.module}.{one.name}"):
                return f"imports {node.module}.{one.name}, which the task does not allow. {PLAIN}."
        return None

    def of_Name(self, node) -> str | None:
        by_name = node.id in BY_NAME and node not in self.called
        hidden = node.id.startswith("__") and node.id not in ("__name__", "__doc__")
        if node.id in WORDS - self.bound or by_name or hidden:
            return f"uses {node.id}, which the task does not allow."
        return None

    def of_Attribute(self, node) -> str | None:
        if found := attribute_refused(node.attr):
            return found
        module = self.module(node.value)
        if module and node.attr in OF_LIBRARIES and module.partition(".")[0] in SUBMODULES \
                and not inside(f"{module}.{node.attr}"):
            return f"uses {module}.{node.attr}, which the task does not allow."
        if module and (node.attr.startswith("_") or isinstance(node.ctx, (ast.Store, ast.Del))):
            return f"reaches into {module} ({node.attr}). What is imported stays as it is."
        if isinstance(node.ctx, (ast.Store, ast.Del)) and (node.attr == "__class__" or self.is_class(node.value)):
            return f"changes a class ({ast.unparse(node)[:60]}). What is imported stays as it is."
        hides = node.attr in OF_MODULES - {"type"} and node not in self.plain
        if hides and isinstance(node.ctx, (ast.Store, ast.Del)):
            return f"replaces {node.attr} of nn.Module. The module's own says what it trains."
        return None

    def of_Call(self, node) -> str | None:
        if isinstance(node.func, ast.Name) and node.func.id in BY_NAME:
            name = node.args[1] if len(node.args) > 1 else None
            if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
                return f"calls {node.func.id} with a name that is only known when it runs. Write the name itself."
            target = node.args[0]
            if node.func.id in ("setattr", "delattr") and (self.module(target) or self.is_class(target)):
                return "changes what was imported. What is imported stays as it is."
            if node.func.id == "setattr" and name.value in OF_MODULES:
                return f"replaces {name.value} of nn.Module. The module's own says what it trains."
            return attribute_refused(name.value)
        if isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) != 1:
            return "makes a class by calling type. Write it as a class."
        return None

    def of_ClassDef(self, node) -> str | None:
        if node.keywords:
            return f"gives the class {node.name} a metaclass or keywords. Write a plain class."
        for base in node.bases:
            name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else None
            if name is None or name in BASES_REFUSED or self.imported.get(name, "").rpartition(".")[2] in BASES_REFUSED:
                return f"makes a class of {ast.unparse(base)[:40]}. A number, a tensor or a list is to be what it is."
        for name in given_names(node):
            if name.startswith("__") and name.endswith("__") and name not in METHODS:
                return f"defines {node.name}.{name}, which the task does not need."
            if name in OF_MODULES and node.bases:
                return f"replaces {name} of nn.Module in {node.name}. The module's own says what it trains."
        return None

    def of_MatchClass(self, node) -> str | None:
        return next((found for name in node.kwd_attrs if (found := attribute_refused(name))), None)

    def of_Global(self, node) -> str | None:
        return next((f"uses {name}." for name in node.names if name.startswith("__")), None)

    def of_arg(self, node) -> str | None:
        return f"has an argument called {node.arg}." if node.arg.startswith("__") else None

    def module(self, node: ast.AST) -> str | None:
        """The imported module that the expression names, such as torch.nn, as far as the cell says."""
        if isinstance(node, ast.Name):
            path = self.imported.get(node.id)
        elif isinstance(node, ast.Attribute) and (above := self.module(node.value)):
            path = f"{above}.{node.attr}"
        else:
            return None
        return path if path and inside(path) else None

    def is_class(self, node: ast.AST) -> bool:
        """Whether the expression names something of a module, by its look: torch.Tensor, nn.Linear, type(x)."""
        if isinstance(node, ast.Attribute) and (self.module(node.value) or node.attr == "__class__"):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type":
            return True
        return isinstance(node, ast.Name) and node.id in self.imported and not inside(self.imported[node.id])


def given_names(node: ast.AST) -> Iterator[str]:
    """All names that a class gives in its own body, wherever in it, and by whatever kind of statement."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Name):
            yield from [part.id] if isinstance(part.ctx, ast.Store) else []
        elif isinstance(name := getattr(part, "asname", None) or getattr(part, "name", None), str):
            yield name
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from given_names(part)


def inside(path: str) -> bool:
    """Whether this names a module that a task may use."""
    top, _, rest = path.partition(".")
    if top not in MODULES:
        return False
    if not rest:
        return True
    first, _, deeper = rest.partition(".")
    return first in SUBMODULES.get(top, ()) and (not deeper or deeper in DEEPER.get(f"{top}.{first}", ()))


def module_refused(name: str) -> str | None:
    if name.partition(".")[0] == "course_lib":
        return f"imports the course's own {name}. The task is to write this yourself."
    return None if inside(name) else f"imports {name}, which the task does not allow. {PLAIN}."


def attribute_refused(name: str) -> str | None:
    """Whether an attribute of this name reaches what no task needs, whatever it is an attribute of."""
    if name in REACHING or (name.startswith("__") and name not in DUNDERS):
        return f"uses .{name}, which the task does not allow."
    return None
