"""LoReFT: edits of the hidden states at a few positions, inside a small subspace; no weight is touched."""
import torch
from torch import nn

from course_lib.architecture import block_numbers, width_of
from course_lib.errors import CourseError, unknown, whole_number
from course_lib.methods.base.prompt_edits import PromptEdits, orthonormal_rows

VARIANTS = ("loreft", "direft")


class LoReFT(PromptEdits):
    """h + R^T (W h + b - R h) at some positions of the prompt.

    R (r, d) has orthonormal rows; what it sees is replaced. The start W = R, b = 0 is a no-op up to
    rounding. Wu et al. 2024, "ReFT: Representation Finetuning for Language Models", section 3.2
    (arXiv:2404.03592). variant="direft", from the same section, drops what makes R special:
    h + R^T (W h + b), R free, W = 0 at first.

    The four hyperparameters of the paper: `prefix` and `suffix`, how many of the prompt's first and
    last positions; `layers`, "all" or block numbers; `tied`, whether both share one edit. A prompt
    too short for both is edited once, prefix first. `sites[i]` is (layer, "prefix" | "suffix" |
    "both"); R[i], W[i] (r, d) and b[i] (r) are its own. Text that comes after the prompt, the
    answer, is never edited.
    """

    why_not_merged = "it edits some positions only, and a weight acts on all of them."

    def __init__(self, model, layers: str | list[int] = "all", rank: int = 4, prefix: int = 1,
                 suffix: int = 1, tied: bool = False, variant: str = "loreft",
                 num_labels: int | None = None, seed: int = 0):
        super().__init__(model, num_labels, seed)
        if variant not in VARIANTS:
            raise unknown("variant", variant, VARIANTS)
        d, rank = width_of(model), whole_number("rank", rank, 1, width_of(model))
        self.prefix, self.suffix = (whole_number("prefix", prefix, 0),
                                    whole_number("suffix", suffix, 0))
        kinds = [kind for kind, count in (("prefix", self.prefix), ("suffix", self.suffix))
                 if count]
        if not kinds:
            raise CourseError("prefix and suffix are both 0, so no position would be edited. Give "
                              "one of them 1 or more.")
        kinds = ["both"] if tied else kinds
        layers = block_numbers(model, layers)
        self.settings |= {"layers": layers, "rank": rank, "prefix": self.prefix,
                          "suffix": self.suffix, "tied": bool(tied), "variant": variant}
        self.sites = [(layer, kind) for layer in layers for kind in kinds]
        self.orthonormal = variant == "loreft"
        new = lambda: torch.randn(d, rank, generator=self.generator) / d**0.5
        self.raw = nn.ParameterList(new() for _ in self.sites)                  # (d, r)
        starts = self.R if self.orthonormal else [torch.zeros(rank, d) for _ in self.sites]
        self.W = nn.ParameterList(start.detach().clone() for start in starts)   # (r, d)
        self.b = nn.ParameterList(torch.zeros(rank) for _ in self.sites)        # (r,)

    @property
    def R(self) -> list[torch.Tensor]:
        """The subspace of each site, (r, d)."""
        return [self.subspace(raw) for raw in self.raw]

    def subspace(self, raw):
        """R (r, d) from its parameter (d, r)."""
        return orthonormal_rows(raw) if self.orthonormal else raw.T

    def places(self, prompt):
        number = prompt.cumsum(1)                                               # (B, T), from 1
        first = prompt & (number <= self.prefix)
        last = prompt & (number > number[:, -1:] - self.suffix) & ~first
        return {"prefix": first, "suffix": last, "both": first | last}

    def edit(self, site, h, rows):
        R, W, b = self.subspace(self.raw[site]), self.W[site], self.b[site]
        seen = h @ R.T if self.orthonormal else 0                               # (n, d) @ (d, r)
        return h + (h @ W.T + b - seen) @ R                                     # (n, r) @ (r, d)

    def first_block(self, model):
        return min(layer for layer, _ in self.sites)
