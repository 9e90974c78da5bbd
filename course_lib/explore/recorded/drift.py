"""What a tuned model of the course answered to thousands of fresh rows, as it was trained and after something moved:

    .venv/bin/python -m course_lib.explore.recorded.drift      writes data/drift.json, in some minutes

Seed 0 of experiments/drift.py. Three pools of rows as it was trained are a reference, what alarms are calibrated on,
and what they are tried on; streams of any length are drawn from them. Margins are kept in hundredths.
"""
import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.experiments import drift
from course_lib.experiments.drift import Answered
from course_lib.experiments.run import trained
from course_lib.files import write_text

PATH = Path(__file__).parent / "data" / "drift.json"
SIZES = {"reference": 2000, "calibration": 3000, "own": 3000, "gadgets": 1500, "dead key": 1500}
SEED = 0


@dataclass(frozen=True)
class Recorded:
    """`pools` by the names of SIZES, and the temperature that was fitted on validation rows."""

    pools: dict[str, Answered]
    temperature: float


@functools.cache
def read() -> Recorded:
    """All that was recorded."""
    kept = json.loads(PATH.read_text(encoding="utf-8"))
    return Recorded({name: Answered(np.array(one["margins"]) / 100, digits(one["labels"]),
                                    digits(one["restaurants"]) == 1)
                     for name, one in kept["pools"].items()}, kept["temperature"])


def digits(text: str) -> np.ndarray:
    """Of a text of 0 and 1, (N,)."""
    return np.array(list(text), dtype=int)


def written(rows: Answered) -> dict:
    """The same as JSON holds it."""
    return {"margins": np.round(100 * rows.margins).astype(int).tolist(),
            "labels": "".join(map(str, rows.labels)), "restaurants": "".join(map(str, rows.restaurants.astype(int)))}


def main() -> None:
    """Trains, answers, and writes the file."""
    run = trained(drift.SETTING, drift.ARM, SEED)
    found = drift.pools(run, SIZES, SEED)
    kept = {"temperature": round(drift.temperature_of(run), 4),
            "pools": {name: written(rows) for name, rows in found.items()}}
    write_text(PATH, json.dumps(kept) + "\n")


if __name__ == "__main__":
    main()
