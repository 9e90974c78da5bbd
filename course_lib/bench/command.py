"""`course bench`: measure the base models and the course's time budgets."""
import argparse
from pathlib import Path

from course_lib.errors import CourseError


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


def lessons() -> bool:
    """Whether every lesson keeps its time budgets."""
    from course_lib.bench import budgets
    from course_lib.root import find_root

    kept = budgets.lessons(find_root("notebooks"))
    budgets.told()
    return kept


def explore(names: list[str]) -> bool:
    """Whether the explorables and the import keep their time budgets; where some are named, only these are measured."""
    from course_lib.bench import explorables

    kept = explorables.explore(names)
    return kept if names else imports() and kept


def imports() -> bool:
    """Whether `import course_lib` keeps its time budget."""
    from course_lib.bench import budgets

    return budgets.imports()


def pretrain() -> bool:
    """Prints figures without a budget, so always True."""
    from course_lib.bench import speed

    speed.pretrain()
    return True


def picture() -> bool:
    """Writes docs/picture.png; always True."""
    from course_lib.bench.picture import draw
    from course_lib.root import find_root

    draw(find_root("notebooks") / "docs" / "picture.png")
    return True


def methods() -> bool:
    """Whether each step keeps its bound, and the reuse of frozen work pays."""
    from course_lib.bench import methods as steps

    return steps.methods()


def neighbour() -> bool:
    """Whether a busy program slows nothing down by more than its bound."""
    from course_lib.bench import neighbour as beside

    return beside.neighbour()


def architectures() -> bool:
    """Whether every promised architecture keeps the short contract."""
    from course_lib.bench import architectures as table

    return table.architectures()


def quality(keep: str | None, any_code: bool) -> bool:
    """Prints figures without a gate, so always True."""
    from course_lib.bench import quality as tables

    return tables.quality(keep, any_code)


def grade(students: int, jobs: int) -> bool:
    """Whether a large class is graded in its time, in memory that does not grow."""
    from course_lib.bench import grading

    return grading.grade(students, jobs)


def offline(prompts: int) -> bool:
    """Whether many prompts are answered as fast as they must be, and alike."""
    from course_lib.bench import offline as many

    return many.offline(prompts)


def minilm(path: str) -> bool:
    """Prints figures without a gate, so always True."""
    from course_lib.bench import minilm

    return minilm.minilm(path)


PARTS = {  # name: (what it is about, what it does: True where everything holds)
    "base": ("what the shipped models know, next to what the course needs of them", base),
    "lessons": ("seconds of every lesson and of its slowest cell", lessons),
    "explore": ("milliseconds of the explorables, and of `import course_lib`", explore),
    "imports": ("seconds of `import course_lib`, and whether torch comes along", imports),
    "pretrain": ("tokens a second, and the share of the machine's peak", pretrain),
    "architectures": ("the models that the course promises to work with, and what it promises of each", architectures),
    "methods": ("a training step next to the libraries', and what the reuse of frozen work saves", methods),
    "neighbour": ("how much longer everything takes beside a busy program", neighbour),
    "grade": ("a large class graded: submissions a minute, students' code, memory", grade),
    "quality": ("every method on reviews: accuracy, parameters, and what is forgotten", quality),
    "minilm": ("methods on a real pretrained encoder and your own labelled sentences, side by side", minilm),
    "offline": ("many prompts answered by `predict`, one by one, and by transformers' pipeline", offline),
    "picture": ("draw the README's picture from figures measured now", picture),
}


if not (Path(__file__).parent / "grading.py").exists():   # in what students get
    del PARTS["grade"]


def main(argv: list[str]) -> int:
    """Runs one part: 0 where everything holds, 1 where a figure misses its budget or its gate."""
    parser = argparse.ArgumentParser(prog="course bench", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    for name, (about, _) in PARTS.items():
        sub = parts.add_parser(name, help=about, description=about)
        if name == "base":
            sub.add_argument("--write", action="store_true", help="also write the figures to the model cards")
        if name == "explore":
            sub.add_argument("names", metavar="NAME", nargs="*", help="only these: prompt_lab, for example")
        if name == "grade":
            sub.add_argument("--students", metavar="N", type=int, default=200, help="how many; else 200")
            sub.add_argument("--jobs", metavar="N", type=int, default=2, help="submissions at a time; else 2")
        if name == "offline":
            sub.add_argument("--prompts", metavar="N", type=int, default=5000, help="how many; else 5,000")
        if name == "quality":
            sub.add_argument("--keep", metavar="FILE", help="keeps what is measured: a stopped run goes on")
            sub.add_argument("--any-code", action="store_true", help="takes from FILE what other code measured, too")
        if name == "minilm":
            sub.add_argument("path", metavar="FILE", help="a CSV, JSONL or Parquet file: text, label")
    options = vars(parser.parse_args(argv))
    _, part = PARTS[options.pop("part")]
    return 0 if part(**options) else 1
