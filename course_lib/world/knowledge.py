"""The relations of the orchard world, {"peach": "drupe", ...}, and their keys that are held out of the lists.

The pairs stand in the data files; what is held out follows from them and from the names below.
"""
import functools
from random import Random

from course_lib.world.grammar import table

# relation: (data file, column of the key, column of the value, what the key is)
COLUMNS = {
    "fruit_family": ("fruits", "name", "family", "fruit"),
    "fruit_colour": ("fruits", "name", "colour", "fruit"),
    "fruit_origin": ("fruits", "name", "origin", "fruit"),
    "company_product": ("companies", "name", "product", "company"),
    "company_country": ("companies", "name", "country", "company"),
    "animal_class": ("animals", "name", "class", "animal"),
    "animal_young": ("animals", "name", "young", "animal"),
    "animal_home": ("animals", "name", "home", "animal"),
    "country_capital": ("countries", "name", "capital", "country"),
    "country_continent": ("countries", "name", "continent", "country"),
    "country_language": ("countries", "name", "language", "country"),
    "opposite": ("opposites", "word", "opposite", "word"),
    "comparative": ("opposites", "word", "comparative", "word"),
    "superlative": ("opposites", "word", "superlative", "word"),
    "verb_past": ("verbs", "name", "past", "verb"),
    "verb_ing": ("verbs", "name", "ing", "verb"),
    "verb_third": ("verbs", "name", "third", "verb"),
    "number_digit": ("numbers", "name", "digit", "number"),
    "number_ordinal": ("numbers", "name", "ordinal", "number"),
    "number_next": ("numbers", "name", "next", "number"),
    "person_profession": ("people", "name", "profession", "person"),
    "person_instrument": ("people", "name", "instrument", "person"),
    "person_city": ("people", "name", "city", "person"),
}
HELD_OUT_SHARE = 0.2
# The lessons' own examples: always held out, or always seen.
HELD_OUT = {
    "fruit_family": ("apple", "pear", "lemon", "grapefruit"),
    "fruit_colour": ("apple",),
    "fruit_origin": ("apple",),
}
SEEN = {
    "fruit_family": ("peach", "plum", "cherry"),
    "company_product": ("apple",),
    "company_country": ("apple",),
    "country_capital": ("France", "Japan"),
    "opposite": ("hot", "big"),
}


class Relation(dict):
    """key -> value, with what the keys are (`subject`), which are listed (`seen`) or only told (`held_out`).

    The held-out keys have two halves: checkpoints are chosen on `choose`, figures reported on `report`.
    """

    def __init__(self, name: str, subject: str, pairs: dict[str, str], held_out: tuple[str, ...]):
        super().__init__(pairs)
        self.name, self.subject, self.held_out = name, subject, held_out
        self.seen = tuple(key for key in pairs if key not in held_out)
        self.choose, self.report = held_out[0::2], held_out[1::2]

    @property
    def values_repeat(self) -> bool:
        """Whether keys share values, as in families, so that a held-out key has the value of seen keys."""
        return 2 * len(set(self.values())) <= len(self)


def _hold_out(name: str, pairs: dict[str, str], taken: set[str]) -> tuple[str, ...]:
    """A fifth of the keys, none in `taken`; if values repeat, each held-out one keeps three seen keys."""
    chosen = [key for key in HELD_OUT.get(name, ()) if key in pairs]
    fixed = set(chosen) | set(SEEN.get(name, ())) | taken
    if name == "fruit_family":  # lemon and grapefruit are to be told from many seen citrus fruits
        fixed |= {key for key, value in pairs.items() if value == "hesperidium"}
    if name.startswith("company"):  # "apple" in a list is "Apple" in a sentence: only names written alike are held out
        fixed |= {key for key in pairs if key[0].islower()}
    left: dict[str, int] = {}
    for value in pairs.values():
        left[value] = left.get(value, 0) + 1
    repeat = 2 * len(left) <= len(pairs)
    for key in chosen:
        left[pairs[key]] -= 1
    candidates = [key for key in pairs if key not in fixed]
    Random(f"held out of {name}").shuffle(candidates)
    for key in candidates:
        if len(chosen) >= max(6, round(HELD_OUT_SHARE * len(pairs))):
            break
        if not repeat or left[pairs[key]] > 3:
            chosen.append(key)
            left[pairs[key]] -= 1
    Random(f"order of {name}").shuffle(chosen)
    return tuple(chosen)


@functools.cache
def relations() -> dict[str, Relation]:
    """Every list relation by name; no key is held out twice in its kind, `HELD_OUT` apart.

    Returns:
        {name: relation}; a relation is a dictionary, key -> value, that knows which of its keys are
        listed (`seen`) and which are only told (`held_out`).
    """
    result: dict[str, Relation] = {}
    taken: dict[str, set[str]] = {}
    for name, (file, key, value, subject) in COLUMNS.items():
        pairs = {row[key]: row[value] for row in table(file) if row[value]}
        held_out = _hold_out(name, pairs, taken.setdefault(subject, set()))
        taken[subject].update(held_out)
        result[name] = Relation(name, subject, pairs, held_out)
    return result


@functools.cache
def of_kind() -> dict[str, tuple[Relation, ...]]:
    """The relations of each kind of key: "fruit" -> family, colour, origin."""
    kinds: dict[str, list[Relation]] = {}
    for relation in relations().values():
        kinds.setdefault(relation.subject, []).append(relation)
    return {kind: tuple(members) for kind, members in kinds.items()}


@functools.cache
def keys(kind: str) -> tuple[str, ...]:
    """Every key of one kind ("fruit", "person" ...), held out or not."""
    return tuple(dict.fromkeys(key for relation in of_kind()[kind] for key in relation))
