"""Compare two outcomes (plain JSON, see outcomes.py) and say in words where they part."""
import math
import os


def same(given, expected, tolerance: float) -> bool:
    """True where two outcomes (plain JSON) agree: whole numbers exactly, floats within `tolerance` times their size.

    In a tensor that is the size of the largest: a processor that adds in another order is off by as much in the
    small ones. It is at least 1, the size of what is drawn: where a result is small, something was subtracted.
    """
    return difference(given, expected, tolerance) is None


def difference(given, expected, tolerance: float, place: str = "", size: float = 1.0) -> str | None:
    """The first difference between two outcomes in words, or None. `place` says where inside the outcome.

    `size`: of the largest number of the tensor that these are in.
    """
    at = f" at {place}" if place else ""
    given, expected = as_asked(given, expected)
    if is_number(given) and is_number(expected):
        return None if near(given, expected, tolerance, size) else number_difference(given, expected, at)
    if type(given) is not type(expected) or kind(given) != kind(expected):
        return f"{kind(given)}{at} instead of {kind(expected)}"
    if isinstance(expected, list):
        if len(given) != len(expected):
            return f"{len(given)} items{at} instead of {len(expected)}"
        pairs = enumerate(zip(given, expected))
        return first(difference(a, b, tolerance, f"{place}[{i}]", size) for i, (a, b) in pairs)
    if kind(expected) == "a tensor":
        if given["shape"] != expected["shape"]:
            return f"the shape {tuple(given['shape'])}{at} instead of {tuple(expected['shape'])}"
        dtypes = {given["dtype"], expected["dtype"]}
        if len(dtypes) > 1 and not any(all(sort in dtype for dtype in dtypes) for sort in ("float", "int")):
            return f"the dtype {given['dtype']}{at} instead of {expected['dtype']}"
        return difference(given["values"], expected["values"], tolerance, place, largest(expected["values"]))
    if kind(expected) == "a dict":
        given, expected = given["dict"], expected["dict"]
        both = [key for key in expected if key in given]
        found = first(difference(given[key], expected[key], tolerance, f"{place}[{key!r}]") for key in both)
        more = [f"the key {key!r}{at} is too much" for key in given if key not in expected]
        missing = [f"the key {key!r}{at} is missing" for key in expected if key not in given]
        return found or first(more + missing)
    if isinstance(expected, str) and given != expected:
        return text_difference(given, expected, at)
    return None if given == expected else f"{given!r}{at} instead of {expected!r}"


def as_asked(given, expected) -> tuple:
    """Both, alike where they differ in form only: a tensor () and a number; a mask of bools and one of 0 and 1."""
    if is_number(given) != is_number(expected):
        given, expected = (one["values"] if is_single(one) else one for one in (given, expected))
    if is_tensor(given) and is_tensor(expected) and given["dtype"] == "bool" and "int" in expected["dtype"]:
        given = given | {"dtype": expected["dtype"], "values": whole(given["values"])}
    return given, expected


def is_tensor(value) -> bool:
    return isinstance(value, dict) and "shape" in value


def is_single(value) -> bool:
    return is_tensor(value) and value["shape"] == [] and is_number(value["values"])


def whole(values):
    """0 and 1 for False and True, in lists in lists."""
    return [whole(one) for one in values] if isinstance(values, list) else int(values)


def number_difference(given: float, expected: float, at: str) -> str:
    """With six digits, or with all where six would show the same number twice."""
    short = [f"{number:.6g}" if type(number) is float else str(number) for number in (given, expected)]
    here, there = short if short[0] != short[1] else map(repr, (given, expected))
    return f"{here}{at} instead of {there}"


def text_difference(given: str, expected: str, at: str) -> str:
    start = len(os.path.commonprefix([given, expected]))
    here, there = (repr(text[start:start + 20]) if text[start:] else "the end" for text in (given, expected))
    return f"character {start}{at}: {here} instead of {there}"


def kind(value) -> str:
    """The sort of an outcome in words."""
    if isinstance(value, dict):
        if "raises" in value:
            return f"the error {value['raises']}"
        if "object" in value:
            return f"an object of the type {value['object']}"
        return "a dict" if "dict" in value else "a tensor"
    names = {bool: "True or False", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "None")


def is_number(value) -> bool:
    return type(value) in (int, float)


def near(a: float, b: float, tolerance: float, size: float) -> bool:
    if type(a) is type(b) is int:
        return a == b
    if not math.isfinite(a) or not math.isfinite(b):
        return repr(a) == repr(b)
    return abs(a - b) <= tolerance * max(1.0, size, abs(b))


def largest(values) -> float:
    """The largest finite size among numbers in nested lists; 0 where there is none."""
    if isinstance(values, list):
        return max(map(largest, values), default=0.0)
    return abs(values) if math.isfinite(values) else 0.0


def greatest(outcome) -> float:
    """The largest number in a tensor of floats, anywhere in an outcome; 0 where there is none."""
    if isinstance(outcome, dict) and "dtype" in outcome:
        return largest(outcome["values"]) if "float" in outcome["dtype"] else 0.0
    inner = outcome.get("dict", {}).values() if isinstance(outcome, dict) else outcome
    return max(map(greatest, inner), default=0.0) if isinstance(outcome, dict | list) else 0.0


def holds_floats(outcome) -> bool:
    """Whether an outcome has a number in it that another processor may round differently."""
    if isinstance(outcome, dict) and "dtype" in outcome:
        return "float" in outcome["dtype"]
    if isinstance(outcome, dict):
        return "dict" in outcome and any(map(holds_floats, outcome["dict"].values()))
    return any(map(holds_floats, outcome)) if isinstance(outcome, list) else type(outcome) is float


def first(found):
    return next((one for one in found if one is not None), None)
