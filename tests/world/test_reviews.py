"""The reviews: enough of them, clear to a reader, hard for a bag of words, no sentence in two splits."""
import re
from random import Random

import pytest

from course_lib.errors import CourseError
from course_lib.world.grammar import split_of, table
from course_lib.world.opinions import opinion_words
from course_lib.world.reviews import DOMAINS, SUMMARY_OPENING, review, review_document, shapes, summary, summary_phrases

LABELS = re.compile(r"\b(positive|negative|good|bad|spam|ham|label)(ly)?\b", re.IGNORECASE)
GRADED = ("plain", "negated", "contrast", "overruled", "comparison", "mixed")
SPLITS = ("pretraining", "train", "validation", "test")


def sentences(text: str) -> set[str]:
    """The sentences of a review; a full stop inside quotation marks does not end one."""
    return set(re.split(r"(?<=\.) (?=[A-Z\"])", text))


def labelled(split: str, count: int, seed: int, domains: tuple[str, ...] = ("film", "restaurant")):
    rng = Random(seed)
    labels = [index % 2 == 0 for index in range(count)]
    return [review(rng, label, rng.choice(domains), split) for label in labels], labels


def telling(text: str) -> set[str]:
    """Stems of the words that could carry an opinion."""
    return {word[:5] for word in re.findall(r"[a-z]+", text.lower()) if len(word) >= 4} - {"every"}


def test_there_are_enough_words_and_no_word_on_both_sides():
    sides = [set(opinion_words(side)) for side in (True, False)]
    assert all(len(side) >= 150 for side in sides) and not sides[0] & sides[1]
    assert all(len(opinion_words(side)) == len(set(opinion_words(side))) for side in (True, False))
    assert all(set(opinion_words(side, mild=True)) <= set(opinion_words(side)) for side in (True, False))


def test_there_are_enough_shapes_aspects_and_fillers():
    rows = table("review_shapes")
    assert len({row["template"] for row in rows}) == len(rows)
    assert sum(row["kind"] in GRADED for row in rows) >= 60
    assert len(shapes("lukewarm", "film")) >= 12
    for domain in DOMAINS:
        assert sum(row["slot"] == "aspect" and row["domain"] == domain for row in table("review_words")) >= 15
        assert len(shapes("filler", domain)) >= 10


def test_no_label_word_anywhere():
    rng = Random(0)
    text = "\n".join(review_document(rng) for _ in range(3000))
    assert not LABELS.search(text)
    for name in ("shapes", "words", "pairs", "summaries", "people", "mild"):
        for row in table(f"review_{name}"):
            assert not any(LABELS.search(value) for key, value in row.items() if key not in ("slot", "kind"))


def test_splits_share_no_sentence():
    seen = {}
    for split in SPLITS:
        texts, _ = labelled(split, 2000, seed=1, domains=DOMAINS)
        for text in texts:
            for sentence in sentences(text):
                assert split_of(sentence) == split
                assert seen.setdefault(sentence, split) == split


def test_every_shape_serves_both_sides():
    """No shape names an opinion itself: seen as shapes, the reviews of the two sides are alike."""
    words = [word for side in (True, False) for word in opinion_words(side)]
    halves = [value for row in table("review_pairs") for key, value in row.items() if key != "slot"]
    for row in table("review_shapes"):
        bare = re.sub(r"\{.*?\}", "", row["template"])
        found = [word for word in words + halves if re.search(rf"\b{re.escape(word)}\b", bare)]
        assert not found or row["kind"] == "lukewarm", (row, found)
        if row["kind"] in (*GRADED, "strong", "mild"):
            assert re.search(r"\{(same|other|verdict|noun|mood|counter)", row["template"]), row
        if row["kind"] == "filler":
            assert not re.search(r"\{(same|other|verdict|noun|mood|counter)", row["template"]), row


def test_a_bag_of_words_does_poorly():
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    (texts, labels), (others, truth) = labelled("train", 1000, seed=2), labelled("test", 600, seed=3)
    baseline = make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000)).fit(texts, labels)
    assert 0.60 < baseline.score(others, truth) < 0.80


def test_three_documents_in_ten_close_with_a_summary():
    rng = Random(4)
    documents = [review_document(rng) for _ in range(4000)]
    closed = [text for text in documents if f"\n{SUMMARY_OPENING} " in text]
    assert 0.27 < len(closed) / len(documents) < 0.33
    assert all(text.count("\n") == (text in set(closed)) for text in documents[:200])
    assert 32 < sum(len(text.split()) for text in documents) / len(documents) < 48


def test_summaries_share_no_telling_word_with_the_opinions():
    opinions = set().union(*(telling(word) for side in (True, False) for word in opinion_words(side)))
    for row in table("review_pairs"):
        opinions |= telling(row["positive"]) | telling(row["negative"])
    for domain in DOMAINS:
        phrases = summary_phrases(domain)
        assert len(set(phrases[True])) >= 14 and len(phrases[True]) == len(phrases[False])
        assert not set(phrases[True]) & set(phrases[False])
        assert not any(telling(phrase) & opinions for side in phrases.values() for phrase in side)
        assert summary(Random(0), True, domain) in phrases[True]


def test_stars_grade_the_wording():
    rng = Random(5)
    adverbs = tuple(row["word"] for row in table("review_words") if row["slot"] == "very")
    for stars in (1, 2, 3, 4, 5):
        texts = [review(rng, True, "film", "train", stars) for _ in range(100)]
        emphatic = sum(any(adverb in text for adverb in adverbs) for text in texts)
        assert emphatic > 80 if stars in (1, 5) else emphatic < 20


@pytest.mark.parametrize("domain", DOMAINS)
def test_same_seed_same_review(domain):
    assert review(Random(6), False, domain, "shifted") == review(Random(6), False, domain, "shifted")
    assert review_document(Random(7)) == review_document(Random(7))


@pytest.mark.parametrize("bad", [("book", "train", None), ("film", "dev", None), ("film", "train", 6)])
def test_bad_arguments_are_named(bad):
    domain, split, stars = bad
    with pytest.raises(CourseError, match="book|dev|6"):
        review(Random(0), True, domain, split, stars)
