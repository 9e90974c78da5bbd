"""Deep prompts: trained vectors before the text, anew in every block; prefix tuning for encoders."""
import torch
from torch import nn

from course_lib.architecture import blocks_of, embedding_size, evaluating, first_position, width_of, with_positions
from course_lib.errors import CourseError
from course_lib.methods.base.virtual_tokens import VirtualTokens
from course_lib.promised import names_of


class DeepPrompts(VirtualTokens):
    """Block l reads [P_l; H_l]: what stood at the P virtual positions is replaced by vectors of block l's own.

    Liu et al. 2022, "P-Tuning v2", section 3.2 (arXiv:2110.07602). `prompts` is (L, P, d). `init`: "vocabulary" (what
    each block reads of drawn tokens), a text (what it reads of its tokens), or "random". Encoders only: on a
    decoder the same idea is PrefixTuning (CourseError).
    """

    def __init__(self, model, length: int = 20, init: str = "vocabulary", tokenizer=None,
                 num_labels: int | None = None, seed: int = 0):
        super().__init__(model, length, num_labels, seed)
        if self.decoder:
            raise CourseError(f"DeepPrompts is for encoders: {names_of(lambda one: not one.decoder)}; "
                              f"{type(model).__name__} is a decoder: take PrefixTuning there, the same idea with keys "
                              "and values.")
        ids = self.first_tokens(model, init, tokenizer)
        if ids is None:
            start = torch.randn(len(blocks_of(model)), self.length, width_of(model), generator=self.generator)
            start *= embedding_size(model)
        else:
            with torch.no_grad(), evaluating(model):
                places = torch.arange(self.length)[None] + first_position(model)             # (1, P)
                read = model(input_ids=ids[None], position_ids=places, output_hidden_states=True)
                start = torch.cat(read.hidden_states[:-1])
        self.prompts = nn.Parameter(start)                                                   # (L, P, d)

    def prepare(self, batch):
        batch = self.lengthened(super().prepare(batch))
        text = self.model.get_input_embeddings()(batch.pop("input_ids"))                     # (B, T) -> (B, T, d)
        room = text.new_zeros(len(text), self.length, text.shape[2])                         # block 0 fills it
        batch["inputs_embeds"] = torch.cat([room, text], dim=1)                              # (B, P + T, d)
        self.check_gap(batch["attention_mask"])
        return with_positions(batch, first_position(self.model))

    def edits(self, model):
        yield model.base_model.register_forward_pre_hook(self.check_room, with_kwargs=True)
        for place, block in enumerate(blocks_of(model).values()):
            yield block.register_forward_pre_hook(self.replace(place))

    def replace(self, place: int):
        """The hook that puts a block's own vectors in front of what it reads."""
        def hook(block, inputs):
            hidden, *others = inputs                                                         # (B, P + T, d)
            own = self.prompts[place].expand(len(hidden), -1, -1)                            # (P, d) -> (B, P, d)
            return torch.cat([own, hidden[:, self.length:]], dim=1), *others
        return hook
