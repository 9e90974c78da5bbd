"""All or a part, near to pretraining and far from it: lesson 03's settings, and the rates that were chosen for them.

A run is 32 steps of 16 reviews, unless it is said. Learning rates are chosen by the accuracy on 150 validation rows,
with seeds that no record has; of equals the largest.
"""
from course_lib.experiments.setting import Setting

CLOSE = 0.03                      # shares nearer to each other than this are called about equal
NEAR, FAR = Setting(steps=32), Setting(base="orchard-s-early", labels=512, steps=96)
# Everything of 3e-4 and 1e-3, the last block of 1e-3, 3e-3 and 1e-2, heads of 1e-2, 3e-2 and 1e-1:
PART_RATES = {("near", "full"): 3e-4, ("near", "last"): 3e-3, ("near", "head"): 3e-2,
              ("far", "full"): 1e-3, ("far", "last"): 1e-3, ("far", "head"): 1e-1}
