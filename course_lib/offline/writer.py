"""Planned batches become answers, in the process that keeps them or in a worker."""
from collections.abc import Sequence

import torch

from course_lib.offline.generating import Prefix, generate, read_prefix
from course_lib.offline.planning import Batch
from course_lib.prompting.reading import attached
from course_lib.prompting.tokens import answer_text, line_end, stop_tokens


class Writer:
    """A model with its method, and where an answer ends.

    The prefix that was read last is kept: batch after batch goes on behind it.
    """

    def __init__(self, model, tokenizer, method, most: int, until: str):
        self.model, self.tokenizer, self.method = model, tokenizer, method
        self.most, self.until = most, until
        newline = {line_end(tokenizer)} if until == "end" else set()
        self.stops = [token for token in stop_tokens(model, tokenizer) if token not in newline]
        self.prefix: Prefix | None = None

    def write(self, batches: Sequence[Batch]) -> list[str]:
        """The answers to all prompts of these batches, in their order."""
        with torch.no_grad(), attached(self.model, self.method):
            return [self.text_of(ids) for batch in batches for ids in self.tokens_for(batch)]

    def tokens_for(self, batch: Batch) -> list[list[int]]:
        """The new tokens of each prompt."""
        return generate(self.model, batch.rows, self.prefix_of(batch), self.most, self.stops,
                        self.method)

    def prefix_of(self, batch: Batch) -> Prefix | None:
        """What these prompts share, read now or before."""
        if not batch.prefix:
            return None
        if not (self.prefix and self.prefix.fits(batch.rows, batch.prefix, self.most)):
            self.prefix = None                      # first, so that two never need room at once
            self.prefix = read_prefix(self.model, batch.rows, batch.prefix, len(batch.rows),
                                      self.most, self.method)
        return self.prefix

    def text_of(self, ids: list[int]) -> str:
        """What these new tokens say, up to where an answer ends, without spaces around it."""
        if self.until == "newline":
            return answer_text(self.tokenizer, ids, self.stops)
        end = next((place for place, token in enumerate(ids) if token in self.stops), len(ids))
        return self.tokenizer.decode(ids[:end]).strip()
