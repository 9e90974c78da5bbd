"""The recorded trainings behind *forgetting against KL*, each of one method, for so many steps, to its end:

    .venv/bin/python -m course_lib.explore.recorded.kl      writes data/kl.json, in some twenty minutes

What is measured of each is experiments/forgetting.py's, and so are the rates of the first five. The others have the
rate that a search found for them with fewer labels: here nobody searched.
"""
import functools
import json
from dataclasses import replace
from pathlib import Path

from course_lib.experiments import arm, forgetting, loreft, soft_prompts
from course_lib.files import write_text
from course_lib.methods import PromptTuning, ScaleShift

PATH = Path(__file__).parent / "data" / "kl.json"
SEEDS = (0, 1, 2)
SEARCHED = {"full": "full", "full, a third": "slow", "full, a tenth": "slower", "LoRA": "lora", "adapters": "adapter"}
OTHERS = {"scale and shift": arm(ScaleShift, 3e-2, kind="red"), "LoReFT": replace(loreft.LOREFT, rate=1e-2),
          "prefix": replace(soft_prompts.DIRECT, rate=3e-2),
          "soft prompt": arm(PromptTuning, 1.0, length=soft_prompts.LENGTH, init="vocabulary")}
METHODS = (*SEARCHED, *OTHERS)


@functools.cache
def read() -> dict[str, list[list[dict[str, float]]]]:
    """{method: for each seed {"steps", "right", "loss", "kl", "old"} of each of its trainings, shortest first}."""
    return json.loads(PATH.read_text(encoding="utf-8"))


def measure(method: str, seed: int) -> list[dict[str, float]]:
    """The trainings of one method with one seed."""
    one = forgetting.arms()[SEARCHED[method]] if method in SEARCHED else OTHERS[method]
    return [{"steps": steps} | {name: round(value, 4) for name, value in found.items()}
            for steps, found in zip(forgetting.LENGTHS, forgetting.path(one, seed))]


def main() -> None:
    """Measures every method, and writes the file."""
    runs = {}
    for method in METHODS:
        runs[method] = [measure(method, seed) for seed in SEEDS]
        print(method, runs[method], flush=True)
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps(runs, indent=0) + "\n")


if __name__ == "__main__":
    main()
