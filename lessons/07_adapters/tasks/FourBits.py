# %% [markdown] statement
# ## Task 07.4 · A matrix in four bits a number
#
# Build what holds a quantised matrix. You get the codes of task 07.3, so you need not round again.
#
# - `FourBits(codes, scales, levels, block, shape)`: `codes`, shape `(n,)`, whole numbers from 0 to 15, row after
#   row; `n` may be odd; `scales`, shape `(blocks,)`; `shape`, the matrix's `(d, k)`;
# - `self.packed`, type `torch.uint8`: **two codes in a byte**, the first of a pair in the upper half (`code << 4`), the
#   second in the lower; for an odd `n` the last lower half is 0. So it has `(n + 1) // 2` bytes;
# - `weight()`: the matrix, shape `(d, k)`, that the codes stand for: each one's level times its block's scale. It must
#   come from `self.packed`: keep neither the codes nor anything else that is as large as the matrix.
#
# When the check passes, the cell after it puts your class into the real model.

# %% stub
import torch


class FourBits:
    """A matrix as 4-bit codes, two to a byte, and one scale a block."""

    def __init__(self, codes: torch.Tensor, scales: torch.Tensor, levels: torch.Tensor,
                 block: int, shape: tuple[int, int]):
        raise NotImplementedError

    def weight(self) -> torch.Tensor:
        """The matrix (d, k) that the codes stand for."""
        raise NotImplementedError

# %% reference
import torch


class FourBits:
    """A matrix as 4-bit codes, two to a byte, and one scale a block."""

    def __init__(self, codes: torch.Tensor, scales: torch.Tensor, levels: torch.Tensor,
                 block: int, shape: tuple[int, int]):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])              # (n,), or one more
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)             # (n / 2,)

    def weight(self) -> torch.Tensor:
        """The matrix (d, k) that the codes stand for."""
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        scales = self.scales.repeat_interleave(self.block)[:n]                  # (blocks,) -> (n,)
        return (self.levels[codes] * scales).view(self.shape)

# %% checks
import random

import torch

TASK = "07.4"
TOLERANCE = 1e-6
DRAWS = 4
GRADIENTS = ()     # nothing is learned through codes
FIXED = {"levels.0": "four bits have sixteen levels", "shape.0": "a matrix has two sides"}
NF4 = [-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0, 0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626,
       0.723, 1.0]


