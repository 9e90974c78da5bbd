"""Prompting against plain forward passes and `generate`, on small random models: enough for arithmetic."""
import math

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from course_lib.errors import CourseError
from course_lib.methods import PromptTuning
from course_lib.prompting import (
    answers,
    complete,
    content_free_scores,
    draw_examples,
    exact_match,
    few_shot,
    few_shot_answers,
    next_answers,
    score_choices,
)
from course_lib.world import relations
from tests.closeness import NET, assert_near

FAMILY = relations()["fruit_family"]
PROMPT = "peach: drupe\napple:"
CHOICES = ["pome", "drupe", "hesperidium", "aggregate fruit"]
LIMIT = 96


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def model(request, tokenizer):
    size = dict(vocab_size=len(tokenizer), initializer_range=0.3, bos_token_id=None, eos_token_id=0, pad_token_id=1)
    if request.param == "llama":
        shape = LlamaConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                            intermediate_size=48, max_position_embeddings=LIMIT, **size)
    else:
        shape = GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=LIMIT, resid_pdrop=0, **size)
    torch.manual_seed(0)
    return (LlamaForCausalLM if request.param == "llama" else GPT2LMHeadModel)(shape).eval()


def by_hand(model, tokenizer, prompt, choice):
    """The log-probability of the answer's tokens, one plain forward pass, no padding, no cache."""
    head, tail = (tokenizer(text)["input_ids"] for text in (prompt, f" {choice}\n"))
    with torch.no_grad():
        logs = model(torch.tensor([head + tail])).logits[0].log_softmax(-1)  # (T, V)
    return sum(logs[len(head) - 1 + place, token].item() for place, token in enumerate(tail))


def test_scores_are_those_of_plain_forward_passes(model, tokenizer):
    expected = [by_hand(model, tokenizer, PROMPT, choice) for choice in CHOICES]
    scores = score_choices(model, tokenizer, PROMPT, CHOICES, normalise=False)
    assert_near([math.log(score) for score in scores], expected, **NET)
    share = torch.tensor(expected).softmax(0)
    assert_near(score_choices(model, tokenizer, PROMPT, CHOICES), share, **NET)


def test_a_batch_of_prompts_scores_as_one_by_one(model, tokenizer):
    prompts = [few_shot(draw_examples(FAMILY, k, k), "apple") for k in (3, 0, 1, 2)] * 40  # more than one batch
    together = score_choices(model, tokenizer, prompts, CHOICES)
    for prompt, row in list(zip(prompts, together))[-4:]:
        assert_near(row, score_choices(model, tokenizer, prompt, CHOICES), **NET)


def test_pome_is_not_the_beginning_of_another_word(model, tokenizer):
    alone = score_choices(model, tokenizer, PROMPT, ["pome"], normalise=False)[0]
    assert_near(math.log(alone), by_hand(model, tokenizer, PROMPT, "pome"), **NET)
    assert tokenizer(" pome\n")["input_ids"][-1] == answers.newline(tokenizer)
    assert score_choices(model, tokenizer, PROMPT, ["pome"]) == [1.0]


def test_completion_is_that_of_generate_padded_or_not(model, tokenizer):
    prompts = [few_shot(draw_examples(FAMILY, k, 7), "apple") for k in (0, 4, 1, 2)] + ["The"]
    together = complete(model, tokenizer, prompts, max_new_tokens=8)
    for prompt, text in zip(prompts, together):
        assert complete(model, tokenizer, prompt, max_new_tokens=8) == text
        batch = tokenizer(prompt, return_tensors="pt")
        new = model.generate(**batch, max_new_tokens=8, do_sample=False)[0, batch["input_ids"].shape[1]:]
        assert tokenizer.decode(new, skip_special_tokens=True).split("\n")[0].strip() == text


def test_a_completion_ends_at_the_newline_and_at_the_end_of_the_text(tokenizer):
    ids = tokenizer(" pome\napple")["input_ids"]
    assert answers.answer_text(tokenizer, ids) == "pome"
    assert answers.answer_text(tokenizer, tokenizer(" pome")["input_ids"] + [tokenizer.eos_token_id, 40]) == "pome"


def test_next_answers_agree_with_the_scores(model, tokenizer):
    found = next_answers(model, tokenizer, PROMPT, n=5, max_tokens=3)
    assert len(found) == 5 and sorted(p for _, p in found) == [p for _, p in found][::-1]
    assert sum(p for _, p in found) <= 1.001
    for text, p in found:
        assert score_choices(model, tokenizer, PROMPT, [text], normalise=False)[0] <= p * 1.001


