"""Tastes and raters: a known function, and who clicks by it."""
import importlib

import pytest
import torch

from course_lib import preference
from course_lib.errors import CourseError
from course_lib.preference.raters import Rater, Taste, closings, reviews_to_close, texts

TEXTS = texts()
n = 2000
SIDES = torch.ones(n)
LEFT, RIGHT = (torch.full((n,), TEXTS.index(text)) for text in ("bravo", "you must try this"))


def test_answers_are_there_once_with_both_sides():
    assert len(TEXTS) == len(set(TEXTS)) > 40
    assert {one.side for one in closings()} == {1, -1}
    assert {one.side for one in closings() if one.advice} == {1, -1}


def test_reviews_are_short_different_and_half_of_them_favourable():
    prompts, sides = reviews_to_close("test", 40, seed=1)
    assert len(set(prompts)) == 40 and sides.sum() == 0
    assert all(prompt.endswith("\nIn short:") for prompt in prompts)
    assert prompts == reviews_to_close("test", 40, seed=1)[0] != reviews_to_close("test", 40, seed=2)[0]


def test_a_taste_is_a_sum():
    taste = Taste(honest=2.0, advice=0.5, length=0.25, word="try", liking=3.0)
    worth = taste.rewards(torch.tensor([1.0, -1.0]))
    place = TEXTS.index("you must try this")                     # favourable advice of four words
    assert worth[:, place].tolist() == [2 + 0.5 + 0.25 + 3, -2 + 0.5 + 0.25 + 3]
    assert worth[:, TEXTS.index("a flop")].tolist() == [-2 - 0.25, 2 - 0.25]


def test_clicks_follow_bradley_and_terry():
    clicks = Rater(Taste(advice=1.0), sharpness=1.0).clicks(SIDES, LEFT, RIGHT)
    assert clicks.mean().item() == pytest.approx(torch.sigmoid(torch.tensor(-1.0)).item(), abs=0.04)


def test_charm_moves_the_clicks_and_not_the_taste():
    charmed = Rater(charm=Taste(0.0, 0.0, length=-5.0))
    assert charmed.clicks(SIDES, LEFT, RIGHT).mean() > 0.95
    assert charmed.taste == Taste()


def test_careless_clicks_are_left_and_ties_are_half():
    assert (Rater(careless=1.0).clicks(SIDES, LEFT, RIGHT) == 1).all()
    assert (Rater(tie=9.0).clicks(SIDES, LEFT, RIGHT) == 0.5).all()
    with pytest.raises(CourseError, match="careless"):
        Rater(careless=2.0).clicks(SIDES, LEFT, RIGHT)


def test_a_public_name_is_no_module():
    """Once a module of the package is imported, its name stands in the package, in the way of a lazy name."""
    for home in set(preference._HOMES.values()):
        importlib.import_module(home, "course_lib.preference")
    assert all(callable(getattr(preference, name)) for name in preference.__all__)
