"""LoRA on a base in four bits (QLoRA): the codes, the blocks, and what rounding costs."""
from collections.abc import Mapping

from course_lib.experiments.near_and_far import NEAR
from course_lib.quantise import quantise

BLOCKS = {"fine": 64, "coarse": 1024}  # numbers in a block: QLoRA's own, and so many that rounding hurts
CODES = {"nf4": "NF4", "int4": "int4"}
BASES = ("full", *(f"{scheme}_{blocks}" for scheme in CODES for blocks in BLOCKS))


def base_of(name: str, seed: int) -> tuple:
    """(model, tokenizer) of one of BASES."""
    model, tokenizer = NEAR.load(seed)
    scheme, _, blocks = name.partition("_")
    return (quantise(model, scheme, BLOCKS[blocks]) if blocks else model), tokenizer


def rounding_costs(figures: Mapping, blocks: str) -> tuple[float, float]:
    """What NF4 costs on old text, in nats a token: before LoRA, and after the same training with it."""
    return tuple((figures[f"nf4_{blocks}{when}"] - figures[f"full{when}"]).mean for when in ("", "_after"))
