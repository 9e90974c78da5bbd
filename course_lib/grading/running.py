"""What runs in the sandbox: the student's cell and the calls of its function, or the draws and the reference.

A child writes a line of JSON for each thing that happened, at once, so that a loop or a crash costs the rest alone:

    {"cell": null}                            the cell was executed; or {"cell": {"error": kind, "line": number}}
    {"call": number, "outcome": outcome, "error": ..., "stub": bool, "course": name}
    {"refused": what}                         what was seen that no task allows
    "done"
"""
import builtins
import gc
import json
import opcode
import os
import resource
import sys
from contextlib import suppress

from course_lib.checks.outcomes import decode, encode
from course_lib.checks.run import course_calls, outcome_of
from course_lib.checks.store import load_probe
from course_lib.grading import watch

RAISE = opcode.opmap["RAISE_VARARGS"]   # the cell's own `raise`
PAGE = resource.getpagesize()


def prepare() -> None:
    """Import once what every child needs, and what torch would import at its first gradient or optimizer."""
    gc.disable()  # nothing that is imported becomes garbage, and to look for it takes a fifth of the time
    import statistics  # noqa: F401

    import numpy  # noqa: F401
    import torch

    torch.set_num_threads(1)
    one = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([one], lr=0.1)
    torch.nn.functional.cross_entropy((one * 2).reshape(1, 2), torch.tensor([1])).backward()
    optimizer.step()
    for kind in vars(torch.optim).values():   # the first of each kind changes its class
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer) and kind is not torch.optim.Optimizer:
            with suppress(TypeError, ValueError):
                kind([one], lr=0.1)
    watch.prepare()
    gc.enable()
    gc.freeze()   # no child copies what lies here only because garbage is collected


def student(job: dict, write: int) -> None:
    """In the child: execute the cell, call its function on every input, and write what came of it."""
    limit(job["limits"])
    tell = teller(write)
    watcher = watch.Watcher()
    looking, too_deep, said = watcher.looking, watcher.too_deep, watcher.said   # before a cell can change the class
    space = watcher.namespace()
    exec(watch.PRELUDE, space)
    probe, errors = load_probe({"probe": job["probe"]}), []
    watcher.start()
    stopped = None
    try:
        with looking():
            exec(compile(job["source"], watch.CELL, "exec", dont_inherit=True), space)
    except BaseException as error:
        if not callable(space.get(job["name"])):   # else as in a notebook: what stands above the error is defined
            stopped = what_stopped(error)
    if too_deep():
        stopped = what_stopped(RecursionError())
    tell({"cell": stopped, **said()})
    if stopped:
        return tell("done")
    function = space.get(job["name"])
    if not callable(function):
        tell({"missing": type(function).__name__})
        return tell("done")
    for number, inputs in enumerate(job["inputs"]):
        as_it_was()
        call = {key: decode(value) for key, value in inputs.items()}
        with course_calls() as called, looking():
            try:
                outcome = outcome_of(function, call, probe, errors, job["gradients"])
            except KeyboardInterrupt as error:   # nobody is there who could have pressed a key
                outcome, errors = {"raises": "KeyboardInterrupt"}, [error]
        if too_deep():   # also where the code caught it: nobody saw what it did meanwhile
            outcome, errors = {"raises": "RecursionError"}, errors or [RecursionError()]
        stopped = what_stopped(errors.pop()) if errors else None
        own = [name for name in called if not name.startswith("course_lib.grading.")]
        tell({"call": number, "outcome": outcome, "stopped": stopped, "course": own[0] if own else None,
              **said()})
    tell("done")


def teller(write: int):
    """The function that writes a line for the host. Made before the student's code runs, of what it cannot reach."""
    pieces, put = json.JSONEncoder().iterencode, os.write

    def tell(value) -> None:
        text = "".join(pieces(value, True)).encode() + b"\n"   # True: all at once, in C
        while text:
            text = text[put(write, text):]

    return tell


def limit(limits: dict) -> None:
    """No process, no thread, no file written, little memory more than torch itself took, and no end of time."""
    with open("/proc/self/statm", encoding="ascii") as file:
        memory = int(file.read().split()[0]) * PAGE + limits["memory"]
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
                       (resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_NPROC, 0)):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))  # at the first it gets SIGXCPU


def as_it_was() -> None:
    """What a student's code may change for itself, and no later call shall see."""
    import torch

    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    sys.setrecursionlimit(1000)


def what_stopped(error: BaseException) -> dict:
    """The kind of an error, where Python or torch knows it, and the line of the student's cell that it came from.

    Its words stay here: they are the student's, and could say what was drawn.
    """
    kind, line, raised, step = type(error), None, False, error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        raised = code.co_filename == watch.CELL and code.co_code[step.tb_lasti] == RAISE
        if code.co_filename == watch.CELL:
            line = step.tb_lineno
        step = step.tb_next
    if kind is SyntaxError and line is None:
        line = error.lineno if type(error.lineno) is int else None
    memory = issubclass(kind, MemoryError) or (kind is RuntimeError and "allocate memory" in str(error))
    known = getattr(builtins, kind.__name__, None) is kind
    return {"kind": kind.__name__ if known else "an error", "line": line, "memory": memory,
            "stub": kind is NotImplementedError and raised}  # torch, too, says so of integers that it cannot average


def reference(job: dict) -> dict:
    """Draw inputs with these seeds, and say what the reference makes of them. No student code comes here."""
    checks, space = {"__name__": "__task__"}, {"__name__": "__task__"}
    exec(compile(job["checks"], "<the check of the task>", "exec"), checks)
    exec(compile(job["reference"], "<reference>", "exec"), space)
    inputs = [{key: encode(value) for key, value in checks["draw"](seed).items()} for seed in job["seeds"]]
    expected = []
    for one in inputs:
        as_it_was()
        call = {key: decode(value) for key, value in one.items()}
        expected.append(outcome_of(space[job["name"]], call, checks.get("probe"), learn=job["gradients"]))
    return {"inputs": inputs, "expected": expected}
