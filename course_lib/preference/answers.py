"""Answers as tokens: their log probabilities, all of a small set at once, or of some; and answers that a model draws.

Shapes: P prompts, K answers to each, N tokens of all K, T tokens of a text, d width, B texts, V vocabulary.
"""
from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch.nn.utils.rnn import pad_sequence

from course_lib.architecture import context_of, with_positions
from course_lib.errors import CourseError, shown
from course_lib.methods.base.method import Method
from course_lib.training.batches import IGNORED

TOGETHER = 16        # prompts in one forward pass
FURTHER = 12         # tokens that are drawn at most


def tokens_of(tokenizer, answers: Sequence[str]) -> list[list[int]]:
    """Each answer's tokens: a space before it, a full stop and the end of the text behind it.

    The end is a token like others, and is learned; padding is another one. CourseError for an empty answer.
    """
    if not answers or not all(isinstance(one, str) and one.strip() for one in answers):
        raise CourseError(f"An answer has at least a word; you gave {shown(answers)}. Leave empty ones out.")
    return [tokenizer(f" {answer.strip()}.")["input_ids"] + [tokenizer.eos_token_id] for answer in answers]


def batch_of(model, tokenizer, prompts: Sequence[str], tails: Sequence[list[int]]) -> dict:
    """A batch of prompts with an answer's tokens behind each, padded on the left, as `method.logits` takes it.

    `labels` (B, T) are IGNORED but for the answers' tokens. CourseError for a text that is longer than the model reads.
    """
    heads = tokenizer(list(prompts))["input_ids"]
    rows = [torch.tensor(head + tail) for head, tail in zip(heads, tails, strict=True)]
    check_room(model, max(map(len, rows)))
    pad = lambda parts, value: pad_sequence(parts, True, value, padding_side="left")
    batch = {"input_ids": pad(rows, tokenizer.pad_token_id),
             "attention_mask": pad([torch.ones_like(row) for row in rows], 0),
             "labels": pad([torch.tensor([IGNORED] * len(head) + tail) for head, tail in zip(heads, tails)], IGNORED)}
    return with_positions(batch | {"use_cache": False, "logits_to_keep": 1 + max(map(len, tails))})


def check_room(model, longest: int) -> None:
    """CourseError where the longest text is longer than the model reads."""
    if longest > context_of(model):
        raise CourseError(f"A prompt with its answer has {longest} tokens; this model reads {context_of(model)}. "
                          "Shorten the prompt, or leave it out.")


@torch.no_grad()
def all_answers(model, tokenizer, prompts: Sequence[str], answers: Sequence[str],
                method=None) -> tuple[torch.Tensor, torch.Tensor]:
    """Of every answer to every prompt its log probability (P, K), and the last hidden state at its end (P, K, d).

    Exact: nothing is drawn. The probabilities are the model's own, so they sum to a little less than
    1 over the K; `log_softmax(1)` divides by that. A prompt is read once, all answers behind it, and
    a mask lets each see the prompt and itself alone. `method` changes the model, as LoRA does; one
    that changes what it reads is refused.
    """
    tails = tokens_of(tokenizer, answers)
    flat = torch.tensor([token for tail in tails for token in tail])                              # (N,)
    owner = torch.tensor([k for k, tail in enumerate(tails) for _ in tail])
    place = torch.tensor([place for tail in tails for place in range(len(tail))])
    sees = (owner[:, None] == owner) & (place[:, None] >= place)                                  # (N, N)
    ends = torch.tensor([len(tail) for tail in tails]).cumsum(0) - 2                              # (K,): the full stops
    before = torch.where(place == 0, 0, torch.arange(len(flat)))      # of the places kept, the one that predicts each
    found, states = [], []
    with method.on(model) if method is not None else nullcontext():
        for start in range(0, len(prompts), TOGETHER):
            read = tokenizer(list(prompts[start:start + TOGETHER]), return_tensors="pt", padding=True,
                             padding_side="left")
            check_room(model, read["input_ids"].shape[1] + max(map(len, tails)))
            batch = tree(read["input_ids"], read["attention_mask"], flat, sees, place)
            inputs = batch if method is None else unchanged(method, batch)
            said = model(**inputs, use_cache=False, output_hidden_states=True, logits_to_keep=len(flat) + 1)
            each = said.logits.log_softmax(-1)[:, before, flat]                                   # (B, N)
            found.append(torch.zeros(len(each), len(tails)).index_add(1, owner, each))
            states.append(said.hidden_states[-1][:, ends - len(flat)])
    return torch.cat(found), torch.cat(states)


def tree(ids: torch.Tensor, mask: torch.Tensor, flat: torch.Tensor, sees: torch.Tensor, place: torch.Tensor) -> dict:
    """The model's inputs for prompts with all answers behind them: who may see whom, and where each token stands."""
    B, T = ids.shape
    real, N = mask.bool(), len(flat)
    allowed = torch.zeros(B, T + N, T + N, dtype=torch.bool)
    allowed[:, :, :T] = real[:, None]
    allowed[:, :T, :T] &= torch.ones(T, T).tril().bool()
    allowed[:, T:, T:] = sees
    allowed.diagonal(dim1=1, dim2=2).fill_(True)                    # padding sees itself: over nothing, softmax is nan
    hidden = torch.zeros(allowed.shape).masked_fill(~allowed, torch.finfo(torch.float).min)
    positions = torch.cat([(mask.cumsum(1) - 1).clamp_min(0), mask.sum(1, keepdim=True) + place], 1)
    return {"input_ids": torch.cat([ids, flat.expand(B, N)], 1), "attention_mask": hidden[:, None],
            "position_ids": positions}


def unchanged(method, batch: dict) -> dict:
    """The batch, if the method leaves what is read as it is; CourseError for virtual tokens and heads."""
    if type(method).prepare is not Method.prepare or method.head is not None:
        raise CourseError(f"{method.name} changes what is read or answers through a head of its own; what is "
                          "enumerated here are answers to the text alone. Take LoRA or full fine-tuning.")
    return batch


@torch.no_grad()
def drawn(model, tokenizer, method, prompts: Sequence[str], seed: int) -> list[list[int]]:
    """An answer to each prompt, drawn token by token from the model with the method: its tokens, up to the end.

    One that has not ended after FURTHER tokens is cut there.
    """
    read = tokenizer(list(prompts), return_tensors="pt", padding=True, padding_side="left")
    check_room(model, read["input_ids"].shape[1] + FURTHER)
    with method.on(model), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        written = model.generate(**{name: read[name] for name in ("input_ids", "attention_mask")}, do_sample=True,
                                 top_k=0, max_new_tokens=FURTHER, pad_token_id=tokenizer.pad_token_id)
    tails = written[:, read["input_ids"].shape[1]:].tolist()
    end = tokenizer.eos_token_id
    return [tail[:tail.index(end) + 1] if end in tail else tail for tail in tails]
