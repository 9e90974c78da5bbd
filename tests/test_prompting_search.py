"""The search for a prompt: the best pair by hand, what is asked of the model, and what is refused."""
import datasets
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.prompting import score_choices
from course_lib.prompting.search import TEMPLATES, Prompt, best_pair, margins, search
from tests.closeness import NET, assert_near

ROWS = datasets.Dataset.from_dict({"text": ["The apple is red.", "A stone.", "In autumn.", "peach: drupe"],
                                   "label": [0, 1, 1, 0]})


def test_the_best_pair_by_hand():
    """Word 2 is frequent and tells nothing; word 0 is for the first class, word 1 for the second: odds -3, -3, 3, 3."""
    logs = torch.tensor([[-1.0, -4.0, 0.0], [-2.0, -5.0, -4.0], [-4.0, -1.0, 0.0], [-5.0, -2.0, -4.0]])
    assert best_pair(logs, [0, 0, 1, 1]) == (1.0, 0, 1, 0.0)
    assert best_pair(logs, [1, 1, 0, 0]) == (1.0, 1, 0, 0.0)
    assert best_pair(logs + torch.tensor([3.0, 0, 0]), [0, 0, 1, 1]) == (1.0, 0, 1, -3.0)


@pytest.fixture(scope="module")
def found(pair):
    return search(*pair, ROWS, seen=2)


def test_every_template_has_its_best_pair(found):
    assert {one.template for one in found} == set(TEMPLATES)
    shares = [one.accuracy for one in found]
    assert shares == sorted(shares, reverse=True) and all(0.5 <= share <= 1 for share in shares)
    assert all(one.words[0] != one.words[1] for one in found)


def test_how_far_a_text_is_from_the_middle(pair, found):
    one = found[0]
    prompts = [one.template.replace("{text}", text) for text in ROWS["text"]]
    scores = torch.tensor(score_choices(*pair, prompts, list(one.words), normalise=False)).log()
    far = margins(*pair, ROWS["text"][:], one)
    assert_near(far, scores[:, 1] - scores[:, 0] - one.middle, **NET, size=scores.abs().max().item())
    right = ((far > 0).int() == torch.tensor(ROWS["label"])).float().mean().item()
    assert right == pytest.approx(one.accuracy)


def test_other_templates(pair):
    [one] = search(*pair, ROWS, ("{text} So:",), seen=1)
    assert isinstance(one, Prompt) and one.template == "{text} So:"


@pytest.mark.parametrize("labels, templates, said", [
    ([1, 1, 1, 1], TEMPLATES, "both of two classes"), ([0, 1, 2, 1], TEMPLATES, "both of two classes"),
    ([0, 1, 1, 0], ("label:",), "A template holds {text}"), ([0, 1, 1, 0], (), "templates is a list of texts"),
    ([0, 1, 1, 0], "{text}\nlabel:", "templates is a list of texts"), ([0, 1, 1, 0], (3,), "templates is a list of")])
def test_what_cannot_be_searched(pair, labels, templates, said):
    rows = ROWS.remove_columns("label").add_column("label", labels)
    with pytest.raises(CourseError, match=said):
        search(*pair, rows, templates)


@pytest.mark.parametrize("rows, seen, said", [
    *((rows, 8, "the columns text and label") for rows in (
        ROWS.remove_columns("text"), ROWS.remove_columns("label"), {"validation": ROWS}, None)),
    (ROWS, 0, "seen must be at least 1"), (ROWS, "8", "seen must be at least 1")])
def test_no_rows_to_search_on(pair, rows, seen, said):
    with pytest.raises(CourseError, match=said):
        search(*pair, rows, seen=seen)


def test_words_are_proposed_after_the_first_rows_alone(pair, monkeypatch):
    asked = []
    monkeypatch.setattr("course_lib.prompting.search.next_answers",
                        lambda model, tokenizer, prompt, n: asked.append(prompt) or [("good", 0.9), ("bad", 0.1)])
    [one] = search(*pair, ROWS, ("{text} So:",), seen=2)
    assert asked == [f"{text} So:" for text in ROWS["text"][:2]] and set(one.words) == {"good", "bad"}


@pytest.mark.parametrize("logs, labels", [(torch.ones(4, 3), [1]), (torch.ones(4, 1), [0, 1, 0, 1]),
                                          (torch.ones(0, 3), []), (torch.ones(4), [0, 1, 0, 1])])
def test_no_pair_to_choose(logs, labels):
    with pytest.raises(CourseError, match="a row for each label and a column for each of at least two words"):
        best_pair(logs, labels)


@pytest.mark.parametrize("texts, change, said", [
    ("one text", None, "texts is a list of texts"), ([], None, "texts is a list"), ([1], None, "texts is a list"),
    (["a"], [], "prompt is one that was found"), (["a"], "{text}:", "prompt is one that was found")])
def test_no_margins(pair, found, texts, change, said):
    with pytest.raises(CourseError, match=said):
        margins(*pair, texts, found[0] if change is None else change)


def test_one_answer_is_too_few(pair, monkeypatch):
    monkeypatch.setattr("course_lib.prompting.search.next_answers", lambda *_: [("good", 0.9)])
    with pytest.raises(CourseError, match="has only one answer"):
        search(*pair, ROWS)
