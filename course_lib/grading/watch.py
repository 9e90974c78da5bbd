"""What a student's code does while it runs, seen from inside its process: the second look, behind allowed.py.

A hook of the interpreter, which cannot be taken off again, sees what the code asks of the computer. And each time
that control returns from the student's code to other code, what the probe stands on (Python's own names, torch,
numpy, the check) must be what it was; so a patch is also seen where it is taken back before the call ends.
"""
import builtins
import importlib
import operator
import sys
from contextlib import contextmanager
from functools import partial

CELL = "<your cell>"
OWN = (CELL, "<string>")   # and code that was made of text, such as the methods of a dataclass
NOT_FOR_STUDENTS = ("exec", "eval", "compile", "open", "globals", "locals", "vars", "breakpoint", "input", "help",
                    "exit", "quit", "memoryview", "copyright", "credits", "license")
MODULES = {"torch", "numpy", "math", "random", "itertools", "functools", "collections", "statistics", "typing",
           "dataclasses", "copy", "re", "string", "operator", "heapq", "bisect", "warnings", "contextlib", "abc",
           "fractions", "decimal", "numbers", "enum", "time", "__future__"}   # for cells; allowed.py reads by it, too
PRELUDE = """import copy, math, random
from collections import Counter
from statistics import mean
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
from torch.nn.functional import cross_entropy, logsigmoid
check = passed = lambda *given: False
"""   # before each cell: what the exercises import or say below a task, and what people write without a thought
WATCHED = ("builtins", "math", "random", "json", "copy", "operator", "functools", "numpy", "torch", "torch.nn",
           "torch.nn.functional", "torch.nn.init", "torch.autograd", "torch.optim", "torch.linalg", "torch.overrides",
           "course_lib.checks.run", "course_lib.checks.probing", "course_lib.checks.outcomes",
           "course_lib.grading.running", "course_lib.grading.watch", "json.encoder", "torch.nn.modules.module",
           "torch._tensor")
CLASSES_OF = ("torch.nn", "torch.optim")
REGISTRY = "_global_"      # so begin the names of torch's hooks for all modules
INNARDS = ("__code__", "__defaults__", "__kwdefaults__")   # of functions
HARMLESS = ("import", "builtins.id", "time.sleep", "cpython.", "object.__setattr__", "object.__delattr__")
NEVER = ("socket.", "subprocess.", "ctypes.dlopen", "ctypes.dlsym", "os.system", "os.exec", "os.fork", "os.posix_spawn",
         "os.kill", "os.remove", "os.rename", "os.putenv", "signal.", "_thread.start", "gc.", "code.__new__",
         "sys.settrace", "sys.setprofile", "sys.addaudithook", "os.listdir", "os.scandir")
all, len, map, next, zip = all, len, map, next, zip   # Python's own, whatever a cell puts in their places
SNAPSHOT: list = []   # (name, its namespace, whether nothing may be added, keys, values) of all that is watched


def prepare() -> None:
    """Load what is watched, and note how it is before any student's code runs."""
    for name in WATCHED:
        importlib.import_module(name)
    SNAPSHOT[:] = [(name, space, closed, tuple(space), tuple(space.values())) for name, space, closed in watched()]


