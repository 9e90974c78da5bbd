"""LoRA: the change of a weight matrix as the product of two thin ones."""
import math
from numbers import Real

import torch
from torch import nn
from torch.nn.functional import dropout as drop
from torch.nn.functional import linear
from transformers.pytorch_utils import Conv1D

from course_lib.architecture import blocks_below, find_modules, matrix, names_in
from course_lib.errors import CourseError, shown, whole_number
from course_lib.methods.base.method import Method
from course_lib.promised import architecture_of


class LoRA(Method):
    """y = W x + (alpha / r) B A x at every target; W is frozen.

    A (r, d_in) is random and B (d_out, r) zero at first, so the start is an exact no-op. With the
    same alpha and rate a higher rank changes W less at first, by 1 / sqrt(r). Hu et al. 2021,
    "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1 (arXiv:2106.09685).

    `targets` are ends of the names of linear layers; None is query and value. `sites` are the names
    found, in the order of `named_modules()`; `A[i]` and `B[i]` belong to `sites[i]`. `dropout` is
    the share of x that A does not see in training. CourseError for a target that ends no linear
    layer's name, and for a rank below 1 or above min(d_in, d_out).
    """

    def __init__(self, model, targets: tuple[str, ...] | None = None, rank: int = 8,
                 alpha: float = 16, dropout: float = 0.0, num_labels: int | None = None,
                 seed: int = 0):
        super().__init__(model, {}, num_labels, seed)
        targets = architecture_of(model).query_and_value if targets is None else targets
        targets = names_in("targets", targets)
        if not targets:
            raise CourseError(f"LoRA needs the names of linear layers of {type(model).__name__}: "
                              "targets=(...).")
        if not all(isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
                   for value in (alpha, dropout)) or not 0 <= dropout < 1:
            raise CourseError("alpha is a number, and dropout one from 0 to below 1; you gave "
                              f"alpha={shown(alpha)} and dropout={shown(dropout)}.")
        self.sites = find_modules(model, targets, (nn.Linear, Conv1D))
        sides = [matrix(model.get_submodule(site)).shape for site in self.sites]    # (d_out, d_in)
        self.rank = whole_number("rank", rank, 1, min(map(min, sides)))
        self.scale, self.dropout = alpha / self.rank, dropout
        self.settings |= {"targets": targets, "rank": self.rank, "alpha": float(alpha),
                          "dropout": float(dropout)}
        new = lambda d_in: (torch.empty(self.rank, d_in).uniform_(-1, 1, generator=self.generator)
                            / d_in**0.5)
        self.A = nn.ParameterList(new(d_in) for _, d_in in sides)                   # (r, d_in)
        self.B = nn.ParameterList(torch.zeros(d_out, self.rank)
                                  for d_out, _ in sides)                            # (d_out, r)

    def edits(self, model):
        for site, A, B in zip(self.sites, self.A, self.B):
            yield model.get_submodule(site).register_forward_hook(self.change(A, B), prepend=True)

    def change(self, A, B):
        """The hook that adds (alpha / r) B A x to a layer's output y."""
        def hook(module, inputs, y):                                                # x (B, T, d_in)
            x = drop(inputs[0], self.dropout, self.training) if self.dropout else inputs[0]
            return y + linear(linear(x, A),                                         # (B, T, r)
                              self.scale * B)                                       # (B, T, d_out)
        return hook

    def first_block(self, model):
        return min(blocks_below(model, f"{site}.weight") for site in self.sites)

    def changed_weights(self, model):
        for site, A, B in zip(self.sites, self.A, self.B):
            module = model.get_submodule(site)
            named = model.named_parameters(remove_duplicate=False)
            if len(names := [name for name, parameter in named if parameter is module.weight]) > 1:
                raise CourseError(f"LoRA cannot be merged here: {' and '.join(names)} are one "
                                  "tensor in this model, and the change is meant for one of them. "
                                  "Use it without merging.")
            change = self.scale * B @ A                   # (d_out, r) @ (r, d_in) -> (d_out, d_in)
            yield (module.weight,
                   module.weight + (change.T if isinstance(module, Conv1D) else change))
