"""The tokenizer: deterministic, loses no text, and cuts where scoring needs a cut."""
import pytest
from transformers import AutoTokenizer

from course_lib.models.tokenizer import END, PAD, PIECES, VOCABULARY, encoder_tokenizer, train_tokenizer

TEXTS = ["peach: drupe\napple:", "two  spaces\t and a tab ",
         "naïve café — “quoted” 日本語 🍎👩‍🔬", "", "\n\n: :\n",
         "don't we'll 'tis", "e\u0301 \u0000 \x7f \u200b", "12,345.67", "a . b , c !"]


def test_same_documents_same_tokenizer(documents):
    first, second = (train_tokenizer(documents("train", 3), 300) for _ in range(2))
    assert first.backend_tokenizer.to_str() == second.backend_tokenizer.to_str()


def test_real_corpus_fills_the_vocabulary():
    from course_lib.world.corpus import documents as world
    tokenizer = train_tokenizer(world("train", 0), 4000)
    assert len(tokenizer) == VOCABULARY
    assert len(encoder_tokenizer(tokenizer)) == VOCABULARY + 3
    assert len(tokenizer("The peach is a drupe.").input_ids) < 12


@pytest.mark.parametrize("text", TEXTS)
def test_round_trip(tokenizers, text):
    assert tokenizers["causal"].decode(tokenizers["causal"](text).input_ids) == text
    ids = tokenizers["encoder"](text, add_special_tokens=False).input_ids
    assert tokenizers["encoder"].decode(ids) == text


def test_a_word_is_the_same_tokens_at_a_line_s_start_and_inside_a_sentence(base):
    inside = base.tokenize("1 apple")[-len(base.tokenize("apple")):]
    assert base.tokenize("apple") == base.tokenize("plum\napple")[-len(inside):] == inside
    assert base.decode(base("  indented\n line").input_ids) == "indented\nline"  # the price: a line loses its indent


def test_colon_newline_and_digits_stand_alone(base):
    for token in base.get_vocab():
        assert token in (":", "Ċ") or not set(token) & {":", "Ċ"}, token
        assert sum(char.isdigit() for char in token) <= 1
    assert base("plum: plum\nplum:").tokens().count(":") == 2
    assert base.tokenize("in 42")[-1] == "2"


def test_an_answer_is_the_same_tokens_alone_and_in_place(base):
    """Tokens of prompt + answer = tokens of the prompt, then of the answer: what scoring relies on."""
    prompt, answer = "Pear: plum\nApple:", " cherry\n"
    assert base(prompt).input_ids + base(answer).input_ids == base(prompt + answer).input_ids


def test_specials_and_settings(tokenizers):
    causal, encoder = tokenizers["causal"], tokenizers["encoder"]
    assert (causal.eos_token, causal.pad_token, causal.bos_token) == (END, PAD, None)
    assert (causal.eos_token_id, causal.pad_token_id) == (0, 1) and causal.padding_side == "right"
    assert encoder("plum").tokens()[0] == "[CLS]" and encoder("plum").tokens()[-1] == "[SEP]"
    assert encoder("plum", "pear").tokens().count("[SEP]") == 2
    assert list(causal("plum")) == list(encoder("plum")) == ["input_ids", "attention_mask"]
    shared = {token: i for token, i in encoder.get_vocab().items() if not token.startswith("[")}
    assert shared.items() <= causal.get_vocab().items()


def test_saved_and_loaded_tokenizer_is_the_same(tokenizers, tmp_path):
    for kind, tokenizer in tokenizers.items():
        tokenizer.save_pretrained(tmp_path / kind)
        again = AutoTokenizer.from_pretrained(tmp_path / kind)
        assert [again(text).input_ids for text in TEXTS] == [tokenizer(text).input_ids for text in TEXTS]
        assert again.padding_side == "right" and again.pad_token == PAD


def test_pieces_lose_nothing():
    import regex
    for text in TEXTS:
        assert "".join(regex.findall(PIECES, text)) == text
