"""Errors that a student or an instructor can act on."""
import difflib


class CourseError(ValueError):
    """Bad input: the message says what was given, what is allowed and what to do."""


def unknown(kind: str, given: str, allowed) -> CourseError:
    """The error for a name that does not exist, with the nearest names first.

    >>> str(unknown("model", "orchard-z", ["orchard-xs", "orchard-s"]))  # doctest: +ELLIPSIS
    "There is no model called 'orchard-z'. Did you mean 'orchard-s' or 'orchard-xs'? ..."
    """
    allowed = [str(name) for name in allowed]
    near = difflib.get_close_matches(str(given), allowed, n=2, cutoff=0.5)
    hint = f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
    return CourseError(f"There is no {kind} called {given!r}.{hint} Known: {', '.join(sorted(allowed))}.")
