"""Who is who: the row of an export that belongs to a student, and names that are the same in other words."""
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from course_lib.grading.export import Export, Person
from course_lib.grading.results import Graded

NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>[1-9]\d*)", re.DOTALL)  # as both systems name what is downloaded


def rows_of(graded: Sequence[Graded], book: Export) -> tuple[dict[str, Person], list[str]]:
    """The row of each student who is surely found, and a sentence for each who is not."""
    found, problems = {}, []
    by_number, by_login, by_name = defaultdict(list), defaultdict(list), defaultdict(list)
    for person in book.people:
        by_number[person.number].append(person)
        for login in {alike(login) for login in person.logins} - {""}:
            by_login[login].append(person)
        for name in {alike(name) for name in person.names} - {""}:
            by_name[name].append(person)
    for student in (one.student for one in graded):
        numbered = NUMBERED.fullmatch(student)
        near = by_number.get(numbered["number"], []) if numbered else []
        people = [person for person in near if belongs(numbered["name"], person)]
        people = people or once(by_number.get(student, []) + by_login.get(alike(student), []))
        people = people or by_name.get(alike(student), [])
        if near and not people:
            problems.append(f"{student}: number {numbered['number']} belongs to another name in the export")
            continue
        if len(people) == 1:
            found[student] = people[0]
        else:
            problems.append(f"{student}: {'fits several rows of' if people else 'is not in'} the export")
    together = defaultdict(list)
    for one in graded:
        if one.student in found:
            together[id(found[one.student])].append(one)
    for several in (several for several in together.values() if len(several) > 1):
        handed_in = [one.student for one in several if not nothing_of(one)]
        for one in several:
            if len(handed_in) != 1:
                others = ", ".join(other.student for other in several if other is not one)
                why = f"{others} belongs to the same row of the export"
            elif one.student not in handed_in:
                why = f"handed in nothing, and is in the same row of the export as {handed_in[0]}, whose grade it takes"
            else:
                continue
            problems.append(f"{one.student}: {why}")
            del found[one.student]
    return found, problems


def nothing_of(one: Graded) -> bool:
    """Whether this is a name of the roster that handed in nothing, and got no points by hand either."""
    return not one.digest and all(mark.verdict == "missing" for mark in one.marks)


def once(people: list[Person]) -> list[Person]:
    """Each row once: a login that is the number, too, is one match."""
    return list({id(person): person for person in people}.values())


def alike(text: str) -> str:
    """A name without the differences that are none: case, spaces, the two codings of é."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", text).casefold().split()))


def belongs(name: str, person: Person) -> bool:
    """Whether the name of a downloaded folder is this person's. Canvas leaves letters and signs out of it; Moodle puts
    a group before it."""
    if not any(person.names):
        return True  # graded blindly: the worksheet has no names
    return any(squashed(name) & squashed(one) or letters(name).endswith(letters(one))
               for one in person.names if letters(one))


def letters(name: str) -> str:
    """A name in one word."""
    return "".join(sign for sign in alike(name) if sign.isalnum())


def squashed(name: str) -> set[str]:
    """A name in one word, with and without its accented letters."""
    return {letters(name), "".join(sign for sign in letters(name) if sign.isascii())} - {""}
