"""The recorded runs behind the explorable *which block?*: those of claim C13, and the same with fewer labels.

    .venv/bin/python -m course_lib.explore.recorded.blocks      writes data/which_block.json, in about ten minutes

Each run takes a tuned orchard-s under a shift and tunes one part of it again (experiments/blocks.py).
"""
import functools
import json
from pathlib import Path

from course_lib import claims
from course_lib.experiments.blocks import BLOCK_LABELS, which_block
from course_lib.files import write_text

PATH = Path(__file__).parent / "data" / "which_block.json"
FEWER, SEEDS = (16, 64), (0, 1, 2)
LABELS = (*FEWER, BLOCK_LABELS)


@functools.cache
def read() -> dict[int, dict[str, tuple[float, ...]]]:
    """{number of labels: {figure of C13: a value for each seed}}."""
    runs = json.loads(PATH.read_text(encoding="utf-8"))
    found = {int(labels): {name: tuple(values) for name, values in figures.items()} for labels, figures in runs.items()}
    return found | {BLOCK_LABELS: {name: figure.values for name, figure in claims.recorded("C13").items()}}


def main() -> None:
    """Makes the runs with fewer labels anew and writes the file."""
    runs = {}
    for labels in FEWER:
        seeds = [which_block(seed, labels) for seed in SEEDS]
        runs[labels] = {name: [round(one[name], 4) for one in seeds] for name in seeds[0]}
        print(labels, runs[labels], flush=True)
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps(runs, indent=0) + "\n")


if __name__ == "__main__":
    main()
