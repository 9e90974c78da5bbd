"""What pretraining does in one step: a loss, a learning rate, AdamW. Nothing here writes a file.

Shapes: B rows, T tokens, M masked positions, d width, V vocabulary.
"""
import math
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
from torch.nn import functional as F

from course_lib.models.configs import Recipe
from course_lib.threads import threads_for

Batch = tuple[torch.Tensor, ...]     # what a loss takes after the model


def next_token_loss(model, ids: torch.Tensor) -> torch.Tensor:
    """Mean over all positions of -log p(next token | tokens so far), in nats. ids (B, T)."""
    logits = model(input_ids=ids, use_cache=False).logits                                # (B, T, V)
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def masked_token_loss(model, inputs: torch.Tensor, positions: torch.Tensor,
                      answers: torch.Tensor) -> torch.Tensor:
    """Mean over the masked positions of -log p(token | the masked text); the head runs at these alone."""
    hidden = model.distilbert(input_ids=inputs).last_hidden_state                        # (B, T, d)
    at_masks = hidden.gather(1, positions[..., None].expand(-1, -1, hidden.shape[-1]))   # (B, M, d)
    logits = model.vocab_projector(model.vocab_layer_norm(model.activation(model.vocab_transform(at_masks))))
    return F.cross_entropy(logits.flatten(0, 1), answers.flatten())                      # (B·M, V)


LOSSES: dict[str, Callable] = {"causal": next_token_loss, "encoder": masked_token_loss}


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up to the peak, then half a cosine down to a tenth of it. `step` counts from 0."""
    warm_up = min(recipe.warm_up, recipe.decay_steps // 10)
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up
    done = (step - warm_up) / max(1, recipe.decay_steps - 1 - warm_up)
    return recipe.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, done))))


def make_optimizer(model, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with weight decay on matrices and none on norms and biases."""
    parameters = list(model.parameters())
    groups = [{"params": [p for p in parameters if p.ndim >= 2], "weight_decay": recipe.weight_decay},
              {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=recipe.learning_rate,
                             betas=(0.9, 0.95), fused=True)


class Step(NamedTuple):
    """What `train_steps` reports of each step."""
    number: int          # steps taken so far
    loss: torch.Tensor   # of the batch, before the step; a number on the model's device
    learning_rate: float


def train_steps(model, recipe: Recipe, batches: Iterable[Batch], optimizer: torch.optim.AdamW,
                start: int = 0, loss_function: Callable | None = None) -> Iterator[Step]:
    """Take one step for each batch and report it; `start` steps were taken before. Stop iterating to stop."""
    loss_function = loss_function or LOSSES[recipe.kind]
    model.train()
    for number, batch in enumerate(batches, start):
        rate = learning_rate(recipe, number)
        for group in optimizer.param_groups:
            group["lr"] = rate
        with threads_for(model, batch[0].numel()):
            loss = loss_function(model, *(part.to(model.device) for part in batch))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        yield Step(number + 1, loss.detach(), rate)


@torch.no_grad()
def mean_loss(model, recipe: Recipe, batches: Iterable[Batch]) -> float:
    """The loss over batches of equal size, in evaluation mode; the model's mode is put back."""
    was_training = model.training
    model.eval()
    loss_function = LOSSES[recipe.kind]
    losses = [loss_function(model, *(part.to(model.device) for part in batch)).item() for batch in batches]
    model.train(was_training)
    return sum(losses) / len(losses)


def compiled(recipe: Recipe, model, batch: Batch) -> Callable:
    """The loss as a compiled function, tried out on one batch (about a minute); raises where that fails."""
    loss_function = torch.compile(LOSSES[recipe.kind])
    loss_function(model, *(part.to(model.device) for part in batch)).backward()
    model.zero_grad(set_to_none=True)
    return loss_function
