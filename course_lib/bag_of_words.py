"""The control that knows words and nothing else: which words occur in a text, and a weight for each.

Shapes: B texts, W words, N labels.
"""
import re

import torch
from torch.nn.functional import cross_entropy

DECAYS = (5e-4, 1.5e-3, 5e-3, 1.5e-2)


def words_of(text: str) -> set[str]:
    """The words of a text, in small letters."""
    return set(re.findall(r"\w+", text.lower()))


def occurrences(texts: list[str], words: list[str]) -> torch.Tensor:
    """(B, W): 1 where the word occurs in the text."""
    places, table = {word: place for place, word in enumerate(words)}, torch.zeros(len(texts), len(words))
    for row, text in enumerate(texts):
        table[row, [places[word] for word in words_of(text) if word in places]] = 1
    return table


def bag_of_words_accuracy(train, test, decay: float = 3e-3, steps: int = 100) -> float:
    """The share of `test` that a logistic regression on the words of `train` labels rightly."""
    words = sorted(set().union(*map(words_of, train["text"][:])))
    x, y = (occurrences(train["text"][:], words),                      # (B, W)
            torch.tensor(train["label"][:]))                           # (B,)
    weights = torch.zeros(len(words), len(train.features["label"].names),
                          requires_grad=True)                          # (W, N)
    optimizer = torch.optim.LBFGS([weights], max_iter=steps)

    def loss():
        optimizer.zero_grad()
        value = (cross_entropy(x @ weights, y)                         # (B, W) @ (W, N) -> (B, N)
                 + decay * weights.square().sum())
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    given = (occurrences(test["text"][:], words) @ weights).argmax(1)  # (B, N) -> (B,)
    return (given == torch.tensor(test["label"][:])).float().mean().item()


def best_bag_of_words(task, labels: int | None = None) -> float:
    """The accuracy on test, from the first rows of train, or all, with the decay that does best on validation."""
    train = task["train"].select(range(labels or len(task["train"])))
    best = max(DECAYS, key=lambda decay: bag_of_words_accuracy(train, task["validation"], decay))
    return bag_of_words_accuracy(train, task["test"], best)
