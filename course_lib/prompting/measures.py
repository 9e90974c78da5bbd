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

    Every key gets its own examples, drawn from the listed pairs by `seed`, never the key itself.
    Brown et al. 2020, section 2; Min et al. 2022, section 4; Lu et al. 2022 for the order
    (https://arxiv.org/abs/2104.08786).

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        relation: one of `world.relations()`, itself and not its name.
        keys: a list of keys of the relation, at least one.
        k: how many examples stand before each key, 0 or more.
        seed: which examples are drawn; another seed is another draw.
        shuffle_labels: whether every example has the value of another one.
        order: 0 leaves the examples as drawn; 1, 2 ... show the same ones in another order.
        template: the form of a line; "{key} - {value}" breaks the usual one.
        method: a method that edits the model meanwhile, if any.

    Returns:
        A list of texts, one for each key.

    Raises:
        CourseError: if the relation is given by its name, if a key is unknown, if there are too few
            pairs for `k` examples, if labels are to be shuffled among fewer than two, or if the
            prompt cannot be read.
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
    """1 for each key whose greedy answer after `k` examples is exactly right, else 0.

    It is `few_shot_answers`, marked. Two texts are compared as the tokenizer writes both.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        relation: one of `world.relations()`, which knows the right answers.
        keys: a list of keys of the relation, at least one.
        k: how many examples stand before each key, 0 or more.
        seed: which examples are drawn; another seed is another draw.
        shuffle_labels: whether every example has the value of another one.
        order: 0 leaves the examples as drawn; 1, 2 ... show the same ones in another order.
        template: the form of a line; "{key} - {value}" breaks the usual one.
        method: a method that edits the model meanwhile, if any.

    Returns:
        A list of 0 and 1, one for each key.

    Raises:
        CourseError: as `few_shot_answers` does.
    """
    answers = few_shot_answers(model, tokenizer, relation, keys, k, seed, shuffle_labels=shuffle_labels,
                               order=order, template=template, method=method)
    pairs = zip(as_written(tokenizer, answers), as_written(tokenizer, [relation[key] for key in keys]))
    return [int(answer == right) for answer, right in pairs]


def calibrate(probabilities: Sequence[float], content_free: Sequence[float]) -> list[float]:
    """Contextual calibration: each probability divided by what it is when nothing is asked.

    The diagonal W of Zhao et al. 2021, section 4 (https://arxiv.org/abs/2102.09690). Lists, arrays
    and tensors of numbers will do.

    Args:
        probabilities: one for each of C answers, 0 or more.
        content_free: as many, in the same order, above 0: see `content_free_scores`.

    Returns:
        C probabilities, which sum to one.

    Raises:
        CourseError: if the lengths differ, or if the numbers are no probabilities.

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
    """The probabilities of the choices when the query says nothing.

    The mean over "N/A", "" and "…".

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        build_prompt: makes the prompt of a query, for example
            `lambda query: few_shot(examples, query)`.
        choices: the C answers to compare, without a space in front.
        method: a method that edits the model meanwhile, if any.

    Returns:
        C probabilities, in the order of the choices.

    Raises:
        CourseError: as `score_choices` does.
    """
    prompts = [build_prompt(query) for query in CONTENT_FREE]
    scores = score_choices(model, tokenizer, prompts, choices, method=method)
    return [sum(column) / len(CONTENT_FREE) for column in zip(*scores)]


def entropy(probabilities: Sequence[float]) -> float:
    """How undecided a distribution is, in bits: 0 is certain, log2(n) is even among n answers.

    Args:
        probabilities: n numbers, 0 or more, that sum to one.

    Returns:
        A number of bits.

    Raises:
        CourseError: if these are no probabilities, or do not sum to one.

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
