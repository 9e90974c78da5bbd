"""Interchange interventions: a part of a hidden state is taken from another text's run. With R trained: DAS."""
import torch
from torch import nn

from course_lib.architecture import block_number, width_of
from course_lib.errors import CourseError, shown, whole_number
from course_lib.methods.base.prompt_edits import PromptEdits, orthonormal_rows


class Interchange(PromptEdits):
    """h_b + R^T R (h_s - h_b) at one position of the prompt after one block.

    What R sees of the hidden state comes from the source: h_b is the base's hidden state, h_s that
    of another text, the source; R (r, d) has orthonormal rows. Geiger et al. 2023, "Finding
    Alignments Between Interpretable Causal Variables and Distributed Neural Representations",
    section 3 (arXiv:2303.02536), the distributed interchange intervention. With rank=None the whole
    vector is swapped, R^T R = I, and nothing can be trained. Where the source is the base,
    h_s - h_b is 0 and nothing changes.

    A batch holds `source`, a batch of as many rows; `position` counts the prompt's tokens, in base
    and source alike, 0 from the first, -1 from the last. `layer` None is the middle block. Training
    R with `fit`, so that with the source swapped in the model gives `answer`, is DAS (rows have a
    column `source`); untrained, R is a random subspace: its control. Raises CourseError for a
    layer, position, rank or source that does not exist.
    """

    why_not_merged = "what it puts in depends on another text, the source, and weights do not."
    takes_source = True

    def __init__(self, model, layer: int | None = None, position: int = -1, rank: int | None = None,
                 num_labels: int | None = None, seed: int = 0):
        super().__init__(model, num_labels, seed)
        d = width_of(model)
        self.layer, self.position = (block_number(model, layer),
                                     whole_number("position", position, -10**6))
        rank = None if rank is None else whole_number("rank", rank, 1, d)
        self.settings |= {"layer": self.layer, "position": self.position, "rank": rank}
        self.sites = [(self.layer, "swap")]
        start = (None if rank is None else
                 torch.randn(d, rank, generator=self.generator) / d**0.5)
        self.raw = None if start is None else nn.Parameter(start)        # (d, r)
        self.source = None   # (B, d): h_s; while it is None, a source is being read

    @property
    def R(self) -> torch.Tensor | None:
        """The subspace (r, d) that is swapped; None where it is everything."""
        return None if self.raw is None else orthonormal_rows(self.raw)

    def prepare(self, batch):
        model, source = self.model, batch.get("source")
        ids = source.get("input_ids") if isinstance(source, dict) else None
        if (not isinstance(ids, torch.Tensor) or ids.dim() != 2
                or len(ids) != len(batch["input_ids"])):
            raise CourseError("Interchange takes a part of other texts, the sources, as many as "
                              f"the batch has rows, {len(batch['input_ids'])}: {{**batch, "
                              f"'source': other_batch}}; you gave the source {shown(source)}.")
        with torch.no_grad():
            self.source, inputs = None, super().prepare(source)
            inputs = {name: value for name, value in inputs.items()
                      if name not in ("labels", "logits_to_keep")}
            model.base_model(**inputs)                             # `edit` keeps h_s
        return super().prepare({name: value for name, value in batch.items() if name != "source"})

    def places(self, prompt):
        number, n = prompt.cumsum(1), prompt.sum(1, keepdim=True)        # (B, T) from 1; (B, 1)
        place = n + self.position if self.position < 0 else torch.full_like(n, self.position)
        if ((place < 0) | (place >= n)).any():
            raise CourseError(f"Every prompt and source needs a token at position {self.position}; "
                              f"one of them has {n.min()} tokens. Take a position from {-n.min()} "
                              f"to {n.min() - 1}.")
        return {"swap": prompt & (number == place + 1)}

    def edit(self, site, h, rows):
        if self.source is None:
            self.source = h                                        # (B, d), one for each row
            return h
        source = self.source[rows]
        return (source if self.raw is None else
                h + (source - h) @ self.R.T @ self.R)                    # (n, d) @ (d, r) @ (r, d)
