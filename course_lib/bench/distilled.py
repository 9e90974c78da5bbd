"""The part of `course bench quality` on distillation: teacher, student, and the same student taught in other ways."""
import json
import statistics
from pathlib import Path

from course_lib.claims.measures import lesson_04
from course_lib.files import write_text

ROWS = {"teacher": "teacher, orchard-m", "distilled": "student, orchard-xs, distilled", "alone": "labels alone",
        "gold": "all right labels", "hard": "teacher's answers only", "vocabulary": "over the vocabulary",
        "random": "from random weights", "bare": "bare student"}


def distilled(kept: dict, path: Path | None, seeds: tuple[int, ...]) -> None:
    """Prints the table; what is in `kept` is not measured again, and what is measured goes there and into the file."""
    runs = []
    for seed in seeds:
        key = json.dumps(["distillation", seed])
        if key not in kept:
            kept[key] = lesson_04.between(seed)
            if path:
                write_text(path, json.dumps(kept, indent=0))
        runs.append(kept[key])
    print(f"\nstars, {lesson_04.LABELS} labels for the teacher, {lesson_04.UNLABELLED} texts for its student, "
          f"T = {lesson_04.TEMPERATURE:g}\naccuracy (mean ± standard deviation)")
    for name, told in ROWS.items():
        values = [one[name] for one in runs]
        print(f"{told:32} {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}", flush=True)
