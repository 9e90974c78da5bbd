"""Three short prototypes, enough to measure what a base model offers: full fine-tuning, LoRA, a linear probe.

Shapes: B rows, T tokens, d width, V vocabulary, r rank.
"""
import copy
from contextlib import contextmanager

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.nn.functional import cross_entropy, linear

STEPS, ROWS = 200, 32


class LoRAPrototype(torch.nn.Module):
    """y + (alpha / r) x A^T B^T at the query and value projections (Hu et al. 2021, section 4.1)."""

    def __init__(self, model, rank=4, alpha=8, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.linears = [m for name, m in model.named_modules() if name.endswith(("q_proj", "v_proj"))]
        self.scale = alpha / rank
        new = lambda *shape: torch.nn.Parameter(torch.randn(*shape, generator=generator) / shape[-1] ** 0.5)
        self.A = torch.nn.ParameterList(new(rank, m.in_features) for m in self.linears)
        self.B = torch.nn.ParameterList(torch.nn.Parameter(torch.zeros(m.out_features, rank)) for m in self.linears)

    @contextmanager
    def on(self):
        def edit(A, B):
            return lambda _, x, y: y + self.scale * linear(linear(x[0], A), B)  # (B, T, d) -> (B, T, r) -> (B, T, d)

        hooks = [m.register_forward_hook(edit(A, B)) for m, A, B in zip(self.linears, self.A, self.B)]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def __deepcopy__(self, memo):
        raise TypeError("A LoRA belongs to one model; build a new one instead of copying it.")


def pad(sequences: list[list[int]], value: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded ids and their mask, both (B, T)."""
    longest = max(map(len, sequences))
    ids = torch.tensor([s + [value] * (longest - len(s)) for s in sequences])
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences])
    return ids, mask


def answer_losses(model, tokenizer, prompts: list[str], answers: list[str], end: str = "\n") -> torch.Tensor:
    """The summed cross entropy of each answer (one space before it, `end` after it): (B,), in nats."""
    heads = tokenizer(prompts)["input_ids"]
    tails = tokenizer([f" {answer}{end}" for answer in answers], add_special_tokens=False)["input_ids"]
    ids, mask = pad([h + t for h, t in zip(heads, tails)], tokenizer.pad_token_id)
    hidden = model.model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, d)
    row = torch.tensor([i for i, t in enumerate(tails) for _ in t])
    position = torch.tensor([len(h) - 1 + j for h, t in zip(heads, tails) for j in range(len(t))])
    logits = model.lm_head(hidden[row, position])  # (answer tokens, V)
    losses = cross_entropy(logits, ids[row, position + 1], reduction="none")
    return torch.zeros(len(prompts)).index_add(0, row, losses)


@torch.no_grad()
def label_accuracy(model, tokenizer, rows, names: list[str], batch=100) -> float:
    """The share of rows whose right answer word is the most probable of all answer words."""
    right = 0
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        losses = torch.stack([answer_losses(model, tokenizer, part["prompt"], [name] * len(part["prompt"])) for name in names])
        right += (losses.argmin(0) == torch.tensor(part["label"])).sum().item()  # (names, B) -> (B,)
    return right / len(rows)


def train(parameters, loss_of, n_rows: int, learning_rate: float, seed: int, steps=STEPS, rows=ROWS) -> None:
    """AdamW on `loss_of(row indices)` with a short warm-up and a linear decay; batches depend on the seed only."""
    optimizer = torch.optim.AdamW(parameters, learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / 20, (steps - s) / steps))
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        loss = loss_of(rng.integers(0, n_rows, rows).tolist())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()


def tuned_accuracy(base, tokenizer, train_rows, test_rows, how: str, learning_rate: float, seed: int) -> float:
    """Accuracy on `test_rows` after 200 steps on `train_rows`; `how` is "full" or "lora". The base keeps its weights."""
    prompts, answers = train_rows["prompt"][:], train_rows["answer"][:]
    names = train_rows.features["label"].names

    def fit_and_score(model, parameters):
        loss_of = lambda index: answer_losses(
            model, tokenizer, [prompts[i] for i in index], [answers[i] for i in index]
        ).mean()
        train(parameters, loss_of, len(prompts), learning_rate, seed)
        return label_accuracy(model, tokenizer, test_rows, names)

    if how == "full":
        model = copy.deepcopy(base)
        return fit_and_score(model, list(model.parameters()))
    lora = LoRAPrototype(base, seed=seed)
    with lora.on():
        return fit_and_score(base.requires_grad_(False), list(lora.parameters()))


@torch.no_grad()
def features(model, tokenizer, texts: list[str], where: str, batch=100) -> np.ndarray:
    """The last hidden state of each text, (rows, d); `where`: "last" position, position "first", or the "mean"."""
    parts = []
    for start in range(0, len(texts), batch):
        ids, mask = pad(tokenizer(texts[start : start + batch])["input_ids"], tokenizer.pad_token_id)
        body = model.model if hasattr(model, "lm_head") else model
        hidden = body(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, d)
        if where == "last":
            parts.append(hidden[torch.arange(len(ids)), mask.sum(1) - 1])
        elif where == "first":
            parts.append(hidden[:, 0])
        else:
            parts.append((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))
    return torch.cat(parts).numpy()


def probe_accuracy(train_x, train_y, validation_x, validation_y, test_x, test_y) -> float:
    """A logistic regression on features, its strength chosen on validation; accuracy on test."""
    fits = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)).fit(train_x, train_y)
        for c in (0.001, 0.01, 0.1, 1.0)
    ]
    return max(fits, key=lambda fit: fit.score(validation_x, validation_y)).score(test_x, test_y)


def bag_of_words_accuracy(train_rows, validation_rows, test_rows) -> float:
    """Which words occur, and nothing else: a logistic regression on word counts."""
    fits = [
        make_pipeline(CountVectorizer(), LogisticRegression(C=c, max_iter=2000)).fit(train_rows["text"][:], train_rows["label"][:])
        for c in (0.03, 0.1, 0.3, 1.0)
    ]
    best = max(fits, key=lambda fit: fit.score(validation_rows["text"][:], validation_rows["label"][:]))
    return best.score(test_rows["text"][:], test_rows["label"][:])


def tuned_encoder_accuracy(base, tokenizer, train_rows, test_rows, learning_rate: float, seed: int) -> float:
    """Full fine-tuning of an encoder with a linear head on position 0."""
    model = copy.deepcopy(base)
    torch.manual_seed(seed)
    head = torch.nn.Linear(model.config.hidden_size, len(train_rows.features["label"].names))
    texts, labels = train_rows["text"][:], torch.tensor(train_rows["label"][:])

    def logits_of(part):
        ids, mask = pad(tokenizer(part)["input_ids"], tokenizer.pad_token_id)
        return head(model(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0])  # (B, d) -> (B, labels)

    loss_of = lambda index: cross_entropy(logits_of([texts[i] for i in index]), labels[index])
    train([*model.parameters(), *head.parameters()], loss_of, len(texts), learning_rate, seed)
    with torch.no_grad():
        test = test_rows["text"][:]
        guesses = torch.cat([logits_of(test[i : i + 100]).argmax(1) for i in range(0, len(test), 100)])
    return (guesses == torch.tensor(test_rows["label"][:])).float().mean().item()
