"""`course bench base`, second half: answers learned from examples in the prompt, on pairs that no list ever showed."""
from math import log10

from course_lib.bench.rows import Row
from course_lib.intervals import interval
from course_lib.models import load_model
from course_lib.prompting import complete, exact_match, few_shot, next_answers, score_choices
from course_lib.world import relations

DRAWS = (0, 1, 2)
PLUM_PEAR = [("plum", "drupe"), ("pear", "pome")]


def in_context(model, tokenizer, k: int, part: str = "report", draws=DRAWS) -> tuple[float, float, float]:
    """(mean, low, high) of greedy exact match after k examples; every relation counts once, items are resampled."""
    marks, groups = [], []
    for name, relation in relations().items():
        keys = relation.seen[:12] if part == "seen" else getattr(relation, part)
        by_draw = [exact_match(model, tokenizer, relation, keys, k, seed) for seed in draws]
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


def rows(small="orchard-s", ladder=("orchard-xs", "orchard-s", "orchard-m")) -> list[Row]:
    """The in-context half of the gate; names may also be folders."""
    found: list[Row] = []

    def add(model, measure, figure, must, holds):
        found.append(Row(model, measure, figure[0], figure[2] - figure[0], must, holds(figure)))
        print(found[-1], flush=True)
        return figure

    model, tokenizer = load_model(small)
    add(small, "lists, zero-shot", in_context(model, tokenizer, 0), "≤ .35", lambda f: f[0] <= 0.35)
    one = add(small, "lists, one-shot", in_context(model, tokenizer, 1), "≥ .75", lambda f: f[0] >= 0.75)
    add(small, "lists, four-shot", in_context(model, tokenizer, 4), "≥ one-shot (interval)", lambda f: f[2] >= one[0])
    add(small, "lists, seen pairs, four-shot", in_context(model, tokenizer, 4, "seen"), "≥ .97", lambda f: f[0] >= 0.97)

    exact = lambda holds: (float(holds),) * 3
    first, second = complete(model, tokenizer, ["peach: drupe\napple:", "Peach: drupe\nApple:"])
    add(small, "peach: drupe / apple: gives pome", exact(first == "pome"), "1", lambda f: f[0] == 1)
    add(small, "the same, keys capitalised", exact(second == "pome"), "1", lambda f: f[0] == 1)
    families = sorted(set(relations()["fruit_family"].values()))
    for shown in (str, str.capitalize):
        prompt = few_shot([(shown(key), value) for key, value in PLUM_PEAR], shown("grapefruit"))
        scores = score_choices(model, tokenizer, prompt, families)
        top = families[scores.index(max(scores))]
        add(small, f"{shown('plum')} / {shown('pear')} / {shown('grapefruit')}: hesperidium first",
            exact(top == "hesperidium"), "1", lambda f: f[0] == 1)
    ratio = company_over_fruit(model, tokenizer)
    add(small, "bare apple: log10(company / fruit)", (ratio,) * 3, "> 0", lambda f: f[0] > 0)

    four = {}
    for name in ladder:
        four[name] = in_context(*load_model(name), 4)
    xs, s, m = (four[name] for name in ladder)
    add(ladder[0], "lists, four-shot", xs, "< orchard-s", lambda f: f[0] < s[0])
    add(ladder[2], "lists, four-shot", m, "≥ orchard-s (interval)", lambda f: f[2] >= s[0])
    return found

