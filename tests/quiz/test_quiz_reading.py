"""A bank with a mistake is refused, and the error names the file, the question and the mistake."""

import re

import pytest

from course_lib.errors import CourseError
from course_lib.quiz import predict, quiz, reading, reveal

GOOD = """
[[question]]
id = "07.sample"
kind = "single"
text = "Which?"
see = "A section"
[[question.choices]]
text = "this"
correct = true
reason = "It is this."
[[question.choices]]
text = "that"
reason = "It is not that."
misconception = "that-ism"
[[question]]
id = "07.number"
kind = "number"
text = "How many?"
see = "A section"
answer = 3
tolerance = 0.1
right_reason = "Three."
reason = "Count again."
[[question.wrong]]
value = 4
reason = "One too many."
misconception = "counts the fence posts"
[[question]]
id = "07.order"
kind = "ordering"
text = "In which order?"
see = "A section"
right_reason = "So it goes."
items = [{text = "a", reason = "r1"},
    {text = "b", reason = "r2", misconception = "m"}, {text = "c", reason = "r3", misconception = "n"}]
[[prediction]]
id = "07.guess"
kind = "number"
text = "How much?"
min = 0
max = 1
step = 0.1
near = 0.1
unit = "nats"
"""
CHOICES = GOOD[GOOD.index("[[question.choices]]"):GOOD.index('[[question]]\nid = "07.number"')]
GUESS = 'kind = "number"\ntext = "How much?"'
FAULTS = {
    "no key": ("correct = true", "", "07.sample: none of its choices is marked"),
    "two keys": ('text = "that"', 'text = "that"\ncorrect = true', "exactly one right answer"),
    "no reason": ('"It is not that."', '" "', "07.sample: every choice needs a reason"),
    "same reason": ('"It is not that."', '"It is this."', "two choices give the same reason"),
    "no misconception": ('misconception = "that-ism"', "", "'that' names no misconception"),
    "same text": ('text = "that"', 'text = "this"', "two choices have the same text"),
    "markup in a label": ('text = "that"', 'text = "<b>that"', "one plain line"),
    "id used twice": ("07.number", "07.sample", "07.sample: this id is used twice"),
    "id of another lesson": ("07.number", "08.number", "must start with 07"),
    "odd id": ("07.number", "number", 'must look like "01.softmax"'),
    "unknown kind": ('kind = "single"', 'kind = "essay"', "its kind must be one of single, several"),
    "unknown field": ('text = "Which?"', 'text = "Which?"\nanswr = 2', "07.sample: .*answr"),
    "no section": ('see = "A section"', 'see = ""', "`see` must name a section"),
    "slip is right": ("value = 4", "value = 3.05", "lie within the tolerance"),
    "no tolerance": ("tolerance = 0.1", "tolerance = 0", "`tolerance` must be above 0"),
    "early item unexplained": (
        'reason = "r2", misconception = "m"',
        'reason = "r2"',
        "needs a misconception",
    ),
    "no unit": ('unit = "nats"', 'unit = ""', "07.guess: it needs `near`"),
    "empty range": ("max = 1", "max = 0", "min < max"),
    "not TOML": ("[[question]]", "[[question", "not a readable TOML file"),
    "text a number": ('text = "Which?"', "text = 3", "07.sample: `text` must be a text; it is 3"),
    "choice's text a list": ('text = "that"', 'text = ["that"]', "07.sample: `text` must be a text"),
    "misconception a number": ('misconception = "that-ism"', "misconception = 1", "`misconception` must be a text"),
    "correct a text": ("correct = true", 'correct = "true"', "`correct` must be true or false"),
    "section a number": ('see = "A section"', "see = 3", "`see` must be a text"),
    "kind a list": ('kind = "single"', 'kind = ["single"]', "its kind must be one of"),
    "claims a text": ('kind = "single"', 'kind = "single"\nclaims = "C02"', "`claims` must be a list of texts"),
    "claims of numbers": ('kind = "single"', 'kind = "single"\nclaims = [2]', "`claims` must be a list of texts"),
    "no text": ('text = "Which?"\n', "", "07.sample: `text` is missing"),
    "no choices": (CHOICES, "choices = 3\n", "07.sample: `choices` must be a list of tables"),
    "a choice that is a text": (CHOICES, 'choices = ["this"]\n', "07.sample: 'this' must be a table"),
    "no answer": ("answer = 3\n", "", "07.number: `answer` is missing"),
    "answer a text": ("answer = 3\n", 'answer = "3"\n', "07.number: `answer` must be a number; it is '3'"),
    "answer a truth": ("answer = 3\n", "answer = true\n", "07.number: `answer` must be a number"),
    "answer nan": ("answer = 3\n", "answer = nan\n", "07.number: `answer` must be a number; it is nan"),
    "answer huge": ("answer = 3\n", f"answer = 1{400 * '0'}\n", "07.number: `answer` must be a number"),
    "tolerance inf": ("tolerance = 0.1", "tolerance = inf", "07.number: `tolerance` must be a number"),
    "slip a text": ("value = 4", 'value = "4"', "07.number: `value` must be a number"),
    "items a text": ('items = [{text = "a", reason = "r1"}', 'items = ["a"', "07.order: 'a' must be a table"),
    "min a text": ("min = 0", 'min = "0"', "07.guess: `min` must be a number"),
    "choices of numbers": (GUESS, 'kind = "choice"\nchoices = {a = 1, b = 2}\ntext = "Which?"',
                           "07.guess: every choice must be a text"),
    "a choice without choices": (GUESS, 'kind = "choice"\ntext = "Which?"', "07.guess: it needs at least two choices"),
    "questions of numbers": (GOOD[:GOOD.index("[[prediction]]")], "question = [1, 2]\n", "write \\[\\[question"),
    "field of its own": (GOOD[GOOD.index("[[prediction]]"):], "[question.prediction]\na = 1", "07.order: .*prediction"),
    "unknown table": ("[[prediction]]", "[[predictions]]", "not .*predictions"),
}


