"""What was handed in: whose it is, and which notebooks count.

Known: a folder (or a zip) with a folder for each student; notebooks side by side, each named after its student; zips
in the place of either; what Canvas downloads (`name[_LATE]_user_file_NAME[-2].ipynb`) and what Moodle does
(`Full Name_1234_assignsubmission_file_/NAME.ipynb`). A student is called what the folder is called; from Canvas and
Moodle what stays the same from week to week, the name and the number: `adalovelace_4711`, `Ada Lovelace_1234`.
"""
import hashlib
import io
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace

from course_lib.errors import CourseError
from course_lib.files import user_path
from course_lib.grading.entries import LARGEST_ZIP, MOST_ENTRIES, Entry, entries_of, entries_of_zip

MOST_NOTEBOOKS = 100     # of one student
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>[1-9]\d*)_(?P<file>[1-9]\d*)_(?P<rest>.+)", re.DOTALL)
MOODLE = re.compile(r"(?P<name>.+)_(?P<id>[1-9]\d*)_assignsubmission_[a-z]+(?P<rest>_.*)?", re.DOTALL)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # no names of files on Windows


@dataclass(frozen=True)
class Submission:
    """What one student handed in: the notebooks, the oldest first, what is to be known, and what cannot be read."""
    student: str
    notebooks: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def late(self) -> bool:
        """Whether Canvas calls one of its files late."""
        return any((match := CANVAS.fullmatch(entry.parts[0])) and match["late"] for entry in self.notebooks)


def slug(student: str) -> str:
    """The name of this student's files in OUT (results/SLUG.json, feedback/SLUG.html): safe, and no two share one.

    A plain name in small letters stays as it is. Any other gets a hash behind a "~", which no plain name holds; so
    names that a file system takes for the same (Ada and ada, é in its two codings) have files of their own.
    """
    if re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?", student) and not RESERVED.fullmatch(student):
        return student
    letters = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40] or "student"
    return f"{plain}~{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def find(path: str | os.PathLike, own: Collection[str] = ()) -> tuple[list[Submission], list[str]]:
    """All submissions in a folder or a zip, by name, and the names of the files there that belong to nobody.

    own: names of the course's notebooks, such as 06_lora; one of these beside submissions is no student's.
    Raises CourseError where `path` is neither, holds no submission, or one zip that may be a class.
    """
    root = user_path(path).resolve()
    by_student, aside = defaultdict(list), []
    for entry in entries_of(root):
        student = student_of(entry)
        if student is None:
            aside.append(entry.name)
        else:
            by_student[student].append(entry)
    if not by_student:
        raise CourseError(f"{root}: no submission was found in it. It should hold a folder, a notebook or a zip for "
                          "each student.")
    beside = [name for name, (first, *_) in by_student.items() if name in own and first.name == f"{name}.ipynb"]
    if len(beside) < len(by_student):
        aside += [entry.name for name in beside for entry in by_student.pop(name)]
    found = [submission(student, entries) for student, entries in sorted(by_student.items())]
    first = next(iter(by_student.values()))[0]
    if len(found) == 1 and first.name == f"{found[0].student}.zip" and len(found[0].notebooks) > 1:
        raise CourseError(f"{root} holds only {first.name}, and that {len(found[0].notebooks)} notebooks. If it is the "
                          f"class, give {first.name} itself; if it is one student's, put it into a folder of their "
                          "name.")
    return alike(found), sorted(aside)


def student_of(entry: Entry) -> str | None:
    """Whose it is; None for a file that lies beside the submissions and is none."""
    top, flat = entry.parts[0], len(entry.parts) == 1 and not entry.folder
    if match := MOODLE.fullmatch(top) or (flat and CANVAS.fullmatch(top)):
        return f"{match['name']}_{match['id']}"
    if flat and not entry.why:
        return os.path.splitext(top)[0] if entry.ending in (".ipynb", ".zip") else None
    return os.path.splitext(top)[0] if flat and entry.ending in (".ipynb", ".zip") else top


def submission(student: str, entries: list[Entry]) -> Submission:
    """The notebooks among what belongs to one student, with those in a zip; of what Canvas numbered, the newest."""
    files, older = newest(entries)
    notes, broken = [f"{entry.name}: left aside, there is a newer one" for entry in older], []
    for packed in [entry for entry in files if entry.ending == ".zip" and not entry.why]:
        files.remove(packed)
        try:
            file = io.BytesIO(packed.read(LARGEST_ZIP))
            files += entries_of_zip(file, packed.place, packed.inside, packed.parts, MOST_ENTRIES)
        except CourseError as error:
            broken.append(f"{packed.name}: {error}")
    notebooks = [entry for entry in files if entry.ending == ".ipynb" and not entry.why]
    notes += [f"{entry.name}: {entry.why}" for entry in files if entry.why]
    notes += [f"{entry.name}: a zip in a zip, which is not opened" for entry in files
              if entry.ending == ".zip" and not entry.why]
    if len(notebooks) > MOST_NOTEBOOKS:
        return Submission(student, problem=f"There are {len(notebooks):,} notebooks in it; at most {MOST_NOTEBOOKS} "
                                           "are read.")
    if not notebooks:
        held = ", ".join(entry.name for entry in files if not entry.folder and not entry.why)
        why = "; ".join([*notes, *broken]) or (f"It holds only: {held[:200]}" if held else "It is empty")
        return Submission(student, notes=tuple(notes), problem=f"No notebook can be read in it. {why[:500]}.")
    problem = f"{'; '.join(broken)[:500]}." if broken else ""
    return Submission(student, tuple(sorted(notebooks, key=natural)), tuple(notes), problem)


def newest(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What counts, and the older files that were handed in again: Canvas calls them NAME.ipynb, NAME-1.ipynb, …"""
    groups = defaultdict(dict)
    for entry in entries:
        if len(entry.parts) == 1 and (match := CANVAS.fullmatch(entry.name)):
            stem, ending = os.path.splitext(match["rest"])
            name, number = re.fullmatch(r"(.*?)(?:-(\d{1,9}))?", stem, re.DOTALL).groups()
            groups[name, ending].setdefault((int(number or 0), int(match["file"])), entry)
    older = []
    for group in groups.values():
        if any(number == 0 for number, _ in group):  # else the number may be the student's own: lesson-6, lesson-7
            older += [group[key] for key in sorted(group)[:-1]]
    return [entry for entry in entries if entry not in older], older


def natural(entry: Entry) -> list:
    """A key that sorts names as people count: 2 before 10, NAME before NAME (1)."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d{1,9})", os.path.splitext(entry.name)[0])]


def alike(found: list[Submission]) -> list[Submission]:
    """The same submissions, each with a note where another student's name looks like this one's."""
    groups = defaultdict(list)
    for one in found:
        groups[unicodedata.normalize("NFKC", one.student).casefold()].append(one.student)
    twins = {name for names in groups.values() if len(names) > 1 for name in names}
    note = "Another submission's name differs from this one only in how its letters are written; both are graded."
    return [replace(one, notes=(*one.notes, note)) if one.student in twins else one for one in found]
