"""load_task: the contract of the bundled tasks, and the names and seeds that are refused."""
import re
from random import Random

import datasets
import pytest

from course_lib import load_task
from course_lib.errors import CourseError
from course_lib.world import facts, messages, reviews, task_rows
from course_lib.world.grammar import fill, table
from course_lib.world.task_rows import question_keys
from course_lib.world.tasks import SIZES, TEMPLATES, _bundled

CLASSES = {
    "reviews": ["negative", "positive"],
    "spam": ["ham", "spam"],
    "stars": ["1", "2", "3", "4", "5"],
    "natural": ["negative", "positive"],
}


def sentences(text):
    return re.split(r"(?<=[.!?])\s+", text)


@pytest.mark.parametrize("name", SIZES)
def test_sizes_columns_and_templates(name):
    task = load_task(name)
    assert isinstance(task, datasets.DatasetDict)
    assert {split: len(part) for split, part in task.items()} == SIZES[name]
    for part in task.values():
        assert part.column_names == ["text", "prompt", "answer"] + ["label"] * (name in CLASSES)
        assert part["prompt"][:50] == [TEMPLATES[name].apply(text) for text in part["text"][:50]]
        assert all(answer and answer == answer.strip() for answer in part["answer"])
        assert all(prompt.endswith(":") for prompt in part["prompt"])


