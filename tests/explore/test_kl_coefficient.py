"""The KL coefficient over its whole range: what it says follows from the recorded table, which the command writes."""
import math
import re
from types import SimpleNamespace

import pytest
import torch

from course_lib.explore import kl_coefficient as lab
from course_lib.explore.kl_optima import BETAS, LIKELY, REVIEWS, Point, State, compute, named, on_curve
from course_lib.explore.kl_picture import together
from course_lib.explore.recorded import rewards
from course_lib.explore.recorded.rewards import CHARMS, CLICKS, PPO_BETAS, SETTING
from course_lib.models import load_model
from course_lib.preference.answers import all_answers
from course_lib.preference.exact import divergence, mean_reward, optimum
from course_lib.preference.raters import Taste, closings, reviews_to_close, texts
from tests.closeness import NET, assert_near

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
MODELS = [(clicks, charm) for clicks in CLICKS for charm in CHARMS]


def test_the_table_is_complete_and_of_these_reviews_and_answers():
    table = rewards.read()
    prompts, sides = reviews_to_close(SETTING.split, SETTING.tests, rewards.SEED)
    assert table.prompts == tuple(prompts) and table.sides.equal(sides) and rewards.PATH.stat().st_size < 100_000
    assert list(table.learned) == list(table.ppo) == MODELS
    for one in (table.own, *table.learned.values()):
        assert one.shape == (SETTING.tests, len(closings())) and one.isfinite().all()
    assert_near(table.own.exp().sum(1), torch.ones(SETTING.tests), terms=len(closings()), depth=2)
    for told in table.ppo.values():
        assert tuple(told) == PPO_BETAS and all(set(one) == set(rewards.TOLD) for one in told.values())
        kls = [one["kl"] for one in told.values()]
        assert min(kls) == kls[-1] > 0                             # the hardest penalty keeps it nearest


def test_the_base_of_the_table_is_the_shipped_model():
    model, tokenizer = load_model(SETTING.base)
    raw, _ = all_answers(model, tokenizer, rewards.read().prompts[:2], texts())
    assert_near(raw.log_softmax(1), rewards.read().own[:2], **NET)


def test_the_command_writes_what_is_measured(monkeypatch, tmp_path):
    here = SimpleNamespace(reference=None, tests=["a\nIn short:"], test_sides=torch.tensor([1]),
                           own=torch.zeros(1, 3), test_states=torch.zeros(1, 3))
    asked = []
    monkeypatch.setattr(rewards.feedback, "ground", lambda setting, seed: here)
    monkeypatch.setattr(rewards.feedback, "asked", lambda setting, here, policy, n, seed:
                        asked.append((n, setting.rater.charm.length)) or "pairs")
    monkeypatch.setattr(rewards.feedback, "reward_of", lambda here, pairs:
                        SimpleNamespace(scores=lambda states: states + asked[-1][0]))
    monkeypatch.setattr(rewards.feedback, "by_reward", lambda *given, **more: (given[4], more))
    monkeypatch.setattr(rewards.feedback, "outcome", lambda here, reward, policy:
                        dict.fromkeys(rewards.TOLD, policy + 1e-6) | {"wins": 0.5})
    monkeypatch.setattr(rewards, "PATH", tmp_path / "data" / "rewards.safetensors")
    rewards.main()
    rewards.read.cache_clear()
    table = rewards.read()
    rewards.read.cache_clear()
    assert asked == MODELS and table.prompts == ("a\nIn short:",) and table.learned[400, 0.3].tolist() == [[400] * 3]
    assert table.ppo[100, 0.6] == {beta: dict.fromkeys(rewards.TOLD, beta) for beta in PPO_BETAS}


