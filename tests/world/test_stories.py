"""Stories with one plot and the right pronouns; news whose headline can be read off the paragraph."""
import re
from collections import Counter
from random import Random

import pytest

from course_lib.world import stories
from course_lib.world.grammar import split_of, table

SPLITS = ("pretraining", "train", "validation", "test")
PER_SPLIT = 2000
LABEL_WORDS = re.compile(r"\b(spam|ham|positive|negative|label)\b", re.IGNORECASE)
PEOPLE = {row["name"]: row["pronoun"] for row in table("people")}
CLEAN = re.compile(r'^[A-Z"][^{}\n]*[.!?]"?$')


def sentences(text):
    """The sentences of a news paragraph; quotations end before the sentence does."""
    return re.split(r"(?<=[.!?])\s+", text)


@pytest.fixture(scope="module")
def told():
    rng = Random(0)
    return [stories.story(rng) for _ in range(2000)]


@pytest.fixture(scope="module")
def news():
    found = {}
    for split in SPLITS:
        rng = Random(split)
        found[split] = [stories.news(rng, split) for _ in range(PER_SPLIT)]
    return found


def test_there_are_at_least_12_plots_of_three_to_six_sentences():
    assert len(stories.plots()) >= 12
    for steps in stories.plots().values():
        assert 3 <= len(steps) <= 6 and all(len(step) >= 2 for step in steps)


def test_stories_are_clean_and_hardly_repeat(told):
    assert all(CLEAN.match(text) and "  " not in text for text in told)
    assert not [text for text in told if re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiouh]", text)]
    assert len(set(told)) >= 0.99 * len(told)
    assert not [text for text in told if LABEL_WORDS.search(text)]


def test_a_single_person_has_the_right_pronoun(told):
    wrong = {"he": r"\b(she|her)\b", "she": r"\b(he|him|his)\b"}
    named = [(text, set(re.findall(r"\w+", text)) & set(PEOPLE)) for text in told]
    alone = [(text, min(names)) for text, names in named if len(names) == 1]
    assert len(alone) >= 200
    assert not [text for text, name in alone if re.search(wrong[PEOPLE[name]], text.lower())]


def test_stories_do_not_contradict_the_facts_about_people(told):
    jobs = {row["profession"] for row in table("people")}
    job_of = {row["name"]: row["profession"] for row in table("people")}
    for text in told:
        if match := re.match(r"(\w+) was an? (\w+) in ", text):
            assert match[2] in jobs and job_of[match[1]] == match[2]


def test_every_event_has_its_parts():
    assert len(stories.events()) >= 10
    for parts in stories.events().values():
        assert len(parts["headline"]) == 1
        assert all(len(parts[part]) >= 3 for part in ("lead", "where", "detail", "close"))


def test_news_has_three_to_four_sentences_and_a_short_headline(news):
    for text, headline in news["test"]:
        assert CLEAN.match(text) and 3 <= len(sentences(text)) <= 4, text
        assert 4 <= len(headline.split()) <= 8 and headline[-1] != "."


def test_the_headline_can_be_read_off_the_paragraph(news):
    glue = "in for by wins opens finds saves plans builds gives plants makes giant reaches teaches".split()
    for text, headline in news["train"]:
        known = set(re.findall(r"\w+", text.lower()))
        assert set(re.findall(r"\w+", headline.lower())) - set(glue) <= known, (text, headline)


def test_no_split_shares_a_headline_or_a_sentence(news):
    for part in (lambda item: [item[1]], lambda item: sentences(item[0])):
        sets = {split: {s for item in items for s in part(item)} for split, items in news.items()}
        assert all({split_of(s) for s in found} == {split} for split, found in sets.items())
        assert sum(map(len, sets.values())) == len(set().union(*sets.values()))


def test_news_documents_have_no_headline_and_no_answer_word():
    rng = Random(0)
    for _ in range(300):
        text = stories.news_document(rng)
        assert "\n" not in text and text.endswith((".", '"')) and not LABEL_WORDS.search(text)


def test_all_kinds_of_events_are_drawn(news):
    verbs = Counter(headline.split()[1] for _, headline in news["train"])
    assert len(verbs) >= 10 and min(verbs.values()) >= 30


def test_the_same_seed_gives_the_same_news_and_stories():
    first, again, other = (stories.news(Random(seed), "train") for seed in (3, 3, 4))
    assert first == again != other
    assert stories.story(Random(3)) == stories.story(Random(3)) != stories.story(Random(4))
