"""Rows: each starts at a document's start, none is padded, and batch i depends on the seed and i alone."""
import torch

from course_lib.pretraining.packing import MASKED_SHARE, Batches, mask_tokens, pack


def test_rows_are_documents_in_order(documents, base):
    ids = pack(documents("train", 5), base, rows=6, length=40)
    assert ids.shape == (6, 40) and base.pad_token_id not in ids
    stream = documents("train", 5)
    for row in ids.tolist():
        expected: list[int] = []
        while len(expected) < 40:
            expected += base(next(stream)).input_ids + [base.eos_token_id]
        assert row == expected[:40]


def test_an_encoder_row_begins_with_cls_and_separates_with_sep(documents, tokenizers):
    tokenizer = tokenizers["encoder"]
    ids = pack(documents("train", 5), tokenizer, rows=3, length=64)
    assert (ids[:, 0] == tokenizer.cls_token_id).all()
    assert (ids == tokenizer.cls_token_id).sum() == 3 and (ids == tokenizer.sep_token_id).any(1).all()


def test_a_batch_depends_on_seed_and_index_alone(documents, tokenizers, recipe):
    def batches(split, seed):
        return Batches(documents, tokenizers[recipe.kind], split, seed, 4, 24, 5)

    straight = [batch for batch in batches("train", 0)]
    assert len(straight) == 5
    for i in (3, 0, 4):
        assert all(torch.equal(a, b) for a, b in zip(batches("train", 0)[i], straight[i], strict=True))
    assert not torch.equal(straight[0][0], straight[1][0])
    assert not torch.equal(batches("train", 1)[0][0], straight[0][0])
    assert not torch.equal(batches("validation", 0)[0][0], straight[0][0])


def test_masking(documents, tokenizers):
    tokenizer = tokenizers["encoder"]
    ids = pack(documents("train", 5), tokenizer, rows=64, length=128)
    inputs, positions, answers = mask_tokens(ids, tokenizer, seed=1)
    assert positions.shape == answers.shape == (64, round(MASKED_SHARE * 128))
    assert torch.equal(ids.gather(1, positions), answers) and (positions > 0).all()
    chosen = torch.zeros_like(ids).scatter(1, positions, 1).bool()
    assert torch.equal(inputs[~chosen], ids[~chosen])
    seen = inputs.gather(1, positions)
    masked = (seen == tokenizer.mask_token_id).float().mean()
    kept = (seen == answers).float().mean()
    assert abs(masked - 0.8) < 0.04 and abs(kept - 0.1) < 0.04
    assert not torch.equal(mask_tokens(ids, tokenizer, seed=2)[1], positions)


def test_short_rows_come_first_and_hold_as_many_tokens(documents, tokenizers):
    tokenizer = tokenizers["encoder"]
    batches = Batches(documents, tokenizer, "train", 0, 4, 64, 3, short=2)
    assert [tuple(batch[0].shape) for batch in batches] == [(8, 32), (8, 32), (4, 64)]
