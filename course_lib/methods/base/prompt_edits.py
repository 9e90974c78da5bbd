"""What LoReFT and interchange interventions share: hidden states are edited at some positions of the prompt.

Shapes: B rows, T tokens, n edited positions, d width, r rank.
"""
import torch

from course_lib.architecture import blocks_of, tokens_read
from course_lib.errors import CourseError
from course_lib.methods.base.method import Method


class PromptEdits(Method):
    """`sites[i]` is (block number, kind); a kind is a set of positions, which `places` finds in every prompt.

    A method defines `places` and `edit`. Text that comes after the prompt, the answer, is never edited.
    """

    def __init__(self, model, num_labels: int | None, seed: int):
        super().__init__(model, {}, num_labels, seed)
        self.sites: list[tuple[int, str]] = []
        self.prompt = None   # (B, T): which tokens of the batch are the prompt; set by `prepare`
        self.window = {}     # kind -> (rows, positions) of what the model reads now; set when the model is called

    def places(self, prompt: torch.Tensor) -> dict[str, torch.Tensor]:
        """kind -> which of these tokens are to be edited, (B, T), where `prompt` (B, T) says which are prompt."""
        raise NotImplementedError

    def edit(self, site: int, h: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """What site number `site` makes of the hidden states h (n, d); `rows` (n,) says of which rows they are."""
        raise NotImplementedError

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
        for site, (layer, kind) in enumerate(self.sites):
            yield blocks[layer].register_forward_hook(self.change(site, kind), prepend=True)

    def find_positions(self, module, args, inputs):
        """The hook that finds, before the model reads, which of the tokens it is about to read are to be edited."""
        if self.prompt is None:
            raise CourseError(f"{self.name} edits positions of the prompt. Call the model with "
                              "`**method.prepare(batch)`.")
        given, cache = tokens_read(args, inputs), inputs.get("past_key_values")
        done = 0 if cache is None else cache.get_seq_length()  # tokens that were read before: a step of `generate`
        if done >= self.prompt.shape[1]:
            self.window = {}
            return
        if len(given) != len(self.prompt) or done + given.shape[1] < self.prompt.shape[1]:
            raise CourseError(f"`prepare` was last called for {tuple(self.prompt.shape)} tokens, and the model reads "
                              f"{tuple(given.shape[:2])}. Call it once for every call of the model.")
        found = self.places(self.prompt)
        self.window = {kind: found[kind][:, done:].nonzero(as_tuple=True) for kind in {kind for _, kind in self.sites}}

    def change(self, site: int, kind: str):
        """The hook that edits what a block gives."""
        def hook(block, inputs, hidden):                                                     # (B, T, d)
            if kind not in self.window:
                return None
            where = self.window[kind]
            return hidden.index_put(where, self.edit(site, hidden[where], where[0]))         # (n, d) into (B, T, d)
        return hook


def orthonormal_rows(raw: torch.Tensor) -> torch.Tensor:
    """Q^T of raw = Q T with a positive diagonal in T, (d, r) -> (r, d): rows of length 1 at right angles."""
    Q, T = torch.linalg.qr(raw)
    return (Q * T.diagonal().sign()).T
