"""`course bench base`, second half: answers after examples in the prompt, on pairs that no list ever showed."""
from collections.abc import Mapping
from math import log10

from course_lib.bench.rows import Measured, Row, Table, at_least, at_most, by_items, exact
from course_lib.errors import unknown
from course_lib.intervals import interval
from course_lib.prompting import complete, exact_match, few_shot, next_answers, score_choices
from course_lib.world import relations

DRAWS = (0, 1, 2)
PARTS = ("report", "seen")
PLUM_PEAR = [("plum", "drupe"), ("pear", "pome")]


def in_context(model, tokenizer, k: int, part: str = "report") -> tuple[float, float, float]:
    """(mean, low, high) of greedy exact match after k examples; every relation counts once, items are resampled.

    `part`: "report", the reported half of the held-out keys, or "seen", twelve keys that lists do show.
    """
    if part not in PARTS:
        raise unknown("part of the keys", part, PARTS)
    marks, groups = [], []
    for name, relation in relations().items():
        keys = relation.seen[:12] if part == "seen" else relation.report
        by_draw = [exact_match(model, tokenizer, relation, keys, k, seed) for seed in DRAWS]
        marks += [list(item) for item in zip(*by_draw)]
        groups += [name] * len(keys)
    return interval(marks, groups)


def company_over_fruit(model, tokenizer) -> float:
    """log10 of (probability of company answers / probability of fruit answers) to a bare `apple:`."""
    world = relations()
    companies = {value for name in ("company_product", "company_country") for value in world[name].values()}
    fruits = {value for name in ("fruit_family", "fruit_colour", "fruit_origin") for value in world[name].values()}
    answers = next_answers(model, tokenizer, "apple:", n=40)
    mass = lambda values: sum(p for answer, p in answers if answer in values) + 1e-9
    return log10(mass(companies - fruits) / mass(fruits - companies))


def rows(models: Mapping[str, tuple]) -> list[Row]:
    """The in-context half of the gate, for the models of `load_all`."""
    table = Table()
    four = small_model(table, models["orchard-s"])
    lists = lambda name: by_items(*in_context(*models[name], 4))
    table.add("orchard-xs", "lists, four-shot", lists("orchard-xs"),
              ("< orchard-s", lambda f: f.value < four.value))
    table.add("orchard-m", "lists, four-shot", lists("orchard-m"),
              ("≥ orchard-s (interval)", lambda f: f.high >= four.value))
    return table.rows


def small_model(table: Table, pair: tuple) -> Measured:
    """What orchard-s does with examples; its figure after four of them."""
    lists = lambda k, part="report": by_items(*in_context(*pair, k, part))
    add = lambda measure, figure, gate: table.add("orchard-s", measure, figure, gate)

    add("lists, zero-shot", lists(0), at_most(0.35))
    one = add("lists, one-shot", lists(1), at_least(0.75))
    four = add("lists, four-shot", lists(4), ("≥ one-shot (interval)", lambda f: f.high >= one.value))
    add("lists, seen pairs, four-shot", lists(4, "seen"), at_least(0.97))

    first, second = complete(*pair, ["peach: drupe\napple:", "Peach: drupe\nApple:"])
    add("peach: drupe / apple: gives pome", exact(first == "pome"), at_least(1))
    add("the same, keys capitalised", exact(second == "pome"), at_least(1))
    families = sorted(set(relations()["fruit_family"].values()))
    for shown in (str, str.capitalize):
        prompt = few_shot([(shown(key), value) for key, value in PLUM_PEAR], shown("grapefruit"))
        scores = score_choices(*pair, prompt, families)
        add(f"{shown('plum')} / {shown('pear')} / {shown('grapefruit')}: hesperidium first",
            exact(families[scores.index(max(scores))] == "hesperidium"), at_least(1))
    add("bare apple: log10(company / fruit)", exact(company_over_fruit(*pair)), ("> 0", lambda f: f.value > 0))
    return four
