"""Lesson 10's second notebook: pairs that are turned round, trainings that are looked at, and words that follow."""
import pytest
import torch

from course_lib.experiments import feedback, feedback_more, feedback_more_told, feedback_paths
from course_lib.experiments.feedback import Feedback, Pairs
from course_lib.plots.panels import panels
from course_lib.preference import Rater

PAIRS = Pairs(torch.tensor([0, 1, 2]), torch.tensor([3, 4, 5]), torch.tensor([6, 7, 8]), torch.tensor([1.0, 0.0, 0.5]))
SMALL = Feedback(base="orchard-xs", prompts=6, tests=4, clicks=60)


@pytest.fixture(scope="module")
def here():
    return feedback.ground(SMALL, 0)


@pytest.fixture(scope="module")
def reward(here):
    return feedback.reward_of(here, feedback.asked(SMALL, here, here.reference, SMALL.clicks, 0))


def lists(pairs: Pairs) -> list[list]:
    return [part.tolist() for part in vars(pairs).values()]


def test_the_preferred_answer_comes_left_and_a_tie_stays_one():
    assert lists(feedback_more.preferred_left(PAIRS)) == [[0, 1, 2], [3, 7, 5], [6, 4, 8], [1.0, 1.0, 0.5]]


def test_in_both_orders_each_answer_is_as_often_left_and_nothing_is_learned_for_left(here):
    both = feedback_more.in_both_orders(PAIRS)
    assert lists(both) == [[0, 1, 2] * 2, [3, 4, 5, 6, 7, 8], [6, 7, 8, 3, 4, 5], [1.0, 0.0, 0.5, 0.0, 1.0, 0.5]]
    found = feedback_more.learned_from(SMALL, here, Rater(careless=0.8), feedback_more.in_both_orders, range(2))
    assert all(abs(one["position"]) < 0.01 and one["left"] == 0.5 for one in found)


def test_a_careless_rater_is_seen_in_what_is_learned_for_left(here):
    read, not_read = (feedback_more.learned_from(SMALL, here, Rater(careless=share), lambda pairs: pairs, range(3))
                      for share in (0.0, 0.8))
    assert min(one["position"] for one in not_read) > max(one["position"] for one in read)
    assert all(0 <= one["foretold"] <= 1 for one in read + not_read)


def test_the_true_worth_foretells_more_clicks_than_its_opposite(here):
    weights = torch.linalg.lstsq(here.test_states.flatten(0, 1), here.true.flatten()[:, None]).solution[:, 0]
    of = lambda sign: feedback_more.foretold(SMALL, here, feedback.RewardModel(sign * weights), 0)
    assert of(1) > 0.6 and of(1) == pytest.approx(1 - of(-1), abs=0.02)


def test_looks_begin_with_the_base_and_come_at_every_so_many_steps(here, reward):
    policy = feedback.policy_of(SMALL, here, 0)
    seen, watch = feedback_paths.looks(here, reward, policy, every=2)
    feedback.further(here, reward, policy, "GRPO", 0.1, 1e-2, 0, iterations=5, answers=8, watch=watch)
    assert len(seen) == 3 and seen[0]["kl"] == pytest.approx(0, abs=1e-6) and seen[2]["kl"] > 0
    paths = {"GRPO": seen, "short": seen[:2]}
    kl, found = feedback_more.at_one_distance(here, reward, paths)
    assert kl == seen[1]["kl"] and found["short"] == pytest.approx((seen[1]["learned"], seen[1]["true"]))
    assert list(found) == ["GRPO", "short", feedback_more.BEST] and found[feedback_more.BEST][0] >= found["short"][0]


def test_panels_name_their_lines_once_where_all_have_the_same():
    lines, others = {"a": ([0, 1], [1, 2]), "best": ([0, 1], [2, 3])}, {"c": ([0, 1], [0, 1])}
    alike, apart = (panels({"up": lines, "down": below}, x_label="x", whole=True) for below in (lines, others))
    assert len(alike.figure.legends) == 1 and alike.get_legend() is None
    assert not apart.figure.legends and [text.get_text() for text in apart.get_legend().get_texts()] == ["c"]
    assert len({line.get_marker() for line in alike.get_lines()}) == 2


def test_an_answer_to_each_review_of_the_test_is_scored(here, reward):
    texts = feedback_more.written(here, feedback.policy_of(SMALL, here, 0), reward, 0)
    assert [review for review, _, _ in texts] == [prompt.splitlines()[0] for prompt in here.tests]
    assert not any("\n" in text or "<|" in text for _, text, _ in texts)


def look(worth: float, true: float, outside: float) -> dict[str, float]:
    return {"worth": worth, "true": true, "outside": outside}


@pytest.mark.parametrize("worths, said", [
    ((1.0, 1.2, 0.3), "worth most after epoch 1 (1.20); after epoch 2 it is worth 0.30. "),
    ((1.0, 0.9, 0.3), "worth most before the first step (1.00); after epoch 2 it is worth 0.30. "),
    ((1.0, 1.2, 1.5), "worth most after epoch 2 (1.50). ")])
def test_the_peak_over_epochs_is_told_where_it_is(worths, said):
    told = feedback_more_told.told_epochs([look(worth, 1.0, 0.5) for worth in worths], [0, -1.0], [0, 2.0])
    assert said in told and "chosen answers are 1.0 nats less likely" in told and "ones 2.0 nats likelier" in told


@pytest.mark.parametrize("ways, said", [
    ({"a": (0.5, 1.0), "b": (0.6, 1.1)}, "more than what sets them apart. By the true one none of them lies above"),
    ({"a": (0.1, 1.6), "b": (1.1, 1.7)}, "as much as what the highest misses. By the true one a and b lie above")])
def test_ways_of_training_are_compared_with_what_all_of_them_miss(ways, said):
    assert said in feedback_more_told.told_distance(1.0, ways | {"best": (1.2, 1.5)})


@pytest.mark.parametrize("outside, scores, said", [
    (0.1, [5.0], "is an answer still"), (0.9, [3.0, 5.0], "likes best what nobody"), (0.9, [3.0], "not even liked")])
def test_where_ppo_strays_is_told_as_it_is(outside, scores, said):
    told = feedback_more_told.told_stray({"outside": outside}, {"outside": 0.02, "learned": 2.0}, scores, 4.0)
    assert told.endswith(".") and said in told


def test_whether_it_helps_to_learn_the_position_follows_from_the_draws():
    some = lambda shares: [{"foretold": share} for share in shares]
    told = feedback_more_told.told_position
    assert "noise costs less" in told(some([0.6, 0.61, 0.62]), some([0.5, 0.51, 0.51]))
    assert "cannot tell" in told(some([0.6, 0.5, 0.62]), some([0.6, 0.61, 0.51]))
