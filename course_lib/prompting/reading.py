"""How a model reads: a batch of prompts once, then token by token from its cache.

Shapes: B prompts, T tokens, V vocabulary.
"""
from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
from transformers import Cache, PreTrainedTokenizerBase

from course_lib.architecture import check_tokens, context_of, evaluating, with_positions
from course_lib.errors import CourseError, shown
from course_lib.promised import check_config
from course_lib.threads import threads_for

BOTH = "`model, tokenizer = load_model('orchard-s')` gives both; they are passed on in this order."


@dataclass
class Reading:
    """Where a batch of texts stands. It moves on with every `read_on`."""

    logits: torch.Tensor  # what the model says next, (B, V)
    cache: Cache          # keys and values of everything read so far
    mask: torch.Tensor    # which of it is text and not padding, (B, T)


def texts_of(given: Sequence[str], allowed: str) -> list[str]:
    """The texts, of which there is at least one; the CourseError says what is `allowed`."""
    texts = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise CourseError(f"{allowed}; you gave {shown(given)}.")
    return texts


def check_model(model) -> None:
    """CourseError where this is no model of a promised architecture that says what comes after a text.

    Modules that somebody put into it, their own or peft's, are welcome: nothing here looks inside.
    """
    if not isinstance(model, torch.nn.Module):
        raise CourseError(f"The model must be a loaded one; you gave {shown(model)}. {BOTH}")
    if not getattr(model, "can_generate", lambda: False)() or model.config.is_encoder_decoder:
        raise CourseError(f"{type(model).__name__} has no output layer that says what comes next. "
                          "Prompting needs a causal language model, such as load_model('orchard-s').")
    check_config(model.config, type(model).__name__)


def check_tokenizer(tokenizer) -> None:
    """CourseError where this is no tokenizer."""
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise CourseError(f"The tokenizer must be one of a loaded model; you gave {shown(tokenizer)}. {BOTH}")


def encode(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of every text with whatever the tokenizer adds to it, as an encoder reads it.

    Without the library's warning about long ones: the course has its own.
    """
    check_tokenizer(tokenizer)
    return tokenizer(list(texts), verbose=False)["input_ids"]


def encode_plain(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of every text and nothing else."""
    check_tokenizer(tokenizer)
    return tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]


def encode_open(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of every text as a decoder reads it, to go on: with the tokenizer's own beginning, without its end."""
    beginning, _ = added(tokenizer)
    return [beginning + ids for ids in encode_plain(tokenizer, texts)]


def added(tokenizer) -> tuple[list[int], list[int]]:
    """(the beginning, the end) that the tokenizer puts around a text by itself: BOS and EOS, [CLS] and [SEP], or none.

    CourseError for a tokenizer that changes the text's own tokens, too.
    """
    [whole], [plain] = encode(tokenizer, ["a"]), encode_plain(tokenizer, ["a"])
    for start in range(len(whole) - len(plain) + 1):
        if whole[start:start + len(plain)] == plain:
            return whole[:start], whole[start + len(plain):]
    raise CourseError("The tokenizer makes other tokens of a text where it adds a beginning or an end, so the course "
                      "cannot tell which of them are the text's own. Take another model's tokenizer.")


@contextmanager
def attached(model, method):
    """The block in which `method`, if there is one, edits the model, and nothing is dropped out."""
    with evaluating(model, method), nullcontext() if method is None else method.on(model):
        yield


def encode_prompts(model, tokenizer, prompt: str | Sequence[str], room: int, method=None) -> list[list[int]]:
    """The tokens of every prompt. CourseError where one is no text, is empty, or leaves no `room` for tokens
    after it and for the method's vectors before it, and where model or tokenizer are none that belong together.
    """
    prompts = texts_of([prompt] if isinstance(prompt, str) else prompt, "A prompt is a text or a list of texts")
    check_model(model)
    rows = encode_open(tokenizer, prompts)
    virtual = getattr(method, "length", 0)
    limit = context_of(model) - virtual
    for place, (row, text) in enumerate(zip(rows, prompts)):
        which = f"Prompt {place}" if len(rows) > 1 else "The prompt"
        if not row:
            raise CourseError(f"{which} is empty, and this model has no token for the beginning of a text. "
                              "Give it at least a word.")
        check_tokens(model, row)
        if (over := len(row) + room - limit) > 0:
            before = f" after the {virtual} vectors of the method" if virtual else ""
            raise CourseError(f"{which} has {len(row)} tokens and the answer needs room for {room} more; this "
                              f"model reads at most {limit}{before}. Drop examples or shorten the text, by {over} "
                              f"tokens at least. It is {shown(text)}.")
    return rows


def read(model, rows: list[list[int]], method=None) -> Reading:
    """Reads prompts of any lengths, padded on the left, so that all of them end at the same place."""
    T = max(map(len, rows))
    ids = [[0] * (T - len(row)) + row for row in rows]
    mask = [[0] * (T - len(row)) + [1] * len(row) for row in rows]
    batch = {"input_ids": torch.tensor(ids, device=model.device),        # (B, T)
             "attention_mask": torch.tensor(mask, device=model.device)}  # (B, T)
    batch = with_positions(batch) if method is None else method.prepare(batch)  # T grows by a method's own vectors
    with threads_for(model, batch["attention_mask"].numel()):
        out = model(**batch, use_cache=True, logits_to_keep=1)
    return Reading(out.logits[:, -1].float(), out.past_key_values, batch["attention_mask"])  # (B, 1, V) -> (B, V)


def read_on(model, reading: Reading, tokens: torch.Tensor) -> torch.Tensor:
    """Reads `tokens` (B, T) after what was read, and returns what the model says after each of them: (B, T,
    V).
    """
    steps = torch.arange(tokens.shape[1], device=model.device)
    positions = reading.mask.sum(1, keepdim=True) + steps  # (B, 1) + (T,) -> (B, T)
    reading.mask = torch.cat([reading.mask, torch.ones_like(tokens)], dim=1)
    with threads_for(model, tokens.numel()):
        out = model(input_ids=tokens, attention_mask=reading.mask, position_ids=positions,
                    past_key_values=reading.cache, use_cache=True)
    logits = out.logits.float()
    reading.cache, reading.logits = out.past_key_values, logits[:, -1]
    return logits