def draw(seed: int) -> dict:
    """A matrix of an odd or even count, of whole blocks or not, or of one row; NF4's or other levels."""
    rng = random.Random(seed)
    d, k, block = [(3, 7, 8), (4, 6, 5), (1, 13, 16), (6, 3, 9)][seed % 4]
    blocks = -(-d * k // block)
    levels = NF4 if seed % 2 == 0 else sorted([-1.0, 1.0, *(x / 50 for x in rng.sample(range(-49, 50), 14))])
    return {"codes": torch.tensor([rng.randrange(16) for _ in range(d * k)]), "levels": torch.tensor(levels),
            "scales": torch.tensor([round(0.2 * (place + 1) + rng.random() / 10, 3) for place in range(blocks)]),
            "block": block, "shape": [d, k],
            "others": torch.tensor([rng.randrange(256) for _ in range((d * k + 1) // 2)], dtype=torch.uint8)}


def probe(FourBits, codes, scales, levels, block, shape, others) -> dict:
    """What is packed, the matrix that comes back, twice, and the one that comes back from other bytes."""
    one = FourBits(codes, scales, levels, block, tuple(shape))
    packed = getattr(one, "packed", None)
    if not isinstance(packed, torch.Tensor):
        return {"packed is a": type(packed).__name__}
    held = [tensor.clone() for tensor in (packed, scales, levels)]
    found = {"packed is a": "Tensor", "type of packed": str(packed.dtype),
             "bytes": packed.numel() * packed.element_size(),
             "packed": [int(value) for value in packed.flatten()] if not packed.is_floating_point() else "no codes"}
    few = held[0].numel() + scales.numel() + levels.numel() + 8
    found["keeps nothing else as large as the matrix"] = count(vars(one)) < few + codes.numel() // 2
    weight = one.weight()
    found |= {"shape of the matrix": list(weight.shape), "the matrix": weight.flatten()}
    found["a second call gives the same matrix"] = torch.equal(one.weight(), weight)
    found["packed, scales and levels are as they were"] = all(map(torch.equal, held, (one.packed, scales, levels)))
    one.packed = others
    found["the matrix from other bytes"] = one.weight().flatten() if len(packed) == len(others) else "not asked"
    return found


def count(value) -> int:
    """How many numbers an object's attributes hold."""
    if isinstance(value, dict):
        return sum(map(count, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(count, value))
    return value.numel() if isinstance(value, torch.Tensor) else value.size if hasattr(value, "size") else 1

# %% wrong a_byte_for_each
# You keep one code in a byte, so half of every byte is empty. Put two into one: first << 4 | second.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, shape
        self.packed = codes.to(torch.uint8)

    def weight(self):
        scales = self.scales.repeat_interleave(self.block)[:len(self.packed)]
        return (self.levels[self.packed.long()] * scales).view(self.shape)

# %% wrong halves_swapped
# The two codes of a byte are the other way round: the first of a pair belongs into the upper half, first << 4.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, shape
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[1::2] << 4 | even[::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed & 15, self.packed >> 4], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong scale_forgotten
# Your matrix is made of bare levels, between -1 and 1. Each has to be multiplied by its block's scale.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.levels, self.shape = levels, shape
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return self.levels[codes].view(self.shape)

# %% wrong scales_in_turn
# You hand out the scales in turn, one number each. A scale belongs to `block` numbers in a row: repeat_interleave, and
# not repeat.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, shape
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat(self.block)[:n]).view(self.shape)

# %% wrong columns_first
# Your matrix is filled column after column. The codes come row after row: view(d, k), with no transpose.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, shape
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        (d, k), n = self.shape, self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(k, d).T

# %% wrong codes_kept
# Your matrix does not come from the packed bytes: you keep the codes, or the matrix, as well. Then nothing is saved.
# Keep `packed` alone and unpack it in weight().
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.codes, self.scales, self.levels, self.block, self.shape = codes, scales, levels, block, shape
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        scales = self.scales.repeat_interleave(self.block)[:len(self.codes)]
        return (self.levels[self.codes] * scales).view(self.shape)

# %% wrong last_code_lost
# With an odd number of codes the last one is lost. It gets a byte of its own, with 0 in the lower half.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, shape
        even = codes[:len(codes) - len(codes) % 2]
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten().long()
        codes = torch.cat([codes, codes.new_zeros(n - len(codes))])
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong eight_bytes_each
# The two codes are in one number, and that number has 8 bytes, for it is of the type int64. Turn it into torch.uint8.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = even[::2] << 4 | even[1::2]

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong halves_of_the_list
# You put the first half of all codes into the upper halves, and the second half of them into the lower ones. A byte
# holds two neighbours: codes 0 and 1, then 2 and 3.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[:len(even) // 2] << 4 | even[len(even) // 2:]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.cat([self.packed >> 4, self.packed & 15]).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong unpacked_turned_round
# What you pack is right, and you unpack the lower half of each byte first. The first of a pair is in the upper half.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed & 15, self.packed >> 4], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong all_upper_then_all_lower
# You unpack all the upper halves first, then all the lower ones. They belong together in pairs: torch.stack(...,
# dim=1), and not torch.cat.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.cat([self.packed >> 4, self.packed & 15]).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong codes_times_scales
# You multiply the codes by the scales. A code is only a level's place: look it up, levels[codes], then multiply.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (codes * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong flat
# Your matrix is flat, shape (n,). Give it its shape: view(d, k).
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]

# %% wrong codes_kept_beside
# Your matrix comes from `packed`, and the object holds the codes, or the matrix, a second time: nothing is saved. Keep
# only `packed`, the scales and the levels.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.codes, self.scales, self.levels, self.block, self.shape = codes, scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong always_filled_up
# You add a zero whatever the number of codes. Where it is even, nothing is missing, and your last byte is one too many:
# add len(codes) % 2 zeros.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(2 - len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong own_levels
# You look the codes up among NF4's levels, whatever you are given. Keep the argument `levels`: another format has
# others.
import torch

NF4 = torch.tensor([-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0, 0.0796, 0.1609, 0.2461, 0.3379,
                    0.4407, 0.5626, 0.723, 1.0])

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, NF4, block, tuple(shape)
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong even_count_expected
# You need an even number of codes. Where it is odd, the last code stands alone: put a zero behind it first.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        self.scales, self.levels, self.block, self.shape = scales, levels, block, tuple(shape)
        self.packed = (codes[::2] << 4 | codes[1::2]).to(torch.uint8)

    def weight(self):
        n = self.shape[0] * self.shape[1]
        codes = torch.stack([self.packed >> 4, self.packed & 15], dim=1).flatten()[:n].long()
        return (self.levels[codes] * self.scales.repeat_interleave(self.block)[:n]).view(self.shape)

# %% wrong matrix_made_once
# You make the matrix once and keep it. Then it lies in memory in full, and packing saves nothing: make it anew from
# `packed` in weight(), and keep none.
import torch

class FourBits:
    def __init__(self, codes, scales, levels, block, shape):
        even = torch.cat([codes, codes.new_zeros(len(codes) % 2)])
        self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8)
        self.matrix = (levels[codes] * scales.repeat_interleave(block)[:len(codes)]).view(tuple(shape))

    def weight(self):
        return self.matrix

# %% equal no-bit-in-common
# After << 4 the upper code has no bit where the lower one has any: "or" and "either or" are the same there, as is +.
MUTANTS = ["self.packed = (even[::2] << 4 | even[1::2]).to(torch.uint8) -> "
           "self.packed = (even[::2] << 4 ^ even[1::2]).to(torch.uint8)"]
