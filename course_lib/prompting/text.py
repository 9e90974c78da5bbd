"""Prompts as text: examples in front of a query. No model is needed here."""
from collections.abc import Iterable, Sequence
from random import Random

from course_lib.errors import CourseError, shown, whole_number

Pair = tuple[str, str]
TEMPLATE = "{key}: {value}"


def few_shot(examples: Sequence[Pair], query: str, template: str = TEMPLATE) -> str:
    """The examples one below the other, then the query as an open line that stops before its value.

    After Brown et al. 2020, section 2 (https://arxiv.org/abs/2005.14165), whose K is our number of
    examples.

    Args:
        examples: pairs (key, value) of texts.
        query: the key that is asked about.
        template: a text that holds {key} and ends with {value}; "{key}\\nlabel: {value}" asks for a
            review's label.

    Returns:
        The prompt as one text.

    Raises:
        CourseError: if the examples are no pairs of texts, if the query is no text, or if the
            template is none.

    >>> print(few_shot([("peach", "drupe"), ("plum", "drupe")], "apple"))
    peach: drupe
    plum: drupe
    apple:
    """
    if not isinstance(template, str) or "{key}" not in template or not template.endswith("{value}"):
        raise CourseError(f"The template {shown(template)} must hold {{key}} and end with {{value}}, as "
                          f"{TEMPLATE!r} does.")
    if not isinstance(query, str):
        raise CourseError(f"The query is a text; you gave {shown(query)}.")
    opening = template.removesuffix("{value}")
    lines = [opening.replace("{key}", key) + value for key, value in pairs(examples)]
    return "\n".join([*lines, opening.rstrip().replace("{key}", query)])


def pairs(examples: Iterable[Pair]) -> list[Pair]:
    """The examples as a list; CourseError unless each is a pair of texts."""
    found = list(examples) if isinstance(examples, Iterable) else [examples]
    for pair in found:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            raise CourseError("Examples are a list of pairs of texts, (key, value); one of yours is "
                              f"{shown(pair)}. `draw_examples` gives such a list, and so does "
                              "list(dictionary.items()).")
    return found


def check_relation(relation) -> None:
    """CourseError where this is none of `world.relations()`: those know which of their pairs are listed."""
    if not hasattr(relation, "seen"):
        name = relation if isinstance(relation, str) else "fruit_family"
        raise CourseError(f"A relation is one of world.relations(); you gave {shown(relation)}. "
                          f"Use world.relations()[{shown(name)}].")


def draw_examples(relation, k: int, seed: int | str, exclude: Sequence[str] = ()) -> list[Pair]:
    """`k` pairs (key, value) of the relation's seen keys, none of them in `exclude`.

    Args:
        relation: one of `world.relations()`, itself and not its name.
        k: how many pairs, 0 or more.
        seed: a number or a text. The same seed gives the same pairs in the same order, and a larger
            `k` only adds some at the end.
        exclude: the keys that are not to be drawn, or one of them.

    Returns:
        A list of k pairs.

    Raises:
        CourseError: if there are fewer than `k`, or if the relation is none of `world.relations()`.
    """
    check_relation(relation)
    k = whole_number("k", k, 0)
    barred = {exclude} if isinstance(exclude, str) else set(exclude)
    keys = [key for key in relation.seen if key not in barred]
    if k > len(keys):
        raise CourseError(f"You asked for {shown(k)} examples of {relation.name}; allowed are 0 to {len(keys)}, "
                          f"for there are {len(relation.seen)} listed pairs, and the query itself is never an "
                          "example.")
    Random(f"examples {seed}").shuffle(keys)
    return [(key, relation[key]) for key in keys[:k]]


def shuffle_values(examples: Sequence[Pair], seed: int | str) -> list[Pair]:
    """The same keys in the same order, each with the value of another example; a single example stays as it
    is.

    Where values repeat, the other one's value can be the right one. After Min et al. 2022, section 4
    (https://arxiv.org/abs/2202.12837), who draw the labels at random.
    """
    examples = pairs(examples)
    ring = list(range(len(examples)))
    Random(f"values {seed}").shuffle(ring)
    partner = dict(zip(ring, ring[1:] + ring[:1]))
    return [(key, examples[partner[place]][1]) for place, (key, _) in enumerate(examples)]


def shuffle_order(examples: Sequence[Pair], order: int | str) -> list[Pair]:
    """The same pairs in the order number `order`; 0 leaves them as they are."""
    examples = pairs(examples)
    return Random(f"order {order}").sample(examples, len(examples)) if order else examples
