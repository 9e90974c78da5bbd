"""Stars for reviews: a teacher of 3 million parameters (orchard-m) and students of a tenth of that (orchard-xs).

The teacher is tuned in full on few labels; the students learn from more texts, of which the teacher says what it
thinks. Rates were chosen once, by the right answers among the first 200 reviews of validation: every student's of .001,
.002 and .004 in the mean of seeds 0 and 1, together with the temperature where it learns from probabilities. One
student differs from another with the next seed by some points.
"""
from dataclasses import replace

from course_lib.distillation import Teacher, distil
from course_lib.experiments.draws import shuffled
from course_lib.experiments.setting import Setting, arm, learn, whole
from course_lib.methods import FullFineTuning
from course_lib.world import load_task

FEW = 32                             # labels of a teacher who is wrong more often
TEACHING = Setting("orchard-m", task="stars", labels=128, steps=20)
LEARNING = Setting("orchard-xs", task="stars", labels=512, steps=100)  # its labels are what somebody says of the texts
LONGER = replace(LEARNING, steps=200)  # where the teacher had few labels
TEACHER = arm(FullFineTuning, 5e-4)  # of .00025, .0005, .001, with seed 0
TEMPERATURES = (1, 2, 4)
RATES = {"alone": 1e-3, "gold": 2e-3, "hard": 2e-3, "few_hard": 4e-3}
SOFTLY = {"distilled": (4, 0.9, 4e-3), "vocabulary": (4, 0.9, 4e-3), "random": (2, 0.9, 4e-3),
          "few_soft": (1, 1, 1e-3)}  # temperature, the teacher's share of the loss, learning rate


def unlabelled(seed: int):
    """Texts beside the teacher's labelled ones; they have labels, which only the student of right labels is shown."""
    n = TEACHING.labels
    return shuffled(load_task("stars")["train"], n + LEARNING.labels, seed=seed).select(range(n, n + LEARNING.labels))


def tuned(model, tokenizer, rows, rate: float, seed: int, setting: Setting = LEARNING) -> FullFineTuning:
    """Full fine-tuning on these rows: of a teacher, or of a student who is told labels."""
    method = FullFineTuning(model, seed=seed)
    learn(model, tokenizer, method, rows, rate, seed, setting)
    return method


def distilled(teacher: Teacher, small, tokenizer, seed: int, kind: str = "distilled", setting: Setting = LEARNING):
    """A student that is told how probable the teacher finds each answer."""
    method, (temperature, soft, rate) = FullFineTuning(small, seed=seed), SOFTLY[kind]
    whole(distil(teacher, small, tokenizer, method, temperature, soft, learning_rate=rate, seed=seed, progress=False,
                 steps=setting.steps, batch_size=setting.batch))
    return method
