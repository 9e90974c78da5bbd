"""All or a part, near to pretraining and far from it: lesson 03's settings and arms, on short reviews."""
from dataclasses import replace

from course_lib.experiments.setting import Setting, arm
from course_lib.methods import Frozen, FullFineTuning

NEAR = Setting(draw="short", steps=32, test=400, test_draw="shuffled")
FAR = replace(NEAR, base="orchard-s-early", labels=512, steps=96)
HEAD_ALONE = {"train": (), "num_labels": 2}
EVERYTHING = arm(FullFineTuning)
PARTS = {"full": EVERYTHING, "last": arm(Frozen, reuse=True), "head": arm(Frozen, reuse=True, **HEAD_ALONE)}
CLOSE = 0.03                      # shares nearer to each other than this are called about equal
