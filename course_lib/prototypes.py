"""Short prototypes of fine-tuning: enough to measure what a base model offers, no more.

A decoder is trained on the tokens of its answers, in full or with LoRA; an encoder in full, with a linear head.
Shapes: B rows, T tokens, d width, r rank, V vocabulary.
"""
import copy
from collections.abc import Callable, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn.functional import cross_entropy, linear

from course_lib.errors import unknown
from course_lib.prompting import score_choices

STEPS, ROWS = 200, 32


class LoRAPrototype(torch.nn.Module):
    """y + (alpha / r) x A^T B^T at the query and value projections (Hu et al. 2021, section 4.1)."""

    def __init__(self, model, rank: int = 4, alpha: float = 8, seed: int = 0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.linears = [m for name, m in model.named_modules() if name.endswith(("q_proj", "v_proj"))]
        self.scale = alpha / rank
        new = lambda *shape: torch.nn.Parameter(torch.randn(*shape, generator=generator) / shape[-1] ** 0.5)
        self.A = torch.nn.ParameterList(new(rank, m.in_features) for m in self.linears)
        zeros = lambda *shape: torch.nn.Parameter(torch.zeros(*shape))
        self.B = torch.nn.ParameterList(zeros(m.out_features, rank) for m in self.linears)

    @contextmanager
    def on(self):
        """The model's projections give the edited output inside the block, and nothing is left after it."""
        def edit(A, B):
            # (B, T, d) -> (B, T, r) -> (B, T, d)
            return lambda _, x, y: y + self.scale * linear(linear(x[0], A), B)

        hooks = [m.register_forward_hook(edit(A, B)) for m, A, B in zip(self.linears, self.A, self.B)]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def pad(sequences: list[list[int]], value: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded ids and their mask, both (B, T)."""
    longest = max(map(len, sequences))
    ids = torch.tensor([s + [value] * (longest - len(s)) for s in sequences])
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences])
    return ids, mask


def answer_losses(model, tokenizer, prompts: Sequence[str], answers: Sequence[str],
                  end: str = "\n") -> torch.Tensor:
    """The summed cross entropy of each answer (one space before it, `end` after it), in nats: (B,)."""
    heads = tokenizer(list(prompts))["input_ids"]
    tails = tokenizer([f" {answer}{end}" for answer in answers], add_special_tokens=False)["input_ids"]
    ids, mask = pad([h + t for h, t in zip(heads, tails)], tokenizer.pad_token_id)
    hidden = model.model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, d)
    row = torch.tensor([i for i, t in enumerate(tails) for _ in t])
    position = torch.tensor([len(h) - 1 + j for h, t in zip(heads, tails) for j in range(len(t))])
    logits = model.lm_head(hidden[row, position])                               # (answer tokens, V)
    losses = cross_entropy(logits, ids[row, position + 1], reduction="none")
    return torch.zeros(len(prompts)).index_add(0, row, losses)


def label_accuracy(model, tokenizer, rows) -> float:
    """The share of a task's rows whose right answer word is the most probable of all answer words."""
    scores = score_choices(model, tokenizer, rows["prompt"][:], rows.features["label"].names)
    return sum(row.index(max(row)) == label for row, label in zip(scores, rows["label"])) / len(rows)


def train(parameters, loss_of: Callable[[list[int]], torch.Tensor], n_rows: int, learning_rate: float,
          seed: int) -> None:
    """AdamW on `loss_of(row indices)` with a short warm-up and a linear decay; batches depend on the seed only."""
    optimizer = torch.optim.AdamW(parameters, learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / 20, (STEPS - s) / STEPS))
    rng = np.random.default_rng(seed)
    for _ in range(STEPS):
        loss = loss_of(rng.integers(0, n_rows, ROWS).tolist())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()


def tuned_accuracy(base, tokenizer, train_rows, parts, how: str, learning_rate: float, seed: int) -> list[float]:
    """Accuracy on each of `parts` after 200 steps on `train_rows`; `how`: "full" or "lora". The base is left alone."""
    if how not in ("full", "lora"):
        raise unknown("way to tune", how, ("full", "lora"))
    model, prompts, answers = copy.deepcopy(base), train_rows["prompt"][:], train_rows["answer"][:]

    def fit_and_score(parameters) -> list[float]:
        def loss_of(index):
            return answer_losses(model, tokenizer, [prompts[i] for i in index], [answers[i] for i in index]).mean()

        train(parameters, loss_of, len(prompts), learning_rate, seed)
        return [label_accuracy(model, tokenizer, rows) for rows in parts]

    if how == "full":
        return fit_and_score(list(model.parameters()))
    lora = LoRAPrototype(model.requires_grad_(False), seed=seed)
    with lora.on():
        return fit_and_score(list(lora.parameters()))


def tuned_encoder_accuracy(base, tokenizer, train_rows, parts, learning_rate: float, seed: int) -> list[float]:
    """The same for an encoder, tuned in full with a linear head on position 0."""
    model = copy.deepcopy(base)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        head = torch.nn.Linear(model.config.hidden_size, len(train_rows.features["label"].names))
    texts, labels = train_rows["text"][:], torch.tensor(train_rows["label"][:])

    def logits_of(part: list[str]) -> torch.Tensor:
        ids, mask = pad(tokenizer(part)["input_ids"], tokenizer.pad_token_id)
        return head(model(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0])  # (B, d) -> (B, labels)

    def loss_of(index):
        return cross_entropy(logits_of([texts[i] for i in index]), labels[index])

    train([*model.parameters(), *head.parameters()], loss_of, len(texts), learning_rate, seed)

    @torch.no_grad()
    def accuracy(rows) -> float:
        guesses = torch.cat([logits_of(rows["text"][i : i + 100]).argmax(1) for i in range(0, len(rows), 100)])
        return (guesses == torch.tensor(rows["label"][:])).float().mean().item()

    return [accuracy(rows) for rows in parts]
