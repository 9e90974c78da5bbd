"""Prompt tuning: trained vectors where a text's first tokens would be."""
from collections.abc import Sequence

import torch
from torch import nn

from course_lib.architecture import embedding_size, first_position, width_of, with_positions
from course_lib.errors import CourseError, shown, whole_number
from course_lib.methods.base.virtual_tokens import VirtualTokens


class PromptTuning(VirtualTokens):
    """The model reads [P; E(x)]: P trained vectors, then the text's own embeddings.

    Lester et al. 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning", section 2
    (arXiv:2104.08691). `prompt` is (P, d). `init`: "random" (as large as the embeddings of tokens
    are), "vocabulary" (the embeddings of drawn tokens), or a text such as the label words, again
    and again up to P; a text needs `tokenizer`.
    """

    def __init__(self, model, length: int = 20, init: str = "random", tokenizer=None,
                 num_labels: int | None = None, seed: int = 0):
        super().__init__(model, length, num_labels, seed)
        ids = self.first_tokens(model, init, tokenizer)
        start = (model.get_input_embeddings()(ids).detach()               # as the model reads them
                 if ids is not None else
                 torch.randn(self.length, width_of(model), generator=self.generator)
                 * embedding_size(model))
        self.prompt = nn.Parameter(start)                                 # (P, d)

    def prepare(self, batch):
        batch = self.lengthened(super().prepare(batch))
        text = self.model.get_input_embeddings()(batch.pop("input_ids"))  # (B, T) -> (B, T, d)
        prompt = self.prompt.expand(len(text), -1, -1)                    # (P, d) -> (B, P, d)
        batch["inputs_embeds"] = torch.cat([prompt, text], dim=1)         # (B, P + T, d)
        if "labels" in batch and batch["labels"].dim() == 2:              # nothing to predict there
            ignored = batch["labels"].new_full((len(text), self.length), -100)
            batch["labels"] = torch.cat([ignored, batch["labels"]],
                                        dim=1)                            # (B, P + T)
        return with_positions(self.beside_text(batch), first_position(self.model))

    def edits(self, model):
        yield model.base_model.register_forward_pre_hook(self.check_room, with_kwargs=True)

    @classmethod
    def mix(cls, prompts: Sequence["PromptTuning"], rows: Sequence[int]) -> "MixedPrompts":
        """One method for one batch in which row i has the prompt `prompts[rows[i]]`.

        So several tasks are done at once.
        """
        return MixedPrompts(prompts, rows)


class MixedPrompts(PromptTuning):
    """`prompt` is (B, P, d), a copy of one prompt for each row. To be used, not saved: save the prompts themselves."""

    def __init__(self, prompts: Sequence[PromptTuning], rows: Sequence[int]):
        if (not isinstance(prompts, list | tuple) or not prompts
                or not all(isinstance(prompt, PromptTuning) and prompt.head is None for prompt in prompts)):
            raise CourseError("mix takes a list of PromptTuning methods without heads of their "
                              f"own; you gave {shown(prompts)}.")
        if len({(prompt.base, prompt.length) for prompt in prompts}) != 1:
            raise CourseError("Only prompts of one base model and of one length can be mixed.")
        if not isinstance(rows, list | tuple | range) or not rows:
            raise CourseError("rows is a list that says for each row of the batch which prompt it "
                              f"has, from 0 to {len(prompts) - 1}; you gave {shown(rows)}.")
        rows = [whole_number("A row's prompt", row, 0, len(prompts) - 1) for row in rows]
        nn.Module.__init__(self)
        first = prompts[0]
        self.base, self.length, self.decoder, self.head = first.base, first.length, first.decoder, None
        self.settings = first.settings
        self.prompt = nn.Parameter(torch.stack([prompts[row].prompt.detach() for row in rows]))  # (B, P, d)

    def prepare(self, batch):
        if len(batch["input_ids"]) != len(self.prompt):
            raise CourseError(f"These prompts are mixed for {len(self.prompt)} rows; this batch "
                              f"has {len(batch['input_ids'])}.")
        return super().prepare(batch)

    def save(self, path):
        raise CourseError("Mixed prompts are made for one batch. Save each of the prompts that "
                          "they are mixed from.")
