"""A prompt that nobody wrote: how the question ends, and the two words that are compared, searched on labelled rows.

Shapes: n texts, C words.
"""
from dataclasses import dataclass
from itertools import permutations

import torch

from course_lib.errors import CourseError, shown, whole_number
from course_lib.prompting.answers import next_answers, score_choices
from course_lib.prompting.reading import texts_of

TEMPLATES = ("{text}\nlabel:", "{text}\nIn short:", "{text}\nVerdict:", "{text}\nAll in all:", "{text}\nMy view:")


@dataclass(frozen=True)
class Prompt:
    """A way to ask. A text is positive where the log odds of the two words, (negative, positive), are above `middle`.

    `accuracy` is the share of right answers on the rows on which it was chosen.
    """

    accuracy: float
    template: str
    words: tuple[str, str]
    middle: float


def proposals(model, tokenizer, prompts: list[str], n: int = 4) -> list[str]:
    """What the model itself would say after these prompts: its most probable answers, each once."""
    return list(dict.fromkeys(answer for prompt in prompts for answer, _ in next_answers(model, tokenizer, prompt, n)))


def best_pair(logs: torch.Tensor, labels: list[int]) -> tuple[float, int, int, float]:
    """(accuracy, a, b, middle): of C words, `a` and `b` tell class 0 and class 1 apart best.

    logs (n, C) are the words' log probabilities. A pair is compared with its own mean over the
    rows, the middle, for some words are more frequent than others everywhere.
    """
    if logs.dim() != 2 or logs.shape[1] < 2 or not len(logs) or len(labels) != len(logs):
        raise CourseError("A pair is chosen by a row for each label and a column for each of at "
                          f"least two words; these are {tuple(logs.shape)} for {len(labels)} "
                          "labels.")
    found = []
    for a, b in permutations(range(logs.shape[1]), 2):
        odds = logs[:, b] - logs[:, a]                                      # (n,)
        right = ((odds > odds.mean()).int() == torch.tensor(labels)).float().mean()
        found.append((right.item(), a, b, odds.mean().item()))
    return max(found)


def logs_of(model, tokenizer, texts: list[str], template: str, words: list[str]) -> torch.Tensor:
    """(n, C): the log probability of each word where the template asks."""
    prompts = [template.replace("{text}", text) for text in texts]
    scores = torch.tensor(score_choices(model, tokenizer, prompts, words, normalise=False))              # (n, C)
    return scores.clamp_min(1e-30).log()


def search(model, tokenizer, rows, templates: tuple[str, ...] = TEMPLATES, seen: int = 8) -> list[Prompt]:
    """The best pair of words for every template, by these rows of two classes.

    The candidates for the words are what the model itself says after the first `seen` rows.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        rows: rows with the columns text and label, such as load_task("reviews")["validation"].
        templates: the ways to ask, each a text that holds {text}.
        seen: after how many rows the model is asked for words, 1 or more.

    Returns:
        A `Prompt` for each template, the one with the highest accuracy on these rows first.

    Raises:
        CourseError: if the rows are not of two classes, if a template has no {text}, if the model
            has fewer than two answers, or if `seen` is no whole number from 1 on.
    """
    seen = whole_number("seen", seen, 1)
    if not {"text", "label"} <= set(getattr(rows, "column_names", ())):
        raise CourseError("The search reads rows with the columns text and label, such as "
                          f"load_task('reviews')['validation']; you gave {shown(rows)}.")
    rows = rows.with_format(None)
    if set(rows["label"][:]) != {0, 1}:
        raise CourseError("The search compares two words, so it needs rows of both of two classes, labels 0 and 1; "
                          f"these have {shown(sorted(set(rows['label'][:])))}. Take other rows, or more of them.")
    found, templates = [], texts_of(templates, "templates is a list of texts, at least one")
    for template in templates:
        if "{text}" not in template:
            raise CourseError(f"A template holds {{text}}, where the text goes; you gave {shown(template)}.")
        words = proposals(model, tokenizer, [template.replace("{text}", text) for text in rows["text"][:seen]])
        if len(words) < 2:
            raise CourseError(f"After {shown(template)} the model has only one answer, {shown(words)}; the search "
                              "compares two. Let it see more rows, or take another template.")
        share, a, b, middle = best_pair(logs_of(model, tokenizer, rows["text"][:], template, words), rows["label"][:])
        found.append(Prompt(share, template, (words[a], words[b]), middle))
    return sorted(found, key=lambda one: -one.accuracy)


def margins(model, tokenizer, texts: list[str], prompt: Prompt) -> torch.Tensor:
    """How far the log odds of the prompt's two words are above its middle, (n,) in nats: above 0 is class 1."""
    texts = texts_of(texts, "texts is a list of texts, at least one")
    if not isinstance(prompt, Prompt):
        raise CourseError(f"prompt is one that was found, such as search(...)[0]; you gave {shown(prompt)}.")
    return logs_of(model, tokenizer, texts, prompt.template, list(prompt.words)).diff(dim=1).flatten() - prompt.middle
