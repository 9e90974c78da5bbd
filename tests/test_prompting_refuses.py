"""Prompting with wrong arguments: a CourseError that says what was given and what to do, never a traceback."""
import numpy
import pytest
import torch
from transformers import AutoModel, DistilBertConfig, DistilBertForMaskedLM, T5Config, T5ForConditionalGeneration

from course_lib.errors import CourseError, shown
from course_lib.methods import PromptTuning
from course_lib.models.tokenizer import encoder_tokenizer, train_tokenizer
from course_lib.prompting import (
    complete,
    content_free_scores,
    draw_examples,
    exact_match,
    few_shot,
    next_answers,
    score_choices,
    shuffle_order,
    shuffle_values,
)
from course_lib.world import documents, relations
from tests.tiny import tiny_model

FAMILY = relations()["fruit_family"]
PROMPT, CHOICES = "peach: drupe\napple:", ["pome", "drupe"]
LONG = r"^The prompt has \d+ tokens .* at most 96.*by \d+ tokens"
ASKS = {
    "score_choices": lambda model, tokenizer, prompt=PROMPT: score_choices(model, tokenizer, prompt, CHOICES),
    "complete": lambda model, tokenizer, prompt=PROMPT: complete(model, tokenizer, prompt),
    "next_answers": lambda model, tokenizer, prompt=PROMPT: next_answers(model, tokenizer, prompt, n=2),
    "exact_match": lambda model, tokenizer: exact_match(model, tokenizer, FAMILY, ["apple"], 1, 0),
    "content_free_scores": lambda model, tokenizer: content_free_scores(
        model, tokenizer, lambda query: f"{query}:", CHOICES),
}


@pytest.fixture(scope="module")
def model(tokenizer):
    return tiny_model("llama", len(tokenizer), spread=0.5, context=96, blocks=1, tied=False)


