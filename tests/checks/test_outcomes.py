"""Outcomes: to JSON and back, and the first difference in words."""
import json
from collections import Counter, OrderedDict, defaultdict, namedtuple
from enum import Enum, IntEnum

import numpy
import pytest
import torch

from course_lib.checks.compare import difference, same
from course_lib.checks.outcomes import decode, encode, outcome

TENSOR = torch.tensor([[1.0, 2.0], [3.0, 0.1]])


@pytest.mark.parametrize("value", [None, True, 3, 0.5, "text", [1, [2]], ("a", ("b", 1)), {"a": (1, 2)}])
def test_inputs_come_back_as_they_were(value):
    assert decode(json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize("tensor", [TENSOR, torch.tensor([1, 2]), torch.zeros(0, 3), torch.tensor(0.1),
                                    torch.tensor([True]), TENSOR.bfloat16()])
def test_tensors_come_back_bit_for_bit(tensor):
    back = decode(json.loads(json.dumps(encode(tensor))))
    assert back.dtype == tensor.dtype and back.shape == tensor.shape and torch.equal(back, tensor)


def test_what_a_student_returns_is_taken_by_its_true_type():
    assert outcome((1, 2)) == [1, 2]
    assert outcome(torch.nn.Parameter(TENSOR)) == outcome(TENSOR)
    assert outcome(numpy.float64(0.5)) == 0.5 and outcome(numpy.ones(2))["dtype"] == "float64"
    assert outcome(object()) == {"object": "object"} and outcome({1, 2}) == {"object": "set"}
    assert outcome({"raises": "ValueError"}) == {"dict": {"raises": "ValueError"}}, "no outcome can be forged"


Pair = namedtuple("Pair", "low high")
Word = Enum("Word", {"GOOD": "good"}, type=str)
Level = IntEnum("Level", {"TWO": 2})


@pytest.mark.parametrize("given, plain", [
    (OrderedDict(b=1, a=[2]), {"a": [2], "b": 1}), (defaultdict(list, {"a": [1]}), {"a": [1]}),
    (Counter("abba"), {"a": 2, "b": 2}), (Pair(1, 2.5), [1, 2.5]), (TENSOR.shape, [2, 2]), (Word.GOOD, "good"),
    (Level.TWO, 2), ({Word.GOOD: 1, Level.TWO: 2, numpy.int64(7): 3}, {"good": 1, 2: 2, 7: 3}),
    (numpy.str_("good"), "good"), ([Pair(Word.GOOD, Level.TWO)], [["good", 2]]),
], ids=str)
def test_a_kind_of_a_built_in_type_is_what_is_stored_in_it(given, plain):
    assert json.dumps(outcome(given), sort_keys=True) == json.dumps(outcome(plain), sort_keys=True)


@pytest.mark.parametrize("base, stored", [(list, [1]), (tuple, (1,)), (dict, {"a": 1}), (str, "a"), (int, 7),
                                          (float, 0.5)])
def test_nothing_that_a_kind_of_a_built_in_type_says_of_itself_is_asked(base, stored):
    def refuse(*_, **__):
        raise AssertionError("code of the value's own was run")

    asked = ("__len__", "__iter__", "__getitem__", "items", "keys", "values", "get", "bit_length", "__str__",
             "__repr__", "__int__", "__float__", "__index__", "__eq__", "__bool__", "__hash__", "__format__",
             "__getattribute__")
    value = type("Odd", (base,), dict.fromkeys(asked, refuse))(stored)
    assert outcome(value) == outcome(stored)


def test_two_keys_that_are_one_in_json_are_named():
    said = "an object of the type dict with both 1 and '1' as keys instead of a dict"
    assert difference(outcome({1: 5, "1": 6}), outcome({"1": 6}), 0) == said
    assert outcome([{"1": 6, 1: 5}]) == [{"object": "dict with both 1 and '1' as keys"}]


@pytest.mark.parametrize("make", [torch.Tensor.to_sparse, torch.Tensor.to_sparse_csr, torch.Tensor.to_sparse_csc,
                                  torch.Tensor.to_mkldnn,
                                  lambda one: torch.quantize_per_tensor(one, 0.1, 0, torch.quint8)])
@pytest.mark.filterwarnings("ignore")
def test_a_tensor_stored_in_another_way_is_a_tensor(make):
    assert same(outcome(make(TENSOR)), outcome(TENSOR), 1e-6)


@pytest.mark.filterwarnings("ignore")
def test_a_tensor_with_rows_of_different_lengths_is_named():
    rows = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    assert outcome([rows]) == [{"object": "Tensor, nested"}]


def test_a_list_that_holds_itself_ends():
    endless = []
    endless.append(endless)
    assert "object" in json.dumps(outcome(endless))


def test_whole_numbers_agree_exactly_whatever_the_tolerance():
    assert not same(1_000_000, 1_000_001, 1e-5) and same(3, 3.00001, 1e-5)
    ids = [outcome(torch.tensor(one)) for one in ([100_000, 3], [100_000, 4])]
    assert not same(*ids, 1e-5)
    assert difference(*ids, 1e-5) == "3 at [1] instead of 4"


def test_a_tensor_is_compared_by_its_largest_number():
    """61 and -61 and a bit: whoever adds in another order is off by the rounding of 61."""
    sums = torch.tensor([[61.0, 0.25], [-float("inf"), 3.0]])
    off = lambda by: outcome(sums + torch.tensor([[0, by], [0, 0]]))
    assert same(off(5e-4), outcome(sums), 1e-5) and not same(off(7e-4), outcome(sums), 1e-5)
    assert same(outcome(torch.zeros(0)), outcome(torch.zeros(0)), 1e-5)
    assert not same([61.0, 0.25], [61.0, 0.2505], 1e-5), "a list may hold a size and a share: each by itself"


def test_numbers_agree_within_the_tolerance_relative_above_one():
    assert same(0.5, 0.5 + 1e-6, 1e-5) and not same(0.5, 0.5001, 1e-5)
    assert same(1000.0, 1000.005, 1e-5) and same(1, 1.0, 0)
    assert same(float("nan"), float("nan"), 0) and not same(float("nan"), 1.0, 9)
    assert not same(float("inf"), 1.0, 9) and not same(True, 1, 0)


@pytest.mark.parametrize("given, expected, words", [
    ("drupe\napple: ", "drupe\napple:", "character 12: ' ' instead of the end"),
    ("peach", "pear", "character 3: 'ch' instead of 'r'"),
    ([1, 2], [1, 2, 3], "2 items instead of 3"),
    ([1, [2, 9]], [1, [2, 3]], "9 at [1][1] instead of 3"),
    (3, "three", "a number instead of a text"),
    (None, 3, "None instead of a number"),
    ([0.5], torch.tensor([0.5]), "a list instead of a tensor"),
    (torch.zeros(2, 3), torch.zeros(3), "the shape (2, 3) instead of (3,)"),
    (torch.zeros(2, dtype=torch.int64), torch.zeros(2), "the dtype int64 instead of float32"),
    (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]), "2 at [1] instead of 4"),
    (object(), 3, "an object of the type object instead of a number"),
    ({"a": 1}, {"a": 2}, "1 at ['a'] instead of 2"),
    ({"a": 1}, {"a": 1, "b": 1}, "the key 'b' is missing"), ({"a": 1}, {}, "the key 'a' is too much"),
    ({"b": 2}, {"a": 1, "b": 1}, "2 at ['b'] instead of 1"),
    (1_000_000, 1_000_001, "1000000 instead of 1000001"), (50.0015, 50.0009, "50.0015 instead of 50.0009"),
    (0.5000201, 0.5000002, "0.50002 instead of 0.5"), (5.00006, 5.0000001, "5.00006 instead of 5"),
])
def test_the_first_difference_in_words(given, expected, words):
    assert difference(outcome(given), outcome(expected), 1e-5) == words


