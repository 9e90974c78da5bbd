"""Prefix tuning: trained keys and values before the text, in every block."""
import math

import torch
from torch import nn
from transformers import DynamicCache

from course_lib.architecture import evaluating, tokens_read, with_positions
from course_lib.errors import CourseError, shown
from course_lib.methods.base.virtual_tokens import VirtualTokens
from course_lib.promised import names_of


class PrefixTuning(VirtualTokens):
    """Attention reads softmax(q [P_k; K]^T) [P_v; V] in each block.

    P_k and P_v are P trained keys and values before the text's own. Li & Liang 2021,
    "Prefix-Tuning", section 4 (arXiv:2101.00190), without its reparametrisation. To the model it is
    a cache of P tokens that were never read. `prefix` is (L, 2, H, P, d_head): blocks, key or
    value, heads of keys. `init`: "vocabulary" (the keys and values of drawn tokens), a text (those
    of its tokens; section 6.4 calls it real words), or "random". Decoders only: an encoder keeps no
    cache (CourseError; DeepPrompts does it there).
    """

    def __init__(self, model, length: int = 20, init: str = "vocabulary", tokenizer=None,
                 num_labels: int | None = None, seed: int = 0):
        super().__init__(model, length, num_labels, seed)
        if not self.decoder:
            raise CourseError(f"PrefixTuning is a cache, and {type(model).__name__} keeps none. It "
                              f"can be built on {names_of(lambda one: one.decoder)}; for an "
                              "encoder take DeepPrompts.")
        ids = self.first_tokens(model, init, tokenizer)
        with torch.no_grad(), evaluating(model):
            read = torch.zeros(self.length, dtype=torch.long) if ids is None else ids
            cache = DynamicCache()      # the model's own would forget what its windows do not reach
            layers = model(input_ids=read[None], use_cache=True,
                           past_key_values=cache).past_key_values.layers
        if len({layer.keys.shape for layer in layers}) > 1:
            raise CourseError("The layers of this model have different numbers of heads, for some "
                              "were pruned, and a prefix has as many in all. Take PromptTuning, or "
                              "prune as many in every layer.")
        start = torch.stack([torch.cat([layer.keys, layer.values])
                             for layer in layers])                         # (L, 2, H, P, d_head)
        if ids is None:
            start = torch.randn(start.shape, generator=self.generator) * 0.02
        self.prefix = nn.Parameter(start)

    @classmethod
    def from_prompt(cls, prompt: VirtualTokens, model) -> "PrefixTuning":
        """The prefix that does what a trained prompt does: what the model makes of its vectors.

        Trained from here on, each block's numbers go their own way. Directly from tokens, a prefix
        learns a few rows by heart; Li & Liang (section 4.3) train it through a network that is
        dropped afterwards. Here the frozen model is that network. CourseError for a prompt of
        another model, or one with a head of its own.
        """
        vectors = getattr(prompt, "prompt", None)                          # (P, d)
        if (not isinstance(prompt, VirtualTokens) or prompt.head is not None or vectors is None
                or vectors.dim() != 2):
            raise CourseError("from_prompt takes a PromptTuning method without a head of its own; "
                              f"you gave {shown(prompt)}.")
        prompt.check_base(model)
        prefix = cls(model, prompt.length)
        with torch.no_grad(), evaluating(model):
            layers = model(inputs_embeds=vectors[None], use_cache=True,
                           past_key_values=DynamicCache()).past_key_values.layers
            prefix.prefix.copy_(torch.stack([torch.cat([layer.keys, layer.values])
                                             for layer in layers]))        # (L, 2, H, P, d_head)
        return prefix

    def prepare(self, batch):
        batch = self.lengthened(super().prepare(batch))
        B = len(batch["input_ids"])
        pairs = self.prefix[:, :, None].expand(-1, -1, B, -1, -1, -1)      # (L, 2, B, H, P, d_head)
        # a new cache for every call: it grows in place
        cache = DynamicCache([(keys, values) for keys, values in pairs])
        return with_positions({**batch, "past_key_values": cache})

    def edits(self, model):
        yield model.base_model.register_forward_pre_hook(self.check_cache, with_kwargs=True)

    def check_cache(self, module, args, inputs):
        """The hook that refuses calls in which the prefix is not there, or the text would be read
        on top of itself, or padding stands between the two.
        """
        cache, mask, positions = (inputs.get(name) for name in
                                  ("past_key_values", "attention_mask", "position_ids"))
        done = 0 if cache is None else cache.get_seq_length()
        if done < self.length:
            raise CourseError("The prefix is not in this call. Call the model with "
                              "`**method.prepare(batch)`.")
        if mask is None:  # `generate` leaves it out where nothing is padded
            end = math.inf if positions is None else positions.max() + 1
        else:
            end = mask.shape[-1]
        if end < done + tokens_read(args, inputs).shape[1]:
            raise CourseError("The prefix is a cache, and this one has read the text already; it "
                              "would be read twice. Call `prepare` once for every call of the "
                              "model, and leave use_cache=False out of `generate`.")
        self.check_gap(mask)