@pytest.mark.parametrize("clicks, charm", MODELS)
def test_the_curve_is_the_exact_optimum(clicks, charm):
    table, true = rewards.read(), Taste().rewards(rewards.read().sides)
    result = compute(State(0.42, clicks, charm))
    policy = optimum(table.own, table.learned[clicks, charm], 0.42)
    found = [result.here.kl, result.here.learned, result.here.true]
    assert found == [divergence(policy, table.own).mean().item(),
                     mean_reward(policy, table.learned[clicks, charm]), mean_reward(policy, true)]
    kls, learned = ([getattr(one, name) for one in (*result.points, result.base)] for name in ("kl", "learned"))
    assert kls == sorted(kls, reverse=True) and learned == sorted(learned, reverse=True)
    assert_near([result.base.kl, result.base.true], [0.0, mean_reward(table.own, true)], terms=1632)
    assert result.points[result.peak].true == max(one.true for one in result.points)


@pytest.mark.parametrize("state", [State(beta, clicks) for beta in BETAS[::5] for clicks in CLICKS], ids=str)
def test_words_say_what_the_figure_shows(state):
    result = compute(state)
    said, best = lab.summary(result), BETAS[result.peak]
    assert f"true reward {result.here.true:.2f}" in said and f"“{result.answers[0].text}”" in said
    assert ("too weak" in said) == (state.beta < best) and ("too hard" in said) == (state.beta > best)
    assert ("this one gives people the most" in said) == (state.beta == best)
    assert all(answer.text in lab.alt(result) for answer in result.answers)


@pytest.mark.parametrize("review", REVIEWS)
def test_the_answers_are_the_likeliest_and_worth_what_the_taste_says(review):
    result = compute(State(0.1, review=review))
    shares = [one.policy for one in result.answers]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 1 + 1e-5 and len(shares) == LIKELY
    side, by_text = rewards.read().sides[review - 1].item(), {one.text: one for one in closings()}
    for one in result.answers:
        assert one.true == by_text[one.text].side * side + by_text[one.text].advice
    assert lab.answers_to(result) == f"Review {review}: {rewards.read().prompts[review - 1].splitlines()[0]}"
    assert ("un" not in named(review)) == (side > 0)


def test_between_two_points_of_the_curve():
    points = tuple(Point(kl, 2 * kl, -kl) for kl in (3.0, 1.0))
    result = SimpleNamespace(points=points, base=Point(0.0, 0.0, 0.0))
    assert on_curve(result, 2.0) == Point(2.0, 4.0, -2.0) and on_curve(result, 9.0).learned == 6.0


def test_points_that_cover_each_other_are_named_once():
    at = lambda kl, learned: Point(kl, learned, 0.0)
    assert together({0.0: at(5, 3), 0.1: at(5.1, 3.1), 1.0: at(1, 1)}) == [("0, 0.1", at(5.1, 3.1)),
                                                                              ("1", at(1, 1))]


def test_what_is_found_names_every_peak():
    said = lab.found()
    for clicks, charm in MODELS:
        result = compute(State(clicks=clicks, charm=charm))
        assert f"{result.points[result.peak].true:.2f} at beta = {BETAS[result.peak]:g} " in said
    assert said.count("from 100 clicks") == len(CHARMS) and "one seed" in said


BAD = [("0.1", "A state here is State"), (None, "A state here is State"),
       *((State(beta=beta), "beta cannot be") for beta in (0.0, 0.2, "1", True, None, math.nan)),
       *((State(clicks=clicks), "clicks cannot be") for clicks in (0, 401, 400.0, "400")),
       *((State(charm=charm), "charm cannot be") for charm in (0.5, "0.3", None)),
       *((State(review=review), "review must be") for review in (0, 9, 1.0, "1"))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(compute, lab.kl_coefficient, state, said)


def test_text_form_and_notebook(shown_both_ways):
    printed = shown_both_ways(lab.kl_coefficient)
    assert lab.summary(compute(State())) in printed and printed.count("PPO, beta") == len(PPO_BETAS)
    assert len(re.findall(r"^beta +\d", printed, re.M)) == len(BETAS) and printed.count("really worth:") == LIKELY
