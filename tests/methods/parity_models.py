"""Four tiny random models, a batch for them, and what "equal" means when ours is compared with a library's.

Shapes: B rows, T tokens, P virtual positions, d width.
"""
import copy

import torch

from tests.closeness import NET, assert_near
from tests.tiny import DECODERS, ENCODERS, tiny_model

KINDS = DECODERS + ENCODERS
VOCABULARY = 50
PRECISIONS = (torch.float64, torch.float32)


def build(kind: str, dtype=torch.float64, vocabulary: int = VOCABULARY, kv_heads: int = 2):
    """A random model in eval mode, without dropout; two blocks, four heads, d = 16."""
    return tiny_model(kind, vocabulary, spread=0.3, context=128, kv_heads=kv_heads, tied=False, seed=3).to(dtype)


def twins(kind: str, dtype, **settings) -> tuple:
    """Two models with the same weights: one for us, one for the library to change as it likes."""
    model = build(kind, dtype, **settings)
    return model, copy.deepcopy(model)


def text_batch(side: str | None = None) -> dict:
    """Three rows of T = 7 tokens; with a `side`, two are shorter and padded there. Labels for all but two tokens."""
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(2, VOCABULARY, (3, 7), generator=generator)                          # (B, T)
    mask = torch.ones_like(ids)
    for row, empty in ((1, 2), (2, 4)) if side else ():
        mask[row, -empty:] = 0
    mask = mask.flip(1) if side == "left" else mask
    number = mask.cumsum(1)
    labels = torch.where((mask == 1) & (number > 2), ids, -100)                              # the first two: a prompt
    return {"input_ids": ids * mask, "attention_mask": mask, "labels": labels}


def scramble(method) -> None:
    """Other values for everything that is trained, so that nothing hides behind a start at zero."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)


def assert_equal(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    """The same names, and the same tensors, but for the order of a net's additions."""
    assert ours.keys() == theirs.keys() and ours
    for name, given in ours.items():
        wanted = theirs[name]
        assert given.shape == wanted.shape and given.dtype == wanted.dtype, name
        assert wanted.isfinite().all(), name
        assert_near(given, wanted, **NET)
