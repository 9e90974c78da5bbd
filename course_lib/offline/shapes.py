"""What a model says of a prompt depends, in its last digits, on the shape of the batch in which the prompt is read.

A product of matrices adds up in an order that the library chooses by their shapes. So the same prompt has other last
digits alone than among 64 others, and others with padding than without. In a batch whose shape never changes they
depend on the prompt alone, at the cost of padding: short batches are filled up, and all prompts made as long.
"""
from collections.abc import Sequence

import torch

from course_lib.architecture import with_positions
from course_lib.errors import CourseError
from course_lib.prompting.reading import encode_prompts


@torch.no_grad()
def next_logits(model, tokenizer, prompts: Sequence[str], batch: int, length: int | None = None) -> torch.Tensor:
    """The logits of what comes after each prompt, (n, V), read in batches in the order of the prompts.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        prompts: a list of texts.
        batch: how many are read at once.
        length: if it is given, every batch has the same shape: `batch` prompts, as many tokens.

    Raises:
        CourseError: if a prompt cannot be read, or has more than `length` tokens.
    """
    rows, found = encode_prompts(model, tokenizer, prompts, room=0), []
    if length and (longest := max(map(len, rows))) > length:
        raise CourseError(f"A prompt has {longest} tokens, and length is {length}. Give a length of {longest} or more.")
    for start in range(0, len(rows), batch):
        part = rows[start:start + batch]
        T, filled = length or max(map(len, part)), part + part[:1] * (batch - len(part)) if length else part
        ids = torch.tensor([[0] * (T - len(row)) + row for row in filled])                        # (B, T)
        mask = torch.tensor([[0] * (T - len(row)) + [1] * len(row) for row in filled])            # (B, T)
        read = with_positions({"input_ids": ids, "attention_mask": mask})
        found.append(model(**read, logits_to_keep=1).logits[:len(part), -1].float())              # (B, V)
    return torch.cat(found)


def compared(first: torch.Tensor, second: torch.Tensor) -> tuple[int, float]:
    """(how many prompts have another likeliest token, the largest difference of two logits), both (n, V)."""
    return int((first.argmax(1) != second.argmax(1)).sum()), (first - second).abs().max().item()
