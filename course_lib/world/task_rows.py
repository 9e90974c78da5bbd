"""The rows of the bundled tasks, split by split: (text, answer), no text twice, no sentence in two splits."""
import functools
from random import Random

from course_lib.world import facts, messages, reviews, stories
from course_lib.world.grammar import fill, table

Rows = list[tuple[str, str]]


def _domain(rng: Random, split: str) -> str:
    return "gadget" if split == "shifted" else rng.choice(("film", "restaurant"))


def _review(rng: Random, split: str, answer: str) -> tuple[str, str]:
    return reviews.review(rng, answer == "positive", _domain(rng, split), split), answer


def _stars(rng: Random, split: str, answer: str) -> tuple[str, str]:
    return reviews.review(rng, int(answer) >= 3, _domain(rng, split), split, stars=int(answer)), answer


def _message(rng: Random, split: str, answer: str) -> tuple[str, str]:
    return messages.message(rng, answer == "spam", split), answer


def _news(rng: Random, split: str, answer: str) -> tuple[str, str]:
    return stories.news(rng, split)


_WRITERS = {"reviews": _review, "stars": _stars, "spam": _message, "summaries": _news}


@functools.cache
def question_keys() -> dict[tuple[str, str], str]:
    """(relation, key) -> split of the task "facts": within a relation, no key is asked for in two splits."""
    owner = {}
    for name, relation in facts.relations().items():
        keys = list(relation)
        Random(f"questions about {name}").shuffle(keys)
        for place, key in enumerate(keys):
            share = place / len(keys)
            owner[name, key] = "train" if share < 0.6 else "validation" if share < 0.75 else "test"
    return owner


def _questions(split: str, count: int, rng: Random) -> Rows:
    rows = {}
    for row in table("task_questions"):
        name = row["relation"]
        for key, value in facts.relations()[name].items():
            if question_keys()[name, key] == split:
                rows.setdefault(fill(row["text"], rng, facts.slots(name, key)), value)
    return rng.sample(list(rows.items()), count)


def _natural(split: str, sizes: dict[str, int], names: tuple[str, ...]) -> Rows:
    """Which sentences a split has does not depend on a seed: they are few, and the test must stay unseen.

    The file holds pairs, often about the same thing; both labels are shuffled alike: pairs stay together.
    """
    before = list(sizes)[: list(sizes).index(split)]
    start, count = sum(sizes[other] for other in before) // len(names), sizes[split] // len(names)
    rows: Rows = []
    for name in names:
        side = [(row["text"], name) for row in table("natural_sentences") if row["label"] == name]
        Random("natural").shuffle(side)
        rows += side[start: start + count]
    return rows


def bundled_rows(task: str, split: str, sizes: dict[str, int], names: tuple[str, ...], seed: int) -> Rows:
    """`sizes[split]` rows of a bundled task, equally many per answer word in `names`, if there are any."""
    rng = Random(f"task {task} {split} {seed}")
    if task == "natural":
        return _natural(split, sizes, names)
    if task == "facts":
        return _questions(split, sizes[split], rng)
    rows: dict[str, str] = {}
    answers = names or ("",)
    for answer in answers:
        goal = len(rows) + sizes[split] // len(answers)
        while len(rows) < goal:
            rows.setdefault(*_WRITERS[task](rng, split, answer))
    return list(rows.items())
