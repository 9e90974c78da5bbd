"""Answers, guesses, measurements and seeds that are none: refused in one readable sentence, and nothing is kept."""
import math
from fractions import Fraction
from itertools import product

import numpy
import pytest
import torch

from course_lib import progress
from course_lib.errors import CourseError
from course_lib.lesson import start
from course_lib.progress import journal
from course_lib.quiz import predict, quiz, reading, reveal
from tests.tiny import Broken

SINGLE, SEVERAL, NUMBER, ORDERING = "01.bare", "01.params", "01.several_tokens", next(
    one.id for one in reading.bank()[0].values() if one.kind == "ordering")
CHOICE, AMOUNT = "01.riddle", "01.curve"


ODD = {
    "huge": 10**5000, "inf": math.inf, "nan": math.nan, "truth": True, "text": "x" * 10**6, "empty text": "",
    "lists": [[[[1]]]], "dict": {}, "broken": Broken(), "broken list": [Broken()], "bytes": b"x", "complex": 1j,
    "function": print, "two numbers": torch.tensor([1.0, 2.0]), "array": numpy.ones(3),
}
CALLS = {
    "quiz single": lambda odd: quiz(SINGLE, answer=odd),
    "quiz several": lambda odd: quiz(SEVERAL, answer=odd),
    "quiz number": lambda odd: quiz(NUMBER, answer=odd),
    "quiz ordering": lambda odd: quiz(ORDERING, answer=odd),
    "guess of a choice": lambda odd: predict(CHOICE, guess=odd),
    "guess of a number": lambda odd: predict(AMOUNT, guess=odd),
    "confidence": lambda odd: predict(CHOICE, guess="pome", confidence=odd),
    "measured choice": lambda odd: reveal(CHOICE, odd),
    "measured number": lambda odd: reveal(AMOUNT, odd),
    "question": lambda odd: quiz(odd),
    "prediction": lambda odd: predict(odd, guess=1),
    "outcome": lambda odd: reveal(odd, 1),
    "lesson": lambda odd: start(odd),
    "seed": lambda odd: start("00", seed=odd),
}


@pytest.mark.parametrize("call, odd", list(product(CALLS, ODD)))
def test_odd_values(call, odd):
    with pytest.raises(CourseError) as error:
        CALLS[call](ODD[odd])
    assert len(str(error.value)) < 2500 and "\n" not in str(error.value)
    assert progress.events() == []


@pytest.mark.parametrize("call, words", [
    (lambda: quiz(SINGLE, answer=[]), "takes one number from 1 to 4; you gave \\[\\]"),
    (lambda: quiz(SINGLE, answer=1.0), "one number"),
    (lambda: quiz(SEVERAL, answer=[1, 1, 1, 1]), "a list of numbers from 1 to 3"),
    (lambda: quiz(SEVERAL, answer=[1] * 10**6), "a list of numbers"),
    (lambda: quiz(SEVERAL, answer=(1, "2")), "a list of numbers"),
    (lambda: predict(CHOICE, guess=["pome"]), "must be one of the texts"),
    (lambda: predict(CHOICE, guess="Pome"), "Did you mean 'pome'"),
    (lambda: predict(AMOUNT, guess=-1), "must lie between 0 and 100"),
    (lambda: predict(AMOUNT, guess="many"), "must be a number"),
    (lambda: predict(CHOICE, guess="pome", confidence=49), "from 50 .* to 100"),
    (lambda: predict(CHOICE, guess="pome", confidence=70.5), "whole number"),
    (lambda: predict(CHOICE, guess="pome", confidence=0.7), "whole number"),
    (lambda: predict(CHOICE, guess="pome", confidence=None), "you gave None"),
    (lambda: reveal(AMOUNT, -math.inf), "The measurement .* must be a number"),
    (lambda: reveal(AMOUNT, None), "must be a number"),
    (lambda: quiz(None), "A quiz question is named by a text, .*; you gave None"),
    (lambda: predict(1.2), "A prediction is named by a text, .*; you gave 1.2"),
    (lambda: start("1"), "no lesson called '1'"),
    (lambda: start(1), "as in start\\(\"01\"\\); you gave 1\\."),
    (lambda: start(None), "A lesson is named by a text"),
    (lambda: start("00", seed=-1), "seed must be at least 0"),
    (lambda: start("00", seed=2**32), "seed must be"),
    (lambda: start("00", seed=1.5), "whole number"),
    (lambda: start("00", seed=None), "whole number"),
    (lambda: start("00", seed="3"), "whole number"),
])
def test_what_is_allowed_is_said(call, words):
    with pytest.raises(CourseError, match=words):
        call()
    assert progress.events() == []


@pytest.mark.parametrize("answer", [0.18, numpy.float32(0.18), numpy.float64(0.18), Fraction(18, 100)])
def test_every_real_number_is_one(answer):
    quiz(NUMBER, answer=answer)
    assert progress.latest("answer", NUMBER).data["answer"] == pytest.approx(0.18)


@pytest.mark.parametrize("answer", [2, numpy.int64(2)])
def test_every_whole_number_is_one(answer):
    quiz(SINGLE, answer=answer)
    quiz(SEVERAL, answer=[answer])
    assert [event.data["answer"] for event in progress.events()] == [1, [1]]


def test_nothing_ticked_is_no_mistake(capsys):
    quiz(SEVERAL, answer=[])
    quiz(ORDERING, answer=[])
    assert "Tick at least one statement" in capsys.readouterr().out and progress.events() == []


@pytest.mark.parametrize("data", [{}, {"guess": [1], "confidence": 60}, {"guess": "pome", "confidence": 10**400},
                                  {"guess": "pome", "confidence": "sure"}, {"guess": {"a": 1}, "confidence": None}])
def test_a_guess_that_somebody_else_wrote_is_left_aside(data, capsys):
    journal._record("prediction", CHOICE, data, None)
    reveal(CHOICE, "company")
    assert "none was kept" in capsys.readouterr().out