@pytest.fixture(scope="module")
def others(model, tokenizer):
    bert = DistilBertConfig(vocab_size=len(tokenizer), dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    t5 = T5Config(vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    return {"None": None, "a name": "orchard-s", "the tokenizer": tokenizer, "a pair": (model, tokenizer),
            "an encoder": AutoModel.from_config(bert), "a masked model": DistilBertForMaskedLM(bert),
            "a headless decoder": AutoModel.from_config(model.config),
            "an encoder-decoder": T5ForConditionalGeneration(t5), "a layer": torch.nn.Linear(2, 2)}


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("kind, said", [
    ("None", "model must be a loaded one; you gave None.*load_model"),
    ("a name", "you gave 'orchard-s'.*load_model"), ("the tokenizer", "in this order"),
    ("a pair", "in this order"), ("an encoder", "DistilBertModel has no output"),
    ("a masked model", "DistilBertForMaskedLM has no output"), ("a headless decoder", "LlamaModel has no output"),
    ("an encoder-decoder", "T5ForConditionalGeneration has no output"), ("a layer", "Linear has no output")])
def test_models(ask, kind, said, others, tokenizer):
    with pytest.raises(CourseError, match=said):
        ASKS[ask](others[kind], tokenizer)


@pytest.mark.parametrize("ask", ASKS)
def test_tokenizers(ask, model, tokenizer):
    for given in (None, "orchard-s", model):
        with pytest.raises(CourseError, match="tokenizer must be one of a loaded model.*in this order"):
            ASKS[ask](model, given)
    with pytest.raises(CourseError, match="in this order"):
        ASKS[ask](tokenizer, model)
    with pytest.raises(CourseError, match=r"tokenizer is of another model.*knows 0 to \d+"):
        ASKS[ask](model, encoder_tokenizer(tokenizer))


@pytest.mark.parametrize("ask", ["score_choices", "complete", "next_answers"])
@pytest.mark.parametrize("prompt", [None, 3, [], [None], [["a"]], {"a": 1}, b"a:", numpy.array([1])], ids=shown)
def test_prompts(ask, prompt, model, tokenizer):
    with pytest.raises(CourseError, match="prompt.*a text.*; you gave"):
        ASKS[ask](model, tokenizer, prompt)


@pytest.mark.parametrize("ask", ["score_choices", "complete", "next_answers"])
@pytest.mark.parametrize("prompt, said", [("", "^The prompt is empty"), ("apple: pome\n" * 40, LONG)], ids=["", "long"])
def test_prompts_without_words_or_with_too_many(ask, prompt, said, model, tokenizer):
    with pytest.raises(CourseError, match=said):
        ASKS[ask](model, tokenizer, prompt)


@pytest.mark.parametrize("ask", ["score_choices", "complete"])
@pytest.mark.parametrize("prompts, said", [
    (["apple:", "apple: pome\n" * 40], "^Prompt 1 has"), (["apple:", ""], "^Prompt 1 is empty"),
    (["a", 3], "A prompt is a text or a list of texts; you gave")], ids=["long", "empty", "a number"])
def test_one_prompt_of_several(ask, prompts, said, model, tokenizer):
    with pytest.raises(CourseError, match=said):
        ASKS[ask](model, tokenizer, prompts)


def test_next_answers_reads_one_prompt(model, tokenizer):
    with pytest.raises(CourseError, match="reads one prompt"):
        next_answers(model, tokenizer, ["apple:", "pear:"])


NO_COUNTS = [0, -1, 1.5, None, True, "6", [6]]


@pytest.mark.parametrize("value", NO_COUNTS, ids=repr)
def test_counts(value, model, tokenizer):
    with pytest.raises(CourseError, match="max_new_tokens must be at least 1, a whole number; you gave"):
        complete(model, tokenizer, PROMPT, max_new_tokens=value)
    for name in ("n", "max_tokens", "width"):
        with pytest.raises(CourseError, match=f"^{name} must be at least 1.*whole number; you gave"):
            next_answers(model, tokenizer, PROMPT, **{name: value})


def test_counts_that_do_not_fit(model, tokenizer):
    for ask in (lambda: complete(model, tokenizer, PROMPT, max_new_tokens=2**70),
                lambda: next_answers(model, tokenizer, PROMPT, max_tokens=97)):
        with pytest.raises(CourseError, match="reads at most 96"):
            ask()
    with pytest.raises(CourseError, match="width must be .* at most 4,096"):
        next_answers(model, tokenizer, PROMPT, width=10**9)
    short = complete(model, tokenizer, PROMPT, max_new_tokens=numpy.int64(3))
    assert short == complete(model, tokenizer, PROMPT, max_new_tokens=3)
    assert len(next_answers(model, tokenizer, PROMPT, n=10**6, max_tokens=2, width=2)) < 10


@pytest.mark.parametrize("choices, said", [
    ("pome", "list of texts.*'pome'"), (None, "list of texts"), ([], "at least one"), ((), "at least one"),
    ({"pome", "drupe"}, "list of texts"), ([1, 2], "list of texts"),
    (["pome", "drupe", "pome"], "'pome'.*each answer once"),
    (["pome", None], "list of texts"), (["x" * 500 + " "], "without spaces"), ([" pome"], "without spaces"),
    (["pome", ""], "has no tokens"), (["pome", "  "], "without spaces"), (["pome\ndrupe"], "one line")])
def test_choices(choices, said, model, tokenizer):
    with pytest.raises(CourseError, match=said) as refused:
        score_choices(model, tokenizer, PROMPT, choices)
    assert len(str(refused.value)) < 300


def test_tuples_and_other_sequences_are_lists_too(model, tokenizer):
    as_lists = score_choices(model, tokenizer, [PROMPT, "a"], CHOICES)
    assert score_choices(model, tokenizer, (PROMPT, "a"), tuple(CHOICES)) == as_lists


def test_a_tokenizer_without_an_end_of_text(model, tokenizer):
    plain = train_tokenizer(documents("train", 0), count=300)
    plain.eos_token = None
    assert complete(model, plain, PROMPT, 3) == complete(model, tokenizer, PROMPT, 3)
    assert next_answers(model, plain, PROMPT, n=1, max_tokens=2, width=2)


@pytest.mark.parametrize("relation, said", [
    ("fruit_family", r"world.relations\(\)\['fruit_family'\]"), (None, r"world.relations\(\)\["),
    ({"peach": "drupe"}, r"world.relations\(\)\["), (relations(), r"world.relations\(\)\[")],
    ids=["name", "none", "dict", "all"])
def test_relations(relation, said):
    for ask in (lambda: draw_examples(relation, 1, 0), lambda: exact_match(None, None, relation, ["apple"], 1, 0)):
        with pytest.raises(CourseError, match=said):
            ask()


@pytest.mark.parametrize("k", [None, -1, 1.0, "1", True, [1]], ids=repr)
def test_numbers_of_examples(k):
    for ask in (lambda: draw_examples(FAMILY, k, 0), lambda: exact_match(None, None, FAMILY, ["apple"], k, 0),
                lambda: exact_match(None, None, FAMILY, ["apple"], k, 0, shuffle_labels=True)):
        with pytest.raises(CourseError, match="^k must be at least 0, a whole number"):
            ask()


@pytest.mark.parametrize("keys", ["apple", None, [], [1], [["apple"]], 7], ids=repr)
def test_keys(keys):
    with pytest.raises(CourseError, match="Keys are a list of texts"):
        exact_match(None, None, FAMILY, keys, 1, 0)


@pytest.mark.parametrize("examples", [
    None, 3, "peach: drupe", ["peach", "plum"], [("peach",)], [("peach", "drupe", "x")], [("peach", 1)],
    [("peach", None)], {"peach": "drupe"}, ("peach", "drupe"), [{"key": "peach", "value": "drupe"}], {"ab": 1},
    ["ab"]], ids=repr)
def test_examples(examples):
    for ask in (lambda: few_shot(examples, "apple"), lambda: shuffle_values(examples, 0),
                lambda: shuffle_order(examples, 1), lambda: shuffle_order(examples, 0)):
        with pytest.raises(CourseError, match="pairs of texts.*draw_examples"):
            ask()


def test_pairs_may_come_from_anywhere():
    pairs = {"peach": "drupe", "plum": "drupe"}
    assert few_shot(pairs.items(), "apple") == few_shot([list(pair) for pair in pairs.items()], "apple")
    assert few_shot(zip(pairs, pairs.values()), "apple") == "peach: drupe\nplum: drupe\napple:"


@pytest.mark.parametrize("query, template, said", [
    (None, "{key}: {value}", "query is a text"), (3, "{key}: {value}", "query is a text"),
    ("apple", None, "must hold"), ("apple", 3, "must hold")])
def test_queries_and_templates(query, template, said):
    with pytest.raises(CourseError, match=said):
        few_shot([], query, template)


def test_the_vectors_of_a_method_need_room_too(pair):
    long = "apple " * 90
    rows = len(pair[1](long)["input_ids"])
    complete(*pair, long, max_new_tokens=1)
    with pytest.raises(CourseError, match=rf"at most 42 after the 150 vectors of the method.* by {rows + 1 - 42} tok"):
        complete(*pair, long, max_new_tokens=1, method=PromptTuning(pair[0], length=150))
