"""One training step: what it changes; and what all steps of the base's pretraining took."""
import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib.cost import cost, eager_attention
from course_lib.methods import FullFineTuning
from course_lib.models.card import BUNDLED, read_card
from course_lib.training.batches import Batches, loss_of
from course_lib.world import load_task

RATE = 3e-4          # what moves does not depend on it
ADAMW = 4            # weights, gradients and two numbers for each: what pretraining keeps, in sizes of the weights


def untied_copy(model):
    """The same model, with a matrix of its own for the output."""
    model = copy.deepcopy(model)
    model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())
    return model


def moved_by_one_step(model, tokenizer, rows, decay: float) -> float:
    """The share of all scalars that one step of AdamW on these rows, with this weight decay, leaves changed."""
    method = FullFineTuning(model)
    batch = Batches(model, tokenizer, rows, method).batch(list(range(len(rows))))
    optimizer = torch.optim.AdamW(method.parameters(), lr=RATE, weight_decay=decay)
    before = [parameter.detach().clone() for parameter in method.parameters()]
    with method.on(model):
        loss_of(method.logits(model, batch), batch["labels"]).backward()
    optimizer.step()
    moved = sum((old != new).sum().item() for old, new in zip(before, method.parameters()))
    return moved / sum(parameter.numel() for parameter in before)


def pretraining_operations(model) -> float:
    """The operations of the base's pretraining: one row of its length counted, times the rows that it read."""
    card = read_card(BUNDLED / "orchard-s")
    ids = torch.arange(card["tokens_per_row"])[None]                                  # (1, T): any tokens will do
    with torch.enable_grad(), eager_attention(model), FlopCounterMode(display=False) as counter:
        model(ids, labels=ids, use_cache=False).loss.backward()
    model.zero_grad()
    return counter.get_total_flops() * card["tokens"] / card["tokens_per_row"]


def against_pretraining(model, tokenizer, rows) -> dict[str, float]:
    """What full fine-tuning on these reviews takes, as a share of what pretraining took.

    {"token": operations for each token that is read, "memory": of a step, "all_rows": operations of one pass over all
    labelled reviews, "rows_alike": the reviews that would take as many operations as pretraining}
    """
    found, card = cost(model, tokenizer, rows, FullFineTuning(model)), read_card(BUNDLED / "orchard-s")
    read = sum(map(len, tokenizer(rows["prompt"][:])["input_ids"]))
    weights, all_of_it = sum(p.nbytes for p in model.parameters()), pretraining_operations(model)
    a_row = found.step / len(rows)
    return {"token": found.step / read / (all_of_it / card["tokens"]),
            "memory": (2 * weights + found.optimizer_bytes) / weights / ADAMW,
            "all_rows": a_row * len(load_task("reviews")["train"]) / all_of_it, "rows_alike": all_of_it / a_row}
