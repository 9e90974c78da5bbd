"""check(): whatever a student's function returns or raises, there is one clear sentence."""
import asyncio
import math

import numpy
import pytest
import torch

from course_lib.checks import CheckFailed, check, examine
from course_lib.checks.outcomes import outcome
from course_lib.errors import CourseError
from tests.tiny import Broken

DATA = {"task": "01.1", "name": "double", "tolerance": 1e-6, "probe": None, "gradients": [], "wrong": [],
        "inputs": [{"x": 3}, {"x": 4}, {"x": 5}], "expected": [6, 8, 10]}


class Endless:
    """Whatever one does with it might never end, so nobody should."""

    asked = 0

    def __repr__(self):
        Endless.asked += 1
        raise RuntimeError

    __str__ = __float__ = __int__ = __len__ = __iter__ = __eq__ = __hash__ = __bool__ = __repr__


class OddError(Exception):
    __str__ = __repr__ = Broken.__repr__


def nested(depth: int, width: int = 1) -> list:
    """Lists in lists; with a width, each holds the next so often: few objects, width ** depth places."""
    value = []
    for _ in range(depth):
        value = [value] * width
    return value


VALUES = {
    "huge number": (10**5000, "int of 16,610 bits"), "huge negative": (-(10**400), "int of 1,329 bits"),
    "nan": (math.nan, "nan instead of 6"), "inf": (math.inf, "inf instead of 6"), "large": (1e308, "1e+308 instead"),
    "nothing": (None, "is a return missing"), "deep": (nested(5000), "a list instead of a number"),
    "a tree": (nested(40, 10), "a list instead of a number"), "long list": ([0] * 100_000, "too long or too deep"),
    "long text": ("x" * 10**7, "a text instead of a number"), "empty": ("", "a text instead of a number"),
    "broken": (Broken(), "object of the type Broken"), "endless": (Endless(), "object of the type Endless"),
    "broken inside": ([Broken(), Endless()], "a list instead"), "broken key": ({Broken.__name__: Endless()}, "a dict"),
    "odd keys": ({(1, 2): 3}, "object of the type dict"), "huge key": ({10**5000: 1}, "object of the type dict"),
    "set": ({1}, "object of the type set"), "bytes": (b"6", "type bytes"),
    "complex": (1j, "type complex"), "generator": ((x for x in "ab"), "type generator"),
    "surrogate": ("\ud800", "a text"),
    "long double": (numpy.longdouble(6), "type longdouble"),
    "date": (numpy.datetime64("2026-01-01"), "type datetime64"),
    "complex tensor": (torch.zeros(2, dtype=torch.complex64), "type Tensor"),
    "sparse": (torch.zeros(2, 2).to_sparse(), "a tensor instead"),
    "meta": (torch.zeros(2, device="meta"), "type Tensor"),
    "large tensor": (torch.zeros(1).expand(10**7), "Tensor of shape (10000000,)"),
    "large sparse tensor": (torch.zeros(1000, 1000).to_sparse(), "Tensor of shape (1000, 1000)"),
    "two keys": ({1: 3, "1": 4}, "type dict with both 1 and '1' as keys"),
    "object array": (numpy.array([Broken]), "type ndarray"),
    "large array": (numpy.zeros(100_000), "ndarray of shape (100000,)"),
}


def failure(answer) -> str:
    found = examine(DATA, answer)
    assert isinstance(found, CheckFailed) and Endless.asked == 0
    assert len(str(found)) < 2000
    return str(found)


@pytest.mark.parametrize("name", VALUES)
def test_odd_results(name):
    value, words = VALUES[name]
    assert words in failure(lambda x: value)


@pytest.mark.parametrize("numpy_number", [numpy.int64(6), numpy.float32(6), numpy.uint8(6)])
def test_numpys_numbers_are_numbers(numpy_number):
    assert outcome(numpy_number) == 6 and outcome(type(numpy_number)(0)) == 0
    assert outcome(numpy.zeros(1)) == {"dtype": "float64", "shape": [1], "values": [0.0]}


def raising(error):
    def double(x):
        raise error
    return double


def endless(x):
    return endless(x)


ERRORS = {
    "an exit": (raising(SystemExit(3)), "SystemExit"),
    "a cancelled call": (raising(asyncio.CancelledError()), "Cancelled"),
    "an end": (raising(GeneratorExit()), "GeneratorExit"), "an odd error": (raising(OddError()), "OddError"),
    "a long message": (raising(ValueError("x" * 10**6)), "ValueError: xxx"), "recursion": (endless, "RecursionError"),
    "something that a library lacks": (lambda x: torch.zeros(2, device="meta").tolist(), "NotImplementedError: "),
    "something that Python lacks": (lambda x: asyncio.AbstractEventLoop().stop(), "NotImplementedError"),
    "no memory": (raising(MemoryError()), "MemoryError"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_odd_errors(name):
    answer, words = ERRORS[name]
    message = failure(answer)
    assert words in message and "Your code stopped with an error:" in message
    assert message.count("\n") < 20


def test_an_interruption_is_passed_on():
    with pytest.raises(KeyboardInterrupt):
        examine(DATA, raising(KeyboardInterrupt()))


@pytest.mark.parametrize("task_id", [None, 1.1, 10**5000, Broken(), "", "x" * 10**6, [], {}, "../01.1", "01.1\0"],
                         ids=range(10))
def test_odd_task_ids(task_id):
    with pytest.raises(CourseError, match="There is no task called|A task is named by a text"):
        check(task_id)
