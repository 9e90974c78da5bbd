"""The recorded runs behind the explorable *which block?*, and the command that makes them, in half an hour or so:

    .venv/bin/python -m course_lib.explore.block_data

Each is a run of claim C13 (claims/measures/lesson_03.py): a tuned orchard-s under a shift, with one part of it tuned
again, for several numbers of labels.
"""
import functools
import json
from pathlib import Path

from course_lib.files import write_text

PATH = Path(__file__).parent / "data" / "which_block.json"
LABELS, SEEDS = (16, 64, 256), (0, 1, 2)
TEST = 150  # test reviews under each shift


@functools.cache
def read() -> dict[str, dict[str, list[float]]]:
    """{number of labels: {figure of C13: [a value for each seed]}}."""
    return json.loads(PATH.read_text(encoding="utf-8"))


def main() -> None:
    """Makes all runs anew and writes the file."""
    from course_lib.claims.measures.lesson_03 import which_block

    runs = {}
    for labels in LABELS:
        seeds = [which_block(seed, labels, TEST) for seed in SEEDS]
        runs[labels] = {name: [round(one[name], 4) for one in seeds] for name in seeds[0]}
        print(labels, runs[labels], flush=True)
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps(runs, indent=0) + "\n")


if __name__ == "__main__":
    main()
