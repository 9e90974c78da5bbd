"""The part of `course bench quality` on distillation: teacher, student, and the same student taught in other ways."""
import statistics

from course_lib.bench.kept import Kept
from course_lib.claims.lesson_04 import FEW
from course_lib.claims.measures import lesson_04

ROWS = {"teacher": "teacher, orchard-m", "distilled": "student, orchard-xs, distilled", "alone": "labels alone",
        "gold": "all right labels", "hard": "teacher's answers only", "vocabulary": "over the vocabulary",
        "random": "from random weights", "bare": "bare student", "few_teacher": f"teacher of {FEW} labels",
        "few_soft": "its probabilities", "few_hard": "its answers"}


def distilled(kept: Kept, seeds: tuple[int, ...]) -> None:
    """Prints the table; what is kept is not measured again."""
    runs = [kept(lesson_04.between, ["orchard-m", "orchard-xs"], seed) for seed in seeds]
    print(f"\nstars, {lesson_04.LABELS} labels for the teacher, {lesson_04.UNLABELLED} texts for its student, "
          f"T = {lesson_04.SOFTLY['distilled'][0]}\naccuracy (mean ± standard deviation)")
    for name, told in ROWS.items():
        values = [one[name] for one in runs]
        print(f"{told:32} {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}", flush=True)
