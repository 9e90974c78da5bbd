"""How well a model predicts text. Shapes: B documents, T tokens, V vocabulary."""
from collections.abc import Sequence

import torch
from torch.nn.functional import cross_entropy


def _ids(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Each document with an end token on both sides: the first starts it, the last must be predicted."""
    end = tokenizer.eos_token_id
    return [[end, *ids, end] for ids in tokenizer(list(texts))["input_ids"]]


@torch.no_grad()
def perplexity(model, tokenizer, texts: Sequence[str], batch: int = 50) -> float:
    """exp of the mean next-token cross entropy over all tokens of all documents (their ends included)."""
    total = count = 0
    documents = _ids(tokenizer, texts)
    for start in range(0, len(documents), batch):
        part = [torch.tensor(ids) for ids in documents[start : start + batch]]
        ids = torch.nn.utils.rnn.pad_sequence(part, batch_first=True, padding_value=tokenizer.pad_token_id)  # (B, T)
        mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(p) for p in part], batch_first=True)         # (B, T)
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]                                    # (B, T-1, V)
        real = mask[:, 1:].bool()
        total += cross_entropy(logits[real], ids[:, 1:][real], reduction="sum").item()
        count += int(real.sum())
    return float(torch.tensor(total / count).exp())


def unigram_perplexity(tokenizer, seen: Sequence[str], texts: Sequence[str]) -> float:
    """The control: every token predicted by how often it occurs in `seen` (add-one smoothed), whatever came before."""
    tokens = lambda documents: torch.tensor([i for ids in _ids(tokenizer, documents) for i in ids[1:]])
    counts = torch.ones(len(tokenizer)) + torch.bincount(tokens(seen), minlength=len(tokenizer))  # (V,)
    return float((-(counts / counts.sum()).log()[tokens(texts)]).mean().exp())
