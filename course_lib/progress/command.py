"""`course progress`: your answers, predictions and passed checks, shown, exported and imported."""
import argparse
import sys

from course_lib.display import columns, course
from course_lib.errors import CourseError, shown
from course_lib.progress import (
    calibration,
    events,
    export,
    file,
    latest,
    misconceptions,
    restore,
    student,
    summary,
)


def show() -> None:
    rows, name = summary(), student()
    print(f"{f'Progress of {name}' if name else 'Your progress'}, kept in {file.path()}")
    lines = []
    for kind, title, done in (("answer", "Quiz", "right"), ("check", "Exercise tasks", "passed")):
        for event_id, entry in sorted(rows[kind].items()):
            word = done if entry["correct"] else "not yet"
            lines.append((f"  {title}", event_id, f"{word}, tries: {entry['tries']}"))
    for event_id, entry in sorted(rows["prediction"].items()):
        told = latest("outcome", event_id)
        measured = told is not None and told.correct is not None
        word = "not yet compared" if not measured else "right" if told.correct else "off"
        word += ", but guessed after it was measured" if entry["late"] else ""
        lines.append(("  Predictions", event_id, word))
    for event_id in rows["clicks"]:
        letters = str(latest("clicks", event_id).data.get("letters", ""))
        lines.append(("  Clicks", event_id, f"pairs answered: {len(letters)}"))
    for one in misconceptions(events()):
        times = f"{one['times']} times" if one["times"] > 1 else "once"
        after = ", right since" if one["solved"] else ""
        lines.append(("  What went wrong", one["id"], f"{in_words(one)} ({times}{after})"))
    print("\n".join(columns(lines)) or "Nothing is recorded yet. Start with lesson 00.")
    if counted := calibration():
        sure = sum(entry["confidence"] for entry in counted) / len(counted)
        right = sum(entry["right"] for entry in counted)
        print(f"You were {sure:.0f} % sure on average; {right} of {len(counted)} guesses were right.")


def in_words(one: dict) -> str:
    """A misconception as a sentence: what the check said, which keeps the name of a wrong solution, else as it is."""
    said = [event.data.get("said") for event in events(one["kind"], one["id"])
            if event.data.get("misconception") == one["misconception"]]
    words = said[-1] if isinstance(said[-1], str) and said[-1] else one["misconception"]
    return words if words.isprintable() else shown(words)  # an imported one may hold anything


def ask() -> str:
    """Your name, from the terminal; CourseError where nobody can be asked."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise CourseError(f"whose progress is it? Say so once: {course('progress export FILE --name NAME')}.")
    return input("Your name, as your instructor knows you: ").strip()


def main(argv: list[str]) -> int:
    """`course progress [show | export FILE | import FILE]`."""
    parser = argparse.ArgumentParser(prog="course progress", description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("show", help="what you have answered, guessed and passed (the default)")
    out = verbs.add_parser("export", help="write everything to one JSON file, to keep or to hand in")
    out.add_argument("file")
    out.add_argument("--name", help="your name, for whoever reads it; asked for once, then kept")
    verbs.add_parser("import", help="merge such a file into your progress").add_argument("file")
    chosen = parser.parse_args(argv)
    if chosen.verb == "export":
        path = export(chosen.file, chosen.name or student() or ask())
        print(f"Written: {path}, the progress of {student()}.")
    elif chosen.verb == "import":
        new = restore(chosen.file)
        if file.only_in_memory():
            raise CourseError(f"not all could be imported: {file.path()} cannot be written.")
        whose = f", which is {name}'s" if (name := student()) else ""
        print(f"{new} new entries were added to the progress in {file.path()}{whose}.")
    else:
        show()
    return 0
