"""What a student reads when a check does not pass."""
import inspect
import math
import sys
import traceback
from pathlib import Path

from course_lib.checks.compare import difference, kind
from course_lib.checks.outcomes import decode

COURSE = str(Path(__file__).resolve().parents[1])
WIDTH, MOST_VALUES, MOST_LINES = 400, 16, 6  # characters of a value, numbers in it, lines of an error: no more is shown


class CheckFailed(AssertionError):
    """A check that did not pass. A notebook shows its message alone, without a traceback."""

    mistake = ""  # the name of the wrong solution that was recognised
    said = ""     # the first sentence about it
    tried = True  # whether there was something to check: no stub, no missing function

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def untried(message: str) -> CheckFailed:
    failure = CheckFailed(message)
    failure.tried = False
    return failure


def not_found(data: dict) -> CheckFailed:
    return untried(f"Task {data['task']}: there is no {data['name']} yet. Run the cell that defines it "
                   f"(its first line is '# task {data['task']}: {data['name']}'), then this one again.")


def no_function(data: dict, answer) -> CheckFailed:
    return CheckFailed(f"Task {data['task']}: {data['name']} should be a function, and is an object of the "
                       f"type {type(answer).__name__}. Was the name used for something else?")


def not_yours(data: dict, answer) -> CheckFailed:
    return CheckFailed(f"Task {data['task']}: {data['name']} is the course's own, from {answer.__module__}. "
                       "Run the cell with your function again, so that the name means yours.")


def not_written(data: dict, called: str) -> CheckFailed:
    return CheckFailed(f"Task {data['task']}: {data['name']} calls the course's own {called}. The task is to write "
                       "this yourself, with Python, NumPy and PyTorch.")


def unwritten(data: dict) -> CheckFailed:
    return untried(f"Task {data['task']}: {data['name']} is not written yet. Put your code in place of "
                   "'raise NotImplementedError' in the cell above, run that cell, then this one.")


def not_right(data: dict, answer, outcomes: list, mistake: dict | None, errors: list[BaseException]) -> CheckFailed:
    """The likely mistake, where one is known, and the first input that shows it."""
    number = next(i for i, (given, expected) in enumerate(zip(outcomes, data["expected"]))
                  if difference(given, expected, data["tolerance"]))
    given, expected, inputs = outcomes[number], data["expected"][number], data["inputs"][number]
    lines = [f"Task {data['task']}: {data['name']} is not right yet."]
    beside = beside_the_value(given, expected, answer, data["tolerance"], inputs)
    if mistake or beside:
        lines += ["", mistake["message"] if mistake else beside]
    lines += ["", f"Input {number + 1} of {len(outcomes)}:"]
    lines += [f"  {key} = {shown(value)}" for key, value in inputs.items()]
    if isinstance(given, dict) and "raises" in given:
        raised = next(error for error in errors if type(error).__name__ == given["raises"])
        own = any(map(is_own, traceback.extract_tb(raised.__traceback__)))
        cause = "Your code stopped with an error:" if own else "The check cannot use it as it is:"
        return CheckFailed("\n".join([*lines, cause, *own_lines(raised)]))
    if beside:
        return CheckFailed("\n".join(lines))
    result = "What the check saw" if data["probe"] or data["gradients"] else "Your result"
    part = difference(given, expected, data["tolerance"])
    if given is None:
        part += " (is a return missing?)"
    given, expected = parted(given, expected, data["tolerance"])
    lines += [f"{result}: {shown(given)}", f"Expected: {shown(expected)}",
              f"The first difference: {part}."]
    return CheckFailed("\n".join(lines))


