"""Learning from preferences: people click on pairs, a reward model learns from them, and a policy from that model.

Everything that can be answered is enumerated, so how far a policy has gone, and what its answers are worth, is exact.
Shapes: P prompts, K answers.
"""
import functools
from dataclasses import dataclass

import torch

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
    """Exact, over the test's prompts: what `measured` says of this policy."""
    return measured(here, reward, all_answers(here.model, here.tokenizer, here.tests, texts(), policy)[0])


def measured(here: Ground, reward: RewardModel, table: torch.Tensor) -> dict[str, float]:
    """Of log probabilities (P, K): "kl" from the base, "learned" and "true" reward, how often it "wins" against the
    base by the true one, all over the K answers alone; the share "outside" of them; and what the policy's answers are
    "worth" if one outside is worth nothing.
    """
    own = table.log_softmax(1)
    return {"kl": divergence(own, here.own).mean().item(), "true": mean_reward(own, here.true),
            "learned": mean_reward(own, reward.scores(here.test_states)), "wins": wins(own, here.own, here.true),
            "outside": 1 - table.exp().sum(1).mean().item(), "worth": (table.exp() * here.true).sum(1).mean().item()}


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
             policy: LoRA | None = None, **options) -> tuple[LoRA, list[dict]]:
    """(the policy, its history), trained by DPO on these pairs, from the base or as it is; ties are left out."""
    policy, told = policy or policy_of(setting, here, seed), pairs.clicked != 0.5
    better = torch.where(pairs.clicked == 1, pairs.left, pairs.right)[told].tolist()
    worse = torch.where(pairs.clicked == 1, pairs.right, pairs.left)[told].tolist()
    return policy, prefer(here.model, here.tokenizer, policy, [here.prompts[row] for row in pairs.rows[told]],
                          [texts()[k] for k in better], [texts()[k] for k in worse], beta=beta, rate=rate, seed=seed,
                          progress=False, **options)


def wins(policy: torch.Tensor, other: torch.Tensor, rewards: torch.Tensor) -> float:
    """How often an answer of this policy is worth more than one of the other to the same prompt; a tie counts half."""
    ahead = (rewards[:, :, None] > rewards[:, None]).float() + (rewards[:, :, None] == rewards[:, None]).float() / 2
    return torch.einsum("pk,pkl,pl->p", policy.exp(), ahead, other.exp()).mean().item()