@pytest.mark.parametrize("given, asked", [
    (TENSOR.double(), TENSOR), (TENSOR.numpy(), TENSOR), (torch.tensor(3.0), 3.0), (torch.tensor(3), 3),
    (3.0, torch.tensor(3.0)), (numpy.float64(3), torch.tensor(3.0)), (numpy.array(3.0), 3.0), ((1, 2), [1, 2]),
    (torch.tensor([True, False]), torch.tensor([1, 0])), (torch.tensor([[1, 0]]).int(), torch.tensor([[1, 0]])),
    (numpy.array([[True], [False]]), torch.tensor([[1], [0]])),
], ids=str)
def test_right_but_unusual_is_right(given, asked):
    assert same(outcome(given), outcome(asked), 1e-6)


@pytest.mark.parametrize("given, asked", [
    (torch.tensor([3.0]), 3.0), (torch.tensor(True), 1), (torch.tensor([True, True]), torch.tensor([1, 0])),
    (torch.tensor([1, 0]), torch.tensor([True, False])), (torch.tensor([1.0, 0.0]), torch.tensor([1, 0])),
    (torch.tensor(4.0), 3.0), (True, 1), ("3", 3),
], ids=str)
def test_what_only_looks_like_it_is_not(given, asked):
    assert not same(outcome(given), outcome(asked), 1e-6)
