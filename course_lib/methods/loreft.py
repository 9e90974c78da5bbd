"""LoReFT: edits of the hidden states at a few positions, inside a small subspace; no weight is touched."""
import torch
from torch import nn

from course_lib.architecture import blocks_of, tokens_read, width_of
from course_lib.errors import CourseError, shown, unknown, whole_number
from course_lib.method import Method

VARIANTS = ("loreft", "direft")


class LoReFT(Method):
    """h + R^T (W h + b - R h) at some positions of the prompt; R (r, d) has orthonormal rows; what it sees is replaced.

    Wu et al. 2024, "ReFT: Representation Finetuning for Language Models", section 3.2 (arXiv:2404.03592). The start
    W = R, b = 0 is a no-op up to rounding. variant="direft", from the same section, drops what makes R special:
    h + R^T (W h + b), R free, W = 0 at first.

    The four hyperparameters of the paper: `prefix` and `suffix`, how many of the prompt's first and last positions;
    `layers`, "all" or block numbers; `tied`, whether both share one edit. A prompt too short for both is edited
    once, prefix first. `sites[i]` is (layer, "prefix" | "suffix" | "both"); R[i], W[i] (r, d) and b[i] (r) are its
    own. Text that comes after the prompt, the answer, is never edited.
    """

    why_not_merged = "it edits some positions only, and a weight acts on all of them."

    def __init__(self, model, layers: str | list[int] = "all", rank: int = 4, prefix: int = 1, suffix: int = 1,
                 tied: bool = False, variant: str = "loreft", num_labels: int | None = None, seed: int = 0):
        super().__init__(model, {}, num_labels, seed)
        if variant not in VARIANTS:
            raise unknown("variant", variant, VARIANTS)
        d, rank = width_of(model), whole_number("rank", rank, 1, width_of(model))
        self.prefix, self.suffix = whole_number("prefix", prefix, 0), whole_number("suffix", suffix, 0)
        kinds = [kind for kind, count in (("prefix", self.prefix), ("suffix", self.suffix)) if count]
        if not kinds:
            raise CourseError("prefix and suffix are both 0, so no position would be edited. Give one of them 1 or "
                              "more.")
        kinds = ["both"] if tied else kinds
        layers = block_numbers(model, layers)
        self.settings |= {"layers": layers, "rank": rank, "prefix": self.prefix, "suffix": self.suffix,
                          "tied": bool(tied), "variant": variant}
        self.sites = [(layer, kind) for layer in layers for kind in kinds]
        self.orthonormal = variant == "loreft"
        new = lambda: torch.randn(d, rank, generator=self.generator) / d**0.5
        self.raw = nn.ParameterList(new() for _ in self.sites)                               # (d, r)
        starts = self.R if self.orthonormal else [torch.zeros(rank, d) for _ in self.sites]
        self.W = nn.ParameterList(start.detach().clone() for start in starts)                # (r, d)
        self.b = nn.ParameterList(torch.zeros(rank) for _ in self.sites)                     # (r,)
        self.prompt = None   # (B, T): which tokens of the batch are the prompt; set by `prepare`
        self.window = {}     # kind -> (rows, positions) of what the model reads now; set when the model is called

    @property
    def R(self) -> list[torch.Tensor]:
        """The subspace of each site, (r, d)."""
        return [self.subspace(raw) for raw in self.raw]

    def subspace(self, raw):
        """R (r, d) from its parameter (d, r)."""
        return orthonormal_rows(raw) if self.orthonormal else raw.T

    def prepare(self, batch):
        batch = super().prepare(batch)
        self.prompt = batch["attention_mask"].bool()
        if batch.get("labels") is not None and batch["labels"].shape == self.prompt.shape:
            self.prompt = self.prompt & (batch["labels"] == -100)     # an answer to be learned is no prompt
        return batch

    def edits(self, model):
        self.prompt = None
        yield model.base_model.register_forward_pre_hook(self.find_positions, with_kwargs=True)
        blocks = list(blocks_of(model).values())
        for place, (layer, kind) in enumerate(self.sites):
            yield blocks[layer].register_forward_hook(self.change(place, kind), prepend=True)

    def find_positions(self, module, args, inputs):
        """The hook that finds, before the model reads, which of the tokens it is about to read are to be edited."""
        if self.prompt is None:
            raise CourseError("LoReFT edits positions of the prompt. Call the model with `**method.prepare(batch)`.")
        given, cache = tokens_read(args, inputs), inputs.get("past_key_values")
        done = 0 if cache is None else cache.get_seq_length()  # tokens that were read before: a step of `generate`
        if done >= self.prompt.shape[1]:
            self.window = {}
            return
        if len(given) != len(self.prompt) or done + given.shape[1] < self.prompt.shape[1]:
            raise CourseError(f"`prepare` was last called for {tuple(self.prompt.shape)} tokens, and the model reads "
                              f"{tuple(given.shape[:2])}. Call it once for every call of the model.")
        number = self.prompt.cumsum(1)                                                       # (B, T), from 1
        first = self.prompt & (number <= self.prefix)
        last = self.prompt & (number > number[:, -1:] - self.suffix) & ~first
        found = {"prefix": first, "suffix": last, "both": first | last}
        self.window = {kind: found[kind][:, done:].nonzero(as_tuple=True) for kind in {kind for _, kind in self.sites}}

    def change(self, place: int, kind: str):
        """The hook that edits what a block gives."""
        def hook(block, inputs, hidden):                                                     # (B, T, d)
            if kind not in self.window:
                return None
            h = hidden[self.window[kind]]                                                    # (B, T, d) -> (n, d)
            R, W, b = self.subspace(self.raw[place]), self.W[place], self.b[place]
            seen = h @ R.T if self.orthonormal else 0                                        # (n, d) @ (d, r)
            return hidden.index_put(self.window[kind], h + (h @ W.T + b - seen) @ R)         # (n, r) @ (r, d)
        return hook

    def first_block(self, model):
        return min(layer for layer, _ in self.sites)


def orthonormal_rows(raw: torch.Tensor) -> torch.Tensor:
    """Q^T of raw = Q T with a positive diagonal in T, (d, r) -> (r, d): rows of length 1 at right angles."""
    Q, T = torch.linalg.qr(raw)
    return (Q * T.diagonal().sign()).T


def block_numbers(model, layers) -> list[int]:
    """The numbers of the blocks in `layers`; CourseError for one that the model does not have."""
    count = len(blocks_of(model))
    if isinstance(layers, str) and layers == "all":
        return list(range(count))
    if not isinstance(layers, list | tuple | range):
        raise CourseError(f"layers is 'all' or a list of block numbers from 0 to {count - 1}; you gave "
                          f"{shown(layers)}.")
    numbers = [whole_number("A layer", layer, 0, count - 1) for layer in layers]
    if not numbers or len(set(numbers)) != len(numbers):
        raise CourseError(f"layers names at least one block, and none twice; you gave {shown(layers)}.")
    return numbers
