"""closeness: what is the same but for the last digits is near, and nothing else is."""
import math

import pytest
import torch

from tests import closeness
from tests.closeness import NET, apart, assert_near, error_over_tolerance, tolerance

BIG = torch.tensor([60.0, 0.001])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sum_in_another_order_is_near(dtype):
    terms = torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=dtype)
    one_by_one = torch.zeros((), dtype=dtype)
    for term in terms:
        one_by_one += term
    assert 0 < error_over_tolerance(one_by_one, terms.flip(0).cumsum(0)[-1], 1000, size=terms.abs().max().item()) < 0.5


@pytest.mark.parametrize("given, wanted, settings", [
    (BIG + 1e-3, BIG, {}), (BIG[:1], BIG, {}), (BIG.clone().fill_(math.nan), BIG, {}), (0.1, 0.0, {}),
    (BIG, torch.tensor([60.0, math.inf]), {}), (-torch.tensor([math.inf]), torch.tensor([math.inf]), {}),
    (torch.tensor([math.nan]), torch.tensor([math.inf]), {}), (1e-9, 0.0, {"size": 1e-4}), (BIG * 1.001, BIG, NET)])
def test_what_is_not_the_same_is_not_near(given, wanted, settings):
    with pytest.raises(AssertionError, match="of the tolerance apart; at most"):
        assert_near(given, wanted, **settings)
    closeness.ratios.clear()


def test_the_size_is_that_of_the_largest_number_unless_it_is_said():
    off = BIG + torch.tensor([0.0, 3e-6])
    assert 0 < error_over_tolerance(off, BIG) < 0.2 < 1 < error_over_tolerance(off[1:], BIG[1:])
    assert error_over_tolerance(off[1:], BIG[1:], size=60) == pytest.approx(error_over_tolerance(off, BIG))
    assert error_over_tolerance([1.0, -math.inf], [1.0, -math.inf]) == error_over_tolerance([], []) == 0
    assert error_over_tolerance(BIG.double(), BIG) == error_over_tolerance(0, 0.0) == 0


def test_more_terms_more_sums_and_fewer_digits_are_more_tolerant():
    assert tolerance(4) == pytest.approx(2 * tolerance()) and tolerance(depth=3) == pytest.approx(3 * tolerance())
    assert tolerance(dtype=torch.float64) < 1e-14 and error_over_tolerance(BIG.double() + 6e-6, BIG) < 1
    assert error_over_tolerance(BIG.double() + 6e-6, BIG.double()) > 1e6


def test_between_near_and_apart_lies_neither():
    step = tolerance() * 60
    assert [apart(60 + n * step, 60.0) for n in (0, 2, 10)] == [False, False, True]
    with pytest.raises(AssertionError):
        assert_near(60 + 2 * step, 60.0)
    closeness.ratios.clear()


def test_nan_is_near_to_nothing_not_even_itself():
    with pytest.raises(AssertionError, match="inf of the tolerance"):
        assert_near(math.nan, math.nan)
    closeness.ratios.clear()
