"""The ways that trainings from preferences take: how far from the base, how much reward, for how many operations.

Each training is looked at again and again; what it has at a distance lies on the line between two looks.
"""
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.cost import eager_attention
from course_lib.experiments import tuning
from course_lib.experiments.feedback import (
    Feedback,
    Ground,
    Pairs,
    asked,
    by_pairs,
    by_reward,
    further,
    ground,
    measured,
    outcome,
    policy_of,
    reward_of,
)
from course_lib.experiments.forgetting import at_level
from course_lib.methods import LoRA
from course_lib.preference.answers import all_answers, batch_of, tokens_of
from course_lib.preference.exact import best_of, highest_at
from course_lib.preference.raters import texts
from course_lib.preference.reward import RewardModel

BETA = 0.3                                   # the KL coefficient of all three, in units of the reward a nat
BUDGETS = (0.25, 0.5, 1.0)                   # nats from the base
LOOKS = {"PPO": (2, 4, 6, 8, 10, 12, 15, 20, 30), "GRPO": (4, 8, 12, 16, 20, 25, 30, 40),
         "DPO": (15, 30, 45, 60, 75, 90, 120)}   # turns, and steps of DPO
TUNED = {"PPO": 30, "GRPO": 40, "DPO": 60}   # how many of these the search for a rate takes
NS = tuple(2 ** power for power in range(11))    # of best-of-n


def rate_of(setting: Feedback, name: str, beta: float = BETA) -> float:
    """The learning rate of PPO, GRPO or DPO: by the learned reward less beta times the KL, on validation prompts.

    DPO has no reward model: there it is the share of pairs of new prompts that its own reward puts in order.
    """
    validation = replace(setting, split="validation")

    def run(rate: float, seed: int) -> dict[str, float]:
        here = ground(validation, seed)
        pairs = asked(setting, here, here.reference, setting.clicks, seed)
        reward = reward_of(here, pairs)
        if name == "DPO":
            policy, _ = by_pairs(setting, here, pairs, beta, rate, seed, steps=TUNED[name])
        else:
            policy, _ = by_reward(setting, here, reward, name, beta, rate, seed, iterations=TUNED[name])
        found = outcome(here, reward, policy)
        score = found["learned"] - beta * found["kl"] if name != "DPO" else in_order(setting, here, policy, seed)
        return {"score": score, "guessing": 0.5 if name == "DPO" else 0.0, "diverged": float(found["outside"] > 0.5)}

    return tuning.best_rate(f"{name}, beta {beta:g}, on {setting.clicks} clicks (lesson 10)", run, 3e-3)


def in_order(setting: Feedback, here: Ground, policy: LoRA, seed: int) -> float:
    """The share of pairs of the test's prompts whose click the policy's own reward, of DPO, foretells."""
    table, _ = all_answers(here.model, here.tokenizer, here.tests, texts(), policy)
    own = table - here.raw                                                                        # (P, K)
    fresh = asked(setting, replace(here, sides=here.test_sides), here.own, setting.clicks, seed + 1)
    return ((own[fresh.rows, fresh.left] > own[fresh.rows, fresh.right]) == (fresh.clicked == 1)).float().mean().item()


def path(setting: Feedback, here: Ground, pairs: Pairs, reward: RewardModel, name: str,
         seed: int) -> list[dict[str, float]]:
    """The base, and then the outcome at each of LOOKS, with the "operations" so far.

    Those of a reward model begin with reading the pairs that it is fitted to.
    """
    rate, policy = rate_of(setting, name), policy_of(setting, here, seed)
    before = 0.0 if name == "DPO" else reading(here, pairs)
    seen = [measured(here, reward, here.raw) | {"operations": before}]

    def train(one: LoRA, length: int, watch: Callable[[dict], None] | None = None) -> None:
        if name == "DPO":
            by_pairs(setting, here, pairs, BETA, rate, seed, policy=one, steps=length, watch=watch)
        else:
            further(here, reward, one, name, BETA, rate, seed, iterations=length, watch=watch)

    with counted(here.model) as operations:
        train(policy_of(setting, here, seed), 1)
    turn = 0

    def look(_: dict) -> None:
        nonlocal turn
        turn += 1
        if turn in LOOKS[name]:
            seen.append(outcome(here, reward, policy) | {"operations": before + turn * operations[0]})

    train(policy, LOOKS[name][-1], look)
    return seen


def reading(here: Ground, pairs: Pairs, some: int = 16) -> float:
    """The operations of reading both answers of all pairs with the base, as many as of `some` of them a pair."""
    rows, sides = pairs.rows[:some].tolist(), torch.cat([pairs.left[:some], pairs.right[:some]]).tolist()
    tails = tokens_of(here.tokenizer, [texts()[k] for k in sides])
    batch = batch_of(here.model, here.tokenizer, [here.prompts[row] for row in rows] * 2, tails)
    with counted(here.model) as operations, torch.no_grad():
        here.model(**{name: value for name, value in batch.items() if name != "labels"})
    return operations[0] * len(pairs.rows) / len(rows)


def looks(here: Ground, reward: RewardModel, policy: LoRA, every: int) -> tuple[list[dict], Callable[[dict], None]]:
    """(what is seen: the base's outcome at first; what to give as `watch`: it adds one at every so many steps)."""
    seen, steps = [measured(here, reward, here.raw)], count(1)

    def watch(_: dict) -> None:
        if next(steps) % every == 0:
            seen.append(outcome(here, reward, policy))

    return seen, watch


@contextmanager
def counted(model):
    """Yields a list that holds, after the block, the floating-point operations of what ran in it."""
    found: list[int] = []
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        yield found
    found.append(counter.get_total_flops())


def best_of_path(here: Ground, reward: RewardModel) -> list[dict[str, float]]:
    """Best-of-n for each of NS: the policy (exact.py), which answers with nothing outside."""
    learned = reward.scores(here.test_states)
    return [measured(here, reward, best_of(here.own, learned, n)) for n in NS]


def at_distance(seen: Sequence[dict[str, float]], kl: float, what: str) -> float:
    """What a path has where it first lies so far from the base; nan where it never does."""
    return at_level([-point["kl"] for point in seen], [point[what] for point in seen], -kl)


def below_frontier(here: Ground, reward: RewardModel, seen: Sequence[dict[str, float]], kl: float) -> float:
    """How much less learned reward a path has at this distance than the best policy there; nan where it never is."""
    return highest_at(here.own, reward.scores(here.test_states), kl) - at_distance(seen, kl, "learned")
