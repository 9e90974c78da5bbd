"""What a tuned model of the course answered to thousands of fresh rows, as it was trained and after something moved:

    .venv/bin/python -m course_lib.explore.recorded.drift      writes data/drift.safetensors, in some minutes

Seed 0 of experiments/drift.py. Three pools of rows as it was trained are a reference, what alarms are calibrated on,
and what they are tried on; streams of any length are drawn from them. A promise of one false alarm in twenty streams is
kept to a tenth or so only where thousands of rows were recorded.
"""
import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.experiments import drift
from course_lib.experiments.drift import Answered
from course_lib.experiments.run import trained
from course_lib.files import write_bytes

PATH = Path(__file__).parent / "data" / "drift.safetensors"
SIZES = {"reference": 2000, "calibration": 12_000, "own": 12_000, "gadgets": 1500, "dead key": 1500}
SEED, FINENESS = 0, 500      # margins are kept in steps of 1 / FINENESS
COLUMNS = {"margins": np.int16, "labels": np.int8, "restaurants": np.int8}


@dataclass(frozen=True)
class Recorded:
    """`pools` by the names of SIZES, and the temperature that was fitted on validation rows."""

    pools: dict[str, Answered]
    temperature: float


@functools.cache
def read() -> Recorded:
    """All that was recorded."""
    from safetensors import safe_open

    with safe_open(PATH, "np") as file:
        kept = {name: file.get_tensor(name) for name in file.keys()}
        temperature = float(file.metadata()["temperature"])
    return Recorded({name: Answered(kept[f"{name} margins"] / FINENESS, kept[f"{name} labels"].astype(int),
                                    kept[f"{name} restaurants"] == 1) for name in SIZES}, temperature)


def main() -> None:
    """Trains, answers, and writes the file."""
    from safetensors.numpy import save

    run, kept = trained(drift.SETTING, drift.ARM, SEED), {}
    for name, rows in drift.pools(run, SIZES, SEED).items():
        whole = drift.Answered(np.round(FINENESS * rows.margins), rows.labels, rows.restaurants)
        kept |= {f"{name} {column}": getattr(whole, column).astype(kind) for column, kind in COLUMNS.items()}
    PATH.parent.mkdir(exist_ok=True)
    write_bytes(PATH, save(kept, {"temperature": f"{drift.temperature_of(run):.4f}"}))


if __name__ == "__main__":
    main()
