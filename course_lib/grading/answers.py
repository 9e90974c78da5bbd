"""Reads what comes out of a sandbox: text that may say anything, so its shape is looked at before it is used."""
import builtins
import json
import re
from dataclasses import dataclass

from course_lib.checks.outcomes import BITS, DEPTH

NAME = re.compile(r"[\w.<>]{1,100}")
SEEN = re.compile(r"it (imports|changes|asks the interpreter for) ([\w.]{1,60}|what watches it)")


@dataclass
class Seen:
    """What a worker's answer says, as far as it can be read."""
    outcomes: dict                 # number of the call -> outcome
    ending: str = ""               # "", "time", "output", "crash"
    signal: int = 0
    seconds: float = 0.0
    refused: str = ""              # what was seen that no task allows
    course: str = ""               # the course's own function that was called
    stopped: dict | None = None    # the first error, {"kind", "line", "memory", "stub"}
    in_cell: bool = False          # whether the cell itself stopped
    defined: bool = False          # whether the cell ran to its end
    stub: bool = False
    missing: str = ""              # the type of what has the function's name

    @classmethod
    def read(cls, answer: dict | None, calls: int) -> "Seen":
        if answer is None:
            return cls({}, "crash")
        if not is_frame(answer):
            return cls({}, "crash")
        seen = cls({}, answer["ending"], answer["signal"], answer["seconds"])
        for line in answer["lines"]:
            try:
                seen.note(json.loads(line), calls)
            except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
                seen.refused = seen.refused or "something that is no answer"
        if not seen.ending and not seen.in_cell and not seen.missing and len(seen.outcomes) < calls:
            seen.ending = "crash"
        return seen

    def note(self, event, calls: int) -> None:
        """Take over one line. Raises ValueError or TypeError where it is none that the worker writes."""
        if event == "done":
            return
        if not isinstance(event, dict):
            raise ValueError
        if event.get("refused"):
            self.refused = self.refused or plain_text(event["refused"], SEEN)
        self.defined = self.defined or event.get("cell", "") is None
        if "missing" in event:
            self.missing = plain_text(event["missing"], NAME)
        stopped = event.get("cell") or event.get("stopped")
        if stopped:
            stopped = {"kind": kind_of_error(stopped["kind"]), "memory": stopped["memory"] is True,
                       "line": stopped["line"] if type(stopped["line"]) is int else None}
            self.stopped = self.stopped or stopped
            self.in_cell = self.in_cell or bool(event.get("cell"))
            self.stub = self.stub or (event.get("cell") or event["stopped"]).get("stub") is True
        if "call" in event:
            number, outcome = event["call"], event["outcome"]
            if type(number) is not int or not 0 <= number < calls or number in self.outcomes or not is_outcome(outcome):
                raise ValueError
            self.outcomes[number] = outcome
            if event["course"] is not None:
                self.course = self.course or plain_text(event["course"], NAME)


def is_frame(answer: dict) -> bool:
    """Whether this is what the worker itself writes about a child."""
    return (type(answer.get("ending")) is str and type(answer.get("signal")) is int
            and type(answer.get("seconds")) in (int, float) and type(answer.get("lines")) is list
            and all(type(line) is str for line in answer["lines"]))


def plain_text(value, form: re.Pattern) -> str:
    """The text, if it has this form: no sentence of the sandbox's making, in which a student could read an input."""
    if type(value) is not str or not form.fullmatch(value):
        raise ValueError
    return value


def kind_of_error(value) -> str:
    """The name of one of Python's own exceptions, else "an error"."""
    kind = getattr(builtins, value, None) if type(value) is str else None
    return value if isinstance(kind, type) and issubclass(kind, BaseException) else "an error"


def is_outcome(value, depth: int = 0) -> bool:
    """Whether this is what outcomes.outcome makes, so that it can be compared."""
    if depth > 2 * DEPTH:
        return False
    if value is None or type(value) in (bool, str, float):
        return True
    if type(value) is int:
        return value.bit_length() <= BITS
    if type(value) is list:
        return all(is_outcome(one, depth + 1) for one in value)
    if value.keys() == {"dict"}:
        return type(value["dict"]) is dict and all(is_outcome(one, depth + 1) for one in value["dict"].values())
    if value.keys() == {"dtype", "shape", "values"}:
        shape = value["shape"]
        return (type(value["dtype"]) is str and type(shape) is list and all(type(one) is int for one in shape)
                and has_shape(value["values"], shape))
    return len(value) == 1 and value.keys() <= {"raises", "object"} and all(type(one) is str for one in value.values())


def has_shape(values, shape: list[int]) -> bool:
    """Whether nested lists of numbers have this shape."""
    if not shape:
        return type(values) in (bool, float) or (type(values) is int and values.bit_length() <= BITS)
    return type(values) is list and len(values) == shape[0] and all(has_shape(one, shape[1:]) for one in values)
