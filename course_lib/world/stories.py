"""Short stories about persons, animals and fruits, and small news items with a headline that sums them up."""
import functools
from random import Random

from course_lib.world.grammar import fill, slot_values, split_of, table

_PRONOUNS = {"he": ("he", "him", "his"), "she": ("she", "her", "her")}
_TRIES = 150
_TOPICS = (
    "contest", "shop", "lost", "animal", "building", "thing", "work", "tree", "record", "trip", "skill"
)


@functools.cache
def plots() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Every plot: its name -> one tuple of alternative sentences per step."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in table("story_plots"):
        found.setdefault(row["plot"], {}).setdefault(row["step"], []).append(row["text"])
    return {name: tuple(tuple(texts) for texts in steps.values()) for name, steps in found.items()}


def _persons(rng: Random) -> dict[str, str]:
    """Slots for two persons: {name} {he} {him} {his} {He} {job} {home} {instrument}, and with a 2 behind."""
    filled = {}
    for person, number in zip(rng.sample(table("people"), 2), ("", "2"), strict=True):
        he, him, his = _PRONOUNS[person["pronoun"]]
        values = {
            "name": person["name"], "he": he, "him": him, "his": his, "He": he.capitalize(),
            "job": person["profession"], "home": person["city"], "instrument": person["instrument"],
        }
        filled |= {slot + number: value for slot, value in values.items()}
    return filled


def story(rng: Random) -> str:
    """A document of 4 to 5 sentences with one plot; whoever or whatever is named twice is the same."""
    text = " ".join(rng.choice(alternatives) for alternatives in rng.choice(tuple(plots().values())))
    filled = slot_values("story_slots") | _persons(rng)
    filled["fruit"] = rng.choice(filled["fruit"])
    filled["fruits"] = next(row["plural"] for row in table("fruits") if row["name"] == filled["fruit"])
    return fill(text, rng, filled)


@functools.cache
def events() -> dict[str, dict[str, tuple[str, ...]]]:
    """Every kind of event: its name -> part ("headline", "lead", "where", "detail", "close") -> templates."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in table("summary_events"):
        parts = found.setdefault(row["event"], {})
        parts[row["part"]] = parts.get(row["part"], ()) + (row["text"],)
    close = found.pop("any")
    return {event: parts | close for event, parts in found.items()}


def _sentence(rng: Random, templates: tuple[str, ...], fixed: dict, split: str) -> str | None:
    """A sentence of this split, or None where these names and things hardly have one."""
    for _ in range(_TRIES):
        sentence = fill(rng.choice(templates), rng, fixed)
        if split_of(sentence) == split:
            return sentence
    return None


def news(rng: Random, split: str) -> tuple[str, str]:
    """(paragraph, headline): one sentence tells who did what, another where; other names distract."""
    while True:
        parts = rng.choice(tuple(events().values()))
        fixed = slot_values("summary_slots") | _persons(rng)
        fixed["town"], fixed["town2"] = rng.sample(fixed["town"], 2)
        for slot in _TOPICS:
            fixed[slot] = rng.choice(fixed[slot])
        headline = fill(parts["headline"][0], rng, fixed)
        if split_of(headline) != split:
            continue
        plan = ["lead", "where"] if rng.random() < 0.7 else ["where", "lead"]
        plan += rng.choice((["detail"], ["close"], ["detail", "close"], ["close", "detail"]))
        sentences = [_sentence(rng, parts[part], fixed, split) for part in plan]
        if None not in sentences:
            return " ".join(sentences), headline


def news_document(rng: Random) -> str:
    """A news paragraph for pretraining, without its headline."""
    return news(rng, "pretraining")[0]
