"""What lesson 10 says of its own runs, and the ways of trainings that it reads off: each worked on small cases."""
import math
from dataclasses import replace

import pytest
import torch

from course_lib.experiments import feedback, feedback_paths, feedback_told
from course_lib.plots.frontier import in_words, rewards_by_distance
from course_lib.preference.raters import closings

SMALL = replace(feedback.Feedback(), base="orchard-xs", prompts=8, tests=4, clicks=40)


@pytest.fixture(scope="module")
def here():
    return feedback.ground(SMALL, 0)


def test_a_reward_made_of_the_three_things_is_explained_by_them(here):
    learned = feedback.Taste(0.5, -1.5, length=0.25).rewards(here.test_sides)
    honest, advice, words = feedback_told.explained(here, learned).values()
    assert (honest, advice, words) == pytest.approx((0.5, -1.5, 0.25), abs=1e-4)


@pytest.mark.parametrize("true, key", [((1.2, 1.7, 1.0), "below"), ((1.2, 1.7, 1.3), "falls"),
                                       ((1.2, 1.7, 1.65), "stays"), ((1.2, 1.25, 1.2), "stays")])
def test_what_becomes_of_the_true_reward(true, key):
    assert feedback_told.without_penalty(true) == key


@pytest.mark.parametrize("nats, key", [(0.05, "stayed"), (-0.05, "stayed"), (0.5, "rose"), (-2.0, "fell")])
def test_what_becomes_of_the_chosen_answers(nats, key):
    assert feedback_told.chosen_moved(nats) == key


@pytest.mark.parametrize("ends, key, said", [((0.2, 0.4), "higher", "own"), ((0.05, 0.4), "untold", "cannot tell"),
                                             ((-0.4, -0.2), "lower", "fewer"), ((-0.1, 0.3), "untold", "cannot tell")])
def test_what_asking_again_brings_follows_from_the_interval(ends, key, said):
    assert feedback_told.higher(*ends) == key and said in feedback_told.told_again(*ends, -0.1)
    assert ["nearer to the base" in feedback_told.told_again(*ends, nearer) for nearer in (0.5, 0)] == [True, False]


def test_how_the_seeds_end_is_counted():
    told = feedback_told.told_seeds((1.0, 1.0, 1.85, 1.9), (1.2, 1.1, 1.2, 1.2), (1.9, 1.05, 1.9, 1.8))
    assert "Of the 4 of C84 **2** end below the base, 1 below" in told


def test_the_likeliest_answer_and_its_worth_are_named(here):
    for k, worth in enumerate(here.true[0].tolist()):
        policy = torch.zeros(here.own.shape)
        policy[0, k] = 1.0
        said = {-1: "-1", 0: "0", 1: "+1", 2: "+2"}[worth]
        assert f"“{closings()[k].text}”, really worth {said}." in feedback_told.told_hacked(here, policy)


def test_best_of_n_is_told_by_its_peak():
    assert "higher still" in feedback_told.told_best({1: 1.0, 4: 1.6, 16: 1.2})
    assert "about as much" in feedback_told.told_best({1: 1.0, 4: 1.6, 16: 1.55})


def test_a_text_outside_is_worth_nothing_and_the_base_has_gone_nowhere(here):
    pairs = feedback.asked(SMALL, here, here.reference, SMALL.clicks, 0)
    seen = feedback.measured(here, feedback.reward_of(here, pairs), here.raw)
    assert seen["kl"] == pytest.approx(0, abs=1e-6) and seen["wins"] == pytest.approx(0.5, abs=1e-4)
    inside = here.raw.exp()
    assert seen["worth"] == pytest.approx((inside * here.true).sum(1).mean().item(), abs=1e-5)
    assert seen["outside"] == pytest.approx(1 - inside.sum(1).mean().item(), abs=1e-6)
    half = feedback.measured(here, feedback.reward_of(here, pairs), here.raw - math.log(2))
    assert half["true"] == pytest.approx(seen["true"], abs=1e-5) and half["worth"] == pytest.approx(seen["worth"] / 2)


@pytest.mark.parametrize("name", ["PPO", "GRPO", "DPO"])
def test_a_path_begins_at_the_base_and_its_operations_grow(here, name, monkeypatch):
    monkeypatch.setattr(feedback_paths, "LOOKS", {name: (1, 2)})
    monkeypatch.setattr(feedback_paths, "rate_of", lambda *given: 1e-3)
    pairs = feedback.asked(SMALL, here, here.reference, SMALL.clicks, 0)
    reward = feedback.reward_of(here, pairs)
    seen = feedback_paths.path(SMALL, here, pairs, reward, name, 0)
    operations = [point["operations"] for point in seen]
    assert len(seen) == 3 and seen[0]["kl"] == pytest.approx(0, abs=1e-6)
    assert operations == sorted(set(operations)) and (operations[0] == 0) == (name == "DPO")
    assert operations[2] - operations[1] == operations[1] - operations[0]


def test_best_of_n_lies_below_the_frontier_and_one_is_the_base(here):
    pairs = feedback.asked(SMALL, here, here.reference, SMALL.clicks, 0)
    reward = feedback.reward_of(here, pairs)
    seen = feedback_paths.best_of_path(here, reward)
    assert seen[0]["kl"] == pytest.approx(0, abs=1e-5)
    assert feedback_paths.below_frontier(here, reward, seen, 0.5) > 0
    assert math.isnan(feedback_paths.below_frontier(here, reward, seen[:1], 0.5))
    assert feedback_paths.at_distance([{"kl": 0.0, "true": 1.0}, {"kl": 2.0, "true": 2.0}], 0.5, "true") == 1.25


def test_reading_all_pairs_costs_in_proportion(here):
    pairs = feedback.asked(SMALL, here, here.reference, SMALL.clicks, 0)
    few = feedback.Pairs(*(part[:4] for part in vars(pairs).values()))
    assert feedback_paths.reading(here, few) == feedback_paths.reading(here, few, some=4)   # all that there are
    assert feedback_paths.reading(here, few) == pytest.approx(feedback_paths.reading(here, pairs) / 10, rel=0.1)


def test_the_picture_has_both_rewards_and_says_its_ends():
    line = {"best": [(0.0, 0.0, 1.2), (3.0, 2.0, 1.0)]}
    left = rewards_by_distance(line, {"PPO": [(2.0, 1.5, 1.6)]})
    right = left.figure.axes[1]
    assert [list(one.get_ydata()) for one in left.lines] == [[0.0, 2.0], [1.5]]
    assert [list(one.get_ydata()) for one in right.lines] == [[1.2, 1.0], [1.6]]
    assert in_words(line) == "best: 0.0 nats, learned 0.00, true 1.20, then 3.0 nats, learned 2.00, true 1.00"
