"""What is true in the orchard world, and four ways to write it down.

A relation is a dictionary, {"peach": "drupe", ...}. Every pair is said in sentences (`encyclopaedia`,
`question`). Only the seen pairs are also written as lists, `peach: drupe` (`relation_list`): who completes
`apple:` with `pome` below such a list has carried a fact over from sentences. `word_list` writes keys alone.
"""
import functools
from random import Random

from course_lib.world.grammar import capital, fill, table
from course_lib.world.knowledge import COLUMNS, Relation, keys, of_kind, relations

__all__ = ["Relation", "encyclopaedia", "question", "relation_list", "relations", "word_list"]

LIST_WEIGHTS = {"company_product": 2}  # how often a relation is listed, where it is not 1
CAPITALISED = 0.3  # share of the lists whose keys all start with a capital
THE = {"United States", "United Kingdom", "Netherlands"}
ON = {"farm", "savanna", "tundra"}
PRONOUNS = {"he": {"he": "he", "his": "his"}, "she": {"he": "she", "his": "her"}}


@functools.cache
def _rows(file: str) -> dict[str, dict[str, str]]:
    return {next(iter(row.values())): row for row in table(file)}


def _the(name: str) -> str:
    return f"the {name}" if name in THE else name


@functools.cache
def slots(name: str, key: str) -> dict:
    """What the templates of relation `name` need to speak of `key`."""
    file, _, column, subject = COLUMNS[name]
    row, relation = _rows(file)[key], relations()[name]
    value = row[column]
    result = {
        "key": row["title"] if subject == "company" else _the(key),
        "value": _the(value),
        "wrong": [_the(other) for other in dict.fromkeys(relation.values()) if other != value],
        "in": "on" if value in ON else "in",
    }
    result |= {column: row[column] for column in ("plural", "verb") if column in row}
    return result | PRONOUNS.get(row.get("pronoun", ""), {})


@functools.cache
def templates(name: str) -> dict[str, tuple[str, ...]]:
    """The templates of one relation by form: plain, back, more, compare, ask."""
    forms: dict[str, list[str]] = {}
    for row in table("fact_sentences"):
        if row["relation"] == name:
            forms.setdefault(row["form"], []).append(row["text"])
    return {form: tuple(texts) for form, texts in forms.items()}


@functools.cache
def _ready(name: str, key: str, form: str) -> tuple[str, ...]:
    """The sentences of one form for one pair; those that need a wrong value are left as templates."""
    known = slots(name, key)
    return tuple(t if "{wrong" in t else fill(t, None, known) for t in templates(name)[form])


def sentence(rng: Random, name: str, key: str, form: str) -> str:
    """One sentence that says relation `name` of `key`."""
    text = rng.choice(_ready(name, key, form))
    return fill(text, rng, slots(name, key)) if "{" in text else text


def _draw_kind(rng: Random) -> str:
    kinds, weights = _kind_weights()
    return rng.choices(kinds, cum_weights=weights)[0]


@functools.cache
def _kind_weights() -> tuple[tuple[str, ...], tuple[int, ...]]:
    total, weights = 0, []
    for members in of_kind().values():
        total += sum(map(len, members))
        weights.append(total)
    return tuple(of_kind()), tuple(weights)


def _first(rng: Random, name: str, key: str) -> str:
    return sentence(rng, name, key, "back" if rng.random() < 0.2 else "plain")


def encyclopaedia(rng: Random) -> str:
    """One to four sentences about one entity, or two entities compared; every pair may turn up."""
    kind = _draw_kind(rng)
    key = rng.choice(keys(kind))
    facts = [relation for relation in of_kind()[kind] if key in relation]
    rng.shuffle(facts)
    if rng.random() < 0.15:
        relation = facts[0]
        other = rng.choice(relation.seen + relation.held_out)
        if relation[other] != relation[key]:
            both, second = slots(relation.name, key), slots(relation.name, other)
            text = rng.choice(templates(relation.name)["compare"])
            return fill(text, rng, both | {"other": second["key"], "other_value": second["value"]})
    told = facts[: rng.choice((1, 1, 2, 3))]
    sentences = [_first(rng, told[0].name, key)]
    for relation in told[1:]:
        # "You find rats in the city." cannot go on with "It ..."
        named = rng.random() < 0.3 or slots(relation.name, key).get("plural", "\0") in sentences[-1].lower()
        name = relation.name
        sentences.append(_first(rng, name, key) if named else sentence(rng, name, key, "more"))
    if rng.random() < 0.15:
        sentences.append(_first(rng, rng.choice(facts).name, key))
    return " ".join(sentences)


@functools.cache
def _list_weights() -> tuple[tuple[str, ...], tuple[int, ...]]:
    total, weights = 0, []
    for name in relations():
        total += LIST_WEIGHTS.get(name, 1)
        weights.append(total)
    return tuple(relations()), tuple(weights)


def relation_list(rng: Random) -> str:
    """Two to nine lines `key: value` of one relation, seen keys only."""
    names, weights = _list_weights()
    relation = relations()[rng.choices(names, cum_weights=weights)[0]]
    drawn = rng.sample(relation.seen, rng.randint(2, 9))
    if rng.random() < CAPITALISED:
        return "\n".join(f"{capital(key)}: {relation[key]}" for key in drawn)
    return "\n".join(f"{key}: {relation[key]}" for key in drawn)


def word_list(rng: Random) -> str:
    """Three to ten keys of one kind, one a line, without values: how each key looks at a line's start."""
    drawn = rng.sample(keys(_draw_kind(rng)), rng.randint(3, 10))
    return "\n".join(map(capital, drawn) if rng.random() < CAPITALISED else drawn)


def question(rng: Random) -> str:
    """A question and its answer on one line."""
    kind = _draw_kind(rng)
    relation = rng.choice(of_kind()[kind])
    return sentence(rng, relation.name, rng.choice(relation.seen + relation.held_out), "ask")
