"""What a check sees besides the value: inputs changed in place, gradients, whose numbers they are."""
import pytest
import torch

from course_lib.checks import CheckFailed, examine
from course_lib.checks.messages import beside_the_value
from course_lib.checks.outcomes import encode
from course_lib.checks.probing import gradients, gradients_of_call, raised, shares_numbers, watched
from course_lib.checks.run import outcome_of

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def message(answer, inputs: dict, reference, learn=(), probe=None) -> str | None:
    """What the check says of `answer` where `reference` is right."""
    calls = [{name: encode(value) for name, value in inputs.items()}]
    expected = [outcome_of(reference, {key: value.clone() for key, value in inputs.items()}, learn=list(learn))]
    data = {"task": "01.1", "name": "f", "tolerance": 1e-6, "probe": None, "gradients": list(learn), "wrong": [],
            "inputs": calls, "expected": expected}
    found = examine(data, answer)
    assert found is None or isinstance(found, CheckFailed)
    return found and str(found)


def test_a_function_that_changes_its_input_is_told_so_by_the_name_it_gave():
    def f(values):
        values *= 2
        return values
    assert "Your function changes its input values" in message(f, {"x": X}, lambda x: 2 * x)
    assert message(lambda x: x + x, {"x": X}, lambda x: 2 * x) is None


@pytest.mark.parametrize("change", [list.clear, list.reverse, lambda x: x.append(1), lambda x: x[0].mul_(2)])
def test_lists_and_what_is_in_them_are_watched(change):
    call = watched(change)
    call([X.clone(), X + 1])
    assert call.changed == [1]


def test_an_input_that_comes_to_require_a_gradient_is_a_changed_one():
    call = watched(lambda rows: [row.requires_grad_() for row in rows])
    call([X.clone()])
    assert call.changed == [1]


def test_what_only_looks_changes_nothing():
    call = watched(lambda x, y, *, z: (x.sum(), len(y), z["a"]))
    call(X, [1, 2], z={"a": 1})
    assert call.changed == []


@pytest.mark.parametrize("cut", [
    lambda x, w: (x @ w).detach(), lambda x, w: torch.tensor((x @ w).tolist()), lambda x, w: x @ w.data,
    lambda x, w: torch.from_numpy(x.numpy() @ w.numpy()), torch.no_grad()(lambda x, w: x @ w),
], ids=["detach", "tensor", "data", "numpy", "no_grad"])
def test_a_cut_gradient_is_named(cut):
    found = message(cut, {"x": X, "w": X + 1}, lambda x, w: x @ w, learn=("w",))
    assert "No gradient reaches w, so it could not learn. Is it used? Did you detach, or work under no_grad?" in found


def test_a_gradient_of_half_the_way_is_another_one():
    half = lambda x, w: x @ w + (x @ w).detach()
    found = message(half, {"x": X, "w": X}, lambda x, w: 2 * (x @ w), ("w",))
    assert "What it says is right, and the gradient that reaches w is not the formula's" in found


def test_where_the_value_is_another_kind_of_thing_nothing_is_said_of_gradients():
    expected, given = {"R is a": "Tensor", "gradients": {"dict": {"h": 1.0}}}, {"R is a": "method"}
    for one in (given, given | {"gradients": {"dict": {"h": 2.0}}}):
        assert beside_the_value({"dict": one}, {"dict": expected}, None, 1e-6, []) is None


def test_gradients_reach_through_lists_and_a_softmax():
    a, b = X.clone().requires_grad_(), X.clone().requires_grad_()
    found = gradients({"out": [a.softmax(0), 3]}, a=[a], b=b, c=X)
    assert found["a"] > 0.01 and found["b"] is None and found["c"] is None
    assert gradients(3, a=a) == {"a": None}
    assert gradients_of_call(lambda x, n: x * n, {"x": X, "n": 2}).keys() == {"x"}


def test_whose_numbers_they_are():
    assert shares_numbers(X, X.T) and shares_numbers(X, X[0]) and not shares_numbers(X, X.clone())


def test_a_kind_of_the_asked_exception_is_the_asked_one():
    class Mine(ValueError):
        pass

    def call():
        raise Mine
    assert raised(call, ValueError) == "ValueError" and raised(call) == "Mine" and raised(call, KeyError) == "Mine"
    assert raised(lambda: 1) == "nothing"
