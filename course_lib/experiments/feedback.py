"""Learning from preferences: people click on pairs, a reward model learns from them, and a policy from that model.

Everything that can be answered is enumerated, so how far a policy has gone, and what its answers are worth, is exact.
Shapes: P prompts, K answers.
"""
import functools
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.cost import eager_attention
from course_lib.experiments import tuning
from course_lib.methods import LoRA
from course_lib.models import load_model
from course_lib.preference.answers import all_answers
from course_lib.preference.dpo import prefer
from course_lib.preference.exact import divergence, mean_reward
from course_lib.preference.grpo import GRPO, RLOO
from course_lib.preference.ppo import PPO
from course_lib.preference.raters import Rater, Taste, reviews_to_close, texts
from course_lib.preference.reward import RewardModel, fit_reward
from course_lib.preference.rollout import improve

LIKES_LENGTH = Taste(0.0, 0.0, length=0.3)
DPO_BETA = 0.3
LEARNERS = {"PPO": PPO, "GRPO": lambda width, beta: GRPO(beta), "RLOO": lambda width, beta: RLOO(beta)}


@dataclass(frozen=True)
class Feedback:
    """What is the same for all that is compared: the base, how many prompts and clicks, and who clicks.

    The charm of length moves the rater while they click; what they would want knows nothing of it.
    """

    base: str = "orchard-s"
    prompts: int = 128               # to click on and to train on
    tests: int = 32                  # to measure on
    split: str = "test"              # of these
    clicks: int = 400
    rater: Rater = Rater(charm=LIKES_LENGTH)
    rank: int = 8                    # of the LoRA that is trained


@dataclass(frozen=True)
class Ground:
    """What stands before any policy is trained.

    `reference` and `states` are of the prompts, the other tables (P, K) of the test's: `raw` the base's log
    probabilities, `own` the same over the K answers alone, `true` what each answer is worth.
    """

    model: object
    tokenizer: object
    prompts: list[str]
    sides: torch.Tensor
    reference: torch.Tensor
    states: torch.Tensor
    tests: list[str]
    test_sides: torch.Tensor
    test_states: torch.Tensor
    raw: torch.Tensor
    own: torch.Tensor
    true: torch.Tensor


@dataclass(frozen=True)
class Pairs:
    """Pairs that were clicked on: the prompt of each, (n,), the answers on the left and the right, and the clicks."""

    rows: torch.Tensor
    left: torch.Tensor
    right: torch.Tensor
    clicked: torch.Tensor

    def __add__(self, other: "Pairs") -> "Pairs":
        return Pairs(*(torch.cat([getattr(self, name), getattr(other, name)]) for name in vars(self)))


@functools.lru_cache(maxsize=4)  # methods share it
def ground(setting: Feedback, seed: int) -> Ground:
    """The prompts and answers, and what the base makes of them."""
    model, tokenizer = load_model(setting.base)
    prompts, sides = reviews_to_close("train", setting.prompts, seed)
    tests, test_sides = reviews_to_close(setting.split, setting.tests, seed)
    reference, states = all_answers(model, tokenizer, prompts, texts())
    raw, test_states = all_answers(model, tokenizer, tests, texts())
    return Ground(model, tokenizer, prompts, sides, reference.log_softmax(1), states, tests, test_sides, test_states,
                  raw, raw.log_softmax(1), setting.rater.taste.rewards(test_sides))


def asked(setting: Feedback, here: Ground, policy: torch.Tensor, n: int, seed: int) -> Pairs:
    """`n` pairs of two different answers, drawn from this policy (P, K) to some of the prompts, and the clicks."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(len(policy), (n,), generator=generator)
    left, right = torch.multinomial(policy.exp()[rows], 2, generator=generator).T
    return Pairs(rows, left, right, setting.rater.clicks(here.sides[rows], left, right, seed))


def reward_of(here: Ground, pairs: Pairs) -> RewardModel:
    """The reward model of these pairs, its scale by the base's own answers."""
    model = fit_reward(here.states[pairs.rows, pairs.left], here.states[pairs.rows, pairs.right], pairs.clicked)
    return model.measured_on(here.states, here.reference)


def policy_of(setting: Feedback, here: Ground, seed: int) -> LoRA:
    """The policy before its training: the base."""
    return LoRA(here.model, rank=setting.rank, alpha=2 * setting.rank, seed=seed)


def table_of(here: Ground, policy: LoRA) -> torch.Tensor:
    """The policy's log probabilities over the K answers to the prompts that are trained on, (P, K)."""
    return all_answers(here.model, here.tokenizer, here.prompts, texts(), policy)[0].log_softmax(1)


def outcome(here: Ground, reward: RewardModel, policy: LoRA) -> dict[str, float]:
    """Exact, over the test's prompts: "kl" from the base, "learned" and "true" reward, how often it "wins" against the
    base by the true one, and the share "outside" of the K answers, by whose probabilities the others are divided.
    """
    table, _ = all_answers(here.model, here.tokenizer, here.tests, texts(), policy)
    own = table.log_softmax(1)
    return {"kl": divergence(own, here.own).mean().item(), "true": mean_reward(own, here.true),
            "learned": mean_reward(own, reward.scores(here.test_states)), "wins": wins(own, here.own, here.true),
            "outside": 1 - table.exp().sum(1).mean().item()}


