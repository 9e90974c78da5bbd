"""Makes questions and predictions of the bank's tables, and refuses one that could not be marked or explained."""
from dataclasses import MISSING, fields
from itertools import combinations

from course_lib.errors import CourseError, shown
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

PARTS = {tuple[Choice, ...]: Choice, tuple[WrongValue, ...]: WrongValue, tuple[Item, ...]: Item}
SORTS = {  # what a field's annotation allows, in words and as a test
    str: ("a text", lambda value: isinstance(value, str)),
    bool: ("true or false", lambda value: isinstance(value, bool)),
    float: ("a number", lambda value: type(value) in (int, float) and abs(value) < 1e15),  # neither inf nor nan
    tuple[str, ...]: ("a list of texts", lambda value: all(isinstance(one, str) for one in value)),
}


def require(condition, where: str, message: str) -> None:
    """Refuse what does not meet the condition: CourseError with `where`, the file and the id, and the message."""
    if not condition:
        raise CourseError(f"{where}: {message}.")


def make(kind: type, table: dict, where: str):
    """`kind(**table)`, once no field is missing, unknown or of a wrong type. Lists become tuples."""
    require(isinstance(table, dict), where, f"{shown(table)} must be a table with fields")
    known = {field.name: field for field in fields(kind)}
    if extra := sorted(set(table) - set(known)):
        raise CourseError(f"{where}: there is no field {shown(extra[0])}. Known: {', '.join(known)}.")
    values = {}
    for name, field in known.items():
        if name not in table:
            require(field.default is not MISSING, where, f"`{name}` is missing")
            continue
        value = tuple(table[name]) if isinstance(table[name], list) else table[name]
        if field.type in PARTS:
            require(isinstance(value, tuple), where, f"`{name}` must be a list of tables")
            value = tuple(make(PARTS[field.type], one, where) for one in value)
        elif field.type in SORTS:
            words, fits = SORTS[field.type]
            sound = isinstance(value, tuple) == (field.type == tuple[str, ...]) and fits(value)
            require(sound, where, f"`{name}` must be {words}; it is {shown(table[name])}")
        values[name] = value
    return kind(**values)


def make_question(table: dict, where: str) -> Question:
    """A question of a table of the bank; CourseError where it could not be marked or explained."""
    kind = table.get("kind")
    is_known = isinstance(kind, str) and kind in KINDS
    require(is_known, where, f"its kind must be one of {', '.join(KINDS)}; it is {shown(kind)}")
    made_of, check = KINDS[kind]
    question = make(made_of, {name: value for name, value in table.items() if name != "kind"}, where)
    require(question.text.strip(), where, "it has no text")
    require(question.see.strip(), where, "`see` must name a section of the lesson")
    _no_latex(table, where)
    check(question, where)
    return question


def _check_choices(question: SingleChoice | SeveralChoices, where: str) -> None:
    choices = question.choices
    require(len(choices) >= 2, where, "it needs at least two choices")
    _plain([choice.text for choice in choices], where)
    _distinct([choice.reason for choice in choices], where)
    right = sum(choice.correct for choice in choices)
    require(right, where, "none of its choices is marked correct = true, so the key is not among the choices")
    require(right == 1 or question.kind == "several", where, "a single choice has exactly one right answer")
    for choice in choices:
        explained = choice.correct or choice.misconception.strip()
        require(explained, where, f"the wrong choice {choice.text!r} names no misconception")


def _check_number(question: NumberQuestion, where: str) -> None:
    require(question.tolerance > 0, where, "`tolerance` must be above 0")
    _distinct([question.right_reason, question.reason, *(slip.reason for slip in question.wrong)], where)
    for one, other in combinations([question.answer, *(slip.value for slip in question.wrong)], 2):
        require(abs(one - other) > 2 * question.tolerance, where, f"{one} and {other} lie within the tolerance")
    require(all(slip.misconception.strip() for slip in question.wrong), where, "a wrong value names no misconception")


def _check_items(question: Ordering, where: str) -> None:
    items = question.items
    require(len(items) >= 3, where, "an ordering needs at least three items")
    _plain([item.text for item in items], where)
    _distinct([question.right_reason, *(item.reason for item in items)], where)
    require(all(item.misconception.strip() for item in items[1:]), where,
            "every item but the first needs a misconception (why one puts it too early)")


KINDS = {
    "single": (SingleChoice, _check_choices),
    "several": (SeveralChoices, _check_choices),
    "number": (NumberQuestion, _check_number),
    "ordering": (Ordering, _check_items),
}


def _distinct(reasons: list[str], where: str) -> None:
    require(all(reason.strip() for reason in reasons), where, "every choice needs a reason")
    require(len({reason.strip() for reason in reasons}) == len(reasons), where, "two choices give the same reason")


def _plain(texts: list[str], where: str) -> None:
    """Labels of controls: ipywidgets 7 reads them as HTML, 8 does not, so they hold no markup at all."""
    require(len({text.strip() for text in texts}) == len(texts), where, "two choices have the same text")
    for text in texts:
        require(text.strip() and not set(text) & set("`<>$&\n"), where,
                f"the choice {text!r} must be one plain line, without ` < > $ or &")


def _no_latex(value, where: str) -> None:
    """Refuses LaTeX in any text of the table: neither a widget nor a terminal sets it."""
    if isinstance(value, str):
        plain = not set(value) & set("$\\")
        require(plain, where, f"nobody sets the LaTeX of {shown(value)}: write it without $ and \\")
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            _no_latex(one, where)


def make_prediction(table: dict, where: str) -> Prediction:
    """A prediction of a table of the bank; CourseError where it could not be asked or compared."""
    prediction = make(Prediction, table, where)
    require(prediction.kind in ("choice", "number"), where, "its kind must be choice or number")
    require(prediction.text.strip(), where, "it has no text")
    if prediction.kind == "choice":
        choices = prediction.choices if isinstance(prediction.choices, dict) else {}
        require(len(choices) >= 2, where, 'it needs at least two choices (key = "text")')
        require(all(isinstance(text, str) for text in choices.values()), where, "every choice must be a text")
        _plain(list(choices.values()), where)
    else:
        require(prediction.min < prediction.max and prediction.step > 0, where, "it needs min < max and step > 0")
        require(prediction.near > 0 and prediction.unit, where, "it needs `near` (what counts as right) and a unit")
    _no_latex(table, where)
    return prediction
