"""Reads the bank (bank/NN.toml) and refuses a question that could not be marked or explained."""

import re
import tomllib
from functools import cache
from importlib import resources
from itertools import combinations
from pathlib import Path

from course_lib.errors import CourseError, unknown
from course_lib.quiz.predictions import Prediction
from course_lib.quiz.questions import (
    Choice,
    Item,
    NumberQuestion,
    Ordering,
    Question,
    SeveralChoices,
    SingleChoice,
    WrongValue,
)

KINDS = {"single": SingleChoice, "several": SeveralChoices, "number": NumberQuestion, "ordering": Ordering}
ID = re.compile(r"\d\d\.[a-z0-9_]+")


def folder() -> Path:
    return Path(str(resources.files("course_lib.quiz"))) / "bank"


def read(path: Path) -> tuple[dict[str, Question], dict[str, Prediction]]:
    """The questions and predictions of one file, in order; a CourseError names file, id and what is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise CourseError(f"{path.name}: this is not a readable TOML file: {error}") from None
    questions, predictions = {}, {}
    extra = set(data) - {"question", "prediction"}
    if extra:
        raise CourseError(f"{path.name}: a bank holds [[question]] and [[prediction]], not {sorted(extra)}.")
    for kind, target, build in (("question", questions, _question), ("prediction", predictions, _prediction)):
        for number, entry in enumerate(data.get(kind, []), 1):
            where = f"{path.name}, {entry.get('id') or f'{kind} {number}'}"
            _require(ID.fullmatch(str(entry.get("id"))), where, 'its id must look like "01.softmax"')
            _require(entry["id"][:2] == path.stem, where, f"its id must start with {path.stem}.")
            _require(
                entry["id"] not in questions and entry["id"] not in predictions,
                where,
                "this id is used twice",
            )
            try:
                target[entry["id"]] = build(entry, where)
            except TypeError as error:  # a misspelt or missing field
                raise CourseError(f"{where}: {str(error).replace('__init__() ', '')}") from None
    return questions, predictions


def _require(condition, where: str, message: str) -> None:
    if not condition:
        raise CourseError(f"{where}: {message}.")


def _distinct(reasons: list[str], where: str) -> None:
    _require(all(isinstance(r, str) and r.strip() for r in reasons), where, "every choice needs a reason")
    _require(len({r.strip() for r in reasons}) == len(reasons), where, "two choices give the same reason")


def _question(entry: dict, where: str) -> Question:
    entry = dict(entry)
    kind = entry.pop("kind", None)
    _require(kind in KINDS, where, f"its kind must be one of {', '.join(KINDS)}; it is {kind!r}")
    _require(str(entry.get("text", "")).strip(), where, "it has no text")
    _require(str(entry.get("see", "")).strip(), where, "`see` must name a section of the lesson")
    entry["claims"] = tuple(entry.get("claims", ()))
    if kind in ("single", "several"):
        entry["choices"] = tuple(Choice(**choice) for choice in entry.get("choices", ()))
        _check_choices(entry["choices"], kind, where)
    elif kind == "number":
        entry["wrong"] = tuple(WrongValue(**slip) for slip in entry.get("wrong", ()))
        _check_number(entry, where)
    else:
        entry["items"] = tuple(Item(**item) for item in entry.get("items", ()))
        _check_items(entry, where)
    return KINDS[kind](**entry)


def _check_choices(choices: tuple[Choice, ...], kind: str, where: str) -> None:
    _require(len(choices) >= 2, where, "it needs at least two choices")
    _plain([choice.text for choice in choices], where)
    _distinct([choice.reason for choice in choices], where)
    right = sum(choice.correct is True for choice in choices)
    _require(
        right >= 1, where, "none of its choices is marked correct = true, so the key is not among the choices"
    )
    _require(kind == "several" or right == 1, where, "a single choice has exactly one right answer")
    for choice in choices:
        _require(
            choice.correct or choice.misconception.strip(),
            where,
            f"the wrong choice {choice.text!r} names no misconception",
        )


def _check_number(entry: dict, where: str) -> None:
    for name in ("answer", "tolerance"):
        _require(isinstance(entry.get(name), (int, float)), where, f"`{name}` must be a number")
    _require(entry["tolerance"] > 0, where, "`tolerance` must be above 0")
    _distinct(
        [entry.get("right_reason", ""), entry.get("reason", ""), *(slip.reason for slip in entry["wrong"])],
        where,
    )
    values = [entry["answer"], *(slip.value for slip in entry["wrong"])]
    for one, other in combinations(values, 2):
        _require(
            abs(one - other) > 2 * entry["tolerance"], where, f"{one} and {other} lie within the tolerance"
        )
    _require(
        all(slip.misconception.strip() for slip in entry["wrong"]),
        where,
        "a wrong value names no misconception",
    )


def _check_items(entry: dict, where: str) -> None:
    _require(len(entry["items"]) >= 3, where, "an ordering needs at least three items")
    _plain([item.text for item in entry["items"]], where)
    _distinct([entry.get("right_reason", ""), *(item.reason for item in entry["items"])], where)
    _require(
        all(item.misconception.strip() for item in entry["items"][1:]),
        where,
        "every item but the first needs a misconception (why one puts it too early)",
    )


def _plain(texts: list[str], where: str) -> None:
    """Labels of controls: ipywidgets 7 reads them as HTML, 8 does not, so they hold no markup at all."""
    _require(len({text.strip() for text in texts}) == len(texts), where, "two choices have the same text")
    for text in texts:
        _require(
            text.strip() and not set(text) & set("`<>$&\n"),
            where,
            f"the choice {text!r} must be one plain line, without ` < > $ or &",
        )


def _prediction(entry: dict, where: str) -> Prediction:
    prediction = Prediction(**entry)
    _require(prediction.kind in ("choice", "number"), where, "its kind must be choice or number")
    _require(prediction.text.strip(), where, "it has no text")
    if prediction.kind == "choice":
        _require(
            isinstance(prediction.choices, dict) and len(prediction.choices) >= 2,
            where,
            'it needs at least two choices (key = "text")',
        )
        _plain(list(prediction.choices.values()), where)
    else:
        _require(
            prediction.min < prediction.max and prediction.step > 0, where, "it needs min < max and step > 0"
        )
        _require(
            prediction.near > 0 and prediction.unit,
            where,
            "it needs `near` (what counts as right) and a unit",
        )
    return prediction


@cache
def bank() -> tuple[dict[str, Question], dict[str, Prediction]]:
    """Every question and every prediction of the course, by id."""
    questions, predictions = {}, {}
    for path in sorted(folder().glob("*.toml")):
        more = read(path)
        questions |= more[0]
        predictions |= more[1]
    return questions, predictions


def question(question_id: str) -> Question:
    questions, _ = bank()
    if question_id not in questions:
        raise unknown("quiz question", question_id, questions)
    return questions[question_id]


def prediction(prediction_id: str) -> Prediction:
    _, predictions = bank()
    if prediction_id not in predictions:
        raise unknown("prediction", prediction_id, predictions)
    return predictions[prediction_id]