def test_a_good_bank(tmp_path):
    (tmp_path / "07.toml").write_text(GOOD)
    questions, predictions = reading.read(tmp_path / "07.toml")
    assert list(questions) == ["07.sample", "07.number", "07.order"] and list(predictions) == ["07.guess"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named(tmp_path, name):
    old, new, words = FAULTS[name]
    assert old in GOOD
    (tmp_path / "07.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(CourseError, match=words) as error:
        reading.read(tmp_path / "07.toml")
    assert "07.toml" in str(error.value)


@pytest.mark.parametrize(
    "call", [lambda: quiz("01.sofmax"), lambda: predict("01.ridle"), lambda: reveal("01.ridle", 1)]
)
def test_an_unknown_id_is_answered_with_the_nearest(call):
    with pytest.raises(CourseError, match=re.compile("Did you mean '01.(softmax|riddle)'")):
        call()


def test_every_section_that_a_question_names_is_in_its_lesson():
    root = reading.folder().parents[2]
    questions, _ = reading.bank()
    sources = {
        path.parent.name[:2]: path.read_text(encoding="utf-8") for path in root.glob("lessons/[0-9]*/lesson.py")
    }
    headings = {lesson: set(re.findall(r"^# #+ (.+?)\s*$", text, re.M)) for lesson, text in sources.items()}
    missing = [
        f"{one.id}: {one.see!r}"
        for one in questions.values()
        if one.see not in headings[one.id[:2]]
    ]
    assert not missing, f"no such heading: {missing}; there are {headings}"


def test_neither_length_nor_place_gives_the_right_choice_away():
    """Of a lesson's single choices at most half are right where the text is longest; no place has half of all."""
    lessons, places = {}, []
    for question in reading.bank()[0].values():
        if question.kind == "single":
            longest = max(len(choice.text) for choice in question.choices)
            [place] = [place for place, choice in enumerate(question.choices) if choice.correct]
            lessons.setdefault(question.id[:2], []).append(len(question.choices[place].text) == longest)
            places.append(place)
    assert {lesson for lesson, marks in lessons.items() if sum(marks) > len(marks) / 2} == set()
    assert max(map(places.count, places)) < len(places) / 2
