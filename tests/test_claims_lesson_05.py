"""What lesson 05 measures, in small: each claim trains for a step, and gives its own figures."""
import pytest
import torch

from course_lib import claims, models
from course_lib.claims.measures import lesson_05, lesson_05_prefix
from course_lib.methods import PrefixTuning, PromptTuning
from course_lib.world import load_task
from tests.closeness import NET, assert_near
from tests.tiny import tiny_model

DEAR = ["C37", "C40", "C41", "C42", "C43", "C44", "C46"]


@pytest.fixture
def small(tokenizer, monkeypatch):
    """A tiny model and one step on a few rows; nothing is kept for a later test."""
    model = tiny_model("llama", len(tokenizer), spread=0.7, context=192)
    monkeypatch.setattr(models, "load_model", lambda *_, **__: (model, tokenizer))
    for name, value in (("STEPS", 1), ("POOL", 40), ("LABELS", 8), ("TEST", 10)):
        monkeypatch.setattr(lesson_05, name, value)
    for name in ("trained", "bare"):
        for module in (lesson_05, lesson_05_prefix):
            monkeypatch.setattr(module, name, getattr(module, name).__wrapped__)
    monkeypatch.setattr(lesson_05_prefix, "MORE", 1)
    monkeypatch.setattr(lesson_05, "spam_prompt", lambda model: PromptTuning(model, 20))


@pytest.mark.parametrize("claim_id", DEAR)
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    figures = claims.measure(claim_id, 0)
    assert tuple(figures) == claims.get(claim_id).figures
    assert all(0 <= value <= 1 for value in figures.values())


def test_each_run_has_the_rate_that_was_chosen_for_it(small, monkeypatch):
    rates = {}
    monkeypatch.setattr(lesson_05, "fit", lambda model, tokenizer, task, method, *, learning_rate, **_:
                        rates.setdefault(run, learning_rate))
    for run in (("prompt vocabulary", "orchard-s"), ("prompt negative positive", "orchard-xs"), ("full", "orchard-m"),
                ("prefix 2", "orchard-s"), ("prefix 20", "orchard-s"), ("lora", "orchard-s")):
        lesson_05.trained(run[0], 0, run[1])
    sizes = lesson_05.SIZE_RATES
    assert list(rates.values()) == [lesson_05.RATES["prompt"], sizes["orchard-xs"]["prompt"],
                                    sizes["orchard-m"]["full"],
                                    *(lesson_05.RATES[name] for name in ("prefix 2", "prefix 20", "lora"))]


def test_short_rows_are_the_shortest_of_the_pool_as_many_of_each_label(tokenizer):
    rows = load_task("reviews")["train"]
    chosen = lesson_05.short_rows(rows, tokenizer, seed=1)
    pool = rows.shuffle(seed=1).select(range(lesson_05.POOL))
    assert len(chosen) == lesson_05.LABELS and sum(chosen["label"]) == lesson_05.LABELS // 2
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
    for method in (prompt, lesson_05_prefix.as_prefix(prompt, model)):
        with torch.no_grad(), method.on(model):
            said.append(method.logits(model, batch)[:, -1])
    assert_near(*said, **NET)
    started = PrefixTuning(model, 3, seed=4)
    assert_near(lesson_05_prefix.as_prefix(prompt, model).prefix, started.prefix, **NET)


def test_an_even_share_is_that_of_all_that_a_position_sees():
    assert lesson_05_prefix.even_share(1, [1]) == 1 / 2
    assert lesson_05_prefix.even_share(2, [2]) == pytest.approx((2 / 3 + 2 / 4) / 2)
