"""How well a model predicts text: worked examples, and what cannot be evaluated."""
import math

import pytest
import torch
from transformers import AutoModel, LlamaConfig, LlamaForCausalLM

from course_lib.errors import CourseError
from course_lib.evaluation import perplexity, unigram_perplexity
from tests.closeness import NET, assert_near

TEXTS = ["The apple is a pome.", "peach: drupe", "In autumn, the orchard was quiet and every tree stood bare."]
NAN = float("nan")


@torch.no_grad()
def test_perplexity_is_the_mean_over_all_tokens_of_all_documents(pair):
    model, tokenizer = pair
    losses, end = [], tokenizer.eos_token_id
    for text in TEXTS:
        ids = torch.tensor([end, *tokenizer(text)["input_ids"], end])
        logs = model(ids[None]).logits[0].log_softmax(-1)
        losses += [-logs[place, token].item() for place, token in enumerate(ids[1:])]
    expected = math.exp(sum(losses) / len(losses))
    for batch in (1, 2, 50):
        assert_near(math.log(perplexity(model, tokenizer, TEXTS, batch)), math.log(expected), **NET)


def test_a_model_that_knows_nothing_is_as_unsure_as_its_vocabulary_is_large(pair):
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(pair[1]), hidden_size=8, num_hidden_layers=1,
                                         num_attention_heads=1, intermediate_size=8)).eval()
    torch.nn.init.zeros_(model.lm_head.weight)
    assert_near(math.log(perplexity(model, pair[1], TEXTS)), math.log(len(pair[1])), terms=len(pair[1]))


def test_word_frequencies_by_hand(pair):
    """Seen: "a" and an end. So each of the two has (1 + 1) / (V + 2), any other token 1 / (V + 2)."""
    tokenizer = pair[1]
    V, n = len(tokenizer), len(tokenizer("a")["input_ids"])
    assert n == 1
    assert unigram_perplexity(tokenizer, ["a"], ["a"]) == pytest.approx((V + 2) / 2)
    other = len(tokenizer("zoo")["input_ids"])
    assert unigram_perplexity(tokenizer, ["a"], ["zoo"]) == pytest.approx((V + 2) / 2 ** (1 / (other + 1)))


@pytest.mark.parametrize("texts", ["a text", [], None, 5, [None], ["a", 1], NAN])
def test_documents_are_a_list_of_texts(pair, texts):
    for call in (lambda: perplexity(*pair, texts), lambda: unigram_perplexity(pair[1], TEXTS, texts),
                 lambda: unigram_perplexity(pair[1], texts, TEXTS)):
        with pytest.raises(CourseError, match="Documents are a list of texts"):
            call()


def test_what_cannot_be_evaluated(pair):
    model, tokenizer = pair
    encoder = AutoModel.from_config(model.config)
    for bad, said in (((None, tokenizer, TEXTS), "model must be"), ((model, None, TEXTS), "tokenizer must be"),
                      ((encoder, tokenizer, TEXTS), "no output layer"), ((model, tokenizer, TEXTS, 0), "batch"),
                      ((model, tokenizer, ["apple " * 300]), "with its two ends; this model reads at most 192")):
        with pytest.raises(CourseError, match=said):
            perplexity(*bad)
