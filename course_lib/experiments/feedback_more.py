"""What lesson 10's second notebook measures: trainings that are looked at on their way, odd raters, stray texts.

What is said of it stands in feedback_more_told.py. Shapes: n pairs.
"""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import torch

from course_lib.experiments.feedback import Feedback, Ground, Pairs, asked, reward_of
from course_lib.experiments.feedback_paths import at_distance
from course_lib.methods import LoRA
from course_lib.preference.exact import coefficient_for, frontier
from course_lib.preference.raters import Rater
from course_lib.preference.reward import RewardModel
from course_lib.preference.rollout import roll

FRESH = 2000                                          # new clicks that a reward model is to foretell
BEST = "best by the learned"


def at_one_distance(here: Ground, reward: RewardModel, paths: Mapping[str, Sequence[dict]]) -> tuple[float, dict]:
    """(nats: as far as all of these paths came, {name: (learned, true) reward there}); the last is the best by the
    learned one that there is.
    """
    kl, learned = min(max(point["kl"] for point in path) for path in paths.values()), reward.scores(here.test_states)
    best = frontier(here.own, learned, here.true, [coefficient_for(here.own, learned, kl)])[0]
    return kl, {name: (at_distance(path, kl, "learned"), at_distance(path, kl, "true"))
                for name, path in paths.items()} | {BEST: best[1:]}


def by_epoch(history: Sequence[dict], steps: int, what: str) -> list[float]:
    """0 for the base, then the mean over each epoch of so many steps.

    >>> by_epoch([{"chosen": 1.0}, {"chosen": 2.0}, {"chosen": -1.0}, {"chosen": -3.0}], 2, "chosen")
    [0.0, 1.5, -2.0]
    """
    return [0.0, *(fmean(one[what] for one in history[start:start + steps])
                   for start in range(0, len(history), steps))]


def first(pairs: Pairs, n: int) -> Pairs:
    """The first n of them."""
    return Pairs(*(part[:n] for part in vars(pairs).values()))


def in_both_orders(pairs: Pairs) -> Pairs:
    """Each pair twice, the second time the other way round, so that left and right say nothing: (n,) -> (2 n,)."""
    return pairs + Pairs(pairs.rows, pairs.right, pairs.left, 1 - pairs.clicked)


def preferred_left(pairs: Pairs) -> Pairs:
    """The same pairs, turned so that the preferred answer is the left one, as many files of pairs have it."""
    asis = pairs.clicked >= 0.5
    return Pairs(pairs.rows, torch.where(asis, pairs.left, pairs.right), torch.where(asis, pairs.right, pairs.left),
                 torch.where(asis, pairs.clicked, 1 - pairs.clicked))


def learned_from(setting: Feedback, here: Ground, rater: Rater, change: Callable[[Pairs], Pairs],
                 draws: Iterable[int]) -> list[dict[str, float]]:
    """Of each draw of pairs that this rater clicks on, changed: shares of clicks on the "left" and of "ties"; the
    "position" that a reward model learns, in log odds; and the share "foretold" of new clicks of the setting's rater.
    """
    found = []
    for draw in draws:
        pairs = change(asked(replace(setting, rater=rater), here, here.reference, setting.clicks, draw))
        reward = reward_of(here, pairs)
        found.append({"left": (pairs.clicked == 1).float().mean().item(), "position": reward.left,
                      "ties": (pairs.clicked == 0.5).float().mean().item(),
                      "foretold": foretold(setting, here, reward, 1000 + draw)})
    return found


def foretold(setting: Feedback, here: Ground, reward: RewardModel, seed: int) -> float:
    """The share of FRESH clicks on answers to the test's reviews that get the answer with the higher reward."""
    tests = replace(here, sides=here.test_sides)
    fresh, scores = asked(setting, tests, here.own, FRESH, seed), reward.scores(here.test_states)
    ahead = scores[fresh.rows, fresh.left] > scores[fresh.rows, fresh.right]
    return (ahead == (fresh.clicked == 1)).float().mean().item()


def written(here: Ground, policy: LoRA, reward: RewardModel, seed: int) -> list[tuple[str, str, float]]:
    """An answer of this policy to each of the test's reviews: (the review, what it writes, its score)."""
    rollout = roll(here.model, here.tokenizer, policy, here.tests, reward, seed)
    said = [" / ".join(here.tokenizer.decode(tail, skip_special_tokens=True).split("\n")) for tail in rollout.tails]
    return list(zip([prompt.splitlines()[0] for prompt in here.tests], said, rollout.scores.tolist()))
