"""`course progress`: your answers, predictions and passed checks, shown, exported and imported."""
import argparse

from course_lib.errors import CourseError
from course_lib.progress import calibration, export, file, latest, restore, summary


def show() -> None:
    rows = summary()
    print(f"Your progress is kept in {file.path()}")
    if not any(rows.values()):
        print("Nothing is recorded yet. Start with lesson 00: course lab")
    for kind, title, done in (("answer", "Quiz", "right"), ("check", "Exercise tasks", "passed")):
        for event_id, entry in sorted(rows[kind].items()):
            word = done if entry["correct"] else "not yet"
            print(f"  {title:<15} {event_id:<22} {word:<8} tries: {entry['tries']}")
    for event_id in sorted(rows["prediction"]):
        told = latest("outcome", event_id)
        measured = told is not None and told.correct is not None
        word = "not yet measured" if not measured else "right" if told.correct else "off"
        print(f"  {'Predictions':<15} {event_id:<22} {word}")
    if counted := calibration():
        sure = sum(entry["confidence"] for entry in counted) / len(counted)
        right = sum(entry["right"] for entry in counted)
        print(f"You were {sure:.0f} % sure on average; {right} of {len(counted)} guesses were right.")


def main(argv: list[str]) -> int:
    """`course progress [show | export FILE | import FILE]`."""
    parser = argparse.ArgumentParser(prog="course progress", description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("show", help="what you have answered, guessed and passed (the default)")
    verbs.add_parser("export", help="write everything to one JSON file").add_argument("file")
    verbs.add_parser("import", help="merge such a file into your progress").add_argument("file")
    chosen = parser.parse_args(argv)
    if chosen.verb == "export":
        print(f"Written: {export(chosen.file)}")
    elif chosen.verb == "import":
        new = restore(chosen.file)
        if file.only_in_memory():
            raise CourseError(f"nothing was imported: {file.path()} cannot be written.")
        print(f"{new} new entries were added to your progress.")
    else:
        show()
    return 0
