"""What `course grade` says in the end: lists of names with their reasons."""
from collections.abc import Iterable, Mapping

from course_lib.grading.pages import shown

MOST_LINE = 5_000  # characters: a cause is said whole, with its way out


def lists(named: Mapping[str, Iterable[str]]) -> str:
    """Each list that is not empty under its title, an entry a line. A sign that would move the cursor is made visible.

    >>> print(lists({"Absent": ["ada", "a\\tb\\x1b"], "Late": []}))
    Absent:
      ada
      a b⟨U+001B⟩
    """
    return "\n".join("\n  ".join([f"{title}:", *map(one_line, entries)]) for title, entries in named.items() if entries)


def one_line(text: str) -> str:
    return " ".join(shown(text, MOST_LINE).split())
