"""All answers at once: what a tree of tokens gives is what reading them one by one gives."""
import pytest
import torch

from course_lib import load_model
from course_lib.errors import CourseError
from course_lib.methods import LoRA, PromptTuning
from course_lib.preference.answers import FURTHER, all_answers, batch_of, drawn, tokens_of
from course_lib.preference.tokens import answer_log_probabilities

PROMPTS = ["The plot was dull.\nIn short:", "Everyone in our group agreed that the food was excellent.\nIn short:"]
ANSWERS = ["a flop", "you must try this", "bravo"]


@pytest.fixture(scope="module")
def small():
    return load_model("orchard-xs")


def moved(model):
    """A LoRA that changes something."""
    lora = LoRA(model, rank=2, seed=0)
    with torch.no_grad():
        for B in lora.B:
            B.normal_(std=0.1, generator=torch.Generator().manual_seed(0))
    return lora


def one_by_one(model, tokenizer, method=None):
    """(P, K) log probabilities, each answer read on its own."""
    found = torch.zeros(len(PROMPTS), len(ANSWERS))
    for p, prompt in enumerate(PROMPTS):
        for k, tail in enumerate(tokens_of(tokenizer, ANSWERS)):
            batch = batch_of(model, tokenizer, [prompt], [tail])
            labels = batch.pop("labels")
            with torch.no_grad():
                logits = model(**batch).logits if method is None else method_logits(model, method, batch)
            found[p, k] = answer_log_probabilities(logits, labels)[0].sum()
    return found


def method_logits(model, method, batch):
    with method.on(model):
        return method.logits(model, batch)


@pytest.mark.parametrize("tuned", [False, True])
def test_a_tree_of_answers_gives_what_reading_each_alone_gives(small, tuned):
    method = moved(small[0]) if tuned else None
    found, _ = all_answers(*small, PROMPTS, ANSWERS, method)
    torch.testing.assert_close(found, one_by_one(*small, method), rtol=1e-4, atol=1e-4)
    assert (found.exp().sum(1) < 1).all()


def test_the_states_are_those_at_the_full_stop(small):
    model, tokenizer = small
    _, states = all_answers(model, tokenizer, PROMPTS, ANSWERS)
    batch = batch_of(model, tokenizer, PROMPTS[:1], tokens_of(tokenizer, ANSWERS[1:2]))
    with torch.no_grad():
        alone = model(**{name: value for name, value in batch.items() if name != "labels"},
                      output_hidden_states=True).hidden_states[-1][0, -2]
    torch.testing.assert_close(states[0, 1], alone, rtol=1e-4, atol=1e-4)


def test_an_answer_ends_with_the_end_of_the_text_and_padding_is_another_token(small):
    _, tokenizer = small
    assert all(tail[-1] == tokenizer.eos_token_id != tokenizer.pad_token_id for tail in tokens_of(tokenizer, ANSWERS))


def test_drawn_answers_are_the_seeds_own_and_leave_the_random_state_alone(small):
    model, tokenizer = small
    before = torch.get_rng_state()
    one, again, other = (drawn(model, tokenizer, moved(model), PROMPTS * 4, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert torch.equal(before, torch.get_rng_state())
    assert all(0 < len(tail) <= FURTHER for tail in one)


@pytest.mark.parametrize("answers", [[], [""], ["bravo", "  "], ["bravo", None]])
def test_an_empty_answer_is_refused(small, answers):
    with pytest.raises(CourseError, match="at least a word"):
        tokens_of(small[1], answers)


def test_a_text_that_is_too_long_is_refused(small):
    model, tokenizer = small
    for ask in (lambda prompt: batch_of(model, tokenizer, [prompt], tokens_of(tokenizer, ["bravo"])),
                lambda prompt: all_answers(model, tokenizer, [prompt], ["bravo"])):
        with pytest.raises(CourseError, match="Shorten the prompt"):
            ask("good " * 2000)


def test_a_method_that_changes_what_is_read_is_refused(small):
    model, tokenizer = small
    with pytest.raises(CourseError, match="Take LoRA or full fine-tuning"):
        all_answers(model, tokenizer, PROMPTS, ANSWERS, PromptTuning(model, length=2))
