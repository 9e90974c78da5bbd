"""What lesson 05's claims measure, in small: each trains for a step, and gives its own figures."""
from dataclasses import replace

import pytest
import torch

from course_lib import claims
from course_lib.claims.topics import prefix, prompt_starts
from course_lib.claims.topics import soft_prompts as text_or_not
from course_lib.errors import CourseError
from course_lib.experiments import draws, run, setting, soft_prompts, tuning
from course_lib.experiments.soft_prompts import QUICK, SETTING, even_share, moved_among_words
from course_lib.methods import LoRA, PrefixTuning, PromptTuning
from course_lib.models import load_model
from course_lib.world import load_task
from tests.closeness import NET, assert_near
from tests.tiny import tiny_model

DEAR = ["C37", "C40", "C41", "C42", "C43", "C44", "C46"]


@pytest.fixture
def small(tokenizer, monkeypatch):
    """A tiny model and one step on a few rows; nothing is kept for a later test."""
    model = tiny_model("llama", len(tokenizer), spread=0.7, context=192)
    monkeypatch.setattr(setting, "load_model", lambda *_, **__: (model, tokenizer))
    for module in (tuning, soft_prompts, text_or_not):
        monkeypatch.setattr(module, "best_rate", lambda of, run, start: start)
    less = {"labels": 8, "steps": 4, "test": 10}
    for module in (prefix, prompt_starts, soft_prompts, text_or_not):
        monkeypatch.setattr(module, "QUICK", replace(QUICK, **less))
    monkeypatch.setattr(soft_prompts, "SETTING", replace(SETTING, **less))
    monkeypatch.setattr(draws, "POOL", 40)
    monkeypatch.setattr(PromptTuning, "load", lambda path, model: PromptTuning(model, 20))
    yield
    run.trained_at.cache_clear()


@pytest.mark.parametrize("claim_id", DEAR)
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    figures = claims.measure(claim_id, 0)
    assert tuple(figures) == claims.get(claim_id).figures
    assert all(0 <= value <= 1 for value in figures.values())


def test_each_run_has_the_rate_that_was_chosen_for_it(monkeypatch):
    runs = []
    monkeypatch.setattr(prompt_starts, "experiment", lambda setting, arm, seed: runs.append(
        (setting.base, arm.method.__name__, arm.rate)) or 0.5)
    claims.measure("C46", 0)
    assert runs == [("orchard-xs", "PromptTuning", 0.03), ("orchard-xs", "FullFineTuning", 2e-3),
                    ("orchard-s", "PromptTuning", 3), ("orchard-s", "FullFineTuning", 2.5e-4),
                    ("orchard-m", "PromptTuning", 3), ("orchard-m", "FullFineTuning", 2.5e-4)]


def test_a_prefix_that_goes_on_from_a_prompt_shares_its_steps(small, monkeypatch):
    seen = []
    for module in (run, soft_prompts):
        monkeypatch.setattr(module, "learn", lambda model, tokenizer, method, rows, rate, seed, setting, **more:
                            seen.append((type(method), method.length, rate, setting.steps)))
    found, _ = soft_prompts.grown(soft_prompts.QUICK, 3, 0)
    assert isinstance(found, PrefixTuning)
    assert seen == [(PromptTuning, 3, tuning.START["PromptTuning"], 2), (PrefixTuning, 3, 0.03, 2)]


def test_the_rows_to_learn_from_are_the_shortest_of_the_pool_as_many_of_each_label(tokenizer):
    rows = load_task("reviews")["train"]
    chosen = SETTING.train_rows(tokenizer, 1)
    pool = rows.shuffle(seed=1).select(range(draws.POOL))
    assert len(chosen) == SETTING.labels and sum(chosen["label"]) == SETTING.labels // 2
    length = lambda text: len(tokenizer(text)["input_ids"])
    for label in (0, 1):
        mine = sorted(length(row["prompt"]) for row in chosen if row["label"] == label)
        assert mine == sorted(length(row["prompt"]) for row in pool if row["label"] == label)[:len(mine)]


def test_a_prompt_and_the_prefix_made_of_it_say_the_same(pair):
    model, tokenizer = pair
    prompt = PromptTuning(model, 3, "vocabulary", seed=4)
    batch = dict(tokenizer(["The film was superb.", "Dull."], padding=True, padding_side="left", return_tensors="pt"))
    batch.pop("token_type_ids", None)
    said = []
    for method in (prompt, PrefixTuning.from_prompt(prompt, model)):
        with torch.no_grad(), method.on(model):
            said.append(method.logits(model, batch)[:, -1])
    assert_near(*said, **NET)
    started = PrefixTuning(model, 3, seed=4)
    assert_near(PrefixTuning.from_prompt(prompt, model).prefix, started.prefix, **NET)


def test_a_prefix_is_made_of_a_prompt_of_this_model_without_a_head(pair):
    model, _ = pair
    for wrong in (PrefixTuning(model, 3), PromptTuning(model, 3, num_labels=2), None):
        with pytest.raises(CourseError, match="from_prompt takes a PromptTuning method without a head of its own"):
            PrefixTuning.from_prompt(wrong, model)
    with pytest.raises(CourseError, match="built on another base model"):
        PrefixTuning.from_prompt(PromptTuning(model, 3), load_model("orchard-s", random=True, seed=1)[0])


def test_a_prefix_moves_no_attention_from_word_to_word_in_block_1(pair):
    model, tokenizer = pair
    texts = ["The film was superb.", "Dull and long."]
    wild, lora = PrefixTuning(model, 3, "random", seed=4), LoRA(model, ("q_proj",))
    lora.length = 0
    with torch.no_grad():
        for number in (wild.prefix, *lora.B):
            number.normal_(generator=torch.Generator().manual_seed(0))
    assert moved_among_words(model, tokenizer, wild, texts) < 1e-5
    assert moved_among_words(model, tokenizer, lora, texts) > 1e-3


def test_an_even_share_is_that_of_all_that_a_position_sees():
    assert even_share(1, [1]) == 1 / 2
    assert even_share(2, [2]) == pytest.approx((2 / 3 + 2 / 4) / 2)
