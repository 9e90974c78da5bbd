"""The loop under full fine-tuning is transformers.Trainer's: the same losses step by step, the same weights at the end.

Both read the same batches in the same order, with AdamW's defaults, a rate that falls to 0 in a straight line, and
gradients clipped to the same norm. Shapes: B rows, T tokens, V vocabulary.
"""
import copy

import pytest
import torch
from datasets import DatasetDict
from methods.parity_models import PRECISIONS, build
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments

from course_lib.methods import FullFineTuning
from course_lib.training import fit
from course_lib.world import load_task
from tests.closeness import NET, assert_near

STEPS, ROWS, SIZE, RATE, CLIP, SEED = 12, 20, 8, 3e-3, 0.5, 11


class Recording(Trainer):
    """Trainer on batches that are made already, which keeps the loss of every step as it is."""

    def get_train_dataloader(self):
        return DataLoader(self.train_dataset, batch_size=None, shuffle=False)

    def compute_loss(self, *given, **more):
        loss = super().compute_loss(*given, **more)
        self.__dict__.setdefault("losses", []).append(loss.item())
        return loss


class Classifier(nn.Module):
    """An encoder, and a linear layer on what it makes of the first token."""

    def __init__(self, encoder, head):
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, input_ids, attention_mask, position_ids, labels):
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids)
        logits = self.head(hidden.last_hidden_state[:, 0])                                   # (B, T, d) -> (B, N)
        return {"loss": cross_entropy(logits, labels), "logits": logits}


def exact_loss(outputs, labels, num_items_in_batch=None):
    """transformers rounds float64 logits to float32 before its loss; this does not."""
    return cross_entropy(outputs.logits[:, :-1].transpose(1, 2), labels[:, 1:])              # (B, T, V) -> (B, V, T)


@pytest.fixture(scope="module")
def rows():
    train = load_task("reviews")["train"].select(range(300))
    return train.select([place for place, text in enumerate(train["text"]) if len(text) < 160][:ROWS])


def by_trainer(module, batches: list[dict], folder, loss=None) -> list[float]:
    """The losses of Trainer, which trains `module` in place."""
    arguments = TrainingArguments(
        output_dir=str(folder), use_cpu=True, max_steps=STEPS, learning_rate=RATE, lr_scheduler_type="linear",
        warmup_steps=0, weight_decay=0.0, max_grad_norm=CLIP, optim="adamw_torch", report_to=[], save_strategy="no",
        logging_strategy="no", disable_tqdm=True, seed=SEED)
    trainer = Recording(module, arguments, train_dataset=batches, compute_loss_func=loss)
    trainer.train()
    return trainer.losses


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "distilbert"])
def test_the_loop_is_that_of_trainer(kind, dtype, rows, tokenizer, tmp_path):
    model = build(kind, dtype, len(tokenizer))
    method = FullFineTuning(model, num_labels=None if model.can_generate() else 2).to(dtype)
    module = copy.deepcopy(model)
    if not method.decoder:
        module = Classifier(module, copy.deepcopy(method.head))
    read, logits = [], method.logits
    method.logits = lambda model, batch: read.append(batch) or logits(model, batch)
    history = fit(model, tokenizer, DatasetDict(train=rows), method, steps=STEPS, learning_rate=RATE, seed=SEED,
                  batch_size=SIZE, warm_up=0, clip=CLIP, progress=False)
    batches = [{name: batch[name] for name in ("input_ids", "attention_mask", "labels")}
               | {"position_ids": (batch["attention_mask"].cumsum(1) - 1).clamp(0)} for batch in read]
    assert len({tuple(batch["input_ids"].flatten().tolist()) for batch in batches}) == STEPS
    own = exact_loss if method.decoder and dtype == torch.float64 else None
    theirs = by_trainer(module, batches, tmp_path, own)

    assert len(history.loss) == len(theirs) == STEPS
    assert_near(torch.tensor(history.loss, dtype=dtype), torch.tensor(theirs, dtype=dtype), **NET)
    ours, wanted = dict(zip((names[0] for names in method.names), method.copies)), dict(module.named_parameters())
    if not method.decoder:
        ours = {f"encoder.{name}": copied for name, copied in ours.items()} | {
            f"head.{name}": weight for name, weight in method.head.named_parameters()}
    assert ours.keys() == wanted.keys()
    for name, weight in ours.items():
        weight, other = without_key_bias(name, weight), without_key_bias(name, wanted[name])
        assert_near(weight, other, **NET)
    moved = [(copied - model.get_parameter(names[0])).abs().max() for names, copied in zip(method.names, method.copies)]
    assert max(moved) > RATE


def without_key_bias(name: str, weight: torch.Tensor) -> torch.Tensor:
    """A key's bias adds the same to all scores of a query, so softmax drops it: its gradient is rounding, which AdamW
    makes large. It is left out, and so is the key's third of GPT-2's bias.
    """
    if name.endswith("c_attn.bias"):
        query, _, value = weight.chunk(3)
        return torch.cat([query, value])
    return weight.new_zeros(1) if name.endswith(("key.bias", "k_lin.bias")) else weight
