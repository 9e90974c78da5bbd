# %% [markdown] statement
# ## Task 07.3 · Rounding, with a scale for each block
#
# Write how numbers become codes. They are cut into blocks of `block` numbers, one after the other; **the last block
# may be shorter**. For each block:
#
# - its *scale* is the largest **absolute** value in it (never zero here);
# - each number, divided by the scale, gets the *code* of the **nearest** of the `levels`: its place, from 0 on.
#
# `numbers` has the shape `(n,)`; `levels` has the shape `(16,)`, from -1 up to 1, as `nf4_levels()` gives them. Return
# the pair `(codes, scales)`: codes of shape `(n,)` and type `torch.long`, scales of shape `(blocks,)`.

# %% stub
import torch


def to_codes(numbers: torch.Tensor, levels: torch.Tensor,
             block: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(codes (n,), scales (blocks,)): the level nearest to each number's share of its scale."""
    raise NotImplementedError

# %% reference
import torch


def to_codes(numbers: torch.Tensor, levels: torch.Tensor,
             block: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(codes (n,), scales (blocks,)): the level nearest to each number's share of its scale."""
    codes, scales = [], []
    for part in numbers.split(block):                            # the last one may be shorter
        scale = part.abs().max()
        away = (part / scale)[:, None] - levels                  # (block, 1) - (16,) -> (block, 16)
        codes.append(away.abs().argmin(1))                       # (block,)
        scales.append(scale)
    return torch.cat(codes), torch.stack(scales)

# %% checks
import random

import torch

TASK = "07.3"
TOLERANCE = 1e-6
DRAWS = 5
GRADIENTS = ()     # nothing is learned through rounding
FIXED = {"levels.0": "four bits have sixteen levels"}
NF4 = [-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0, 0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626,
       0.723, 1.0]


def draw(seed: int) -> dict:
    """Blocks of other sizes than the next, in some of which the largest value is a negative one; NF4's or other levels.

    The last block is shorter, full, or the only one. No share lies near the middle between two levels.
    """
    rng = random.Random(seed)
    block, n = [(6, 21), (8, 16), (10, 7), (4, 13), (5, 30)][seed % 5]
    levels = NF4 if seed % 2 == 0 else sorted([-1.0, 1.0, *(x / 50 for x in rng.sample(range(-49, 50), 14))])
    middles = [(a + b) / 2 for a, b in zip(levels, levels[1:])]
    numbers = []
    for start in range(0, n, block):
        scale = round(rng.choice([0.02, 0.3, 1.7]) * rng.uniform(1, 2), 4)
        part = [rng.choice([-scale, scale])]
        while len(part) < min(block, n - start):
            share = rng.uniform(-0.95, 0.95)
            if all(abs(share - middle) > 0.004 for middle in middles):
                part.append(round(share * scale, 5))
        rng.shuffle(part)
        numbers += part
    return {"numbers": torch.tensor(numbers), "levels": torch.tensor(levels), "block": block}


def probe(to_codes, numbers, levels, block) -> dict:
    """The pair, and the type of the codes: levels[codes] takes uint8 for a mask."""
    found = to_codes(numbers, levels, block)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return {"no pair": found}
    kind = str(getattr(found[0], "dtype", None)).removeprefix("torch.")
    return {"codes": found[0], "scales": found[1], "type of the codes": kind}

# %% wrong one_scale
# You use one scale for all the numbers. Then one large number far away makes every block coarse: each block has a
# scale of its own.
import torch

def to_codes(numbers, levels, block):
    scale = numbers.abs().max()
    codes = ((numbers / scale)[:, None] - levels).abs().argmin(1)
    return codes, scale.repeat(-(-len(numbers) // block))

# %% wrong largest_not_absolute
# Your scale is the largest number of a block, and the largest **absolute** value is asked for: where the farthest
# number is negative, the others would end beyond -1.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.max() for part in parts])

# %% wrong signed_scale
# Your scale has the sign of the farthest number, so in some blocks everything is turned round. A scale is positive:
# take the absolute value.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    scales = [part[part.abs().argmax()] for part in parts]
    codes = [((part / scale)[:, None] - levels).abs().argmin(1) for part, scale in zip(parts, scales)]
    return torch.cat(codes), torch.stack(scales)

# %% wrong next_below
# You take the next level below each number. The nearest one is asked for, and it may lie above: compare the distances
# to all levels.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    shares = [part / part.abs().max() for part in parts]
    codes = [(share[:, None] >= levels - 1e-6).sum(1) - 1 for share in shares]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong not_divided
# You look for the level nearest to the number itself. First divide by the block's scale: the levels are shares of it,
# from -1 to 1.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [(part[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong evenly
# You round as if the 16 levels were evenly spaced. These are not: NF4's lie close together around zero. Measure the
# distance to each of the `levels`.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().max() + 1) / 2 * 15).round().long() for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong last_block_dropped
# The numbers of the last, shorter block are missing. Every number gets a code: the last block is only shorter.
import torch

def to_codes(numbers, levels, block):
    parts = [part for part in numbers.split(block) if len(part) == block]
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong mean_scale
# Your scale is the mean absolute value of a block. Then about half of the numbers lie beyond the outermost levels and
# are cut off. The largest absolute value is the scale.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().mean())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().mean() for part in parts])

# %% wrong levels_instead_of_codes
# You return the levels themselves. A code is the level's place, a whole number from 0 to 15: that is what fits into 4
# bits.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return levels[torch.cat(codes)], torch.stack([part.abs().max() for part in parts])

# %% wrong next_above
# You take the next level above each number (searchsorted, or bucketize with the levels themselves, does so). The
# nearest one may lie below. The borders between codes lie half-way between two levels.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [torch.searchsorted(levels, part / part.abs().max()) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong distance_with_its_sign
# You take the smallest difference, and not the smallest distance: the most negative one, that of the highest level,
# always wins. Take its absolute value first.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().max())[:, None] - levels).argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong so_many_blocks
# You cut the numbers into `block` blocks (chunk does so). `block` is how many numbers one block has: split.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.chunk(block)
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong padding_left_in
# You filled the last block up with zeros, and these have codes, too. Cut them off again: n numbers, n codes.
import torch

def to_codes(numbers, levels, block):
    parts = torch.nn.functional.pad(numbers, (0, -len(numbers) % block)).split(block)
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong sign_lost
# You round the absolute values, so the signs are lost. The scale takes the absolute value; the numbers keep their sign.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part.abs() / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong pair_turned_round
# The two are the other way round: first the codes, then the scales.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.stack([part.abs().max() for part in parts]), torch.cat(codes)

# %% wrong a_scale_for_each_number
# You return a scale for each number. A block shares one, which is what makes it cheap: as many scales as blocks.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.cat([part.abs().max().repeat(len(part)) for part in parts])

# %% wrong own_levels
# You round to NF4's levels, whatever you are given. Use the argument `levels`: another format has others.
import torch

NF4 = torch.tensor([-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0, 0.0796, 0.1609, 0.2461, 0.3379,
                    0.4407, 0.5626, 0.723, 1.0])

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().max())[:, None] - NF4).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong numbers_overwritten
# Your codes are right, and you divide the numbers that you were given, in place: the matrix is spoilt for whoever holds
# it. Make new ones: part / scale, and not part /= scale.
import torch

def to_codes(numbers, levels, block):
    codes, scales = [], []
    for part in numbers.split(block):
        scale = part.abs().max()
        part /= scale
        codes.append((part[:, None] - levels).abs().argmin(1))
        scales.append(scale)
    return torch.cat(codes), torch.stack(scales)

# %% wrong short_block_expected
# You need a last block that is shorter. Where the numbers fill all blocks there is none, and you look at an empty one:
# numbers.split(block) gives just the blocks that there are.
import torch

def to_codes(numbers, levels, block):
    parts = [numbers[start:start + block] for start in range(0, len(numbers) + 1, block)]
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes), torch.stack([part.abs().max() for part in parts])

# %% wrong codes_of_few_bits
# Your codes are of another type than torch.long. PyTorch looks up levels[codes] with whole numbers of 64 bits, and
# takes uint8 for a mask of yes and no: call .long(). They get few bits in task 07.4.
import torch

def to_codes(numbers, levels, block):
    parts = numbers.split(block)
    codes = [((part / part.abs().max())[:, None] - levels).abs().argmin(1) for part in parts]
    return torch.cat(codes).to(torch.uint8), torch.stack([part.abs().max() for part in parts])

# %% equal distance-has-no-sign
# The absolute value follows: from here to there is as far as from there to here.
MUTANTS = ["away = (part / scale)[:, None] - levels -> away = levels - (part / scale)[:, None]"]
