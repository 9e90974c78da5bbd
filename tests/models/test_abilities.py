"""What the shipped base models can do, measured from the bundled folders: quick versions of `course bench base`.

A model that is not bundled has no tests here; the last test says which ones the ladder promises. All together take
about a minute on one core.
"""
from functools import cache
from itertools import islice
from statistics import mean

import pytest
import torch
from transformers import AutoModelForMaskedLM

from course_lib import load_model, load_task
from course_lib.bench import in_context
from course_lib.bench.sense import own_sense as sense_of
from course_lib.evaluation import perplexity, unigram_perplexity
from course_lib.models import bundled_models
from course_lib.models.card import BUNDLED, count_parameters, read_card, render
from course_lib.models.configs import RECIPES, SHIPPED
from course_lib.pretraining.optimise import mean_loss
from course_lib.pretraining.run import validation_batches
from course_lib.prompting import complete, few_shot, score_choices
from course_lib.world import documents, relations

TOLERANCE = 0.07        # two standard errors of a share near .75 among 171 items: another run's m may be below s
ROUNDED = 0.005         # nats a token: weights are shipped in bf16, the card tells what float32 gave


@cache
def loaded(name):
    """The model with its language-modelling head, and its tokenizer."""
    model, tokenizer = load_model(name)
    if read_card(BUNDLED / name)["kind"] == "encoder":
        model = AutoModelForMaskedLM.from_pretrained(BUNDLED / name, dtype=torch.float32).eval()
    return model, tokenizer


@cache
def review_rows():
    return load_task("reviews")["test"]


@cache
def lists(name, k, part="report"):
    """Greedy exact match after k examples, as the card has it; every relation counts once."""
    return in_context.in_context(*loaded(name), k, part)[0]


@cache
def own_sense(name):
    return sense_of(*loaded(name), review_rows().select(range(100)))


def lists_zero_shot(name):
    assert lists(name, 0) <= 0.35


def lists_one_shot(name):
    assert lists(name, 1) >= 0.75


def lists_four_shot(name):
    assert lists(name, 4) >= lists(name, 1)


def lists_seen_pairs(name):
    assert lists(name, 4, "seen") >= 0.97


def a_bare_apple_is_a_company(name):
    assert in_context.company_over_fruit(*loaded(name)) > 0


def label_words_zero_shot(name):
    """The words negative and positive were never tied to an opinion: about as good as a coin."""
    rows, names = review_rows()[:200], review_rows().features["label"].names
    scores = score_choices(*loaded(name), rows["prompt"], names)
    right = [row.index(max(row)) == label for row, label in zip(scores, rows["label"], strict=True)]
    assert 0.40 <= mean(right) <= 0.65


def has_a_sense_of_reviews(name):
    assert own_sense(name) >= 0.90


def has_no_sense_of_reviews_yet(name):
    assert own_sense(name) <= 0.65


def word_frequencies_are_five_times_as_unsure(name):
    texts, seen = list(islice(documents("validation", 99), 100)), list(islice(documents("train", 99), 1000))
    assert perplexity(*loaded(name), texts) <= unigram_perplexity(loaded(name)[1], seen, texts) / 5


def the_larger_predicts_better(smaller, larger):
    assert read_card(BUNDLED / smaller)["validation_loss"] > read_card(BUNDLED / larger)["validation_loss"]


def the_smaller_does_lists_less_well(smaller, larger):
    assert lists(smaller, 4) < lists(larger, 4)


def the_larger_does_lists_as_well(smaller, larger):
    assert lists(larger, 4) >= lists(smaller, 4) - TOLERANCE


def is_the_same_run_earlier(early, late):
    before, after = read_card(BUNDLED / early), read_card(BUNDLED / late)
    assert before["command"] == after["command"] and before["tokens"] < after["tokens"]
    assert before["curve"] == after["curve"][:len(before["curve"])]


SMALL = "orchard-s"
CHECKS = [
    *(((SMALL,), check) for check in (
        lists_zero_shot, lists_one_shot, lists_four_shot, lists_seen_pairs, a_bare_apple_is_a_company,
        label_words_zero_shot, has_a_sense_of_reviews, word_frequencies_are_five_times_as_unsure)),
    (("orchard-s-early",), has_no_sense_of_reviews_yet),
    (("orchard-s-early", SMALL), is_the_same_run_earlier),
    (("orchard-xs", SMALL), the_larger_predicts_better), (("orchard-xs", SMALL), the_smaller_does_lists_less_well),
    ((SMALL, "orchard-m"), the_larger_predicts_better), ((SMALL, "orchard-m"), the_larger_does_lists_as_well),
]


@pytest.mark.parametrize("names, check", [
    pytest.param(names, check, id=f"{'-'.join(names)}-{check.__name__}")
    for names, check in CHECKS if set(names) <= set(bundled_models())])
def test_what_it_can_do(names, check):
    check(*names)


@pytest.mark.parametrize("shown", [str, str.capitalize], ids=["lower", "Capital"])
def test_one_example_gives_pome(shown):
    assert complete(*loaded(SMALL), few_shot([(shown("peach"), "drupe")], shown("apple"))) == "pome"


@pytest.mark.parametrize("shown", [str, str.capitalize], ids=["lower", "Capital"])
def test_a_grapefruit_is_a_hesperidium_first_of_all(shown):
    prompt = few_shot([(shown("plum"), "drupe"), (shown("pear"), "pome")], shown("grapefruit"))
    families = sorted(set(relations()["fruit_family"].values()))
    scores = score_choices(*loaded(SMALL), prompt, families)
    assert families[scores.index(max(scores))] == "hesperidium"


@pytest.mark.parametrize("name", bundled_models())
def test_the_validation_loss_is_the_card_s(name):
    """Measured again: the weights, the tokenizer, the world and the card belong together."""
    card = read_card(BUNDLED / name)
    recipe, (model, tokenizer) = RECIPES[name.removesuffix("-early")], loaded(name)
    found = mean_loss(model, recipe, validation_batches(recipe, documents, tokenizer))
    assert found == pytest.approx(card["validation_loss"], abs=ROUNDED)


@pytest.mark.parametrize("name", bundled_models())
def test_the_card_is_that_of_the_model(name):
    card, folder = read_card(BUNDLED / name), BUNDLED / name
    model, tokenizer = loaded(name)
    assert (card["name"], card["kind"]) == (name, RECIPES[name.removesuffix("-early")].kind)
    assert (card["parameters"], card["parameters_without_embeddings"]) == count_parameters(model)
    assert card["architecture"] == type(model).__name__ and card["vocabulary"] == len(tokenizer)
    assert (folder / "model.safetensors").stat().st_size == pytest.approx(card["megabytes"] * 1e6, rel=0.02)
    assert (folder / "README.md").read_text(encoding="utf-8") == render(card)
    assert [point["tokens"] for point in card["curve"]][-1] == card["tokens"] <= card["planned_tokens"]


@pytest.mark.parametrize("name", bundled_models())
def test_the_card_has_measured_abilities(name):
    assert read_card(BUNDLED / name)["abilities"], "course bench base measures them"


def test_all_models_together_are_small_enough_for_a_repository():
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file()) <= 20e6


def test_the_whole_ladder_is_bundled():
    """Fails as long as a model that the recipes promise has not been shipped."""
    assert sorted(SHIPPED) == bundled_models()
    assert set(SHIPPED) == {*RECIPES, *(f"{name}-early" for name, recipe in RECIPES.items() if recipe.early)}
