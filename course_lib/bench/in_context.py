"""`course bench base`, second half: answers after examples in the prompt, on pairs that no list ever showed."""
from collections.abc import Mapping
from math import log10

from course_lib.bench.rows import Row, Table, by_items, exact
from course_lib.intervals import interval
from course_lib.prompting import complete, exact_match, few_shot, next_answers, score_choices
from course_lib.world import relations

DRAWS = (0, 1, 2)
PLUM_PEAR = [("plum", "drupe"), ("pear", "pome")]


def in_context(model, tokenizer, k: int, part: str = "report") -> tuple[float, float, float]:
    """(mean, low, high) of greedy exact match after k examples; every relation counts once, items are resampled.

    `part`: "report" or "choose", the halves of the held-out keys, or "seen", twelve keys that lists do show.
    """
    marks, groups = [], []
    for name, relation in relations().items():
        keys = relation.seen[:12] if part == "seen" else getattr(relation, part)
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
    lists = lambda name, k, part="report": by_items(*in_context(*models[name], k, part))
    one_if = lambda measure, right: table.add("orchard-s", measure, exact(right), "1", lambda f: f.value == 1)

    table.add("orchard-s", "lists, zero-shot", lists("orchard-s", 0), "≤ .35", lambda f: f.value <= 0.35)
    one = table.add("orchard-s", "lists, one-shot", lists("orchard-s", 1), "≥ .75", lambda f: f.value >= 0.75)
    four = table.add("orchard-s", "lists, four-shot", lists("orchard-s", 4), "≥ one-shot (interval)",
                     lambda f: f.high >= one.value)
    table.add("orchard-s", "lists, seen pairs, four-shot", lists("orchard-s", 4, "seen"), "≥ .97",
              lambda f: f.value >= 0.97)

    model, tokenizer = models["orchard-s"]
    first, second = complete(model, tokenizer, ["peach: drupe\napple:", "Peach: drupe\nApple:"])
    one_if("peach: drupe / apple: gives pome", first == "pome")
    one_if("the same, keys capitalised", second == "pome")
    families = sorted(set(relations()["fruit_family"].values()))
    for shown in (str, str.capitalize):
        prompt = few_shot([(shown(key), value) for key, value in PLUM_PEAR], shown("grapefruit"))
        scores = score_choices(model, tokenizer, prompt, families)
        one_if(f"{shown('plum')} / {shown('pear')} / {shown('grapefruit')}: hesperidium first",
               families[scores.index(max(scores))] == "hesperidium")
    table.add("orchard-s", "bare apple: log10(company / fruit)", exact(company_over_fruit(model, tokenizer)),
              "> 0", lambda f: f.value > 0)

    table.add("orchard-xs", "lists, four-shot", lists("orchard-xs", 4), "< orchard-s",
              lambda f: f.value < four.value)
    table.add("orchard-m", "lists, four-shot", lists("orchard-m", 4), "≥ orchard-s (interval)",
              lambda f: f.high >= four.value)
    return table.rows
