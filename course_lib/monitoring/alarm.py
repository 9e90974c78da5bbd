"""An alarm over a stream of errors or losses, row by row. Shapes: S streams, T rows of each."""
import math
from collections.abc import Callable

import numpy as np

from course_lib.errors import CourseError, shown, whole_number
from course_lib.monitoring.given import numbers
from course_lib.monitoring.promise import promised

PART = 100               # streams that are held at a time


def page_hinkley(stream, delta: float = 0.005) -> np.ndarray:
    """How far errors or losses have climbed above their own mean: the number of an alarm, after each row.

    After row t it is m_t less the lowest m so far, with m_t the sum over s = 1 … t of x_s - mean(x_1 … x_s) - delta
    (Page 1954; Hinkley 1971). Nothing is assumed of the mean before; the more rows there were, the better it is known.

    Args:
        stream: errors (0 or 1) or losses in the order in which they came, (..., T).
        delta: a rise of the mean that is not worth an alarm.

    Returns:
        An array (..., T).

    Raises:
        CourseError: if the stream is empty or holds what is no finite number, or if `delta` is none from 0 on.
    """
    stream = numbers("stream", stream)
    if not (isinstance(delta, float | int) and 0 <= delta < math.inf):
        raise CourseError(f"delta is a number from 0 on; you gave {shown(delta)}.")
    means = stream.cumsum(-1) / np.arange(1, stream.shape[-1] + 1)                           # (..., T)
    m = (stream - means - delta).cumsum(-1)                                                  # (..., T)
    return m - np.minimum.accumulate(m, -1)


def calibrate(statistic: Callable[[np.ndarray], np.ndarray], recorded, length: int, false_alarms: float = 0.05,
              streams: int = 2000, seed: int = 0) -> float:
    """The threshold of an alarm that a whole stream without drift passes with this chance, at whichever row.

    Streams are drawn, with replacement, from numbers that were recorded while nothing moved; of the highest value of
    each the threshold leaves the promised share above it. What it promises is as good as the record: rows that come in
    another order than by chance, or that are few, are another matter.

    Args:
        statistic: streams (S, T) -> (S, T), such as `page_hinkley`: the higher, the more alarming.
        recorded: errors, losses or other numbers of rows before any drift, (N,).
        length: T, how many rows a stream has.
        false_alarms: the promised share of streams without drift that raise the alarm, between 0 and 1.
        streams: how many streams are drawn.
        seed: of the draws.

    Returns:
        The threshold: the alarm is a value above it.

    Raises:
        CourseError: if `recorded` is empty or holds what is no finite number, for numbers that cannot be, or if the
            streams are too few for the promise.
    """
    recorded, rng = numbers("recorded", recorded, flat=True), np.random.default_rng(whole_number("seed", seed, 0))
    length, streams = whole_number("length", length, 1), whole_number("streams", streams, 1)
    highest = []
    for start in range(0, streams, PART):
        drawn = recorded[rng.integers(len(recorded), size=(min(PART, streams - start), length))]         # (S, T)
        highest.append(statistic(drawn).max(-1))                                                         # (S,)
    return promised(np.concatenate(highest), false_alarms)


def rows_to_alarm(values, threshold: float):
    """After how many rows a stream's value first exceeds the threshold, (..., T) -> (...); inf where it never does."""
    above = np.asarray(values) > threshold
    first = np.where(above.any(-1), above.argmax(-1) + 1.0, math.inf)
    return first if first.ndim else float(first)
