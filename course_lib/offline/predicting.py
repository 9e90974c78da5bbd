"""`predict`: the answers to a list of prompts."""
import os
from collections.abc import Sequence
from contextlib import nullcontext

from tqdm.auto import tqdm

from course_lib.errors import CourseError, shown
from course_lib.offline.cache import Cache
from course_lib.offline.planning import BATCH, MOST, UNTIL
from course_lib.offline.predictor import Predictor
from course_lib.offline.windows import Broken


def predict(model, tokenizer, prompts: Sequence[str], method=None, *, batch_size: int = BATCH,
            max_new_tokens: int = MOST, until: str = UNTIL[0],
            cache: str | os.PathLike | None = None, progress: bool = False) -> list[str]:
    """The model's greedy answer to each prompt, as `complete` gives it, for many prompts at once.

    Equal prompts are answered once, what several begin with is read once, and prompts of one length
    are read together. In a batch the last digits of the logits are others than alone: where two
    tokens are as good as equally probable, the answer can be another (`flips` counts that).

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        prompts: a list of texts, each read as it is.
        method: a method that edits the model meanwhile, if any.
        batch_size: how many prompts are read at once, 1 or more.
        max_new_tokens: how many tokens are written at most, 1 or more.
        until: where an answer ends: at its first "newline", or at the "end" of the text.
        cache: a file that keeps the answers, for this call and later ones; it is made where there
            is none. Without one nothing is kept.
        progress: whether to show a bar.

    Returns:
        The answers, without spaces around them, in the order of the prompts.

    Raises:
        CourseError: if the model does not write, has a method attached or was changed, if the
            method does not go with it or does not write, if a prompt is no text, is empty or too
            long, if a number is outside of its bounds, or if the cache cannot be read or written.
    """
    if isinstance(prompts, str) or not isinstance(prompts, Sequence):
        raise CourseError(f"prompts is a list of texts; you gave {shown(prompts)}.")
    answers: list[str] = []
    with (nullcontext() if cache is None else Cache(cache)) as kept, tqdm(
            total=len(prompts), desc="predict", unit="prompt", disable=not progress) as bar:
        predictor = Predictor(model, tokenizer, method, batch_size=batch_size,
                              max_new_tokens=max_new_tokens, until=until, cache=kept)
        for _, found in predictor.answered(prompts, lambda prompt: prompt, bar.update):
            for answer in found:
                if isinstance(answer, Broken):
                    raise CourseError(f"Prompt {len(answers)} has no answer: {answer.reason}. "
                                      f"It is {shown(prompts[len(answers)])}.")
                answers.append(answer)
    return answers
