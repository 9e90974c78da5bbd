"""A stream of questions about the world, as people might type them; many of them were foreseen.

Some facts are asked for far more often than others: the fact of rank r with a weight of 1 / r ** `steep` (Zipf's law at
1; at 0 all alike). A fact can be asked for in two wordings or three, of which nobody had foreseen the last. Some people
leave out capitals and the sign at the end, some swap two letters. These shares are ours, and so is what follows from
them alone.
"""
import functools
import re
from dataclasses import dataclass
from random import Random

from course_lib.world import relations
from course_lib.world.facts import slots, templates
from course_lib.world.grammar import fill

TYPED = {"as written": 0.6, "no capitals": 0.2, "two letters swapped": 0.2}   # the shares of ways to type
UNFORESEEN = 0.1             # the share of queries in the wording that nobody had thought of
AHEAD, QUERIES = 800, 1000   # facts that are computed ahead; queries of a stream


@dataclass(frozen=True)
class Query:
    """What somebody typed, which fact it is about, in which wording, and the right answer."""

    text: str
    fact: tuple[str, str]     # (relation, key)
    wording: int
    typed: str
    answer: str


@functools.cache
def wordings(name: str) -> tuple[str, ...]:
    """The relation's questions that do not name an answer, with a slot for the key."""
    asked = (text.partition("?")[0] + "?" for text in templates(name)["ask"])
    return tuple(text for text in asked if "{value" not in text and "{wrong" not in text)


def question(fact: tuple[str, str], wording: int) -> str:
    """The question for this fact in this wording."""
    name, key = fact
    return fill(wordings(name)[wording], Random(0), slots(name, key))


def answer_of(fact: tuple[str, str]) -> str:
    """The right answer, without an article."""
    return slots(*fact)["value"].removeprefix("the ")


def is_right(answer: str, right: str) -> bool:
    """Whether the right answer's words stand in this one."""
    return re.search(rf"(?<!\w){re.escape(right)}(?!\w)", answer) is not None


def facts(seed: int) -> list[tuple[str, str]]:
    """All facts of the world, the one that is asked for most often first."""
    found = [(name, key) for name, relation in relations().items() for key in relation]
    Random(f"how often {seed}").shuffle(found)
    return found


def stream(seed: int, steep: float = 1.0, n: int = QUERIES) -> list[Query]:
    """n queries, one after the other."""
    rng, known = Random(f"stream {seed} {steep}"), facts(seed)
    weights = [1 / rank**steep for rank in range(1, len(known) + 1)]
    return [asked(fact, rng) for fact in rng.choices(known, weights, k=n)]


def asked(fact: tuple[str, str], rng: Random) -> Query:
    """This fact in one of its wordings, as somebody types it."""
    last = len(wordings(fact[0])) - 1
    wording = last if rng.random() < UNFORESEEN else rng.randrange(last)
    typed = rng.choices(list(TYPED), TYPED.values())[0]
    text = question(fact, wording)
    if typed == "no capitals":
        text = text.lower().removesuffix("?")
    elif typed == "two letters swapped":
        text = swapped(text, rng)
    return Query(text, fact, wording, typed, answer_of(fact))


def swapped(text: str, rng: Random) -> str:
    """Two neighbours that differ, inside a word of four letters or more, in each other's place."""
    places = [place for word in re.finditer(r"\w{4,}", text) for place in range(word.start() + 1, word.end() - 1)
              if text[place] != text[place + 1]]
    place = rng.choice(places)
    return text[:place] + text[place + 1] + text[place] + text[place + 2:]


def entries(seed: int, ahead: int = AHEAD) -> dict[str, tuple[str, str]]:
    """The questions that are answered ahead, for so many facts, in all wordings but the last: question -> its fact."""
    return {question(fact, wording): fact for fact in facts(seed)[:ahead]
            for wording in range(len(wordings(fact[0])) - 1)}
