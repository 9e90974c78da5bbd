"""How well a model predicts text. Shapes: B documents, T tokens, V vocabulary."""
import math
from collections.abc import Sequence

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from course_lib.errors import CourseError, whole_number
from course_lib.prompting.reading import check_model, encode, texts_of


def _ids(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Each document with an end token on both sides: the first starts it, the last must be predicted."""
    rows = encode(tokenizer, texts_of(texts, "Documents are a list of texts, at least one"))
    return [[tokenizer.eos_token_id, *ids, tokenizer.eos_token_id] for ids in rows]


@torch.no_grad()
def perplexity(model, tokenizer, texts: Sequence[str], batch: int = 50) -> float:
    """exp of the mean next-token cross entropy over all tokens of all documents (their ends included).

    Raises CourseError for what is no causal language model, no list of texts, or a text too long for the model.
    """
    check_model(model)
    total = count = 0
    documents, batch = _ids(tokenizer, texts), whole_number("batch", batch, 1)
    longest, limit = max(map(len, documents)), getattr(model.config, "max_position_embeddings", math.inf)
    if longest > limit:
        raise CourseError(f"A document has {longest} tokens with its two ends; this model reads at most {limit}. "
                          "Shorten or split it.")
    for start in range(0, len(documents), batch):
        part = [torch.tensor(ids) for ids in documents[start : start + batch]]
        ids = pad_sequence(part, batch_first=True).to(model.device)                                 # (B, T)
        mask = pad_sequence([torch.ones_like(p) for p in part], batch_first=True).to(model.device)  # (B, T)
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()                   # (B, T-1, V)
        real = mask[:, 1:].bool()
        total += cross_entropy(logits[real], ids[:, 1:][real], reduction="sum").item()
        count += int(real.sum())
    return float(torch.tensor(total / count).exp())


def unigram_perplexity(tokenizer, seen: Sequence[str], texts: Sequence[str]) -> float:
    """The control: every token predicted by how often it occurs in `seen` (add-one smoothed), by nothing else."""
    tokens = lambda documents: torch.tensor([i for ids in _ids(tokenizer, documents) for i in ids[1:]])
    counts = torch.ones(len(tokenizer)) + torch.bincount(tokens(seen), minlength=len(tokenizer))  # (V,)
    return float((-(counts / counts.sum()).log()[tokens(texts)]).mean().exp())
