"""Messages and everyday text: no answer word in the first, all of them in the second, no shared sentence."""
import re
from collections import Counter
from random import Random

import pytest

from course_lib.world import everyday, messages
from course_lib.world.grammar import lines, split_of, table

SPLITS = ("pretraining", "train", "validation", "test")
LABEL_WORDS = re.compile(r"\b(spam|ham|positive|negative|label)\b", re.IGNORECASE)
PER_SPLIT = 2000


def sentences(text):
    """The sentences of a text; none of the slots holds a full stop followed by a space."""
    return re.split(r"(?<=[.!?])\s+", text)


@pytest.fixture(scope="module")
def by_split():
    found = {}
    for split in SPLITS:
        rng = Random(split)
        found[split] = [messages.message(rng, number % 2 == 0, split) for number in range(PER_SPLIT)]
    return found


@pytest.mark.parametrize("spam", [True, False])
def test_there_are_at_least_40_shapes_of_each_kind(spam):
    own = [row["template"] for row in table("message_spam" if spam else "message_ham")]
    assert len(set(own)) == len(own) >= 40
    assert len(messages.shapes(spam)["twin"]) == len(set(messages.shapes(spam)["twin"])) >= 30


def test_messages_have_one_to_three_sentences_and_clean_punctuation(by_split):
    for text in by_split["test"]:
        parts = sentences(text)
        assert 1 <= len(parts) <= 3
        assert all(part[0].isupper() and part[-1] in ".!?" for part in parts), text
        assert not re.search(r"[{}]|  |\ba [aeio]|,,", text), text


def test_no_message_holds_an_answer_word(by_split):
    assert not [text for texts in by_split.values() for text in texts if LABEL_WORDS.search(text)]


def test_every_sentence_belongs_to_its_split_and_no_split_shares_one(by_split):
    sets = {split: {s for text in texts for s in sentences(text)} for split, texts in by_split.items()}
    for split, found in sets.items():
        assert {split_of(sentence) for sentence in found} == {split}
    assert sum(map(len, sets.values())) == len(set().union(*sets.values()))


def test_shops_links_and_sums_stand_in_both_kinds(by_split):
    counts = {}
    for spam in (True, False):
        texts = by_split["pretraining"][0 if spam else 1:: 2]
        found = [set(re.findall(r"[\w.-]+\.example|euros|won|card", text)) for text in texts]
        counts[spam] = Counter(word for words in found for word in words)
    common = [word for word in counts[True] if counts[False][word] >= 5]
    assert {"euros", "won", "card"} <= set(common) and sum(word.endswith(".example") for word in common) >= 15


def test_links_are_reserved_names_only(by_split):
    assert not re.search(r"www|http|\.(com|org|net)\b", " ".join(by_split["train"]))


def test_a_message_document_is_one_to_three_messages():
    rng = Random(0)
    counts = Counter(len(messages.message_document(rng).split("\n")) for _ in range(500))
    assert set(counts) == {1, 2, 3} and min(counts.values()) >= 50


def test_the_same_seed_gives_the_same_message():
    assert messages.message(Random(3), True, "train") == messages.message(Random(3), True, "train")


@pytest.fixture(scope="module")
def everyday_words():
    rng = Random(0)
    return Counter(w for _ in range(8000) for w in re.findall(r"\w+", everyday.everyday(rng).lower()))


@pytest.mark.parametrize("pair", [("positive", "negative"), ("spam", "ham"), ("true", "false")])
def test_both_words_of_a_pair_are_about_equally_frequent(everyday_words, pair):
    first, second = (everyday_words[word] for word in pair)
    assert first >= 200 and abs(first - second) <= 0.15 * (first + second)


def test_every_answer_word_occurs(everyday_words):
    words = "1 2 3 4 5 one two three four five yes no label question answer family stars".split()
    assert min(everyday_words[word] for word in words) >= 100


def test_everyday_shapes_are_many_and_take_both_words_of_a_pair():
    shapes = lines("everyday_shapes")
    assert len(set(shapes)) == len(shapes) >= 40
    assert not [shape for shape in shapes if re.search(r"\b(positive|negative|spam|ham|true|false)\b", shape)]


def test_everyday_text_holds_no_opinion_and_no_junk():
    rng = Random(1)
    text = " ".join(everyday.everyday(rng) for _ in range(3000))
    words = lines("review_positive") + lines("review_negative")
    assert not re.findall(r"\b(" + "|".join(map(re.escape, words)) + r")\b", text)
    assert not re.search(r"example|prize|password|review", text)
