"""The recorded runs behind the explorable *which block?*: each takes a tuned orchard-s under a shift, and tunes one
part of it again (experiments/blocks.py).

    .venv/bin/python -m course_lib.explore.recorded.blocks      writes data/which_block.json, in about half an hour

The runs that the file holds are short ones, and their learning rates were chosen by one seed. Those that are made anew
have the steps, the test reviews and the rates of claim C13; the file says how many.
"""
import functools
import json
from pathlib import Path

from course_lib.experiments.blocks import BLOCK_LABELS, SHIFTS, SOURCE, STEPS, which_block
from course_lib.files import write_text

PATH = Path(__file__).parent / "data" / "which_block.json"
LABELS, SEEDS = (16, 64, BLOCK_LABELS), (0, 1, 2)


@functools.cache
def kept() -> dict:
    """The file: {"steps": by shift, "test": reviews, "runs": {labels: {figure: a value for each seed}}}."""
    return json.loads(PATH.read_text(encoding="utf-8"))


@functools.cache
def read() -> dict[int, dict[str, tuple[float, ...]]]:
    """{number of labels: {figure of which_block: a value for each seed}}."""
    return {int(labels): {name: tuple(values) for name, values in figures.items()}
            for labels, figures in kept()["runs"].items()}


def main() -> None:
    """Makes the runs anew and writes the file."""
    runs = {}
    for labels in LABELS:
        seeds = [which_block(seed, labels) for seed in SEEDS]
        runs[labels] = {name: [round(one[name], 4) for one in seeds] for name in seeds[0]}
        print(labels, runs[labels], flush=True)
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps({"steps": dict.fromkeys(SHIFTS, STEPS), "test": SOURCE.test, "runs": runs}, indent=0)
               + "\n")


if __name__ == "__main__":
    main()
