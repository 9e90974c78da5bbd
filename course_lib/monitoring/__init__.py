"""Has something moved since a model was tested? Numbers that move with it, and alarms with a promised false-alarm rate.

    threshold = calibrate(page_hinkley, wrong, length=1000, false_alarms=0.05)   # of rows recorded before
    when = rows_to_alarm(page_hinkley(stream), threshold)                        # of rows that come in later

`psi` compares inputs, or what a model says, with what they were. `page_hinkley` watches errors or losses, for which
somebody must label rows; for `confidences` nobody has to, and they can be wrong. Nothing here looks at a model: all of
it works on recorded numbers.
"""
from course_lib.lazy import lazily

_HOMES = dict.fromkeys(("FOLK", "psi", "psi_threshold"), ".stability")
_HOMES |= dict.fromkeys(("calibrate", "page_hinkley", "rows_to_alarm"), ".alarm")
_HOMES |= dict.fromkeys(("calibration_error", "confidences", "fit_temperature"), ".confidence")
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
