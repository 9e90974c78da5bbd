"""Answers to a prompt: how probable each of some is, which one comes, and which are the most probable of all.

Every prompt is read once; the answers go on from the model's cache.
Shapes: B prompts, C choices, W open answers of a beam, T tokens, V vocabulary.
"""
import math
from collections import defaultdict
from collections.abc import Sequence

import torch

from course_lib.architecture import check_tokens
from course_lib.errors import CourseError, shown, whole_number
from course_lib.prompting.reading import attached, encode_prompts, read, read_on
from course_lib.prompting.tokens import answer_text, newline, stop_tokens, told_apart
from course_lib.prompting.tokens import answer_tokens as answer_tokens  # called by this name from outside

ROWS = 128  # sequences in one forward pass
WIDEST = 4096  # open answers of a beam: each is a sequence in a forward pass


@torch.no_grad()
def score_choices(model, tokenizer, prompt: str | Sequence[str], choices: Sequence[str],
                  normalise: bool = True, method=None) -> list[float] | list[list[float]]:
    """The probability of each whole answer, from its space to its newline.

    The newline counts, so that "pome" is not the beginning of "pomegranate"; lengths are not evened
    out.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        prompt: a prompt, or a list of B prompts.
        choices: the C answers to compare, without a space in front.
        normalise: whether the probabilities sum to 1 over the choices; if not, they are as they
            are, among all texts.
        method: a method that edits the model meanwhile, if any.

    Returns:
        C probabilities, from 0 to 1, in the order of the choices; of a list of prompts a list of B
        such lists.

    Raises:
        CourseError: if a choice is given twice, if two are the same to the tokenizer, if it does
            not know a word, if choices is a single text, if a prompt is empty or leaves no room, or
            if the model does not say what comes next.
    """
    tails = told_apart(tokenizer, choices)
    C, T = len(tails), max(2, *map(len, tails))
    rows = encode_prompts(model, tokenizer, prompt, room=T, method=method)
    check_tokens(model, [token for tail in tails for token in tail])
    padded = [tail + [0] * (T - len(tail)) for tail in tails]
    ids = torch.tensor(padded, device=model.device)                                  # (C, T)
    real = torch.arange(T) < torch.tensor([len(tail) for tail in tails])[:, None]    # (C, T)
    size, scores = max(1, ROWS // C), []
    with attached(model, method):
        for start in range(0, len(rows), size):
            reading = read(model, rows[start:start + size], method)
            B, first = (len(reading.mask),
                        reading.logits.repeat_interleave(C, dim=0)[:, None])         # (B·C, 1, V)
            reading.cache.batch_repeat_interleave(C)
            reading.mask = reading.mask.repeat_interleave(C, dim=0)                  # (B·C, T)
            later = read_on(model, reading, ids[:, :-1].repeat(B, 1))                # (B·C, T-1, V)
            logs = torch.cat([first, later], dim=1).log_softmax(-1)                  # (B·C, T, V)
            picked = logs.gather(2, ids.repeat(B, 1)[..., None]).view(B, C, T).cpu()  # (B, C, T)
            scores.append((picked * real).sum(-1))                                   # (B, C)
    scores = torch.cat(scores).double()
    result = (scores.softmax(-1) if normalise else scores.exp()).tolist()
    return result[0] if isinstance(prompt, str) else result


@torch.no_grad()
def complete(model, tokenizer, prompt: str | Sequence[str], max_new_tokens: int = 6,
             method=None) -> str | list[str]:
    """The most probable token, again and again, up to a newline or the text's end.

    It also ends where the model's own generation settings say (`eos_token_id`).

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        prompt: a prompt, or a list of prompts.
        max_new_tokens: how many tokens are written at most, 1 or more.
        method: a method that edits the model meanwhile, if any.

    Returns:
        The new text only, stripped; of a list of prompts a list of texts.

    Raises:
        CourseError: if a prompt cannot be read or leaves no room for the new tokens, if
            `max_new_tokens` is no whole number from 1 on, or if the model does not say what comes
            next.
    """
    max_new_tokens = whole_number("max_new_tokens", max_new_tokens, 1)
    rows = encode_prompts(model, tokenizer, prompt, room=max_new_tokens, method=method)
    ends, texts = stop_tokens(model, tokenizer), []
    stops = torch.tensor(ends, dtype=torch.long, device=model.device)
    with attached(model, method):
        for start in range(0, len(rows), ROWS):
            reading = read(model, rows[start:start + ROWS], method)
            new = reading.logits.argmax(-1, keepdim=True)                            # (B, 1)
            while new.shape[1] < max_new_tokens and not torch.isin(new, stops).any(1).all():
                read_on(model, reading, new[:, -1:])
                new = torch.cat([new, reading.logits.argmax(-1, keepdim=True)], dim=1)  # (B, T+1)
            texts += [answer_text(tokenizer, row, ends) for row in new.tolist()]
    return texts[0] if isinstance(prompt, str) else texts


@torch.no_grad()
def next_answers(model, tokenizer, prompt: str, n: int = 10, max_tokens: int = 8, width: int = 48,
                 method=None) -> list[tuple[str, float]]:
    """The `n` most probable whole answers up to the newline.

    A beam search: token by token, the `width` most probable open answers are followed.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        prompt: one prompt.
        n: how many answers to give at most, 1 or more.
        max_tokens: how many tokens an answer has at most, the newline included, 1 or more.
        width: how many open answers are followed, from 1 to 4096.
        method: a method that edits the model meanwhile, if any.

    Returns:
        A list of (answer, its probability among all texts), the most probable first.

    Raises:
        CourseError: as `complete` does, if one of the numbers is outside of its bounds, if the
            tokenizer has no token for a newline, or if there is a list of prompts: it reads one.
    """
    n, max_tokens = whole_number("n", n, 1), whole_number("max_tokens", max_tokens, 1)
    width = whole_number("width", width, 1, WIDEST)
    if not isinstance(prompt, str):
        raise CourseError(f"next_answers reads one prompt, a text; you gave {shown(prompt)}.")
    rows = encode_prompts(model, tokenizer, prompt, room=max_tokens, method=method)
    end, found, answers = newline(tokenizer), defaultdict(float), [[]]
    check_tokens(model, [end])
    ends = stop_tokens(model, tokenizer)
    with attached(model, method):
        reading, scores = read(model, rows, method), torch.zeros(1, 1, device=model.device)
        for _ in range(max_tokens):
            scores = scores + reading.logits.log_softmax(-1)                         # (W, 1) + (W, V)
            for answer, ended in zip(answers, scores[:, end].exp().tolist()):
                found[answer_text(tokenizer, answer)] += ended
            scores[:, ends] = -math.inf
            best, places = scores.flatten().topk(min(width, scores.numel()))         # (W,)
            if len(found) > n and best[0].exp() <= sorted(found.values())[-n]:
                break  # no open answer can still overtake the n best
            parents, tokens = places // scores.shape[1], places % scores.shape[1]
            closed = torch.tensor(["\n" in tokenizer.decode([token]) for token in tokens.tolist()])  # such as "!\n"
            for place in closed.nonzero().flatten().tolist():
                answer = [*answers[parents[place]], tokens[place].item()]
                found[answer_text(tokenizer, answer)] += best[place].exp().item()
            if closed.all():
                break
            best, parents, tokens = (one[~closed.to(one.device)] for one in (best, parents, tokens))
            answers = [answers[parent] + [token] for parent, token in zip(parents.tolist(), tokens.tolist())]
            reading.cache.reorder_cache(parents)
            reading.mask, scores = reading.mask[parents], best[:, None]
            read_on(model, reading, tokens[:, None])
    found.pop("", None)
    return sorted(found.items(), key=lambda item: -item[1])[:n]
