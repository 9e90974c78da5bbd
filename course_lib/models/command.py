"""`course models`: list the bundled models, or show one model's card."""
import argparse

from course_lib.display import columns, course
from course_lib.errors import unknown
from course_lib.models.card import BUNDLED, read_card


def main(argv: list[str]) -> int:
    """Run the command; 0 always, CourseError for a name that does not exist."""
    parser = argparse.ArgumentParser(prog="course models",
                                     description="List the models that come with the course.")
    parser.add_argument("name", nargs="?", help="show this model's card")
    name = parser.parse_args(argv).name
    folders = {folder.parent.name: folder.parent for folder in sorted(BUNDLED.glob("*/card.json"))}
    if name is None:
        print(listing([read_card(folder) for folder in folders.values()]))
        return 0
    if name not in folders:
        raise unknown("bundled model", name, folders)
    print((folders[name] / "README.md").read_text(encoding="utf-8"), end="")
    return 0


def listing(cards: list[dict]) -> str:
    """A table of models, smallest first."""
    if not cards:
        return f"No models are bundled here yet: {course('pretrain NAME')} makes one."
    head = ("model", "parameters", "without embeddings", "MB", "tokens read", "validation loss")
    rows = [(card["name"], f"{card['parameters']:,}", f"{card['parameters_without_embeddings']:,}",
             f"{card['megabytes']:.1f}", f"{card['tokens']:,}", f"{card['validation_loss']:.3f}")
            for card in sorted(cards, key=lambda card: (card["parameters"], card["tokens"]))]
    return "\n".join(columns([head, *rows], figures=True))
