"""Where hidden states are changed, and how: a steering vector, a swap, a trained subspace."""
import json

from course_lib.experiments.setting import Setting
from course_lib.experiments.tuning import known

SITE = {"layer": 2, "position": -2}    # " short" after block 2: on validation the whole swap works best there, but for
                                       # the last block
STRENGTHS = (0.5, 1.0, 1.5, 2.0, 3.0)  # of steering; chosen among them, on validation
DAS, OPINION = Setting(steps=40, batch=8), "DAS of the opinion, one direction"


def das_rate() -> float:
    """The learning rate that was found for DAS of the opinion."""
    return known()[json.dumps(OPINION)].rate
