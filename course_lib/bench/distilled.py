"""The part of `course bench quality` on distillation: teacher, student, and the same student taught in other ways."""
import statistics

from course_lib.claims.topics.distillation import between
from course_lib.experiments import once
from course_lib.experiments.stars import FEW, LEARNING, SOFTLY, TEACHING

ROWS = {"teacher": "teacher, orchard-m", "distilled": "student, orchard-xs, distilled", "alone": "labels alone",
        "gold": "all right labels", "hard": "teacher's answers only", "vocabulary": "over the vocabulary",
        "random": "from random weights", "bare": "bare student", "few_teacher": f"teacher of {FEW} labels",
        "few_soft": "its probabilities", "few_hard": "its answers"}


def distilled(seeds: tuple[int, ...]) -> None:
    """Prints the table."""
    runs = [once(between.measure, ("orchard-m", "orchard-xs"), seed) for seed in seeds]
    print(f"\nstars, {TEACHING.labels} labels for the teacher, {LEARNING.labels} texts for its student, "
          f"T = {SOFTLY['distilled'][0]}\naccuracy (mean ± standard deviation)")
    for name, told in ROWS.items():
        values = [one[name] for one in runs]
        print(f"{told:32} {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}", flush=True)
