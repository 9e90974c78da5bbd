"""feedback/STUDENT.html: what a student is told. All that came from a submission is text, and nothing in a page runs.

Jinja2 escapes everything; no markup is kept, so none needs to be cleaned (`nh3` would have no work): `prose` adds its
own two tags behind the escaping. The pages hold no script, and their policy forbids one: `default-src 'none'`.
"""
import re
import unicodedata
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from course_lib.files import write_text
from course_lib.grading.grades import number
from course_lib.grading.results import VERDICTS, Graded
from course_lib.lessons import lessons

MOST_NAME, MOST_SENTENCE, MOST_CODE = 120, 2_000, 20_000  # characters that are shown
MARKED = re.compile(r"`([^`\n]+)`|\*\*(?=\S)([^*\n]+)(?<=\S)\*\*")  # neither stands in the other
JOINERS = "\u200c\u200d"  # of Persian words and of emoji


def write_feedback(one: Graded, path: Path) -> None:
    """Writes the page of one student."""
    write_text(path, page("feedback.html", one=one, points=sum(mark.points for mark in one.marks),
                          out_of=sum(mark.out_of for mark in one.marks), weak=one.weak))


def page(template: str, **facts) -> str:
    """A page of HTML from one of the templates."""
    environment = Environment(loader=PackageLoader("course_lib.grading"), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"name": lambda text: shown(text, MOST_NAME).replace("\n", " "),
                            "sentence": lambda text: shown(text, MOST_SENTENCE), "prose": prose,
                            "code": lambda text: shown(text, MOST_CODE), "number": number}
    environment.globals |= {"verdicts": VERDICTS, "lesson": lesson, "notebook": notebook}
    return environment.get_template(template).render(**facts)


def shown(text: str, most: int) -> str:
    """The text, cut where it is too long, its invisible signs made visible: one of them may turn a line around.

    >>> shown("a\\u202eb", 9), shown("abcdef", 3)
    ('a⟨U+202E⟩b', 'abc … (3 more characters are left out)')
    """
    text = text.replace("\r\n", "\n")
    more = len(text) - most
    seen = "".join(sign if sign in "\n\t" or sign in JOINERS or unicodedata.category(sign)[0] != "C"
                   else f"⟨U+{ord(sign):04X}⟩" for sign in text[:most])
    return f"{seen} … ({more:,} more characters are left out)" if more > 0 else seen


def prose(text: str) -> Markup:
    """A sentence of the course with its `code` and **stress** shown as such; all else is escaped, as everywhere.

    >>> print(prose("**Not** `a < b`"))
    <strong>Not</strong> <code>a &lt; b</code>
    """
    return Markup(MARKED.sub(lambda found: f"<code>{found[1]}</code>" if found[1] else f"<strong>{found[2]}</strong>",
                             str(escape(shown(text, MOST_SENTENCE)))))


def lesson(task: str) -> str:
    """The title of the lesson that a task belongs to; the task's id where there is none."""
    found = lessons().get(task[:2])
    return f"Lesson {found.id}: {found.title}" if found else f"Task {task}"


def notebook(task: str) -> str:
    """Where the lesson of a task lies in the course's folder; nothing where it is not there."""
    folder = Path(__file__).resolve().parents[2] / "notebooks"
    return next((f"notebooks/{path.name}" for path in sorted(folder.glob(f"{task[:2]}_*.ipynb"))), "")
