"""Rows that somebody brought: the columns to use, no input twice, and nothing that would be misread in silence."""
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from course_lib.display import counted
from course_lib.errors import CourseError, shown
from course_lib.world.task_splits import Rows

CLEANED_FIRST = ("test", "shifted", "validation", "train")  # a text in two splits stays in the first
LONGEST_LABEL = 200  # characters
COLUMNS = (("text", "label"), ("prompt", "answer"))
QUOTES = "\"'“”„‘’«» "
NOTHING = ("nan", "NaN", "<NA>", "NaT", "null", "NULL", "None", "NA", "N/A", "n/a", "#N/A")  # an empty place, written
Given = list[tuple[str, dict]]  # rows as they came, each with its place, such as "line 7"
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def columns(found: Iterable[str], source: object) -> tuple[str, str]:
    """The columns to use, (text, label) or (prompt, answer); the CourseError says which ones there are."""
    found = list(found)
    twice = [name for name, count in Counter(found).items() if name and count > 1]
    if twice:
        raise CourseError(f"{source} has {shown(twice[0])} as the name of more than one column. Give each column "
                          "a name of its own.")
    for pair in COLUMNS:
        if set(pair) <= set(found):
            check_case(found, (*pair, "split"), source)
            return pair
    other_separator = any(mark in name for name in found for mark in ";\t")
    hint = " Its fields must be separated by commas." if other_separator else ""
    raise CourseError(
        f"{source} needs the columns text and label, or prompt and answer; it has: "
        f"{', '.join(map(shown, found[:20])) or 'none'}.{hint} Rename its columns."
    )


def check_case(found: list[str], wanted: tuple[str, ...], source: object) -> None:
    """CourseError for a column such as " Split", which would be overlooked."""
    for name in found:
        if isinstance(name, str) and name not in wanted and name.strip().lower() in wanted:
            raise CourseError(f"{source} has a column {shown(name)}. If {name.strip().lower()} is meant, write it so; "
                              "if not, give it another name.")


def clean(by_split: dict[str, Given], source: object) -> tuple[dict[str, Rows], bool]:
    """({split: [(input, answer), ...]}, whether the answers are labels); no input comes twice.

    Two inputs are the same where only the spaces in them, or the way in which accents are stored, differ.
    """
    found = dict.fromkeys(name for rows in by_split.values() for _, row in rows for name in row)
    pair = columns(found, source)
    cleaned: dict[str, Rows] = {}
    seen: dict[str, tuple[str, str]] = {}    # input -> (its place, its answer)
    places: dict[str, str] = {}              # answer -> the first place
    sorts: dict[str, tuple[str, object]] = {}  # sort of label -> its first place, and the label
    repeated, contradicting = 0, []
    for split in (name for name in CLEANED_FIRST if name in by_split):
        cleaned[split] = []
        for place, row in by_split[split]:
            given, answer = (_field(row.get(name), name, f"{source}: {place}") for name in pair)
            answer = _one_line(answer.strip(), pair[1], f"{source}: {place}")
            if pair == COLUMNS[0]:
                answer = _evenly_spaced(answer)
                _check_both(row, answer, f"{source}: {place}")
                sorts.setdefault(_sort(row["label"]), (place, row["label"]))
            places.setdefault(answer, place)
            first, said = seen.setdefault(_evenly_spaced(given), (place, answer))
            if first == place:
                cleaned[split].append((given, answer))
            elif said == answer:
                repeated += 1
            else:
                contradicting.append(f"{first} {shown(said)}, {place} {shown(answer)}")
    if repeated:
        print(f"{source}: {counted(repeated, 'rows')} left out, whose {pair[0]} another row has.")
    if contradicting:
        print(f"{source}: {counted(len(contradicting), 'rows')} with the {pair[0]} of another row and another "
              f"{pair[1]} ({'; '.join(contradicting[:3])}{'; …' if len(contradicting) > 3 else ''}). "
              "The first of each counts, the others were left out. Which of them is right? Mend the file.")
    if pair == COLUMNS[0]:
        check_sorts(sorts, source)
        check_alike(places, source)
    return cleaned, pair == COLUMNS[0]


