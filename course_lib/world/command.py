"""`course world`: read documents of the small world, and count what it is made of."""
import argparse
from random import Random

from course_lib.display import columns
from course_lib.errors import CourseError
from course_lib.world import corpus, facts, messages, reviews, stories
from course_lib.world.grammar import lines, table

LEXICONS = ("fruits", "companies", "animals", "countries", "opposites", "verbs", "numbers", "people")
DRAWN = 200  # documents per kind from which --stats takes the mean lengths


def samples(count: int, kind: str | None = None, seed: int = 0) -> list[tuple[str, str]]:
    """`count` documents as (kind, text), drawn as pretraining draws them, or of one kind only."""
    if count < 1:
        raise CourseError(f"--sample needs a number of documents from 1 on; {count} was given.")
    rng = Random(seed)
    kinds = [kind] * count
    if kind is None:
        kinds = rng.choices(list(corpus.MIX), list(corpus.MIX.values()), k=count)
    return [(name, corpus.document(name, rng)) for name in kinds]


def shape_counts() -> dict[str, int]:
    """How many sentence shapes each part of the world has."""
    counts = {f"{domain} reviews": review_shapes(domain) for domain in reviews.DOMAINS}
    for spam, name in ((True, "spam messages"), (False, "ham messages")):
        counts[name] = len({shape for role in messages.shapes(spam).values() for shape in role})
    counts["facts"] = len(table("fact_sentences"))
    counts["questions of the task facts"] = len(table("task_questions"))
    counts["stories"] = sum(len(step) for plot in stories.plots().values() for step in plot)
    counts["news"] = len(table("summary_events"))
    counts["everyday"] = len(lines("everyday_shapes")) + len(lines("everyday_facts"))
    return counts


def review_shapes(domain: str) -> int:
    """How many sentence shapes suit the reviews of one domain."""
    return sum(row["domains"] in ("any", domain) for row in table("review_shapes"))


def stats() -> str:
    """The counts as text: lexicons, relations, sentence shapes, kinds of documents, tasks."""
    from course_lib.world.tasks import SIZES

    relations = facts.relations().values()
    parts = {
        "Lexicons (entries)": {name: len(table(name)) for name in LEXICONS} | {
            f"{side} opinion words": len(lines(f"review_{side}")) for side in ("positive", "negative")},
        "List relations": {"relations": len(relations), "pairs": sum(map(len, relations)),
                           "of them never in a list": sum(len(relation.held_out) for relation in relations)},
        "Sentence shapes": shape_counts()}
    rows = []
    for title, counts in parts.items():
        rows += [(title,), *((f"  {name}", str(count)) for name, count in counts.items()), ()]
    rows.append((f"Documents (means of {DRAWN})", "share", "words", "characters"))
    for kind, weight in corpus.MIX.items():
        texts = [text for _, text in samples(DRAWN, kind)]
        words = sum(len(text.split()) for text in texts) / DRAWN
        characters = sum(map(len, texts)) / DRAWN
        rows.append((f"  {kind}", f"{weight / sum(corpus.MIX.values()):.0%}", f"{words:.1f}", f"{characters:.1f}"))
    splits = dict.fromkeys(split for sizes in SIZES.values() for split in sizes)
    rows += [(), ("Tasks (rows)", *splits)]
    rows += [(f"  {name}", *(str(sizes.get(split, "")) for split in splits)) for name, sizes in SIZES.items()]
    return "\n".join(columns(rows, figures=True))


def main(argv: list[str]) -> int:
    """Run `course world`; 0 is success. Raises CourseError for an unknown kind and a sample below 1."""
    parser = argparse.ArgumentParser(prog="course world", description="Read the small world, or count it.")
    parser.add_argument("--sample", type=int, default=10, metavar="N", help="print N documents (default: 10)")
    parser.add_argument("--kind", help=f"only documents of this kind: {', '.join(corpus.MIX)}")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other documents (default: 0)")
    parser.add_argument("--stats", action="store_true", help="print counts instead of documents")
    given = parser.parse_args(argv)
    if given.stats:
        print(stats())
    else:
        for kind, text in samples(given.sample, given.kind, given.seed):
            print(f"--- {kind}\n{text}")
    return 0
