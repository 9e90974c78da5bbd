"""Frozen work is done once: what lies below a method's first trained block is computed for a row once, then kept.

Shapes: B rows, T tokens, d width, L blocks.
"""
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from course_lib.architecture import blocks_of, pool
from course_lib.errors import CourseError


class Skip(nn.Module):
    """Stands in for a block whose work is done: hands on what it is given."""

    def __init__(self, block: nn.Module):
        super().__init__()
        self.attention_type = getattr(block, "attention_type", None)  # ModernBERT asks its blocks which mask they read

    def forward(self, hidden, *others, **more):
        return hidden


class FrozenWork:
    """`logits(batch, keys)` is what `method.logits` gives, up to rounding; frozen blocks run once for each key.

    A key names a row, such as ("train", 17). Kept of each row is what the first block that the method changes reads of
    it, (T, d), or, where nothing but a head is trained, what that head reads, (d,). Use it inside `on`. CourseError for
    a method that changes the first block.
    """

    def __init__(self, model, method):
        self.model, self.method, self.blocks = model, method, list(blocks_of(model).values())
        heads = len(list(method.head.parameters())) if method.head is not None else 0
        self.head_only = len(list(method.parameters())) == heads
        last = len(self.blocks) - (not self.head_only)  # what follows the blocks is trained on the last block's input
        self.first = min(method.first_block(model), last)
        self.kept: dict[tuple[str, int], torch.Tensor] = {}
        if self.first == 0:
            raise CourseError(f"{method.name} changes the first block here, so nothing below it is frozen and can be "
                              "reused. Leave reuse out, or train the last block or a head alone.")

    def logits(self, batch: dict, keys: list[tuple[str, int]]) -> torch.Tensor:
        """The method's logits for a batch of the rows with these keys."""
        return (self.from_head if self.head_only else self.from_block)(batch, keys)

    def from_head(self, batch, keys):
        """Nothing but the head is trained."""
        if not all(key in self.kept for key in keys):
            with torch.no_grad():
                inputs = self.method.prepare({**batch, "labels": None})
                del inputs["labels"]
                hidden = self.model.base_model(**inputs).last_hidden_state                   # (B, T, d)
                self.kept.update(zip(keys, pool(hidden, inputs["attention_mask"], self.method.decoder)))
        return self.method.head(torch.stack([self.kept[key] for key in keys]))               # (B, d) -> (B, N)

    def from_block(self, batch, keys):
        """Block `first` reads what is kept, and the blocks below are skipped."""
        block, real = self.blocks[self.first], batch["attention_mask"].bool()                # (B, T)
        if not all(key in self.kept for key in keys):
            with hooked(block, lambda _, inputs: self.keep(keys, inputs[0], real)):
                return self.method.logits(self.model, batch)
        side = "left" if self.method.decoder else "right"
        hidden = pad_sequence([self.kept[key] for key in keys], True, 0.0, padding_side=side)  # (B, T, d)
        with self.skipping(), hooked(block, lambda _, inputs: (hidden, *inputs[1:])):
            return self.method.logits(self.model, batch)

    def keep(self, keys, hidden, real) -> None:
        """Keeps of every row what is no padding."""
        for key, row, seen in zip(keys, hidden.detach(), real):
            self.kept[key] = row[seen]                                                       # (T, d) -> (real, d)

    @contextmanager
    def skipping(self):
        """The block in which the model does not run the blocks below `first`."""
        places = next(module for module in self.model.modules() if isinstance(module, nn.ModuleList)
                      and len(module) and module[0] is self.blocks[0])
        try:
            for place in range(self.first):
                places[place] = Skip(self.blocks[place])
            yield
        finally:
            for place in range(self.first):
                places[place] = self.blocks[place]


@contextmanager
def hooked(block, hook):
    """The block in which the hook sees, and may change, what a transformer block reads."""
    handle = block.register_forward_pre_hook(hook)
    try:
        yield
    finally:
        handle.remove()