def test_next_answers_finds_the_most_probable_of_all_short_answers(tokenizer):
    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        initializer_range=1.0, bos_token_id=None, eos_token_id=0, pad_token_id=1)).eval()
    end, head = answers.newline(tokenizer), tokenizer("apple:")["input_ids"]
    every = [token for token in range(len(tokenizer)) if token not in (end, 0)]
    with torch.no_grad():
        logs = model(torch.tensor([head + [token] for token in every])).logits.log_softmax(-1)  # (V, T, V)
    one = logs[0, -2, every] + logs[:, -1, end]  # an answer of one token, then the newline
    best = one.argmax()
    text = tokenizer.decode([every[best]]).strip()
    found = dict(next_answers(model, tokenizer, "apple:", n=3, max_tokens=2, width=len(every)))
    # other spellings count too
    same = [i for i, token in enumerate(every) if tokenizer.decode([token]).strip() == text]
    assert_near(math.log(found[text]), one[same].exp().sum().log(), **NET)


class Counted(PromptTuning):
    """Two trained vectors before the text, as large as to be heard; counts how often it prepares a batch."""

    def __init__(self, model):
        super().__init__(model, length=2)
        self.prepared = 0
        self.prompt.data.normal_(generator=torch.Generator().manual_seed(2))

    def prepare(self, batch):
        self.prepared += 1
        return super().prepare(batch)

    @property
    def is_on(self) -> bool:
        """Whether it is attached to a model now."""
        try:
            return self.model is not None
        except CourseError:
            return False


def test_a_method_is_switched_on_and_prepares_the_prompt(model, tokenizer):
    method = Counted(model)
    head, tail = tokenizer(PROMPT)["input_ids"], tokenizer(" pome\n")["input_ids"]
    with torch.no_grad():
        text = model.get_input_embeddings()(torch.tensor(head + tail))
        embeds = torch.cat([method.prompt, text])[None]
        logs = model(inputs_embeds=embeds).logits[0].log_softmax(-1)
    expected = sum(logs[1 + len(head) + place, token].item() for place, token in enumerate(tail))
    longer = few_shot(draw_examples(FAMILY, 2, 0), "apple")
    scores = score_choices(model, tokenizer, [PROMPT, longer], ["pome", "drupe"], normalise=False, method=method)
    assert_near(math.log(scores[0][0]), expected, **NET)
    assert complete(model, tokenizer, [PROMPT, longer], method=method) == \
        [complete(model, tokenizer, prompt, method=method) for prompt in (PROMPT, longer)]
    assert not method.is_on


def build_prompt(query):
    return few_shot([("peach", "drupe")], query)


EVERY_WAY = {
    "score_choices": lambda *pair, method: score_choices(*pair, PROMPT, CHOICES, method=method),
    "complete": lambda *pair, method: complete(*pair, PROMPT, method=method),
    "next_answers": lambda *pair, method: next_answers(*pair, PROMPT, n=2, max_tokens=2, method=method),
    "content_free_scores": lambda *pair, method: content_free_scores(*pair, build_prompt, CHOICES, method),
    "few_shot_answers": lambda *pair, method: few_shot_answers(*pair, FAMILY, KEYS, 1, 0, method=method),
}
KEYS = ["apple", "pear", "lemon"]


@pytest.mark.parametrize("way", EVERY_WAY)
def test_every_way_to_ask_asks_through_the_method(way, model, tokenizer):
    """The prompts are read once, prepared by the method, and what comes out is not what the bare model says."""
    method = Counted(model)
    through, bare = (EVERY_WAY[way](model, tokenizer, method=one) for one in (method, None))
    assert method.prepared == 1 and not method.is_on
    assert through != bare


def test_what_rests_on_other_measures_passes_the_method_on(model, tokenizer):
    method = Counted(model)
    found = next_answers(model, tokenizer, PROMPT, n=5, max_tokens=3, method=method)
    for text, p in found:
        assert score_choices(model, tokenizer, PROMPT, [text], normalise=False, method=method)[0] <= p * 1.001
    scores = score_choices(model, tokenizer, [build_prompt(one) for one in ("N/A", "", "…")], CHOICES, method=method)
    free = content_free_scores(model, tokenizer, build_prompt, CHOICES, method)
    assert_near(free, [sum(column) / 3 for column in zip(*scores)], **NET)


def test_marks_are_given_for_answers_through_the_method(model, tokenizer):
    method = Counted(model)
    said = few_shot_answers(model, tokenizer, FAMILY, KEYS, 1, 0, method=method)
    marks = exact_match(model, tokenizer, FAMILY, KEYS, 1, 0, method=method)
    assert marks == [int(one == FAMILY[key]) for one, key in zip(said, KEYS)] and method.prepared == 2


def test_nothing_is_changed_and_nothing_has_a_gradient(model, tokenizer):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    score_choices(model, tokenizer, PROMPT, CHOICES)
    complete(model, tokenizer, PROMPT)
    next_answers(model, tokenizer, PROMPT)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_what_was_called_by_name_from_outside_is_still_there():
    from course_lib.prompting import answers, tokens

    assert answers.answer_tokens is tokens.answer_tokens