def beside_the_value(given, expected, answer, tolerance: float, inputs) -> str | None:
    """What to say of a changed input, of a lost gradient or of another one; None where none of them is the matter.

    given: an outcome, which may be a dict that the student made to look like it. inputs: the names of the inputs.
    """
    given, expected = (one.get("dict", {}) if isinstance(one, dict) else {} for one in (given, expected))
    noted, known = (one.get("inputs changed") for one in (given, expected))
    noted, known = (one if isinstance(one, list) else [] for one in (noted, known))
    if changed := [key for key in (*range(1, 10), *inputs) if key in noted and key not in known]:
        names = " and ".join(argument(answer, key) for key in changed)
        return (f"Your function changes its input {names}: whoever called it finds other values there afterwards. +=, "
                "x[...] = ..., .append(), .sort() and methods that end in _ write into what was given. Make new ones.")
    if "gradients" not in given or "gradients" not in expected:
        return None
    reached, wanted = (one["gradients"]["dict"] for one in (given, expected))
    if lost := [name for name in wanted if wanted[name] is not None and reached.get(name) is None]:
        return (f"No gradient reaches {' and '.join(lost)}, so it could not learn. Is it used? Did you detach, or "
                "work under no_grad? .item(), .tolist(), .numpy(), .data and a new torch.tensor(...) cut the gradient, "
                "too.")
    if difference({"dict": given | {"gradients": None}}, {"dict": expected | {"gradients": None}}, tolerance) is None:
        names = " and ".join(name for name in wanted if difference(reached[name], wanted[name], tolerance))
        return (f"What it says is right, and the gradient that reaches {names} is not the formula's. Is a part of the "
                "way detached, or computed under no_grad?")
    return None


def argument(answer, key) -> str:
    """The student's own name for an argument that is known by its number."""
    try:
        names = list(inspect.signature(answer).parameters)
    except (TypeError, ValueError):
        names = []
    return names[key - 1] if type(key) is int and key <= len(names) else str(key)


def parted(given, expected, tolerance: float) -> tuple:
    """Of two dicts with the same keys only what differs; else both as they are."""
    if not all(isinstance(one, dict) and "dict" in one for one in (given, expected)):
        return given, expected
    given, expected = given["dict"], expected["dict"]
    if given.keys() != expected.keys():
        return {"dict": given}, {"dict": expected}
    keys = [key for key in expected if difference(given[key], expected[key], tolerance)]
    return tuple({"dict": {key: one[key] for key in keys}} for one in (given, expected))


def shown(value) -> str:
    """An encoded value as Python writes it, cut where it is long."""
    return cut(" ".join(repr(readable(value)).split()))


def cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[:WIDTH] + " …"


class Words(str):
    """A text that stands without quotation marks inside a list."""
    __repr__ = str.__str__


def readable(value, most: int = 120):
    """`decode`, with words for errors and for objects that are no JSON. Of a list the first `most` items."""
    if isinstance(value, list):
        more = [Words("…")] if len(value) > most else []
        return [readable(one, max(1, most // 3)) for one in value[:most]] + more
    if isinstance(value, str):
        return value[:WIDTH + 1]
    if isinstance(value, dict) and "dict" in value:
        return {key: readable(one, most) for key, one in list(value["dict"].items())[:most]}
    if isinstance(value, dict) and ("object" in value or "raises" in value):
        return Words(kind(value))
    if isinstance(value, dict) and "shape" in value and math.prod(value["shape"]) > MOST_VALUES:
        return Words(f"tensor of shape {tuple(value['shape'])}")
    return decode(value)


def is_own(frame: traceback.FrameSummary) -> bool:
    """Whether the line is the student's; neither the course's nor a library's."""
    return not frame.filename.startswith((COURSE, sys.prefix, sys.base_prefix, "<the check", "<frozen"))


def is_stub(error: NotImplementedError) -> bool:
    """Whether the student's code raised it, as the stub does; a library may raise one, too."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return is_own(last) and (not last.line or "raise" in last.line)


def own_lines(error: BaseException) -> list[str]:
    """The error with the lines of the student's code that led to it."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_own(frame)]
    text = [f"  line {frame.lineno}, in {frame.name}: {cut(frame.line or '')}".rstrip(" :") for frame in own]
    if len(text) > MOST_LINES:  # a function that calls itself without end
        text[MOST_LINES // 2:-MOST_LINES // 2] = [f"  … {len(text) - MOST_LINES} more lines …"]
    return text + ["  " + cut(line.rstrip()) for line in traceback.format_exception_only(error)]
