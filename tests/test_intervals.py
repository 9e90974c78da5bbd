"""Intervals: Wilson's for a share, the bootstrap's for items, and what makes neither."""
import pytest

from course_lib.errors import CourseError
from course_lib.intervals import interval, wilson

NAN = float("nan")


def test_wilson():
    share, low, high = wilson(8, 10)
    assert (share, round(low, 4), round(high, 4)) == (0.8, 0.4902, 0.9433)  # the textbook example of Wilson's interval
    assert wilson(0, 10)[:2] == (0, 0) and wilson(10, 10)[2] == 1 and 0.27 < wilson(0, 10)[2] < 0.28
    for n_right, n in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(CourseError, match="makes no share"):
            wilson(n_right, n)


def test_repeated_trials_of_an_item_add_no_certainty():
    items = [[1, 1, 1], [0, 0, 0]] * 10
    mean, low, high = interval(items)
    assert mean == 0.5 and (mean, low, high) == interval(items)
    _, low_one, high_one = interval([[first] for first, *_ in items])
    assert (low, high) == (low_one, high_one)
    _, low_many, high_many = interval([[mark] for marks in items for mark in marks])
    assert high - low > 1.4 * (high_many - low_many)
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / 20 ** 0.5, abs=0.06)


def test_every_group_counts_once():
    items, groups = [[1]] * 30 + [[0]] * 10, ["many"] * 30 + ["few"] * 10
    assert interval(items, groups) == (0.5, 0.5, 0.5)  # nothing varies within a group
    assert interval(items)[0] == 0.75
    for bad, names in (([], None), ([[]], None), ([[1]], ["a", "b"])):
        with pytest.raises(CourseError):
            interval(bad, names)


@pytest.mark.parametrize("marks", [[1, 0, 1], "101", None, [[1], None], [["a"]], [[NAN]], 5])
def test_marks_are_lists_of_numbers(marks):
    with pytest.raises(CourseError, match="a list with a list of numbers for each item"):
        interval(marks)


@pytest.mark.parametrize("options, said", [
    ({"level": 95}, "level lies between"), ({"level": "0.95"}, "level lies"), ({"draws": 0}, "draws must be"),
    ({"draws": NAN}, "draws must be"), ({"seed": -1}, "seed must be"), ({"groups": ["a"]}, "one for each item")])
def test_an_interval_of_another_kind(options, said):
    with pytest.raises(CourseError, match=said):
        interval([[1], [0]], **options)


@pytest.mark.parametrize("n_right, n, level", [("3", 5, 0.95), (3, None, 0.95), (NAN, 5, 0.95), (3, 5, 95)])
def test_a_share_of_another_kind(n_right, n, level):
    with pytest.raises(CourseError, match="makes no share"):
        wilson(n_right, n, level)
