"""The facts: enough of them, the lessons' own entries, nothing held out in a list, all said in sentences."""
import re
from collections import Counter
from random import Random

import pytest

from course_lib.world import facts, knowledge
from course_lib.world.grammar import fill, lines, table

RELATIONS = facts.relations()
COUNTS = {
    "fruits": 66, "companies": 44, "animals": 84, "countries": 52, "opposites": 110, "verbs": 50, "people": 64
}
NAMED = {
    "fruit_family": {"peach": "drupe", "plum": "drupe", "cherry": "drupe", "apple": "pome", "pear": "pome"}
    | dict.fromkeys("lemon lime grapefruit orange mandarin pomelo kumquat yuzu".split(), "hesperidium"),
    "company_product": {"apple": "computers", "jaguar": "cars", "penguin": "books"},
    "country_capital": {"France": "Paris", "Japan": "Tokyo"},
    "opposite": {"hot": "cold", "big": "small"},
}
MOSTLY_HE = {"carpenter", "pilot", "plumber", "farmer", "engineer", "mechanic"}


def drawn(write, number, seed=0):
    rng = Random(seed)
    return [write(rng) for _ in range(number)]


@pytest.mark.parametrize("file, least", COUNTS.items())
def test_lexicons_are_large_and_without_doubles(file, least):
    rows = table(file)
    names = [next(iter(row.values())) for row in rows]
    assert len(rows) >= least and len(set(names)) == len(names)
    assert all(value == value.strip() for row in rows for value in row.values())


def test_companies_share_names_with_fruits_and_animals():
    others = {row["name"] for file in ("fruits", "animals") for row in table(file)}
    shared = [row for row in table("companies") if row["name"] in others]
    assert len(shared) >= 14
    assert shared == [row for row in table("companies") if row["real"] == "yes"]


@pytest.mark.parametrize("name, pairs", NAMED.items())
def test_entries_of_the_lessons(name, pairs):
    assert pairs.items() <= RELATIONS[name].items()


def test_every_family_has_at_least_four_fruits():
    sizes = Counter(RELATIONS["fruit_family"].values())
    assert min(sizes.values()) >= 4 and sizes["hesperidium"] >= 9


def test_professions_are_skewed_two_to_one():
    jobs = {}
    for row in table("people"):
        jobs.setdefault(row["profession"], Counter())[row["pronoun"]] += 1
    assert len(jobs) == 12
    for job, count in jobs.items():
        assert count == ({"he": 4, "she": 2} if job in MOSTLY_HE else {"he": 2, "she": 4})


@pytest.mark.parametrize("relation", RELATIONS.values(), ids=RELATIONS)
def test_held_out_keys(relation):
    assert set(relation.seen) | set(relation.held_out) == set(relation)
    assert not set(relation.seen) & set(relation.held_out)
    assert set(relation.choose) | set(relation.report) == set(relation.held_out)
    assert not set(relation.choose) & set(relation.report)
    assert len(relation.held_out) >= 6 and 0.15 <= len(relation.held_out) / len(relation) <= 0.25
    if relation.values_repeat:
        seen = Counter(relation[key] for key in relation.seen)
        assert all(seen[relation[key]] >= 3 for key in relation.held_out)


def test_held_out_keys_all_together():
    assert sum(len(relation.held_out) for relation in RELATIONS.values()) >= 120
    assert {"apple", "pear", "lemon", "grapefruit"} <= set(RELATIONS["fruit_family"].held_out)
    for kind, members in knowledge.of_kind().items():
        times = Counter(key for relation in members for key in relation.held_out)
        assert {key for key in times if times[key] > 1} <= ({"apple"} if kind == "fruit" else set())
    assert all("apple" in relation.held_out for relation in knowledge.of_kind()["fruit"])
    assert "apple" in RELATIONS["company_product"].seen
    assert {"peach", "plum", "cherry"} <= set(RELATIONS["fruit_family"].seen)


def test_lists_hold_no_held_out_pair_and_every_seen_pair():
    told = {line.lower() for text in drawn(facts.relation_list, 20_000) for line in text.split("\n")}
    kept = {f"{key}: {relation[key]}".lower() for relation in RELATIONS.values() for key in relation.held_out}
    seen = {f"{key}: {relation[key]}".lower() for relation in RELATIONS.values() for key in relation.seen}
    assert told == seen and not told & kept


