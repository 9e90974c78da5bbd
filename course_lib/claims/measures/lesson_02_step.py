"""What lesson 02 measures of one training step: what it changes, and what fine-tuning costs. See lesson_02.py."""
import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib import models
from course_lib.claims.measures.lesson_02 import RATE, ROWS, STEPS, first, start
from course_lib.cost import cost, eager_attention, size_on_disk
from course_lib.methods import FullFineTuning
from course_lib.models.card import BUNDLED, read_card
from course_lib.training.batches import Batches, loss_of


def untied_copy(model):
    """The same model, with a matrix of its own for the output."""
    model = copy.deepcopy(model)
    model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())
    return model


def moved_by_one_step(model, tokenizer, rows, decay: float) -> float:
    """The share of all scalars that one step of AdamW on these rows leaves changed."""
    method = FullFineTuning(model)
    batch = Batches(model, tokenizer, rows, method).batch(list(range(len(rows))))
    optimizer = torch.optim.AdamW(method.parameters(), lr=RATE, weight_decay=decay)
    before = [parameter.detach().clone() for parameter in method.parameters()]
    with method.on(model):
        loss_of(method.logits(model, batch), batch["labels"]).backward()
    optimizer.step()
    moved = sum((old != new).sum().item() for old, new in zip(before, method.parameters()))
    return moved / sum(parameter.numel() for parameter in before)


def every_scalar(seed: int) -> dict[str, float]:
    """The share moved by one step: embeddings tied, untied, and untied with weight decay."""
    model, tokenizer, task, _ = start()
    rows, untied = first(task["train"], ROWS, seed), untied_copy(model)
    return {"tied": moved_by_one_step(model, tokenizer, rows, 0.0),
            "untied": moved_by_one_step(untied, tokenizer, rows, 0.0),
            "untied_decay": moved_by_one_step(untied, tokenizer, rows, 0.01)}


def same_size(seed: int) -> dict[str, float]:
    """Parameters of the base, of the tuned model, and of one that is tuned with a head."""
    model, _ = models.load_model("orchard-s")
    count = lambda module: sum(parameter.numel() for parameter in module.parameters())
    return {"base": count(model), "tuned": count(FullFineTuning(model, seed=seed)),
            "with_head": count(FullFineTuning(model, num_labels=2, seed=seed))}


def pretraining_operations(model) -> float:
    """The operations of the base's pretraining: one row of its length counted, times the rows that it read."""
    card = read_card(BUNDLED / "orchard-s")
    ids = torch.arange(card["tokens_per_row"])[None]                                  # (1, T): any tokens will do
    with torch.enable_grad(), eager_attention(model), FlopCounterMode(display=False) as counter:
        model(ids, labels=ids, use_cache=False).loss.backward()
    model.zero_grad()
    return counter.get_total_flops() * card["tokens"] / card["tokens_per_row"]


def costs(seed: int) -> dict[str, float]:
    """Operations of fine-tuning and of pretraining, and the bytes that training keeps for each byte of weights."""
    model, tokenizer, task, _ = start()
    found = cost(model, tokenizer, first(task["train"], ROWS, seed), FullFineTuning(model, seed=seed))
    weights = sum(parameter.nbytes for parameter in model.parameters())
    return {"tuning": float(found.step * STEPS), "pretraining": float(pretraining_operations(model)),
            "memory": (2 * weights + found.optimizer_bytes) / weights}


def copies(seed: int) -> dict[str, float]:
    """The bytes of a task's file and of the base's weights, and the GB of 175 billion parameters in 16 bits."""
    model, _ = models.load_model("orchard-s")
    return {"file": size_on_disk(FullFineTuning(model, seed=seed)),
            "weights": sum(parameter.nbytes for parameter in model.parameters()),
            "gb_175": 175e9 * 2 / 1e9}  # 16 bits are two bytes