@pytest.mark.parametrize("name", CLASSES)
def test_labels_are_the_answer_words_and_every_beginning_is_balanced(name):
    for part in load_task(name).values():
        feature = part.features["label"]
        assert isinstance(feature, datasets.ClassLabel) and feature.names == CLASSES[name]
        assert part["answer"] == [feature.names[label] for label in part["label"]]
        count, labels = len(CLASSES[name]), part["label"][:]
        for size in (count, 2 * count, 10 * count, len(part)):
            assert all(labels[:size].count(label) == size // count for label in range(count)), size


@pytest.mark.parametrize("write, answer, given", [
    (task_rows._message, "spam", "True"), (task_rows._message, "ham", "False"),
    (task_rows._review, "positive", "True None"), (task_rows._review, "negative", "False None"),
    *((task_rows._stars, str(stars), f"{stars >= 3} {stars}") for stars in range(1, 6))])
def test_a_text_is_written_for_its_answer(write, answer, given, monkeypatch):
    monkeypatch.setattr(messages, "message", lambda rng, spam, split: f"{spam} of {split}")
    monkeypatch.setattr(reviews, "review",
                        lambda rng, positive, domain, split, stars=None: f"{positive} {stars} of {split}")
    assert write(Random(0), "test", answer) == (f"{given} of test", answer)


@pytest.mark.parametrize("name", SIZES)
def test_no_text_comes_twice(name):
    texts = [text for part in load_task(name).values() for text in part["text"]]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", ["reviews", "spam", "stars", "summaries"])
def test_train_shares_no_sentence_with_validation_and_test(name):
    task = load_task(name)
    found = {split: {s for text in part["text"] for s in sentences(text)} for split, part in task.items()}
    assert not found["train"] & (found["validation"] | found["test"] | found.get("shifted", set()))
    assert not found["validation"] & (found["test"] | found.get("shifted", set()))


def test_the_shifted_reviews_are_of_another_domain():
    task = load_task("reviews")
    gadgets = re.compile(r"\b(battery|screen|charger|keyboard|manual|button|device)")
    shares = {}
    for split, part in task.items():
        shares[split] = sum(bool(gadgets.search(text)) for text in part["text"]) / len(part)
    assert shares["shifted"] > 0.3 > 0.05 > shares["test"]


def test_no_review_and_no_message_gives_its_answer_away():
    for name in ("reviews", "spam", "stars"):
        words = re.compile(r"\b(spam|ham|positive|negative|label|stars)\b", re.IGNORECASE)
        assert not [text for part in load_task(name).values() for text in part["text"] if words.search(text)]


@pytest.mark.parametrize("name", ["spam", "facts", "natural"])
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(name):
    first = load_task(name, seed=3)["train"].to_list()
    _bundled.cache_clear()
    assert load_task(name, seed=3)["train"].to_list() == first != load_task(name, seed=4)["train"].to_list()


def test_changing_a_loaded_task_does_not_change_the_next_one():
    task = load_task("facts")
    del task["test"]
    assert "test" in load_task("facts")


def test_what_is_answered_is_true():
    """The true answers of every question, straight from the relations: each has one, and it is the one asked for."""
    true: dict[str, set[str]] = {}
    for row in table("task_questions"):
        for key, value in facts.relations()[row["relation"]].items():
            asked = fill(row["text"], Random(0), facts.slots(row["relation"], key))
            true.setdefault(asked, set()).add(value)
    assert max(map(len, true.values())) == 1
    for part in load_task("facts").values():
        assert all(row["answer"] in true[row["text"]] for row in part)
    assert true["Name the capital city of France."] == {"Paris"} and true["Name the antonym of hot."] == {"cold"}


def test_the_questions_are_worded_unlike_the_pretraining_text():
    wordings = [row["text"] for row in table("task_questions")]
    assert len(set(wordings)) == len(wordings) == 4 * len(facts.relations())
    assert {row["relation"] for row in table("task_questions")} == set(facts.relations())
    assert not set(wordings) & {row["text"].split("?")[0] + "?" for row in table("fact_sentences")}


def test_no_key_of_a_relation_is_asked_for_in_two_splits():
    task, keys = load_task("facts"), question_keys()
    assert set(keys) == {(name, key) for name, relation in facts.relations().items() for key in relation}
    for name in ("country_capital", "fruit_family"):
        for split in task:
            others = [key for (relation, key), owner in keys.items() if relation == name and owner != split]
            pattern = re.compile(r"(the|of|an?) (" + "|".join(map(re.escape, others)) + r") (belong|sit)")
            assert not [text for text in task[split]["text"] if pattern.search(text)]


def test_natural_sentences_are_balanced_and_their_test_is_the_same_for_every_seed():
    rows = table("natural_sentences")
    texts = [row["text"] for row in rows]
    assert len(rows) >= 420 and len({text.lower() for text in texts}) == len(texts)
    assert [row["label"] for row in rows] == ["positive", "negative"] * (len(rows) // 2)
    assert all(text == text.strip() and text[0].isupper() and text[-1] in ".!?" for text in texts)
    first, second = (set(load_task("natural", seed=seed)["test"]["text"]) for seed in (1, 2))
    assert first == second
    for sentence, opposite in zip(texts[0::2], texts[1::2], strict=True):
        assert (sentence in first) == (opposite in first)


@pytest.mark.parametrize("seed", [[1], -1, 2**70, 1.0, "0", None, True], ids=repr)
def test_seeds_that_are_no_whole_numbers_are_refused(seed):
    for name in ("spam", "a.csv"):
        with pytest.raises(CourseError, match="seed must be at least 0 .*whole number; you gave"):
            load_task(name, seed=seed)


@pytest.mark.parametrize("name, message", [
    ("review", "task called 'review'. Did you mean 'reviews'"),
    ("", "no task called ''"),
    (7, "no task called '7'"),
    ("no/such/file.csv", "does not exist"),
    ("somewhere.jsonl", "does not exist"),
    ("~nosuch/x.csv", "does not exist"),
    ("~nosuch/x", "no task called '~nosuch/x'"),
    ("n" * 5000, "no task called 'n{60,80}…"),
    ("n" * 5000 + ".csv", "does not exist"),
    ("n" * 5000 + "/x", "data set 'n{60,80}… could not be loaded"),
    ("a/..", "could not be loaded"),
    ("a\0b", "no task called"),
    ("a\0b.csv", "does not exist"),
    (None, "no task called 'None'"),
], ids=lambda value: str(value)[:20])
def test_unknown_names_are_refused_with_what_is_known(name, message):
    with pytest.raises(CourseError, match=message) as refused:
        load_task(name)
    assert len(str(refused.value)) < 600
