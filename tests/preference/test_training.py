"""The loops: PPO, GRPO and RLOO raise the learned reward, DPO parts the pairs, and the base keeps its bits."""
import pytest

from course_lib import load_model
from course_lib.errors import CourseError
from course_lib.methods import LoRA
from course_lib.models import weights_hash
from course_lib.preference.answers import all_answers
from course_lib.preference.dpo import prefer
from course_lib.preference.exact import mean_reward
from course_lib.preference.grpo import GRPO, RLOO
from course_lib.preference.ppo import PPO
from course_lib.preference.raters import reviews_to_close, texts
from course_lib.preference.reward import RewardModel
from course_lib.preference.rollout import improve

TEXTS = texts()


@pytest.fixture(scope="module")
def ground():
    """A model, and a reward that its states can tell: how far an answer lies in the direction of "bravo"."""
    model, tokenizer = load_model("orchard-xs")
    prompts, _ = reviews_to_close("train", 8)
    reference, states = all_answers(model, tokenizer, prompts, TEXTS)
    best = TEXTS.index("bravo")
    weights = states[:, best].mean(0) - states.mean((0, 1))
    return model, tokenizer, prompts, RewardModel(weights).measured_on(states, reference), reference, states


@pytest.mark.parametrize("learner", [lambda d: PPO(d, 0.05), lambda d: GRPO(0.05, group=4), lambda d: RLOO(0.05, 4)])
def test_what_is_rewarded_becomes_likelier_and_the_base_keeps_its_bits(ground, learner):
    model, tokenizer, prompts, reward, reference, states = ground
    before, lora = weights_hash(model), LoRA(model, rank=4, seed=0)
    history = improve(model, tokenizer, lora, prompts, reward, learner(states.shape[-1]), iterations=8, answers=32,
                      rate=1e-2, progress=False)
    table, _ = all_answers(model, tokenizer, prompts, TEXTS, lora)
    worth = reward.scores(states)
    assert mean_reward(table.log_softmax(1), worth) > mean_reward(reference.log_softmax(1), worth) + 0.2
    assert weights_hash(model) == before and len(history) == 8
    assert history[0]["kl"] == pytest.approx(0, abs=1e-3)        # LoRA begins as the base


def test_the_same_seed_gives_the_same_bits(ground):
    model, tokenizer, prompts, reward, _, states = ground
    hashes = set()
    for _ in range(2):
        lora = LoRA(model, rank=2, seed=0)
        improve(model, tokenizer, lora, prompts, reward, PPO(states.shape[-1]), iterations=2, answers=8, progress=False)
        hashes.add(weights_hash(lora))
    assert len(hashes) == 1


def test_a_reward_that_is_no_number_ends_the_training_and_the_method_is_what_it_was(ground):
    model, tokenizer, prompts, _, _, states = ground
    lora = LoRA(model, rank=2, seed=0)
    before = weights_hash(lora)
    with pytest.raises(CourseError, match="not finite"):
        improve(model, tokenizer, lora, prompts, RewardModel(states[0, 0] * float("nan")), PPO(states.shape[-1]),
                iterations=2, answers=8, progress=False)
    assert weights_hash(lora) == before
    with pytest.raises(CourseError, match="no prompt"):
        improve(model, tokenizer, lora, [], RewardModel(states[0, 0]), PPO(states.shape[-1]))
    with pytest.raises(CourseError, match="answers"):
        improve(model, tokenizer, lora, prompts, RewardModel(states[0, 0]), GRPO(group=8), answers=4)


def test_dpo_parts_the_chosen_from_the_rejected(ground):
    model, tokenizer, prompts, *_ = ground
    lora = LoRA(model, rank=4, seed=0)
    history = prefer(model, tokenizer, lora, prompts, ["bravo"] * 8, ["a flop"] * 8, steps=10, pairs=8, rate=1e-2,
                     progress=False)
    assert history[0]["loss"] == pytest.approx(0.6931, abs=1e-3)
    assert history[-1]["loss"] < 0.6 and history[-1]["chosen"] > history[-1]["rejected"]


def test_pairs_that_are_none_are_refused(ground):
    model, tokenizer, prompts, *_ = ground
    lora = LoRA(model, rank=2)
    with pytest.raises(CourseError, match="2 prompts, 1 chosen"):
        prefer(model, tokenizer, lora, prompts[:2], ["bravo"], ["a flop"])
    with pytest.raises(CourseError, match="Pair 1 is twice the same"):
        prefer(model, tokenizer, lora, prompts[:2], ["bravo", "a flop"], ["a flop", "a flop "])
    with pytest.raises(CourseError, match="at least a word"):
        prefer(model, tokenizer, lora, prompts[:1], [""], ["a flop"])


@pytest.mark.parametrize("wrong, said", [({"rate": 0.0}, "rate"), ({"pairs": 0}, "pairs"), ({"steps": 0}, "steps")])
def test_a_number_out_of_its_range_is_named_as_it_was_given(ground, wrong, said):
    model, tokenizer, prompts, *_ = ground
    with pytest.raises(CourseError, match=f"^{said} "):
        prefer(model, tokenizer, LoRA(model, rank=2, seed=0), prompts[:1], ["bravo"], ["a flop"], **wrong)
