"""What an error shows of a value, whole numbers, and unknown names."""
import numpy
import pytest
import torch

from course_lib.errors import CourseError, shown, unknown, whole_number


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize("value, text", [
    (3, "3"), ("a\nb", r"'a\nb'"), ("x" * 500, "'" + "x" * 78 + "…"), (10**5000, "a value of type int"),
    (Unprintable(), "a value of type Unprintable"), (numpy.eye(2), "array([[1., 0.], [0., 1.]])")],
    ids=["number", "newline", "long", "digits", "mistake", "array"])
def test_what_is_shown_of_a_value(value, text):
    assert shown(value) == text


def test_whole_numbers():
    assert [whole_number("n", value, 0, 7) for value in (0, 7, numpy.int8(3), torch.tensor(2))] == [0, 7, 3, 2]
    for value in (-1, 8, 2**70, 2.0, "2", None, False, numpy.float32(2), torch.tensor(2.5)):
        with pytest.raises(CourseError, match="^n must be at least 0 and at most 7, a whole number; you gave "):
            whole_number("n", value, 0, 7)
    assert whole_number("n", 2**70, 1) == 2**70


def test_the_error_for_an_unknown_name_stays_short():
    assert len(str(unknown("task", "r" * 5000, ["reviews"]))) < 200
    assert "called 7" in str(unknown("task", 7, ["reviews"]))
