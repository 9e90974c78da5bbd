"""Full fine-tuning of the base model, as lesson 02 does it: its settings, and the rates that were chosen for them.

Rates were chosen once, with a seed that no record has (9), by the lowest loss on 100 validation rows in a run of the
length in which they are used. For reviews, of 1e-4, 3e-4, 1e-3, 3e-3 and 1e-2, with 128 labels and with 1,024, from
the pretrained and from the random start (which at best ends about where guessing does, and at 3e-2, too). For a second
task (C06), of 3e-4 and 1e-3: 3e-4 for spam and for questions. Stars and summaries take it untried.
"""
from course_lib.experiments.setting import Setting, arm
from course_lib.methods import FullFineTuning

TUNED = Setting(validation=64, validate_every=15)  # 128 labelled reviews, 40 steps of 16
SIZES = (16, 64, 256, 1024, 4096)                  # how many labels are enough?
RATE = 3e-4
FULL = arm(FullFineTuning, RATE)
START_STEPS = {128: 40, 1024: 128}                 # steps for so many labels, of both starts
START_RATES = {("pretrained", 128): 3e-4, ("random", 128): 1e-2, ("pretrained", 1024): 3e-4, ("random", 1024): 1e-2}
