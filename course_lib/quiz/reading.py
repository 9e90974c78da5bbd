"""Reads the bank (bank/NN.toml): every question and every prediction of the course, by id."""
import re
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

from course_lib.errors import CourseError, shown, unknown
from course_lib.quiz.predictions import Prediction
from course_lib.quiz.questions import Question
from course_lib.quiz.soundness import make_prediction, make_question, require

ID = re.compile(r"\d\d\.[a-z0-9_]+")


def folder() -> Path:
    return Path(str(resources.files("course_lib.quiz"))) / "bank"


def read(path: Path) -> tuple[dict[str, Question], dict[str, Prediction]]:
    """The questions and predictions of one file, in order; a CourseError names file, id and what is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise CourseError(f"{path.name}: this is not a readable TOML file: {error}") from None
    if extra := set(data) - {"question", "prediction"}:
        raise CourseError(f"{path.name}: a bank holds [[question]] and [[prediction]], not {sorted(extra)}.")
    questions, predictions = {}, {}
    for kind, target, make in (("question", questions, make_question), ("prediction", predictions, make_prediction)):
        tables = data.get(kind, [])
        is_list = isinstance(tables, list) and all(isinstance(table, dict) for table in tables)
        require(is_list, path.name, f"write [[{kind}]] above each {kind}")
        for number, table in enumerate(tables, 1):
            where = f"{path.name}, {table.get('id') or f'{kind} {number}'}"
            require(ID.fullmatch(str(table.get("id"))), where, 'its id must look like "01.softmax"')
            require(table["id"][:2] == path.stem, where, f"its id must start with {path.stem}")
            is_new = table["id"] not in questions and table["id"] not in predictions
            require(is_new, where, "this id is used twice")
            target[table["id"]] = make(table, where)
    return questions, predictions


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
    """The quiz question of this id; CourseError names the nearest ones."""
    return _named("quiz question", question_id, bank()[0])


def prediction(prediction_id: str) -> Prediction:
    """The prediction of this id; CourseError names the nearest ones."""
    return _named("prediction", prediction_id, bank()[1])


def _named(kind: str, one: str, known: dict):
    if not isinstance(one, str):
        raise CourseError(f'A {kind} is named by a text, such as "{next(iter(known))}"; you gave {shown(one)}.')
    if one not in known:
        raise unknown(kind, one, known)
    return known[one]
