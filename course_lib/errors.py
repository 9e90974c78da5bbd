"""Errors that a student or an instructor can act on, and the checks that every part of the course shares."""
import difflib
import operator

MOST_NAMES = 60              # that a message lists
LARGEST_SEED = 2**32 - 1  # what every random generator in use accepts


class CourseError(ValueError):
    """Bad input: the message says what was given, what is allowed and what to do."""


def shown(value: object) -> str:
    """How a value is written, on one line of at most 80 characters, for a message."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a number with more digits than Python writes, or a class with a mistake of its own
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:79]}…"


def unknown(kind: str, given: object, allowed) -> CourseError:
    """The error for a name that does not exist, with the nearest names first.

    >>> str(unknown("model", "orchard-z", ["orchard-xs", "orchard-s"]))  # doctest: +ELLIPSIS
    "There is no model called 'orchard-z'. Did you mean 'orchard-s' or 'orchard-xs'? ..."
    """
    allowed = [str(name) for name in allowed]
    text = given[:80] if isinstance(given, str) else shown(given)
    near = difflib.get_close_matches(text, allowed, n=2, cutoff=0.5)
    hint = f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
    more = f" and {len(allowed) - MOST_NAMES} more" if len(allowed) > MOST_NAMES else ""
    return CourseError(f"There is no {kind} called {shown(given)}.{hint} Known: "
                       f"{', '.join(sorted(allowed)[:MOST_NAMES])}{more}.")


def whole_number(name: str, value: object, low: int, high: int | None = None) -> int:
    """The value as an int, if it is a whole number from `low` to `high`; CourseError if not.

    NumPy's whole numbers are some too; 3.0, "3" and True are none.
    """
    try:
        number = low - 1 if isinstance(value, bool) else operator.index(value)
    except Exception:  # no whole number, or a class with a mistake of its own
        number = low - 1
    if number < low or (high is not None and number > high):
        most = "" if high is None else f" and at most {high:,}"
        raise CourseError(f"{name} must be at least {low:,}{most}, a whole number; you gave {shown(value)}.")
    return number
