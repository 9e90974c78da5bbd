"""A promised false-alarm rate: the threshold that so few of the values without drift exceed."""
import math

import numpy as np

from course_lib.errors import CourseError, shown


def promised(values: np.ndarray, false_alarms: float) -> float:
    """What a further value, drawn like these, exceeds with this chance at most; CourseError where they are too few."""
    if not (isinstance(false_alarms, float) and 0 < false_alarms < 1):
        raise CourseError("false_alarms is a share between 0 and 1, such as 0.05; you gave "
                          f"{shown(false_alarms)}.")
    place = math.ceil((1 - false_alarms) * (len(values) + 1))               # the smallest is the first
    if place > len(values):
        raise CourseError(f"A false-alarm rate of {false_alarms:g} cannot be read off {len(values)} draws: take at "
                          f"least {math.ceil(1 / false_alarms)}, better ten times as many.")
    return float(np.sort(values)[place - 1])
