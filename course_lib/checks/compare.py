"""Compare two outcomes (plain JSON, see outcomes.py) and say in words where they part."""
import math
import os


def same(given, expected, tolerance: float) -> bool:
    """True where two outcomes (plain JSON) agree; numbers within `tolerance`, relative above 1."""
    return difference(given, expected, tolerance) is None


def difference(given, expected, tolerance: float, place: str = "") -> str | None:
    """The first difference between two outcomes in words, or None. `place` says where inside the outcome."""
    at = f" at {place}" if place else ""
    if is_number(given) and is_number(expected):
        return None if near(given, expected, tolerance) else f"{given:.6g}{at} instead of {expected:.6g}"
    if type(given) is not type(expected) or kind(given) != kind(expected):
        return f"{kind(given)}{at} instead of {kind(expected)}"
    if isinstance(expected, list):
        if len(given) != len(expected):
            return f"{len(given)} items{at} instead of {len(expected)}"
        pairs = enumerate(zip(given, expected))
        return first(difference(a, b, tolerance, f"{place}[{i}]") for i, (a, b) in pairs)
    if kind(expected) == "a tensor":
        if given["shape"] != expected["shape"]:
            return f"the shape {tuple(given['shape'])}{at} instead of {tuple(expected['shape'])}"
        dtypes = {given["dtype"], expected["dtype"]}
        if len(dtypes) > 1 and not all("float" in dtype for dtype in dtypes):
            return f"the dtype {given['dtype']}{at} instead of {expected['dtype']}"
        return difference(given["values"], expected["values"], tolerance, place)
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


def near(a: float, b: float, tolerance: float) -> bool:
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return repr(a) == repr(b)
    return abs(a - b) <= tolerance * max(1.0, abs(b))


def first(found):
    return next((one for one in found if one is not None), None)