def check_sorts(sorts: dict[str, tuple[str, object]], source: object) -> None:
    """CourseError for labels of more than one sort, each given with its first place and label: 1, "1" and true."""
    if len(sorts) > 1:
        (one, (here, first)), (other, (there, second)) = list(sorts.items())[:2]
        raise CourseError(f"{source}: {here} has the label {shown(first)}, {one}, and {there} the label "
                          f"{shown(second)}, {other}. Write all labels in one way, best as texts.")


def _sort(label: object) -> str:
    return "true or false" if isinstance(label, bool) else "a text" if isinstance(label, str) else "a number"


def check_alike(places: dict[str, str], source: object) -> None:
    """CourseError for two labels, given with the place of each, that look like one written in two ways; and for -1
    among classes that count from 0, which is how many data sets mark a row that nobody labelled.
    """
    first: dict[object, str] = {}
    for label in places:
        other = first.setdefault(_looks(label), label)
        if other != label:
            raise CourseError(f"{source}: {places[other]} has the label {shown(other)} and {places[label]} the label "
                              f"{shown(label)}. Are they one class? Then write it in one way; if not, give them names "
                              "that differ in more.")
    if {Decimal(-1), Decimal(0)} <= set(first):
        label = first[Decimal(-1)]
        raise CourseError(f"{source}: {places[label]} has the label {shown(label)}, and other classes count from 0. In "
                          "many data sets -1 means that nobody labelled the row: leave such rows out. If it is a class "
                          "of its own, write its name, such as negative.")


def _looks(label: str) -> object:
    """What is left of a label without what a reader overlooks: capitals, quotes, signs without a width, 1.0 for 1."""
    text = unicodedata.normalize("NFKC", label).lower()
    text = " ".join("".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip(QUOTES).split())
    number = text.replace("\u2212", "-")
    return Decimal(number) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", number) else text


def _evenly_spaced(text: str) -> str:
    """The text with single spaces between its words, none around them, and its accents stored in one way."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _one_line(answer: str, name: str, where: str) -> str:
    """The answer; CourseError where it has several lines."""
    if "\n" in answer:
        raise CourseError(f"{where} has several lines as its {name}, {shown(answer)}. An answer ends with its first "
                          "newline: write it in one line.")
    return answer


def _check_both(row: dict, label: str, where: str) -> None:
    """CourseError where a row has all four columns, and its label is not its answer."""
    answer = row.get("answer")
    if "prompt" in row and answer is not None and _evenly_spaced(str(answer)) != label:
        raise CourseError(f"{where} has the label {shown(label)} and the answer {shown(answer)}. Which columns are "
                          "meant? Leave out prompt and answer, or text and label. (A task of the course keeps the "
                          "names of its classes with to_parquet, not with to_csv.)")


def _field(value: object, name: str, where: str) -> str:
    """A value as text; CourseError where it is empty, a list, no valid text, or too long for a label."""
    if isinstance(value, list | dict | tuple):
        raise CourseError(f"{where} has a list or an object as {name}, {shown(value)}. Write it as one text.")
    if isinstance(value, bytes):
        raise CourseError(f"{where} has bytes as {name}, {shown(value)}. Write it as a text.")
    text = str(value)
    if value is None or not text.strip() or (isinstance(value, float) and math.isnan(value)):
        raise CourseError(f"{where} has no {name}.")
    if name in COLUMNS[0] and text.strip() in NOTHING:
        raise CourseError(f"{where} has no {name}, only {text.strip()}, as which an empty place is written. Leave the "
                          "row out; if the word is meant, write it in another way.")
    if half := _HALF_CHARACTER.search(text):
        raise CourseError(f"{where} has only half of a character in its {name}, {half[0]!r}: such codes come in "
                          "pairs. Write the character itself, in UTF-8.")
    if name == "label" and len(text) > LONGEST_LABEL:
        raise CourseError(f"{where} has a label of {len(text):,} characters, {shown(text)}; allowed are up to "
                          f"{LONGEST_LABEL}. If it is an answer to write out, call the columns prompt and answer.")
    return text
