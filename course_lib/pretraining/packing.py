"""From documents to batches of token ids.

Every row starts at a document's start; documents are separated by the end token; a row is cut at its length and
the rest of its last document is dropped. So there is no padding and every position is trained on. What batch i
holds depends on the seed and on i alone: a run that was stopped goes on with exactly the text that it would have
read.

Shapes: B rows, T tokens, M masked positions in a row.
"""
from collections.abc import Callable, Iterator

import torch

Documents = Callable[[str, int], Iterator[str]]   # (split, seed) -> an endless stream of documents
CHUNK = 256                                       # documents tokenised at once
MASKED_SHARE = 0.2
SHORT = 32                                        # tokens in a short row
STREAMS = 10_000_000                              # more batches than any run has: seeds never share a stream


def pack(documents: Iterator[str], tokenizer, rows: int, length: int) -> torch.Tensor:
    """(rows, length) ids. Causal: `doc end doc end …`; encoder: `[CLS] doc [SEP] doc [SEP] …`."""
    start = [] if tokenizer.cls_token_id is None else [tokenizer.cls_token_id]
    end = tokenizer.eos_token_id if tokenizer.sep_token_id is None else tokenizer.sep_token_id
    bpe = tokenizer.backend_tokenizer
    packed, row = [], list(start)
    while True:
        chunk = [next(documents) for _ in range(min(CHUNK, 1 + (rows - len(packed)) * length // 64))]
        for encoding in bpe.encode_batch(chunk, add_special_tokens=False):
            row += encoding.ids
            row.append(end)
            if len(row) >= length:
                packed.append(row[:length])
                if len(packed) == rows:
                    return torch.tensor(packed)
                row = list(start)


def mask_tokens(ids: torch.Tensor, tokenizer, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Masked-language modelling as in BERT (Devlin et al. 2019, section 3.1): (inputs, positions, answers).

    In each row 20 % of the positions are chosen (BERT: 15), the same number in each; of these 80 % become
    [MASK], 10 % a random token, and 10 % stay. `[CLS]` is never chosen.
    inputs (B, T), positions (B, M), answers (B, M).
    """
    rng = torch.Generator().manual_seed(seed)
    chance = torch.rand(ids.shape, generator=rng)
    chance[ids == tokenizer.cls_token_id] = -1.0
    positions = chance.topk(max(1, round(MASKED_SHARE * ids.shape[1])), dim=1).indices          # (B, M)
    answers = ids.gather(1, positions)                                                          # (B, M)
    kind = torch.rand(positions.shape, generator=rng)
    # the byte pairs lie between the end and the padding (0, 1) and the encoder's own special tokens
    noise = torch.randint(2, tokenizer.cls_token_id, positions.shape, generator=rng)            # (B, M)
    seen = torch.where(kind < 0.8, tokenizer.mask_token_id, torch.where(kind < 0.9, noise, answers))
    return ids.scatter(1, positions, seen), positions, answers


class Batches(torch.utils.data.Dataset):
    """`batches[i]` is batch i of a run: `(ids,)`, or `(inputs, positions, answers)` for an encoder.

    The first `short` batches hold the same number of tokens in rows of 32.
    """

    def __init__(self, documents: Documents, tokenizer, split: str, seed: int, rows: int, length: int,
                 count: int, short: int = 0):
        self.documents, self.tokenizer, self.split, self.seed = documents, tokenizer, split, seed
        self.rows, self.length, self.count, self.short = rows, length, count, short

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, i: int) -> tuple[torch.Tensor, ...]:
        if not 0 <= i < self.count:
            raise IndexError(f"batch {i} of {self.count}")      # so that a loop over the batches ends
        stream, rows, length = self.seed * STREAMS + i, self.rows, self.length
        if i < self.short:
            rows, length = rows * length // SHORT, SHORT
        ids = pack(self.documents(self.split, stream), self.tokenizer, rows, length)             # (B, T)
        return (ids,) if self.tokenizer.mask_token_id is None else mask_tokens(ids, self.tokenizer, stream)
