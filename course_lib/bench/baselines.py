"""What a trained model has to beat, or stands on: a bag of words, and a linear probe on frozen features.

Shapes: B rows, T tokens, d width.
"""
import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib.errors import unknown
from course_lib.prototypes import pad

WHERE = ("last", "first", "mean")


def best_of(fits: list, validation_x, validation_y, test_x, test_y) -> float:
    """Accuracy on test of the fit that does best on validation."""
    return max(fits, key=lambda fit: fit.score(validation_x, validation_y)).score(test_x, test_y)


def bag_of_words_accuracy(train_rows, validation_rows, test_rows) -> float:
    """Which words occur, and nothing else: a logistic regression on word counts, chosen on validation."""
    (train_x, train_y), *others = ((part["text"][:], part["label"][:])
                                   for part in (train_rows, validation_rows, test_rows))
    fits = [make_pipeline(CountVectorizer(), LogisticRegression(C=c, max_iter=2000)).fit(train_x, train_y)
            for c in (0.03, 0.1, 0.3, 1.0)]
    return best_of(fits, *others[0], *others[1])


def probe_accuracy(train_x, train_y, validation_x, validation_y, test_x, test_y) -> float:
    """A logistic regression on features (rows, d), its strength chosen on validation; accuracy on test."""
    fits = [make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)).fit(train_x, train_y)
            for c in (0.001, 0.01, 0.1, 1.0)]
    return best_of(fits, validation_x, validation_y, test_x, test_y)


@torch.no_grad()
def features(model, tokenizer, texts: list[str], where: str, batch: int = 100) -> np.ndarray:
    """The last hidden state of each text, (rows, d); `where`: "last" position, position "first", or the "mean"."""
    if where not in WHERE:
        raise unknown("place to read", where, WHERE)
    parts = []
    for start in range(0, len(texts), batch):
        ids, mask = pad(tokenizer(texts[start : start + batch])["input_ids"], tokenizer.pad_token_id)
        body = model.model if hasattr(model, "lm_head") else model
        hidden = body(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, d)
        if where == "last":
            parts.append(hidden[torch.arange(len(ids)), mask.sum(1) - 1])    # (B, T, d) -> (B, d)
        elif where == "first":
            parts.append(hidden[:, 0])
        else:
            parts.append((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))
    return torch.cat(parts).numpy()
