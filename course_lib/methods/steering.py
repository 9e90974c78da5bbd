"""Steering: one fixed vector is added to the hidden states; nothing is trained."""
import math
from collections.abc import Sequence
from numbers import Real

import torch
from torch.nn.utils.rnn import pad_sequence

from course_lib.architecture import (
    block_number,
    blocks_of,
    check_model,
    check_tokens,
    context_of,
    evaluating,
    first_position,
    is_decoder,
    pool,
    width_of,
    with_positions,
)
from course_lib.errors import CourseError, shown
from course_lib.methods.base.method import Method
from course_lib.promised import architecture_of
from course_lib.prompting.reading import encode, encode_open, texts_of

ROWS = 64  # texts in one forward pass


class Steering(Method):
    """h + strength * v at every position after one block; v (d,) is given and stays as it is.

    `Steering.from_texts` makes v as a mean difference of hidden states, after Rimsky et al. 2024,
    "Steering Llama 2 via Contrastive Activation Addition", section 3 (arXiv:2312.06681). Without a
    `vector` v is 0, a no-op. `layer` None is the middle block. `strength` can be set at any time,
    also below 0 and while attached. Raises CourseError for a layer that does not exist, a vector of
    another width, a strength that is no number.

    What is added to everything that a block gives is a bias: it merges where the block ends in one
    (not in Llama).
    """

    why_not_merged = "it is a bias after a block, and the blocks of this model end without one."

    def __init__(self, model, layer: int | None = None, vector: torch.Tensor | None = None,
                 strength: float = 1.0, num_labels: int | None = None, seed: int = 0):
        super().__init__(model, {}, num_labels, seed)
        d = width_of(model)
        self.layer = block_number(model, layer)
        vector = torch.zeros(d) if vector is None else vector
        if (not isinstance(vector, torch.Tensor) or vector.shape != (d,)
                or not vector.isfinite().all()):
            given = (f"one of shape {tuple(vector.shape)}" if isinstance(vector, torch.Tensor)
                     else shown(vector))
            raise CourseError(f"vector is a tensor of shape ({d},), without nan; you gave {given}.")
        self.register_buffer("vector", vector.detach().float().clone())      # (d,)
        self.settings["layer"] = self.layer
        self.strength = strength

    @classmethod
    def from_texts(cls, model, tokenizer, with_it: Sequence[str], without_it: Sequence[str],
                   layer: int | None = None, strength: float = 1.0) -> "Steering":
        """v is the mean hidden state of the texts `with_it`, less that of the texts `without_it`.

        A text's hidden state is that of its last token, after the block (of an encoder: its first).
        Texts may have any lengths, and the two lists, too. CourseError for a list without texts, an
        empty text, or one that is too long.
        """
        check_model(model, cls.__name__)
        place = block_number(model, layer)
        means = [hidden_states(model, tokenizer,
                               texts_of(texts, f"{name} is a list of texts, at least one"), place)
                 for name, texts in (("with_it", with_it),
                                     ("without_it", without_it))]            # each (texts, d)
        return cls(model, place, means[0].mean(0) - means[1].mean(0), strength)

    @property
    def strength(self) -> float:
        """How many times v is added."""
        return self.settings["strength"]

    @strength.setter
    def strength(self, value: float) -> None:
        if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
            raise CourseError(f"strength is a number; you gave {shown(value)}.")
        self.settings["strength"] = float(value)

    def edits(self, model):
        block = list(blocks_of(model).values())[self.layer]
        yield block.register_forward_hook(
            lambda module, inputs, h: h + self.strength * self.vector, prepend=True)

    def first_block(self, model):
        return self.layer

    def changed_weights(self, model):
        name = architecture_of(model).last_bias
        if name is None:
            yield from super().changed_weights(model)
        bias = model.get_parameter(f"{list(blocks_of(model))[self.layer]}.{name}")
        yield bias, bias + self.strength * self.vector


@torch.no_grad()
def hidden_states(model, tokenizer, texts: Sequence[str], layer: int) -> torch.Tensor:
    """What this block gives for the last token of each text, an encoder's first, (texts, d). CourseError as above."""
    rows = (encode_open if is_decoder(model) else encode)(tokenizer, texts)
    limit = context_of(model)
    for text, row in zip(texts, rows):
        if not 0 < len(row) <= limit:
            raise CourseError(f"A text has 1 to {limit} tokens here; {shown(text)} has {len(row)}.")
        check_tokens(model, row)
    seen, found = [], []
    handle = list(blocks_of(model).values())[layer].register_forward_hook(lambda *call: seen.append(call[2]))
    try:
        for start in range(0, len(rows), ROWS):
            part = [torch.tensor(row) for row in rows[start:start + ROWS]]
            ids, mask = (pad_sequence(tensors, batch_first=True)             # (B, T), right padding
                         for tensors in (part, [torch.ones_like(row) for row in part]))
            with evaluating(model):
                model.base_model(**with_positions({"input_ids": ids, "attention_mask": mask}, first_position(model)))
            found.append(pool(seen.pop(), mask, is_decoder(model)))          # (B, T, d) -> (B, d)
    finally:
        handle.remove()
    return torch.cat(found)