class Watcher:
    """Watches one child. `said()` is {"refused": what} once something was seen."""

    def __init__(self):
        self.seen: list[str] = []
        self.asking, self.deep, self.changed = [False], [False], partial(changed, SNAPSHOT[:], changed_name)

    def namespace(self) -> dict:
        """The globals of the cell, with those of Python's own names that a task may use."""
        given = {name: value for name, value in vars(builtins).items() if name not in NOT_FOR_STUDENTS}
        given["__import__"] = guarded(builtins.__import__, self.seen)
        return {"__name__": "__task__", "__builtins__": given}

    def start(self) -> None:
        """Look at all that is asked of the interpreter from here on."""
        seen, frame, asking, deep, most = self.seen, sys._getframe, self.asking, self.deep, sys.getrecursionlimit()

        def hook(event: str, arguments) -> None:
            if asking[0]:   # its own looks at frames are events, too
                return
            asking[0] = True
            try:
                caller = frame().f_back
                while caller is not None and caller.f_code.co_filename.startswith("<frozen"):
                    caller = caller.f_back
                direct = caller is not None and caller.f_code.co_filename in OWN
                if direct and event == "sys.setprofile" and depth(caller) > most - 100:
                    deep[0] = True   # no room was left to look, so Python stops looking: a recursion without an end
                    return
                never = event.startswith(NEVER) or event == "object.__setattr__" and arguments[1] in INNARDS
                bad = direct and not event.startswith(HARMLESS) or never and is_below_cell(caller)
            finally:
                asking[0] = False
            if bad:
                seen.append(f"it asks the interpreter for {event}")
                raise PermissionError("not allowed in a task")

        sys.addaudithook(hook)

    @contextmanager
    def looking(self):
        """The block in which each return from the student's code is looked at, beside the profile that is set."""
        before, changed, seen, asking = sys.getprofile(), self.changed, self.seen, self.asking

        def look(frame, event, argument) -> None:
            asking[0] = True
            try:
                look_at(frame, event, argument)
            finally:
                asking[0] = False

        def look_at(frame, event, argument) -> None:
            if before is not None:
                before(frame, event, argument)
            if event == "return" and frame.f_code.co_filename in OWN and not seen:
                back = frame.f_back
                if back is not None and back.f_code.co_filename not in OWN and (name := changed()):
                    seen.append(f"it changes {name}")

        sys.setprofile(look)
        try:
            yield
        finally:
            if sys.getprofile() is not look and not self.deep[0]:
                seen.append("it changes what watches it")
            sys.setprofile(before)
            if not seen and (name := changed()):
                seen.append(f"it changes {name}")

    def too_deep(self) -> bool:
        """Whether the code went so deep, since this was asked last, that it could not be watched any more."""
        found, self.deep[0] = self.deep[0], False
        return found

    def said(self) -> dict:
        return {"refused": str(self.seen[0])[:100]} if self.seen else {}


def changed(before: list, changed_name) -> str | None:
    """The first of what is watched that is not as it was, or None."""
    for name, now, closed, keys, values in before:
        if len(now) == len(keys):
            if not all(map(operator.is_, now.values(), values)):
                return changed_name(name, now, keys, values)
        elif closed or len(now) < len(keys):
            return name
        elif found := changed_name(name, now, keys, values):   # a library imports more of itself when it is used
            return found
    return None


def changed_name(name: str, now, keys: tuple, values: tuple) -> str | None:
    return next((f"{name}.{key}" for key, value in zip(keys, values) if now.get(key) is not value), None)


def watched() -> list[tuple]:
    """(name, namespace, whether nothing may be added) of modules, classes and torch's hooks for all modules."""
    import collections
    import contextlib
    import json

    import numpy
    import torch

    modules = {name: vars(sys.modules[name]) for name in WATCHED}
    classes = {f"{name}.{key}": one for name in CLASSES_OF for key, one in modules[name].items()
               if isinstance(one, type)}
    classes |= {"torch.Tensor": torch.Tensor, "numpy.ndarray": numpy.ndarray, "json.JSONEncoder": json.JSONEncoder,
                "course_lib.grading.watch.Watcher": Watcher, "collections.Counter": collections.Counter,
                "contextlib": contextlib._GeneratorContextManager}   # of looking and course_calls
    hooks = {name: one for name, one in modules["torch.nn.modules.module"].items()
             if name.startswith(REGISTRY) and isinstance(one, dict)}
    return [*((name, space, False) for name, space in modules.items()),
            *((name, vars(one), True) for name, one in classes.items()),
            *((name, one, True) for name, one in hooks.items())]


def depth(frame) -> int:
    """How many calls lead to this frame."""
    count = 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


def is_below_cell(frame) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == CELL:
            return True
        frame = frame.f_back
    return False


def guarded(plain, seen: list):
    """`import` for the student's code: of allowed modules alone."""
    def __import__(name, *arguments, **named):
        if type(name) is not str or name.partition(".")[0] not in MODULES:
            seen.append(f"it imports {str(name)[:40]}")
            raise ImportError("not allowed in a task")
        return plain(name, *arguments, **named)

    return __import__
