"""Thresholds of four alarms by what they promise, and two of river's alarms beside ours, on what drift.py recorded:

    .venv/bin/python -m course_lib.explore.recorded.drift_alarms   writes data/drift_alarms.json, in some minutes

It needs river, the extra "drift" of pyproject.toml: river wants a newer numpy than Colab has.
"""
import functools
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

from course_lib.errors import CourseError
from course_lib.experiments.drift import streams
from course_lib.experiments.drift_alarms import WATCHES, calibrated
from course_lib.explore.recorded import drift
from course_lib.files import write_text

PATH = Path(__file__).parent / "data" / "drift_alarms.json"
LENGTH, CHANGE = 1000, 500
PROMISES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
SHARES = (0.1, 0.3, 1.0)         # of what can move
BESIDE = 1000                    # streams that river's alarms see


@functools.cache
def read() -> dict:
    """{"thresholds": {name of WATCHES: one for each of PROMISES}, "river": {alarm: {"false": a share, and by share of
    turned labels "rung" and "rows"}}, "version": river's}.
    """
    return json.loads(PATH.read_text(encoding="utf-8"))


def thresholds() -> dict[str, list[float]]:
    """Of each alarm, one for each of PROMISES."""
    kept = drift.read()
    found = [calibrated(kept.pools["reference"], kept.pools["calibration"], kept.temperature, LENGTH, promise, 4000)
             for promise in PROMISES]
    return {name: [round(one[name].threshold, 4) for one in found] for name in WATCHES}


def when(make, errors: np.ndarray) -> np.ndarray:
    """After how many rows an alarm of river's first rings in each stream, (S, T) -> (S,); inf: never."""
    found = []
    for stream in errors:
        one, place = make(), np.inf
        for row, error in enumerate(stream, 1):
            one.update(error)
            if one.drift_detected:
                place = row
                break
        found.append(place)
    return np.array(found)


def beside() -> dict[str, dict]:
    """What river's two alarms do with their own settings, on errors, with and without drift."""
    try:
        from river import drift as river
    except ImportError:
        raise CourseError("river is not installed. In a clone: pip install -e '.[drift]' -c constraints.txt.") from None
    alarms = {"ADWIN": river.ADWIN, "Page-Hinkley": lambda: river.PageHinkley(mode="up")}
    return {name: by_drift(make) for name, make in alarms.items()}


def by_drift(make) -> dict:
    """{"false", "rung", "rows"} of one alarm."""
    def ring(kind: str, share: float) -> np.ndarray:
        rows = streams(drift.read().pools, kind, CHANGE, (BESIDE, LENGTH), rng, share)
        return when(make, rows.wrong)

    rng = np.random.default_rng(0)
    told = {"false": float(np.isfinite(ring("nothing", 1.0)).mean()), "rung": [], "rows": []}
    for share in SHARES:
        found = ring("turned", share)
        told["rung"].append(float(np.isfinite(found).mean()))
        told["rows"].append(float(np.median(np.minimum(found[found > CHANGE], LENGTH) - CHANGE)))
    return told


def main() -> None:
    """Measures both, and writes the file."""
    write_text(PATH, json.dumps({"thresholds": thresholds(), "river": beside(), "version": version("river")},
                                indent=1) + "\n")


if __name__ == "__main__":
    main()
