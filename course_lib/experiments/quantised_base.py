"""LoRA on a base in four bits (QLoRA): the codes, the blocks, and what of a loss is won back."""
from collections.abc import Mapping

BLOCKS = {"fine": 64, "coarse": 1024}  # numbers in a block: QLoRA's own, and so many that rounding hurts
CODES = {"nf4": "NF4", "int4": "int4"}
MOST = 0.5                           # of a loss: as much is most of it


def rounding_costs(figures: Mapping, scheme: str, blocks: str) -> tuple[float, float]:
    """What rounding costs on old text, in nats a token: before LoRA, and after the same training with it."""
    name = f"{scheme}_{blocks}"
    return figures[name].mean - figures["full"].mean, figures[f"{name}_after"].mean - figures["full_after"].mean


def won_back(before: float, after: float) -> float:
    """The share of a loss that is gone again; all of it where nothing was lost."""
    return max(0.0, 1 - after / before) if before > 0 else 1.0
