"""`course bench`: measure the base models and the course's time budgets."""
import argparse

from course_lib.errors import CourseError

PARTS = {
    "base": "what the shipped models know, next to what the course needs of them",
    "lessons": "seconds of every lesson and of its slowest cell",
    "explore": "milliseconds of the explorables, and of `import course_lib`",
    "pretrain": "tokens a second, and the share of the machine's peak",
    "picture": "draw the README's picture from figures measured now",
}


def base(write: bool) -> bool:
    """The gate on the base models; True where every row holds. `write`: also into the models' cards."""
    try:
        from course_lib.bench import base as on_reviews
    except ModuleNotFoundError as error:
        raise CourseError(f"This needs {error.name}, which is not installed. Install it: "
                          "pip install 'course-lib[bench]'.") from None
    from course_lib.bench import in_context
    from course_lib.models.card import update_abilities

    models = on_reviews.load_all()
    print("ranges: 95 % intervals by item, or from the lowest to the highest seed")
    rows = on_reviews.rows(models) + in_context.rows(models)
    print(f"{sum(row.holds for row in rows)} of {len(rows)} hold")
    if write:
        for name in models:
            update_abilities(name, {row.measure: str(row.figure) for row in rows if row.model == name})
        print(f"written to the cards of {', '.join(models)}")
    return all(row.holds for row in rows)


def main(argv: list[str]) -> int:
    """Runs one part: 0 where everything holds, 1 where a figure misses its budget or its gate."""
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
        from course_lib.bench.explorables import explore

        return 0 if explore() & budgets.imports() else 1
    budgets.pretrain()
    return 0
