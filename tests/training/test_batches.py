"""Batches by hand, and the loss of a batch against arithmetic and against transformers."""
import math

import pytest
import torch

from course_lib.methods import LoRA
from course_lib.training.batches import IGNORED, Batches, loss_of
from tests.closeness import NET, assert_near
from tests.training.small import dataset, pair_of

ROWS = dataset([("the film was good", "positive"), ("it was bad", "negative")], "{text}\nlabel:",
               ("negative", "positive"))
PAD = "<|pad|>"


def words(tokenizer, ids) -> list[str]:
    """The tokens as they are written; ␣ is the space before a word, ↵ a newline."""
    return [token.replace("Ġ", "␣").replace("Ċ", "↵") for token in tokenizer.convert_ids_to_tokens(ids.tolist())]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_a_decoder_reads_prompt_and_answer_with_its_end_at_the_last_place(kind):
    model, tokenizer = pair_of(kind)
    batch = Batches(model, tokenizer, ROWS, LoRA(model)).batch([0, 1])
    assert set(batch) == {"input_ids", "attention_mask", "labels", "logits_to_keep", "use_cache"}
    assert words(tokenizer, batch["input_ids"][0]) == "␣the ␣film ␣was ␣good ↵ ␣label : ␣positive ↵".split()
    assert words(tokenizer, batch["input_ids"][1]) == f"{PAD} ␣it ␣was ␣bad ↵ ␣label : ␣negative ↵".split()
    assert batch["attention_mask"].tolist() == [[1] * 9, [0] + [1] * 8]
    assert batch["labels"][:, :-2].unique().tolist() == [IGNORED] == [-100]
    assert [words(tokenizer, row) for row in batch["labels"][:, -2:]] == [["␣positive", "↵"], ["␣negative", "↵"]]
    assert batch["logits_to_keep"] == 3 and batch["use_cache"] is False  # the two before the answer's, and the last


def test_answers_of_different_lengths_all_end_at_the_last_place(small):
    model, tokenizer = small
    rows = dataset([("what is plum", "stone fruit"), ("what is a pear", "pome"), ("it", "pear")], "{text}:")
    data = Batches(model, tokenizer, rows, LoRA(model))
    batch = data.batch([2, 0, 1])
    assert len(data) == 3 and data.longest == 0
    assert words(tokenizer, batch["input_ids"][0]) == [PAD] * 3 + "␣it : ␣pear ↵".split()
    assert [words(tokenizer, row[row != IGNORED]) for row in batch["labels"]] == [
        ["␣pear", "↵"], ["␣stone", "␣fruit", "↵"], ["␣pome", "↵"]]
    assert (batch["labels"] != IGNORED).int().tolist() == [[0] * 5 + [1] * 2, [0] * 4 + [1] * 3, [0] * 5 + [1] * 2]
    assert batch["logits_to_keep"] == 4
    assert data.batch([1, 2])["logits_to_keep"] == 3


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_an_encoder_reads_the_text_and_is_padded_on_the_right(kind):
    model, tokenizer = pair_of(kind)
    batch = Batches(model, tokenizer, ROWS, LoRA(model, num_labels=2)).batch([1, 0])
    assert set(batch) == {"input_ids", "attention_mask", "labels"}
    assert words(tokenizer, batch["input_ids"][0]) == f"[CLS] ␣it ␣was ␣bad [SEP] {PAD}".split()
    assert words(tokenizer, batch["input_ids"][1]) == "[CLS] ␣the ␣film ␣was ␣good [SEP]".split()
    assert batch["attention_mask"].tolist() == [[1] * 5 + [0], [1] * 6]
    assert batch["labels"].tolist() == [0, 1]


def test_a_decoder_with_a_head_reads_the_prompt_alone(small):
    model, tokenizer = small
    batch = Batches(model, tokenizer, ROWS, LoRA(model, num_labels=2)).batch([0, 1])
    assert set(batch) == {"input_ids", "attention_mask", "labels", "use_cache"}
    assert words(tokenizer, batch["input_ids"][1]) == f"{PAD} ␣it ␣was ␣bad ↵ ␣label :".split()
    assert batch["labels"].tolist() == [1, 0]


def test_other_rows_have_another_fingerprint(small):
    model, tokenizer = small
    other_text = dataset([("the film was good", "positive"), ("it was sad", "negative")], "{text}\nlabel:",
                         ("negative", "positive"))
    other_label = dataset([("the film was good", "positive"), ("it was bad", "positive")], "{text}\nlabel:",
                          ("negative", "positive"))
    for method in (LoRA(model), LoRA(model, num_labels=2)):
        prints = [Batches(model, tokenizer, rows, method).fingerprint() for rows in (ROWS, other_text, other_label)]
        assert len(set(prints)) == 3 and prints[0] == Batches(model, tokenizer, ROWS, method).fingerprint()


def test_the_loss_of_tokens_by_hand():
    """Four places, the last two are the answer: 1, then 0. Kept are the logits of the last three places.

    The first kept one predicts the 1: odds of 3 to 1 for it, so -ln 3/4. The second predicts the 0, at even odds:
    -ln 1/2. The last predicts what comes after the answer, and counts for nothing. Mean: (ln 4/3 + ln 2) / 2.
    """
    labels = torch.tensor([[IGNORED, IGNORED, 1, 0]])
    logits = torch.tensor([[[0.0, math.log(3)], [0.0, 0.0], [9.0, -9.0]]])                   # (B, K, V)
    wanted = (math.log(4 / 3) + math.log(2)) / 2
    assert_near(loss_of(logits, labels), wanted, terms=2)
    all_places = torch.cat([torch.full((1, 1, 2), 5.0), logits], dim=1)                      # (B, T, V)
    assert_near(loss_of(all_places, labels), wanted, terms=2)


def test_a_row_with_a_longer_answer_counts_for_more():
    """Rows of one and of two tokens, at -ln 1/2, -ln 1/4 and -ln 1/4: the mean over tokens is (1 + 2 + 2) ln 2 / 3."""
    labels = torch.tensor([[IGNORED, IGNORED, 0], [IGNORED, 0, 0]])
    even, quarter = [0.0, 0.0, -99.0, -99.0], [0.0, 0.0, 0.0, 0.0]
    logits = torch.tensor([[[7.0, 0, 0, 0], even, [0, 9.0, 0, 0]], [quarter, quarter, [0, 9.0, 0, 0]]])
    assert_near(loss_of(logits, labels), 5 / 3 * math.log(2), terms=4)


def test_the_loss_of_classes_by_hand():
    """Odds of 3 to 1 for the right class, then even ones: (-ln 3/4 - ln 1/2) / 2."""
    logits = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]])                                  # (B, N)
    wanted = (math.log(4 / 3) + math.log(2)) / 2
    assert_near(loss_of(logits, torch.tensor([1, 0])), wanted, terms=2)


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_the_loss_is_that_of_transformers_for_the_same_labels(kind):
    model, tokenizer = pair_of(kind)
    lora = LoRA(model)
    batch = Batches(model, tokenizer, ROWS, lora).batch([0, 1])
    with lora.on(model), torch.no_grad():
        ours = loss_of(lora.logits(model, batch), batch["labels"])
        inputs = lora.prepare({name: value for name, value in batch.items() if name != "logits_to_keep"})
        theirs = model(**inputs).loss  # of all places: the labels are in `inputs`
    assert_near(ours, theirs, **NET)
