"""`course bench`: measure the base models and the course's time budgets."""
import argparse

PARTS = {
    "base": "what the shipped models know, next to what the course needs of them",
    "lessons": "seconds of every lesson and of its slowest cell",
    "explore": "milliseconds of the explorables, and of `import course_lib`",
    "pretrain": "tokens a second, and the share of the machine's peak",
    "picture": "draw the README's picture from figures measured now",
}


def base(write: bool) -> bool:
    from course_lib.bench import base as reviews
    from course_lib.bench import in_context
    from course_lib.models.card import update_abilities

    rows = reviews.rows() + in_context.rows()
    missed = [row for row in rows if not row.holds]
    print(f"{len(rows) - len(missed)} of {len(rows)} hold")
    if write:
        for name in {row.model for row in rows if row.model.startswith("orchard")}:
            update_abilities(name, {row.measure: round(row.value, 4) for row in rows if row.model == name})
    return not missed


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="course bench", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    for name, about in PARTS.items():
        sub = parts.add_parser(name, help=about, description=about)
        if name == "base":
            sub.add_argument("--write", action="store_true", help="also write the figures to the model cards")
    args = parser.parse_args(argv)
    if args.part == "base":
        return 0 if base(args.write) else 1
    from course_lib.bench import budgets
    from course_lib.build.root import find_root

    if args.part == "lessons":
        return 0 if budgets.lessons(find_root("notebooks")) else 1
    if args.part == "picture":
        from course_lib.bench.picture import draw

        draw(find_root("notebooks") / "docs" / "picture.png")
        return 0
    if args.part == "explore":
        return 0 if budgets.explore() & budgets.imports() else 1
    return 0 if budgets.pretrain() else 1
