"""Who should have handed in: the instructor's list of names, which are those of the submissions."""
import unicodedata

from course_lib.errors import CourseError, shown
from course_lib.grading.people import NUMBERED, squashed
from course_lib.grading.table import read_rows

AS_THEY_ARE = "Write the names in the roster as the submissions have them (as in grades.csv)"


def read_roster(given: str) -> list[str]:
    """The column `student` of a CSV file. Raises CourseError where there is none, or a name stands twice."""
    rows = [(place, row["student"]) for place, row in read_rows(given, ("student",), more=True) if row["student"]]
    names = [name for _, name in rows]
    if twice := [place for number, (place, name) in enumerate(rows) if name in names[:number]]:
        raise CourseError(f"{twice[0]}: this student stands in the roster twice.")
    return names


def absent_and_unknown(roster: list[str], students: list[str]) -> tuple[list[str], list[str]]:
    """Who of the roster handed in nothing, and who handed in and is not in it. The coding of letters does not count.

    Raises CourseError where somebody would be both, under two names: their second one would get no points.
    """
    plain = {name: unicodedata.normalize("NFC", name) for name in [*roster, *students]}
    there, listed = {plain[name] for name in students}, {plain[name] for name in roster}
    absent = [name for name in roster if plain[name] not in there]
    strangers = [name for name in students if plain[name] not in listed]
    if roster and len(absent) == len(roster):
        raise CourseError(f"Nobody of the roster is among the submissions. {AS_THEY_ARE}, such as "
                          f"{shown(students[0])}.")
    for name in absent:
        if twin := next((other for other in strangers if look_like_one(name, other)), None):
            raise CourseError(f"{shown(name)} of the roster and the submission {shown(twin)} look like one student. "
                              f"{AS_THEY_ARE}. If they are two, add {shown(twin)} to the roster.")
    return absent, strangers


def look_like_one(name: str, other: str) -> bool:
    """Whether two names are the same but for case, accents, signs, the order of the words, and a number behind one.

    >>> look_like_one("Lovelace, Ada", "lovelaceada_4711"), look_like_one("Ada_1", "Ada_2")
    (True, False)
    """
    numbers = {found["number"] for found in map(NUMBERED.fullmatch, (name, other)) if found}
    return len(numbers) < 2 and bool(turns(name) & turns(other))


def turns(name: str) -> set[str]:
    """The name in one word, from each of its words on, with é, with e and with neither: "adazoé", "zoeada", …"""
    found = NUMBERED.fullmatch(name)
    words = (found["name"] if found else name).replace(",", " ").split()
    turned = ["".join(words[start:] + words[:start]) for start in range(len(words))]
    bare = ["".join(sign for sign in unicodedata.normalize("NFKD", one) if not unicodedata.combining(sign))
            for one in turned]
    return set().union(*map(squashed, turned + bare))
