"""Full fine-tuning of the base model, as lesson 02 does it: its settings. tuning.py finds the rates of most."""
from course_lib.experiments.setting import Setting, arm
from course_lib.methods import FullFineTuning

FULL = arm(FullFineTuning)
SHORT = Setting(draw="short", validation=64, validate_every=10, test=400, test_draw="shuffled")  # 128 labels, 40 steps
SIZES = (16, 64, 256, 1024, 4096)                  # how many labels are enough?

# Of claims whose rates were chosen once, by the lowest loss on 100 validation rows, with a seed that no record has (9):
TUNED = Setting(validation=64, validate_every=15)  # 128 labelled reviews, 40 steps of 16
RATE = 3e-4                                        # of 1e-4, 3e-4, 1e-3, 3e-3 and 1e-2; for spam and questions, of two
CHOSEN = arm(FullFineTuning, RATE)
START_STEPS = {128: 40, 1024: 128}                 # steps for so many labels, of both starts
START_RATES = {("pretrained", 128): 3e-4, ("random", 128): 1e-2, ("pretrained", 1024): 3e-4, ("random", 1024): 1e-2}
