"""What lesson 04 measures, in small: each dear claim trains for a step or two, and gives its own figures."""
import pytest

from course_lib import claims, training
from course_lib.claims.measures import lesson_04


@pytest.fixture
def small(monkeypatch):
    """Two steps on few reviews, a few of them to test; a teacher of two steps need not name every star."""
    for name, value in {"TEACHING": {"steps": 2, "batch_size": 4}, "LEARNING": {"steps": 2, "batch_size": 4},
                        "LABELS": 20, "UNLABELLED": 20, "TEST": 10, "NEWBORN_STEPS": 1}.items():
        monkeypatch.setattr(lesson_04, name, value)
    monkeypatch.setattr(training, "check_classes", lambda rows: None)


@pytest.mark.parametrize("claim_id", ["C64", "C65", "C66", "C67", "C97", "C99"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert set(claims.measure(claim_id, 0)) == set(claims.get(claim_id).figures)


def test_reviews_are_balanced_and_only_restaurants_are_skewed():
    fair, skewed = (lesson_04.balanced_reviews("train", 100, 0, skew) for skew in (0.0, 1.0))
    for domain in lesson_04.DOMAINS:
        stars = [label for label, own in zip(fair["label"], fair["domain"]) if own == domain]
        assert sorted(stars) == sorted(list(range(5)) * 10)
    down = {domain: [a - b for a, b, own in zip(sorted_by_text(fair), sorted_by_text(skewed), domains(fair))
                     if own == domain] for domain in lesson_04.DOMAINS}
    assert set(down["film"]) == {0} and sorted(down["restaurant"]) == [0] * 10 + [1] * 40  # one star has none below
    assert len(set(fair["text"]) & set(lesson_04.balanced_reviews("test", 100, 0)["text"])) == 0


def sorted_by_text(rows) -> list[int]:
    return [label for _, label in sorted(zip(rows["text"], rows["label"]))]


def domains(rows) -> list[str]:
    return [domain for _, domain in sorted(zip(rows["text"], rows["domain"]))]


def test_a_gap_is_the_stars_that_a_film_gets_more(monkeypatch):
    rows = lesson_04.balanced_reviews("test", 20, 0)
    given = [3 if domain == "film" else 1 for domain in rows["domain"]]
    monkeypatch.setattr(lesson_04, "answers", lambda *_: (given, rows["label"]))
    assert lesson_04.gap(None, None, None, rows) == 2


def test_joules_are_a_number_or_none():
    big, _, tokenizer = lesson_04.pair()
    found = lesson_04.joules(big, lesson_04.batch_of(tokenizer, lesson_04.shuffled("test", 2, 0)), passes=1)
    assert found is None or found > 0