def by_reward(setting: Feedback, here: Ground, reward: RewardModel, name: str, beta: float, rate: float, seed: int,
              **options) -> tuple[LoRA, list[dict]]:
    """(the policy, its history), trained from the base by one of LEARNERS against this reward model."""
    policy = policy_of(setting, here, seed)
    return policy, further(here, reward, policy, name, beta, rate, seed, **options)


def further(here: Ground, reward: RewardModel, policy: LoRA, name: str, beta: float, rate: float, seed: int,
            **options) -> list[dict]:
    """The policy, trained on in place; the history of that."""
    learner = LEARNERS[name](here.states.shape[-1], beta)
    return improve(here.model, here.tokenizer, policy, here.prompts, reward, learner, rate=rate, seed=seed,
                   progress=False, **{"allowed": texts()} | options)


def by_pairs(setting: Feedback, here: Ground, pairs: Pairs, beta: float, rate: float, seed: int,
             **options) -> tuple[LoRA, list[dict]]:
    """(the policy, its history), trained by DPO on these pairs; ties are left out."""
    policy, told = policy_of(setting, here, seed), pairs.clicked != 0.5
    better = torch.where(pairs.clicked == 1, pairs.left, pairs.right)[told].tolist()
    worse = torch.where(pairs.clicked == 1, pairs.right, pairs.left)[told].tolist()
    return policy, prefer(here.model, here.tokenizer, policy, [here.prompts[row] for row in pairs.rows[told]],
                          [texts()[k] for k in better], [texts()[k] for k in worse], beta=beta, rate=rate, seed=seed,
                          progress=False, **options)


def wins(policy: torch.Tensor, other: torch.Tensor, rewards: torch.Tensor) -> float:
    """How often an answer of this policy is worth more than one of the other to the same prompt; a tie counts half."""
    ahead = (rewards[:, :, None] > rewards[:, None]).float() + (rewards[:, :, None] == rewards[:, None]).float() / 2
    return torch.einsum("pk,pkl,pl->p", policy.exp(), ahead, other.exp()).mean().item()


@contextmanager
def counted(model):
    """Yields a list that holds, after the block, the floating-point operations of what ran in it."""
    found: list[int] = []
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        yield found
    found.append(counter.get_total_flops())


def rate_of(name: str, beta: float, setting: Feedback = Feedback()) -> float:
    """The learning rate of PPO, GRPO, RLOO or DPO: by the learned reward less beta times the KL, on validation prompts.

    DPO has no reward model: there it is the share of pairs of new prompts that its own reward puts in order.
    """
    validation = replace(setting, split="validation")

    def run(rate: float, seed: int) -> dict[str, float]:
        here = ground(validation, seed)
        pairs = asked(setting, here, here.reference, setting.clicks, seed)
        reward = reward_of(here, pairs)
        if name == "DPO":
            policy, _ = by_pairs(setting, here, pairs, beta, rate, seed)
        else:
            policy, _ = by_reward(setting, here, reward, name, beta, rate, seed)
        found = outcome(here, reward, policy)
        score = found["learned"] - beta * found["kl"] if name != "DPO" else in_order(setting, here, policy, seed)
        return {"score": score, "guessing": 0.5 if name == "DPO" else 0.0, "diverged": float(found["outside"] > 0.5)}

    return tuning.best_rate(f"{name}, beta {beta:g}, on {setting.clicks} clicks (lesson 10)", run, 3e-3)


def in_order(setting: Feedback, here: Ground, policy: LoRA, seed: int) -> float:
    """The share of pairs of the test's prompts whose click DPO's own reward foretells."""
    table, _ = all_answers(here.model, here.tokenizer, here.tests, texts(), policy)
    own = table - here.raw                                                                        # (P, K)
    generator = torch.Generator().manual_seed(seed + 1)
    rows = torch.randint(len(here.tests), (setting.clicks,), generator=generator)
    left, right = torch.multinomial(here.own.exp()[rows], 2, generator=generator).T
    clicked = setting.rater.clicks(here.test_sides[rows], left, right, seed + 1)
    return ((own[rows, left] > own[rows, right]) == (clicked == 1)).float().mean().item()


def ppo_path(setting: Feedback, here: Ground, reward: RewardModel, beta: float, turns: Sequence[int], seed: int,
             name: str = "PPO") -> list[dict[str, float]]:
    """The outcome of one training after each of these turns, with the "operations" so far."""
    policy, seen = policy_of(setting, here, seed), []
    with counted(here.model) as operations:
        by_reward(setting, here, reward, name, beta, 1e-3, seed, iterations=1)

    def watch(_: dict) -> None:
        watch.turn += 1
        if watch.turn in turns:
            seen.append(outcome(here, reward, policy) | {"operations": watch.turn * operations[0]})

    watch.turn = 0
    further(here, reward, policy, name, beta, rate_of(name, beta), seed, iterations=turns[-1], watch=watch)
    return seen


def dpo_path(setting: Feedback, here: Ground, pairs: Pairs, reward: RewardModel, lengths: Sequence[int],
             seed: int) -> list[dict[str, float]]:
    """The outcomes of trainings by DPO, each to its end, with the "operations" of each."""
    with counted(here.model) as operations:
        by_pairs(setting, here, pairs, DPO_BETA, 1e-3, seed, steps=1)
    rate = rate_of("DPO", DPO_BETA)
    return [outcome(here, reward, by_pairs(setting, here, pairs, DPO_BETA, rate, seed, steps=steps)[0])
            | {"operations": steps * operations[0]} for steps in lengths]
