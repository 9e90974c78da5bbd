"""What prompt tuning, prefix tuning and deep prompts share: P trained positions in front of the text.

Shapes: B rows, T tokens, P virtual positions, d width.
"""
import torch
from transformers import PreTrainedTokenizerBase

from course_lib.architecture import check_tokens, context_of, tokens_read, window_of
from course_lib.errors import CourseError, shown, whole_number
from course_lib.methods.base.method import Method


class VirtualTokens(Method):
    """`length` is P. The vectors start "random", from the "vocabulary", or from a text, which needs `tokenizer`."""

    why_not_merged = "its vectors stand before the text, and are part of no weight of the model."

    def __init__(self, model, length: int, num_labels: int | None, seed: int):
        super().__init__(model, {}, num_labels, seed)
        self.length = whole_number("length", length, 1, context_of(model) - 1)
        self.settings["length"] = self.length  # a saved one needs no init: it has its vectors

    def lengthened(self, batch: dict) -> dict:
        """The batch with P more places in its mask (B, P + T), always seen. CourseError where the model has no room.

        BERT's token_type_ids get as many, of the first kind.
        """
        mask = batch["attention_mask"]
        T, room = mask.shape[1], context_of(self.model) - self.length
        if T > room:
            raise CourseError(f"The longest text has {T} tokens. With {self.length} virtual ones before it this model "
                              f"reads at most {room}: shorten the texts, or take a smaller length.")
        longer = {"attention_mask": torch.cat([mask.new_ones(len(mask), self.length), mask], dim=1)}
        if "token_type_ids" in batch:
            kinds = batch["token_type_ids"]
            longer["token_type_ids"] = torch.cat([kinds.new_zeros(len(mask), self.length), kinds], dim=1)
        return {**batch, **longer}

    def beside_text(self, batch: dict) -> dict:
        """The batch (B, P + T) with the vectors after the padding on the left, not before it, where the model's blocks
        look back over a window: padding between the two would push the vectors out of sight.
        """
        if window_of(self.model) is None:
            return batch
        P, mask = self.length, batch["attention_mask"]
        place = torch.arange(mask.shape[1], device=mask.device)                              # (P + T,)
        empty = mask[:, P:].argmax(1, keepdim=True)                                          # (B, 1): the padding
        order = torch.where(place < empty, place + P, torch.where(place < empty + P, place - empty, place))
        rows = torch.arange(len(mask), device=mask.device)[:, None]
        long = ("attention_mask", "inputs_embeds", "token_type_ids")
        return {name: value[rows, order] if name in long else value for name, value in batch.items()}

    def check_gap(self, mask: torch.Tensor | None) -> None:
        """CourseError where padding on the left could push the vectors out of a window's sight; mask (B, P + T)."""
        window = window_of(self.model)
        if window is not None and mask is not None and mask.shape[1] > window and not mask[:, self.length].all():
            raise CourseError(f"Padding stands between the vectors of {self.name} and some of these texts, and the "
                              f"attention of this model looks back over {window} places: what it says to a text would "
                              "depend on the others. Give it one text at a time, or texts of one length; or take "
                              "PromptTuning, whose vectors can stand beside the text.")

    def check_room(self, module, args, inputs):
        """The hook that refuses a text before which there is no place for the vectors."""
        cache = inputs.get("past_key_values")
        if tokens_read(args, inputs).dim() == 2 and (cache is None or cache.get_seq_length() == 0):
            raise CourseError(f"The vectors of {self.name} are not in this call. Call the model with "
                              "`**method.prepare(batch)`.")

    def first_tokens(self, model, init: str, tokenizer) -> torch.Tensor | None:
        """The P tokens to start from, (P,); None for "random"."""
        if init == "random":
            return None
        if init == "vocabulary":
            vocabulary = len(model.get_input_embeddings().weight)
            return torch.randint(vocabulary, (self.length,), generator=self.generator)
        if not isinstance(init, str) or not init.strip() or not isinstance(tokenizer, PreTrainedTokenizerBase):
            raise CourseError("init is 'random', 'vocabulary', or a text to start from, and with a text you give "
                              f"tokenizer=, too; you gave init={shown(init)} and tokenizer={shown(tokenizer)}.")
        ids = torch.tensor(tokenizer(init, add_special_tokens=False)["input_ids"])
        check_tokens(model, ids)
        return ids.repeat(-(-self.length // len(ids)))[: self.length]  # the text again and again, up to P
