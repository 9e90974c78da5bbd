"""The two shifts: what they change, what they leave, and what they refuse."""
import datasets
import pytest

from course_lib.errors import CourseError
from course_lib.shifts import dead_key, relabelled

ROWS = datasets.Dataset.from_dict(
    {"text": ["Every meal was excellent.", "Dull"], "prompt": ["Every meal was excellent.\nlabel:", "Dull\nlabel:"],
     "answer": ["positive", "negative"], "label": [1, 0]},
    features=datasets.Features({"text": datasets.Value("string"), "prompt": datasets.Value("string"),
                                "answer": datasets.Value("string"),
                                "label": datasets.ClassLabel(names=["negative", "positive"])}))
TURNED = {"positive": "negative", "negative": "positive"}


def test_a_dead_key_is_missing_from_the_text_and_not_from_the_question():
    rows = dead_key(ROWS)
    assert rows["text"][:] == ["vry mal was xcllnt.", "Dull"]
    assert rows["prompt"][:] == ["vry mal was xcllnt.\nlabel:", "Dull\nlabel:"]
    assert rows["label"][:] == [1, 0] and rows["answer"][:] == ROWS["answer"][:] and rows.features == ROWS.features
    assert dead_key(ROWS, "D")["text"][:] == ["Every meal was excellent.", "ull"]
    assert ROWS["text"][0] == "Every meal was excellent."


def test_another_editor_changes_the_labels_alone():
    rows = relabelled(ROWS, TURNED)
    assert rows["answer"][:] == ["negative", "positive"] and rows["label"][:] == [0, 1]
    assert rows["text"][:] == ROWS["text"][:] and rows["prompt"][:] == ROWS["prompt"][:]
    assert relabelled(rows, TURNED)[:] == ROWS[:]


@pytest.mark.parametrize("key", ["", "ee", "1", " ", None, 3, ["e"]])
def test_no_key(key):
    with pytest.raises(CourseError, match="key is one letter"):
        dead_key(ROWS, key)


@pytest.mark.parametrize("names", [{}, None, "turned", {"positive": "negative"},
                                   {"positive": "good", "negative": "bad"},
                                   {"positive": "negative", "negative": "negative"},
                                   {"positive": 0, "negative": 1}, {**TURNED, "neutral": "positive"}])
def test_no_new_names(names):
    with pytest.raises(CourseError, match="each once: negative, positive"):
        relabelled(ROWS, names)


@pytest.mark.parametrize("rows, said", [
    (ROWS.remove_columns("text"), "the columns text"), (ROWS.remove_columns("prompt"), "the columns prompt"),
    (ROWS.select([]), "these are 0 rows"), ({"train": ROWS}, "one of its splits"), (None, "one of its splits")])
def test_no_rows_to_type(rows, said):
    with pytest.raises(CourseError, match=said):
        dead_key(rows)


@pytest.mark.parametrize("rows, said", [
    (ROWS.remove_columns("label"), "no labels to rename"), (ROWS.remove_columns("answer"), "columns prompt and answer"),
    (ROWS.select([]), "these are 0 rows"), ({"train": ROWS}, "one of its splits")])
def test_no_rows_to_rename(rows, said):
    with pytest.raises(CourseError, match=said):
        relabelled(rows, TURNED)


def test_a_prompt_without_its_text():
    rows = ROWS.remove_columns("prompt").add_column("prompt", [ROWS["prompt"][0], "Something else\nlabel:"])
    with pytest.raises(CourseError, match="The prompt of row 1 does not hold its text"):
        dead_key(rows)


@pytest.mark.parametrize("answer", ["good", "positive"])
def test_an_answer_that_is_not_the_labels(answer):
    rows = ROWS.remove_columns("answer").add_column("answer", ["positive", answer])
    with pytest.raises(CourseError, match=f"Row 1 has the answer '{answer}' and the label 0, which is 'negative'"):
        relabelled(rows, TURNED)
