"""What nine reward models say of all answers, and what PPO makes of them at some KL coefficients:

    .venv/bin/python -m course_lib.explore.recorded.rewards      writes data/rewards.safetensors, in some minutes

Shapes: P test prompts, K answers. Three numbers of clicks, and three charms that length has for whoever clicks; one
seed. What an answer is really worth needs no record: the taste is a function of the answer and the review's side.
"""
import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from course_lib.experiments import feedback
from course_lib.files import write_bytes
from course_lib.preference.raters import Rater, Taste

PATH = Path(__file__).parent / "data" / "rewards.safetensors"
CLICKS, CHARMS = (100, 400, 1600), (0.0, 0.3, 0.6)
PPO_BETAS = (0.0, 0.1, 0.3, 1.0)
SETTING, SEED, RATE, TURNS = feedback.Feedback(), 0, 3e-3, 30
TOLD = ("kl", "learned", "true", "outside")


@dataclass(frozen=True)
class Rewards:
    """`own` (P, K): the base's log probabilities over the answers; `learned` {(clicks, charm): (P, K)}; `sides` (P,);
    `ppo` {(clicks, charm): {beta: {figure of TOLD: value}}}.
    """

    prompts: tuple[str, ...]
    sides: torch.Tensor
    own: torch.Tensor
    learned: dict[tuple[int, float], torch.Tensor]
    ppo: dict[tuple[int, float], dict[float, dict[str, float]]]


def name_of(clicks: int, charm: float) -> str:
    """Of a table, in the file."""
    return f"{clicks} clicks, charm {charm:g}"


@functools.cache
def read() -> Rewards:
    """All that was recorded."""
    from safetensors import safe_open

    with safe_open(PATH, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
        tables = {name: file.get_tensor(name) for name in file.keys()}
    pairs = [(clicks, charm) for clicks in CLICKS for charm in CHARMS]
    ppo = {pair: {float(beta): told for beta, told in facts["ppo"][name_of(*pair)].items()} for pair in pairs}
    return Rewards(tuple(facts["prompts"]), tables["sides"], tables["own"],
                   {pair: tables[name_of(*pair)] for pair in pairs}, ppo)


def measure(here: feedback.Ground, clicks: int, charm: float) -> tuple[torch.Tensor, dict[str, dict[str, float]]]:
    """What the reward model of these clicks says, (P, K), and by beta what PPO makes of it."""
    setting = replace(SETTING, clicks=clicks, rater=Rater(charm=Taste(0.0, 0.0, length=charm)))
    reward = feedback.reward_of(here, feedback.asked(setting, here, here.reference, clicks, SEED))
    told = {}
    for beta in PPO_BETAS:
        policy, _ = feedback.by_reward(setting, here, reward, "PPO", beta, RATE, SEED, iterations=TURNS)
        found = feedback.outcome(here, reward, policy)
        told[f"{beta:g}"] = {name: round(found[name], 4) for name in TOLD}
        print(name_of(clicks, charm), beta, told[f"{beta:g}"], flush=True)
    return reward.scores(here.test_states), told


def main() -> None:
    """Measures all of them, and writes the file."""
    from safetensors.torch import save

    here = feedback.ground(SETTING, SEED)
    tables, ppo = {"sides": here.test_sides, "own": here.own.contiguous()}, {}
    for clicks in CLICKS:
        for charm in CHARMS:
            name = name_of(clicks, charm)
            table, ppo[name] = measure(here, clicks, charm)
            tables[name] = table.contiguous()
    PATH.parent.mkdir(exist_ok=True)
    write_bytes(PATH, save(tables, {"facts": json.dumps({"prompts": here.tests, "ppo": ppo})}))


if __name__ == "__main__":
    main()
