"""Where hidden states are changed, and how: a steering vector, a swap, a trained subspace."""
from course_lib.experiments.setting import Setting

SITE = {"layer": 2, "position": -2}    # " short" after block 2: on validation the whole swap works best there, but for
                                       # the last block
STRENGTHS = (0.5, 1.0, 1.5, 2.0, 3.0)  # of steering; chosen among them, on validation
DAS, DAS_RATE = Setting(steps=40), 1e-1  # from 0.01, 0.03, 0.1, 0.3, which do equally well on every width
