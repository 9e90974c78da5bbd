"""The rules, the vote and the label model: by hand, on votes whose makers are known, and what is refused."""
import math
from random import Random

import pytest
import torch

from course_lib.errors import CourseError
from course_lib.weak_supervision import RULES, label_model, majority, votes_of
from tests.closeness import assert_near

SAID = [  # (text, what the five rules say of it)
    ("The bread was superb.", (1, 0, 0, 0, 0)), ("The bread was awful.", (-1, 0, 0, 0, 0)),
    ("The bread was superb and awful.", (0, 0, 0, 0, 0)), ("We sat at table two.", (0, 0, 0, 0, 0)),
    ("Nobody could call the bread awful.", (0, 1, 0, 0, -1)), ("The bread was not superb at all.", (0, -1, 0, 0, -1)),
    ("Something awful was expected, but it was superb.", (0, 0, 1, 0, 0)),
    ("The bread was far from superb.", (0, -1, 0, 0, 0)), ("It was the opposite of awful.", (0, 1, 0, 0, 0)),
    ("The bread was anything but superb.", (0, -1, 0, 0, 0)), ("It was not dear, but superb.", (0, 0, 1, 0, -1)),
    ("We all went home happy because of the bread.", (0, 0, 0, 1, 0)),
    ("We arrived happy and went home cross.", (0, 0, 0, -1, 0)),
    ("The bread was superb. Nothing was awful.", (1, 1, 0, 0, -1)), ("", (0, 0, 0, 0, 0)),
]


@pytest.mark.parametrize("text, said", SAID)
def test_what_the_rules_say(text, said):
    assert votes_of([text]).tolist() == [list(said)]


def test_rules_of_ones_own():
    assert votes_of(["a", "b"], (lambda text: 1 if text == "a" else 0,)).tolist() == [[1], [0]]
    assert votes_of(["a"]).shape == (1, len(RULES))


@pytest.mark.parametrize("texts, rules, said", [
    ("one text", RULES, "a list of texts"), ([], RULES, "a list of texts"), ([1], RULES, "a list of texts"),
    (["a"], (), "a column for each rule"), (["a"], (RULES[0], lambda text: 2), "the rule <lambda> gave 2"),
    (["a"], (lambda text: None,), "gave None. Does it return something"), (["a"], None, "rules is a list of functions"),
    (["a"], RULES[0], "rules is a list of functions"), (["a"], ["mood"], "rules is a list of functions"),
    (["a"], "mood", "rules is a list of functions"), (["a"], (lambda text: True,), "the rule <lambda> gave True"),
    (["a"], (lambda text: torch.ones(2),), "the rule <lambda> gave tensor")])
def test_no_texts_and_no_rules(texts, rules, said):
    with pytest.raises(CourseError, match=said):
        votes_of(texts, rules)


def test_the_majority_abstains():
    votes = torch.tensor([[1, 1, -1], [-1, 0, 0], [1, -1, 0], [0, 0, 0]])
    assert majority(votes).tolist() == [1, -1, 0, 0]


def test_one_round_by_hand():
    """Two rules, two rows; both are believed to 0.7 at first, log(0.7 / 0.3) = 0.847.

    Row 1 (1, 1): p = 1 / (1 + exp(-1.695)) = 0.845. Row 2 (-1, 0): p = 0.3. Rule 1 votes twice: it is right with 0.845
    and 1 - 0.3, so (1.545 + 1) / (2 + 2) = 0.636; rule 2 votes once: (0.845 + 1) / (1 + 2) = 0.615.
    """
    accuracy, positive = label_model(torch.tensor([[1, 1], [-1, 0]]), rounds=1)
    assert accuracy.tolist() == pytest.approx([0.636, 0.615], abs=1e-3)
    log_odds = [math.log(a / (1 - a)) for a in accuracy.tolist()]
    assert_near(positive, [1 / (1 + math.exp(-sum(log_odds))), 1 / (1 + math.exp(log_odds[0]))], terms=2)


def test_it_finds_how_often_independent_rules_are_right():
    rng, right, speaks = Random(0), (0.9, 0.8, 0.7, 0.55, 0.85), (0.5, 0.9, 0.6, 0.8, 0.7)
    sides = [rng.choice((1, -1)) for _ in range(4000)]
    votes = torch.tensor([[0 if rng.random() > s else side if rng.random() < r else -side
                           for r, s in zip(right, speaks)] for side in sides])
    accuracy, positive = label_model(votes)
    assert accuracy.tolist() == pytest.approx(right, abs=0.03)
    truth, voted = torch.tensor(sides), majority(votes)
    given = torch.where(positive > 0.5, 1, -1)
    assert (given == truth)[voted != 0].float().mean() >= (voted == truth)[voted != 0].float().mean()


def test_two_rules_that_are_one_are_believed_too_much():
    rng, right = Random(0), (0.7, 0.8, 0.8)
    sides = [rng.choice((1, -1)) for _ in range(2000)]
    votes = torch.tensor([[side if rng.random() < r else -side for r in right] for side in sides])
    alone, _ = label_model(votes)
    doubled, _ = label_model(torch.cat([votes[:, :1], votes], 1))
    assert doubled[1] > alone[0] + 0.1


@pytest.mark.parametrize("votes, said", [
    ([[1, 0]], "Votes are a tensor"), (None, "Votes are a tensor"), (torch.tensor([1, 0]), "Votes are a tensor"),
    (torch.zeros(0, 3), "Votes are a tensor"), (torch.tensor([[2, 0]]), "A vote is 1, -1 or 0"),
    (torch.tensor([[True]]), "2 [*] votes.int"), (torch.tensor([[1j]]), "these are torch.complex64"),
    (torch.tensor([[0.5]]), "A vote is 1, -1 or 0"), (torch.tensor([[math.nan]]), "A vote is 1, -1 or 0")])
def test_no_votes(votes, said):
    for function in (majority, label_model):
        with pytest.raises(CourseError, match=said):
            function(votes)


@pytest.mark.parametrize("rounds", [0, -1, 1.5, "3", True])
def test_no_rounds(rounds):
    with pytest.raises(CourseError, match="rounds must be at least 1"):
        label_model(torch.tensor([[1, -1]]), rounds)
