"""Templates with slots: the whole machinery behind the world's sentences.

A template is a sentence with slots, "The {fruit} is {family.a}." A slot is filled from a list (one draw) or with a
fixed string; the same slot twice in one template is the same draw. Modifiers follow a dot: `.a` puts the article in
front ("an apple"), `.cap` makes the first letter a capital, `.a.cap` does both.
"""
import csv
import functools
import hashlib
import re
from importlib import resources
from random import Random

from course_lib.errors import CourseError

SPLITS = (("pretraining", 0.64), ("train", 0.16), ("validation", 0.06), ("test", 0.14))
_SLOT = re.compile(r"\{(\w+)((?:\.\w+)*)\}")


@functools.cache
def lines(name: str) -> tuple[str, ...]:
    """The entries of world/data/NAME.txt, one a line; blank lines and lines starting with # are left out."""
    text = resources.files("course_lib.world").joinpath("data", f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


@functools.cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of world/data/NAME.tsv (first line: column names); an empty field is ""."""
    text = resources.files("course_lib.world").joinpath("data", f"{name}.tsv").read_text(encoding="utf-8")
    rows = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return tuple(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


@functools.cache
def slot_values(name: str) -> dict[str, tuple[str, ...]]:
    """What fills the slots of templates: slot -> choices, the rows of world/data/NAME.tsv ("one | two | three")."""
    return {row["slot"]: tuple(row["values"].split(" | ")) for row in table(name)}


def article(word: str) -> str:
    """"a" or "an" by the word's first sound, as far as its letters show it."""
    low = word.lower()
    if low.startswith(("uni", "use", "usu", "eu", "one", "ukulele")):
        return "a"
    return "an" if low[0] in "aeiou" or low.startswith(("hour", "honest", "heir")) else "a"


def capital(text: str) -> str:
    """With a capital as its first letter; the others stay as they are."""
    return text[0].upper() + text[1:]


_MODIFIERS = {"a": lambda s: f"{article(s)} {s}", "cap": capital}


def fill(template: str, rng: Random, slots: dict) -> str:
    """The template with every slot filled; `slots` maps a name to a string or to a sequence to draw from."""
    drawn: dict[str, str] = {}

    def value(match: re.Match) -> str:
        name, modifiers = match[1], match[2]
        if name not in drawn:
            if name not in slots:
                raise CourseError(f"The template {template!r} has a slot {name!r}; known slots: "
                                  f"{', '.join(sorted(slots))}.")
            source = slots[name]
            drawn[name] = source if isinstance(source, str) else rng.choice(source)
        text = drawn[name]
        for modifier in modifiers.split(".")[1:]:
            text = _MODIFIERS[modifier](text)
        return text

    return _SLOT.sub(value, template)


@functools.lru_cache(maxsize=1 << 16)
def split_of(sentence: str) -> str:
    """The split that owns this sentence, by a hash of its text: no sentence stands in two splits."""
    point = int.from_bytes(hashlib.blake2b(sentence.encode(), digest_size=6).digest(), "big") / 2**48
    for split, share in SPLITS:
        if point < share:
            return split
        point -= share
    return SPLITS[-1][0]
