"""Objects that are equal to everything: none passes, for only plain JSON is compared."""
import pytest

from course_lib.checks import CheckFailed, examine

DATA = {"task": "01.1", "name": "double", "tolerance": 1e-6, "probe": None, "gradients": [], "wrong": [],
        "inputs": [{"x": 3}, {"x": 4}, {"x": 5}], "expected": [6, 8, 10]}


class Yes:
    """Says yes to everything."""
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __le__(self, other): return True
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    def __abs__(self): return 0
    def __float__(self): return 6.0
    def __index__(self): return 6
    __class__ = int


class YesNumber(float):
    __eq__ = Yes.__eq__
    __le__ = Yes.__le__
    __sub__ = __rsub__ = Yes.__sub__


class YesText(str):
    __eq__ = Yes.__eq__


class YesDict(dict):
    __eq__ = Yes.__eq__


@pytest.mark.parametrize("value", [Yes(), YesNumber(1), YesText("6"), YesDict({"6": 6}), [Yes()], {"raises": Yes()}],
                         ids=["object", "number", "text", "dict", "list", "raises"])
def test_an_object_that_is_equal_to_everything_does_not_pass(value):
    assert isinstance(examine(DATA, lambda x: value), CheckFailed)


def test_the_object_would_pass_a_plain_comparison():
    assert all(Yes() == expected and abs(Yes() - expected) <= 1e-6 for expected in DATA["expected"])
    assert examine(DATA, lambda x: 2 * x) is None
