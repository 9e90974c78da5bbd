"""The recorded training runs behind explorables, and the command that makes them:

    python -m course_lib.explore.recorded.histories

Full fine-tuning of orchard-s on reviews, batches of 8, seed 0. One group of runs differs in the learning rate (128
labels), the other in the number of labels (the rate 1e-3).
"""
import functools
import json
from pathlib import Path

from course_lib.files import write_text

PATH = Path(__file__).parent / "data" / "histories.json"
RATES = ("0.00003", "0.0001", "0.0003", "0.001", "0.003", "0.01")
LABELS = ("16", "32", "128")
RATE_LABELS, LABELS_RATE, ROWS, VALIDATION = 128, 1e-3, 8, 64


@functools.cache
def read() -> dict[str, dict[str, dict]]:
    """{"rates" or "labels": {its value: {"loss": [a step each], "validation": [{"step", "loss"}]}}}."""
    return json.loads(PATH.read_text(encoding="utf-8"))


def run(labels: int, rate: float, steps: int, every: int) -> dict:
    """The losses of one run."""
    from course_lib.experiments import Setting, arm, trained
    from course_lib.methods import FullFineTuning

    setting = Setting(labels=labels, draw="first", steps=steps, batch=ROWS, validation=VALIDATION, validate_every=every)
    history = trained(setting, arm(FullFineTuning, rate), seed=0).history
    return {"loss": [round(loss, 4) for loss in history.loss],
            "validation": [{"step": point["step"], "loss": round(point["loss"], 4)} for point in history.validation]}


def main() -> None:
    """Makes all runs anew and writes the file."""
    runs = {"rates": {rate: run(RATE_LABELS, float(rate), 40, 5) for rate in RATES},
            "labels": {labels: run(int(labels), LABELS_RATE, 60, 3) for labels in LABELS}}
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps(runs, indent=0) + "\n")


if __name__ == "__main__":
    main()
