"""What counts as the same question, letter by letter and nearly so; and what nearly so gets wrong."""
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.offline.matching import exact, near_letters, near_meaning, plain, same_words, states
from course_lib.offline.shapes import compared, next_logits

KNOWN = ["What is the capital of France?", "What is the opposite of hot?", "Which word is the reverse of cold?"]


@pytest.mark.parametrize("typed, words", [
    ("  What is\tthe CAPITAL of France ", "what is the capital of france"), ("", ""), ("?!", ""),
    ("Größe, STRASSE und Straße", "grösse strasse und strasse"), ("twenty-one", "twenty one"),
    ("ＡＢＣ 1.5", "abc 1 5")])
def test_the_words_alone(typed, words):
    assert plain(typed) == words == plain(plain(typed))


def test_each_way_lets_in_more_and_the_nearest_is_taken():
    queries = [KNOWN[0], "what is the capital of france", "What is the captial of France?",
               "What is the capital of Greece?", "Who won?"]
    assert exact(KNOWN, queries) == [KNOWN[0], *[None] * 4]
    assert same_words(KNOWN, queries) == [KNOWN[0], KNOWN[0], None, None, None]
    assert near_letters(KNOWN, queries) == [KNOWN[0]] * 3 + [None] * 2
    assert near_letters(KNOWN, queries, 0.8) == [KNOWN[0]] * 4 + [None]              # another country's: a false hit
    assert near_letters(KNOWN, ["What is the opposite of cold?"], 0.8) == [KNOWN[1]]   # and the opposite's


def test_of_two_entries_with_the_same_words_the_first_is_taken():
    assert same_words(["A b?", "a b"], ["A B"]) == near_letters(["A b?", "a b"], ["A B"]) == ["A b?"]


@pytest.mark.parametrize("way", [exact, same_words, near_letters])
def test_nothing_to_match_with_or_to_match(way):
    assert way([], ["a"]) == [None] and way(["a"], []) == []


def test_hidden_states_are_those_of_each_text_alone(small):
    model, tokenizer = small
    texts = [*KNOWN, "fig"]
    for text, state in zip(texts, states(model, tokenizer, texts)):
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.no_grad():
            torch.testing.assert_close(state, model.base_model(ids).last_hidden_state[0].mean(0), rtol=1e-4, atol=1e-5)
    found = near_meaning(KNOWN, [KNOWN[1], "fig"], model, tokenizer, 0.999)
    assert found == [KNOWN[1], None]
    assert near_meaning([], ["fig"], model, tokenizer) == [None] and near_meaning(KNOWN, [], model, tokenizer) == []


def test_in_one_shape_the_others_of_a_batch_change_nothing_but_digits(small):
    model, tokenizer = small
    texts = [*KNOWN, "fig", "the pear that fell"]
    whole = next_logits(model, tokenizer, texts, batch=1)
    assert whole.shape == (5, model.config.vocab_size)
    for batch, length in ((2, None), (2, 24), (4, 24), (8, 40)):
        turned, apart = compared(whole, next_logits(model, tokenizer, texts, batch, length))
        assert turned == 0 and apart < 1e-4
    back = next_logits(model, tokenizer, texts[::-1], 4, 24).flip(0)
    assert compared(next_logits(model, tokenizer, texts, 4, 24), back)[1] < 1e-4
    with pytest.raises(CourseError, match="length is 2. Give a length"):
        next_logits(model, tokenizer, texts, 2, 2)


def test_compared_counts_another_likeliest_token():
    first, second = torch.tensor([[1.0, 2.0], [3.0, 1.0]]), torch.tensor([[1.0, 2.5], [1.0, 3.0]])
    assert compared(first, second) == (1, 2.0) and compared(first, first) == (0, 0.0)
