"""Measures of prompting: how often the answer is right, how sure the model is, and what the prompt alone
prefers.
"""
import math
from collections.abc import Callable, Sequence

from course_lib.errors import CourseError, shown, unknown, whole_number
from course_lib.prompting.answers import complete, score_choices
from course_lib.prompting.reading import texts_of
from course_lib.prompting.text import (
    TEMPLATE,
    check_relation,
    draw_examples,
    few_shot,
    shuffle_order,
    shuffle_values,
)
from course_lib.prompting.tokens import answer_tokens, as_written

CONTENT_FREE = ("N/A", "", "…")


def few_shot_answers(model, tokenizer, relation, keys: Sequence[str], k: int, seed: int, *,
                     shuffle_labels: bool = False, order: int = 0, template: str = TEMPLATE,
                     method=None) -> list[str]:
    """The greedy answer to each key after `k` examples, in the order of the keys.

    Every key gets its own examples, drawn from the listed pairs by `seed`, never the key itself; another seed
    is another draw. `shuffle_labels` gives every example the value of another one; `order` 1, 2 ... shows the
    same examples in another order; `template` breaks the form ("{key} - {value}"). Brown et al. 2020, section
    2; Min et al. 2022, section 4; Lu et al. 2022 for the order (https://arxiv.org/abs/2104.08786). Raises
    CourseError for a relation given by its name, for an unknown key, for too many examples, for labels to
    shuffle among fewer than two.
    """
    check_relation(relation)
    if shuffle_labels and whole_number("k", k, 0) < 2:
        raise CourseError(f"Labels can be shuffled among two examples or more; you asked for k = {k}.")
    prompts = []
    for key in texts_of(keys, "Keys are a list of texts, at least one"):
        if key not in relation:
            raise unknown(f"key in {relation.name}", key, relation)
        examples = draw_examples(relation, k, f"{seed} {key}", exclude=(key,))
        if shuffle_labels:
            examples = shuffle_values(examples, seed)
        prompts.append(few_shot(shuffle_order(examples, order), key, template))
    longest = max(map(len, answer_tokens(tokenizer, sorted(set(relation.values())))))
    return complete(model, tokenizer, prompts, longest, method)


def exact_match(model, tokenizer, relation, keys: Sequence[str], k: int, seed: int, *,
                shuffle_labels: bool = False, order: int = 0, template: str = TEMPLATE, method=None) -> list[int]:
    """1 for each key whose greedy answer after `k` examples is exactly right, else 0: `few_shot_answers`, marked.

    Two texts are compared as the tokenizer writes both. The arguments and the errors are the same.
    """
    answers = few_shot_answers(model, tokenizer, relation, keys, k, seed, shuffle_labels=shuffle_labels,
                               order=order, template=template, method=method)
    pairs = zip(as_written(tokenizer, answers), as_written(tokenizer, [relation[key] for key in keys]))
    return [int(answer == right) for answer, right in pairs]


def calibrate(probabilities: Sequence[float], content_free: Sequence[float]) -> list[float]:
    """Contextual calibration: each answer's probability divided by what it has when nothing is asked, summing
    to one.

    The diagonal W of Zhao et al. 2021, section 4 (https://arxiv.org/abs/2102.09690). Lists, arrays and tensors of
    numbers will do. Raises CourseError for lengths that differ and for numbers that are no probabilities.

    >>> calibrate([0.75, 0.25], [0.75, 0.25])
    [0.5, 0.5]
    """
    probabilities, content_free = numbers(probabilities), numbers(content_free)
    if len(probabilities) != len(content_free) or not probabilities:
        raise CourseError(f"{len(probabilities)} probabilities cannot be calibrated by {len(content_free)}: "
                          "give one for each answer, in the same order.")
    if min(content_free) <= 0 or min(probabilities) < 0 or not sum(probabilities) > 0:
        raise CourseError("The content-free probabilities must be above 0, the others 0 or more and not all 0; "
                          f"you gave {shown(content_free)} and {shown(probabilities)}.")
    weighted = [p / free for p, free in zip(probabilities, content_free)]
    return [weight / sum(weighted) for weight in weighted]


def content_free_scores(model, tokenizer, build_prompt: Callable[[str], str], choices: Sequence[str],
                        method=None) -> list[float]:
    """The probabilities of the choices when the query says nothing: the mean over "N/A", "" and "…".

    `build_prompt` makes the prompt of a query, for example `lambda query: few_shot(examples, query)`.
    """
    prompts = [build_prompt(query) for query in CONTENT_FREE]
    scores = score_choices(model, tokenizer, prompts, choices, method=method)
    return [sum(column) / len(CONTENT_FREE) for column in zip(*scores)]


def entropy(probabilities: Sequence[float]) -> float:
    """How undecided a distribution is, in bits: 0 is certain, log2(n) is even among n answers.

    >>> entropy([0.5, 0.5])
    1.0
    """
    probabilities = numbers(probabilities)
    if min(probabilities, default=-1) < 0 or not math.isclose(sum(probabilities), 1, abs_tol=1e-3):
        raise CourseError(f"Probabilities are 0 or more and sum to one; these {len(probabilities)} sum to "
                          f"{sum(probabilities):.4g}. Normalise them first.")
    return sum(-p * math.log2(p) for p in probabilities if p)


def numbers(given: Sequence[float]) -> list[float]:
    """The numbers of a list, a one-dimensional array or a tensor; CourseError where one is not finite, or none."""
    try:
        if all(math.isfinite(number) for number in given):
            return [float(number) for number in given]
    except (TypeError, ValueError, RuntimeError):  # no list, a text in it, a list of lists
        pass
    raise CourseError(f"Probabilities are a list of numbers, one for each answer; you gave {shown(given)}.")
