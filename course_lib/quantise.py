"""Quantisation: a new base whose matrices are kept as 4-bit codes, and made anew whenever they are read.

It is for understanding: it saves memory, not time. Shapes: n numbers of a matrix, in blocks of `block_size`.
"""
import copy

import torch
from torch import nn
from torch.nn.functional import pad
from transformers.pytorch_utils import Conv1D

from course_lib.architecture import blocks_of, check_model, matrix
from course_lib.errors import CourseError, shown, unknown, whole_number
from course_lib.methods.base.method import check_free


def nf4_levels() -> torch.Tensor:
    """The 16 levels of NF4, (16,), from -1 to 1: quantiles of a normal distribution, and zero, which is exact.

    Dettmers et al. 2023, "QLoRA", section 3 and appendix E (arXiv:2305.14314). If weights are spread like a bell,
    about as many of them fall to each level. Eight levels are below zero and nine from it on; the outermost quantile
    is half-way between those that either side would take.
    """
    outermost = 1 - (1 / 32 + 1 / 30) / 2
    quantiles = lambda count: torch.special.ndtri(torch.linspace(0.5, outermost, count, dtype=torch.float64))
    levels = torch.cat([-quantiles(8)[1:].flip(0), quantiles(9)])                # (7,), (9,) -> (16,)
    return (levels / levels.max()).float()


def int4_levels() -> torch.Tensor:
    """-1, -6/7, … 0 … 6/7, 1: the 15 evenly spaced levels of symmetric int4, (15,); zero is exact, one code unused."""
    return torch.arange(-7, 8) / 7


LEVELS = {"nf4": nf4_levels, "int4": int4_levels}


def encode(weight: torch.Tensor, levels: torch.Tensor, block_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(codes (n,), scales (blocks,)): each number as the place of the level nearest to its share of its block's scale.

    A block's scale is its largest absolute value. Blocks go along the rows; the last one may be shorter. Half-way
    between two levels the lower one is taken, as bitsandbytes does. CourseError for what are no numbers to round.
    """
    block_size, n = whole_number("block_size", block_size, 1), check_numbers(weight).numel()
    size = min(block_size, n)                                                    # of a block; a larger one has no more
    blocks = pad(weight.flatten(), (0, -n % size)).view(-1, size)                # (n,) -> (blocks, size)
    scales = blocks.abs().amax(1)                                                # (blocks,)
    shares = blocks / scales.clamp(min=torch.finfo(scales.dtype).tiny)[:, None]  # a block of zeros stays one
    codes = torch.bucketize(shares, (levels[1:] + levels[:-1]) / 2)
    return codes.flatten()[:n].to(torch.uint8), scales


def check_numbers(weight: torch.Tensor) -> torch.Tensor:
    """The weight; CourseError where it is no tensor of floats, is empty, or holds nan or inf."""
    if not isinstance(weight, torch.Tensor) or not weight.is_floating_point() or not weight.numel():
        raise CourseError(f"What is quantised is a tensor of floats, such as a linear layer's weight; you gave "
                          f"{shown(weight)}.")
    if not weight.isfinite().all():
        raise CourseError(f"A matrix of shape {tuple(weight.shape)} holds nan or inf, which no level is near to. Load "
                          "the model again, or train it at a lower learning rate.")
    return weight


def decode(codes: torch.Tensor, scales: torch.Tensor, levels: torch.Tensor, block_size: int) -> torch.Tensor:
    """The numbers (n,) that these codes (n,) stand for: each one's level times its block's scale."""
    return levels[codes.long()] * scales.repeat_interleave(min(block_size, len(codes)))[:len(codes)]


def pack(codes: torch.Tensor) -> torch.Tensor:
    """Two codes to a byte, the first one in the upper half: (n,) -> (n / 2, rounded up)."""
    first, second = pad(codes, (0, len(codes) % 2)).view(-1, 2).unbind(1)
    return first << 4 | second


def unpack(packed: torch.Tensor, n: int) -> torch.Tensor:
    """The n codes in these bytes."""
    return torch.stack([packed >> 4, packed & 15], dim=1).flatten()[:n]


class QuantisedLinear(nn.Linear):
    """y = W x + b, with W (d_out, d_in) kept as 4-bit codes and one scale a block.

    W is made from them at every call. To the rest of the course it is a linear layer: `weight` is
    the matrix that the codes stand for. It is no parameter, so nothing can be trained in it and
    nothing be merged into it.
    """

    untrainable = ("4-bit codes, which can take no small steps. Train a method that adds "
                   "something, such as LoRA, or take the model before `quantise`.")

    def __init__(self, weight: torch.Tensor, bias: nn.Parameter | None, scheme: str,
                 block_size: int):
        nn.Module.__init__(self)  # nn.Linear's own would make a weight
        self.out_features, self.in_features = weight.shape
        self.scheme, self.block_size = scheme, block_size
        levels = LEVELS[scheme]().to(weight)
        codes, scales = encode(weight.detach(), levels, block_size)
        self.register_parameter("bias", bias)
        self.register_buffer("codes", pack(codes))                               # (n / 2,), bytes
        self.register_buffer("scales", scales)                                   # (blocks,)
        self.register_buffer("levels", levels)                                   # (16,), or (15,)

    @property
    def weight(self) -> torch.Tensor:
        """W (d_out, d_in) as its codes tell it."""
        codes = unpack(self.codes, self.out_features * self.in_features)
        return decode(codes, self.scales, self.levels,
                      self.block_size).view(self.out_features, self.in_features)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, scheme={self.scheme}, block_size={self.block_size}"


def quantise(model, scheme: str = "nf4", block_size: int = 64):
    """A new model in which every linear layer of the blocks is a `QuantisedLinear`.

    Embeddings, norms and the output layer stay as they are, as in QLoRA. LoRA on the new model is
    QLoRA.

    Args:
        model: a model of an architecture that the course promises; it keeps its bits.
        scheme: the levels, "nf4" or "int4".
        block_size: how many numbers of a matrix share one scale, 1 or more.

    Returns:
        The new model, of the same class.

    Raises:
        CourseError: if the scheme is another, if the block size is below 1, if the model is
            quantised already, if a method is attached to it, if it holds nan or inf, or if a matrix
            of its blocks is no linear layer.
    """
    check_model(model, "quantise")
    check_free(model, "quantise it")
    if not isinstance(scheme, str) or scheme not in LEVELS:
        raise unknown("scheme", scheme, LEVELS)
    whole_number("block_size", block_size, 1)  # before the model is copied
    if any(isinstance(module, QuantisedLinear) for module in model.modules()):
        raise CourseError("This model is quantised already; rounding it again would only lose more. Quantise the model "
                          "that it was made from.")
    new = copy.deepcopy(model)
    for block in blocks_of(new).values():
        for name, module in list(block.named_modules()):
            if isinstance(module, nn.Linear | Conv1D):
                parent, _, last = name.rpartition(".")
                setattr(block.get_submodule(parent), last,
                        QuantisedLinear(matrix(module), module.bias, scheme, block_size))
        if left := [name for name, parameter in block.named_parameters() if parameter.dim() > 1]:
            raise CourseError(f"The matrix {left[0]} of a block is no linear layer, so it would stay as it is, and "
                              "what is said of the size and the loss of a quantised model would not hold.")
    return new


def size_in_bytes(model) -> int:
    """The memory that the model's numbers take: parameters, codes, scales and levels; a shared tensor counts once."""
    if not isinstance(model, nn.Module):
        raise CourseError(f"What has a size is a model or a method; you gave {shown(model)}.")
    stored = model.state_dict(keep_vars=True).values()
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in stored}.values())