def test_lists_have_two_to_nine_lines_of_one_relation():
    for text in drawn(facts.relation_list, 500):
        pairs = {tuple(line.split(": ")) for line in text.lower().split("\n")}
        assert 2 <= len(pairs) <= 9
        assert any(pairs <= {(k.lower(), v.lower()) for k, v in r.items()} for r in RELATIONS.values())


def test_only_lists_have_colons():
    assert not any(":" in row["text"] for row in table("fact_sentences"))
    for write in (facts.encyclopaedia, facts.question, facts.word_list):
        assert not any(":" in text for text in drawn(write, 3_000))


@pytest.mark.parametrize("name", RELATIONS)
def test_every_template_says_key_and_value(name):
    forms = facts.templates(name)
    assert len(forms["plain"]) + len(forms["back"]) >= 8 and forms["back"]
    assert len(forms["more"]) >= 3 and len(forms["ask"]) >= 3 and len(forms["compare"]) >= 2
    for form, texts in forms.items():
        for text in texts:
            assert "{value" in text and text.endswith(".")
            assert form == "more" or re.search(r"\{(key|plural)", text)
        if form == "back":
            assert all(text.index("{value") < re.search(r"\{(key|plural)", text).start() for text in texts)


@pytest.mark.parametrize("name", RELATIONS)
def test_every_pair_can_be_said(name):
    relation = RELATIONS[name]
    for key, value in relation.items():
        known = facts.slots(name, key)
        for form in ("plain", "back", "ask"):
            for text in facts.templates(name)[form]:
                said = fill(text, Random(0), known)
                assert value.lower() in said.lower() and said[-1] == "." and "{" not in said
                assert not re.search(r"\ba [aeio]\w*|\ban [^aeiou8]", said), said


def test_most_pairs_turn_up_in_a_bounded_number_of_documents():
    """A pair counts when one of 20,000 documents holds the key (or its plural) and the value."""
    words = [set(re.findall(r"[\w.-]*\w", text.lower())) for text in drawn(facts.encyclopaedia, 20_000)]
    holding = {}
    for document in words:
        for word in document:
            holding.setdefault(word, []).append(document)
    for name, relation in RELATIONS.items():
        for key, value in relation.items():
            known = facts.slots(name, key)
            wanted = set(re.findall(r"[\w.-]*\w", value.lower()))
            names = {known["key"].lower().split()[-1], known.get("plural", known["key"]).lower().split()[-1]}
            found = any(wanted <= document for word in names for document in holding.get(word, ()))
            assert found, (name, key, value)


def test_word_lists_hold_every_key_and_nothing_else():
    told = {line.lower() for text in drawn(facts.word_list, 20_000) for line in text.split("\n")}
    assert told == {key.lower() for relation in RELATIONS.values() for key in relation}


def test_people_keep_their_pronoun():
    pronoun = {row["name"]: row["pronoun"] for row in table("people")}
    other = {"he": {"she", "her"}, "she": {"he", "his"}}
    used = Counter()
    for text in drawn(facts.encyclopaedia, 20_000):
        words = re.findall(r"\w+", text)
        people = [word for word in words if word in pronoun]
        if len(set(people)) == 1:
            low = {word.lower() for word in words}
            assert not low & other[pronoun[people[0]]], text
            used["pronoun" if low & {"he", "his", "she", "her"} else "none"] += 1
    assert used["pronoun"] > used["none"] / 2


def test_shape_of_documents():
    for text in drawn(facts.encyclopaedia, 3_000):
        assert 1 <= text.count(". ") + 1 <= 4 and "\n" not in text and "  " not in text
        assert (text[0].isupper() or text[0].isdigit()) and text.endswith(".")
    for text in drawn(facts.question, 3_000):
        assert text.count("? ") == 1 and "\n" not in text and text.endswith(".")


@pytest.mark.parametrize("write", [facts.encyclopaedia, facts.relation_list, facts.word_list, facts.question])
def test_same_seed_same_text(write):
    assert drawn(write, 200, seed=3) == drawn(write, 200, seed=3) != drawn(write, 200, seed=4)


def test_no_label_word_and_no_two_opinions_as_opposites():
    labels = {"positive", "negative", "neutral", "spam", "ham", "good", "bad", "excellent", "terrible"}
    files = [*COUNTS, "numbers", "fact_sentences"]
    words = {word for file in files for row in table(file) for value in row.values()
             for word in re.findall(r"[a-z]+", value.lower())}
    assert not words & labels
    opinions = {word.lower() for name in ("review_positive", "review_negative") for word in lines(name)}
    assert not [row for row in table("opposites") if {row["word"], row["opposite"]} <= opinions]
