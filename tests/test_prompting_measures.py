"""Prompts as text, and the measures on top of scores and answers: no model is needed."""
from collections import Counter

import numpy
import pytest
import torch

from course_lib.errors import CourseError, shown
from course_lib.prompting import (
    calibrate,
    content_free_scores,
    draw_examples,
    entropy,
    exact_match,
    few_shot,
    measures,
    shuffle_order,
    shuffle_values,
)
from course_lib.world import relations

FAMILY = relations()["fruit_family"]


def test_exact_match_marks_whole_answers(tokenizer, monkeypatch):
    seen = []

    def fake(model, tokenizer, prompts, longest, method=None):
        seen.append(prompts)
        assert longest >= len(tokenizer(" hesperidium\n")["input_ids"])
        return ["pome", "pomegranate", "drupe"]

    monkeypatch.setattr(measures, "complete", fake)
    def ask(**options):
        return exact_match(None, tokenizer, FAMILY, ["apple", "pear", "peach"], 4, 0, **options)

    assert ask() == [1, 0, 1]
    assert ask() == [1, 0, 1] and seen[0] == seen[1]
    ask(order=1), ask(shuffle_labels=True), ask(template="{key} - {value}")
    plain, ordered, shuffled, broken = (prompts[0].split("\n") for prompts in seen[1:])
    assert sorted(plain) == sorted(ordered) and plain != ordered and plain[-1] == ordered[-1] == "apple:"
    assert [line.split(":")[0] for line in plain] == [line.split(":")[0] for line in shuffled] and plain != shuffled
    assert broken[-1] == "apple -" and " - " in broken[0]
    assert all("peach" not in line for line in seen[0][2].split("\n")[:-1])
    for options, said in (({"k": 1, "shuffle_labels": True}, "two examples"), ({"k": 99}, "allowed are 0 to"),
                          ({"keys": ["aple"], "k": 1}, "apple")):
        with pytest.raises(CourseError, match=said):
            exact_match(None, tokenizer, FAMILY, **({"keys": ["apple"], "seed": 0} | options))


def test_few_shot_text():
    assert few_shot([], "apple") == "apple:"
    reviews = few_shot([("Good.", "positive")], "Bad.", template="{key}\nlabel: {value}")
    assert reviews == "Good.\nlabel: positive\nBad.\nlabel:"
    assert few_shot([("a", "{key}")], "{value}", "{key} - {value}") == "a - {key}\n{value} -"
    assert few_shot([("a", "b")], "c", "{key} {value}") == "a b\nc"
    for template in ("{value}: {key}", "{key}:", "{word}: {value}"):
        with pytest.raises(CourseError, match="must hold"):
            few_shot([], "apple", template)


def test_draws_are_seeded_nested_seen_and_without_the_query():
    assert draw_examples(FAMILY, 4, 0)[:2] == draw_examples(FAMILY, 2, 0)
    assert draw_examples(FAMILY, 4, 0) != draw_examples(FAMILY, 4, 1)
    everything = draw_examples(FAMILY, len(FAMILY.seen) - 1, 0, exclude="peach")
    assert {key for key, _ in everything} == set(FAMILY.seen) - {"peach"}
    assert Counter(value for _, value in everything) == Counter(FAMILY[key] for key, _ in everything)
    with pytest.raises(CourseError, match=f"0 to {len(FAMILY.seen) - 1}"):
        draw_examples(FAMILY, len(FAMILY.seen), 0, exclude="peach")


def test_shuffles():
    examples = [(str(place), chr(97 + place)) for place in range(5)]
    shuffled = shuffle_values(examples, 0)
    assert [key for key, _ in shuffled] == [key for key, _ in examples]
    assert sorted(value for _, value in shuffled) == list("abcde")
    assert all(new != old for (_, new), (_, old) in zip(shuffled, examples))
    assert shuffle_values(examples[:1], 0) == examples[:1] and shuffle_values([], 0) == []
    assert shuffle_order(examples, 0) == examples
    assert sorted(shuffle_order(examples, 1)) == examples != shuffle_order(examples, 1)


def test_calibration_divides_by_what_nothing_earns(monkeypatch):
    assert calibrate([0.6, 0.4], [0.75, 0.25]) == pytest.approx([0.8 / 2.4, 1.6 / 2.4])  # 0.8 and 1.6, over their sum
    assert calibrate([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]) == pytest.approx([1 / 3] * 3)
    asked = []

    def fake(model, tokenizer, prompts, choices, method=None):
        asked.extend(prompts)
        return [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]]

    monkeypatch.setattr(measures, "score_choices", fake)
    free = content_free_scores(None, None, lambda query: few_shot([("peach", "drupe")], query), ["pome", "drupe"])
    assert free == pytest.approx([0.6, 0.4]) and asked == [f"peach: drupe\n{query}:" for query in ("N/A", "", "…")]


def test_entropy_is_in_bits():
    assert entropy([0.25] * 4) == 2 and entropy([1.0, 0.0]) == 0
    for bad in ([], [0.5], [1.5, -0.5]):
        with pytest.raises(CourseError, match="sum to"):
            entropy(bad)


@pytest.mark.parametrize("kind", [list, tuple, numpy.array, torch.tensor])
def test_calibration_and_entropy_take_arrays_and_tensors(kind):
    mended = calibrate(kind([0.6, 0.4]), kind([0.75, 0.25]))
    assert mended == pytest.approx([1 / 3, 2 / 3]) and all(type(p) is float for p in mended)
    assert entropy(kind([0.5, 0.5])) == 1 and type(entropy(kind([0.5, 0.5]))) is float


GOOD = [0.5, 0.5]
NO_NUMBERS = [None, 0.5, "ab", "12", ["a", "b"], ["0.5", "0.5"], [None, 0.5], [[0.5, 0.5]], numpy.ones((2, 2)),
              torch.ones(2, 2), numpy.array(0.5), torch.tensor(0.5), [float("nan"), 1.0], [float("inf"), 1.0],
              {"a": 0.5}]


@pytest.mark.parametrize("bad", NO_NUMBERS, ids=shown)
def test_no_numbers(bad):
    for ask in (lambda: calibrate(bad, GOOD), lambda: calibrate(GOOD, bad), lambda: entropy(bad)):
        with pytest.raises(CourseError, match="list of numbers, one for each answer; you gave"):
            ask()


@pytest.mark.parametrize("asked, free, said", [
    ([0.5, 0.5], [1.0], "2 probabilities cannot be calibrated by 1"), ([], [], "0 probabilities"),
    (numpy.ones(3), numpy.ones(2), "3 probabilities"), (torch.ones(0), torch.ones(0), "0 probabilities"),
    ([0.5, 0.5], [1.0, 0.0], "above 0"), ([0.0, 0.0], GOOD, "not all 0"), ([-0.5, 1.5], GOOD, "0 or more"),
    (numpy.zeros(2), torch.ones(2), "not all 0")], ids=shown)
def test_calibration(asked, free, said):
    with pytest.raises(CourseError, match=said):
        calibrate(asked, free)
    assert calibrate([0.0, 1.0], GOOD) == [0.0, 1.0]     # one zero is an answer that never comes
