"""What a trained model stands on: a linear probe on frozen features.

Shapes: B rows, T tokens, d width.
"""
from collections.abc import Sequence

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib.errors import unknown

WHERE = ("last", "first", "mean")
Part = tuple[Sequence, Sequence[int]]  # (features, labels) of one split


def best_of(fits: list, validation: Part, test: Part) -> tuple[float, float]:
    """Accuracy on validation and on test, of the fit that does best on validation."""
    best = max(fits, key=lambda fit: fit.score(*validation))
    return best.score(*validation), best.score(*test)


def probe_accuracy(train: Part, validation: Part, test: Part) -> tuple[float, float]:
    """A logistic regression on features (rows, d), its strength chosen on validation.

    Gives accuracy on validation and on test.
    """
    fits = [make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)).fit(*train)
            for c in (0.001, 0.01, 0.1, 1.0)]
    return best_of(fits, validation, test)


@torch.no_grad()
def features(model, tokenizer, texts: list[str], where: str, batch: int = 100) -> np.ndarray:
    """The last hidden state of each text, (rows, d); `where`: "last" position, position "first", or the "mean"."""
    if where not in WHERE:
        raise unknown("place to read", where, WHERE)
    parts = []
    for start in range(0, len(texts), batch):
        read = tokenizer(texts[start : start + batch], padding=True, padding_side="right", return_tensors="pt")
        ids, mask = read["input_ids"], read["attention_mask"]                # (B, T)
        hidden = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, d)
        if where == "last":
            parts.append(hidden[torch.arange(len(ids)), mask.sum(1) - 1])    # (B, T, d) -> (B, d)
        elif where == "first":
            parts.append(hidden[:, 0])
        else:
            parts.append((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))
    return torch.cat(parts).numpy()
