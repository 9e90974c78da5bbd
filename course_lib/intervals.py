"""How sure a share is: every figure that comes from a sample is shown with a 95 % interval."""
import functools
import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

from course_lib.errors import CourseError, shown, whole_number


def wilson(n_right: int, n: int, level: float = 0.95) -> tuple[float, float, float]:
    """(share, low, high) for `n_right` successes among `n` independent trials: Wilson's score interval of 1927.

    >>> [round(value, 3) for value in wilson(8, 10)]
    [0.8, 0.49, 0.943]
    """
    try:
        possible = n > 0 and 0 <= n_right <= n and 0 < level < 1
    except TypeError:  # a text, a list, None
        possible = False
    if not possible:
        raise CourseError(f"{shown(n_right)} right of {shown(n)} at level {shown(level)} makes no share: the "
                          "number right lies between 0 and the number of trials, of which there is at least one; "
                          "the level lies between 0 and 1.")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = n_right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return share, min(share, middle - half), max(share, middle + half)


def students_t(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """(mean, low, high) of a mean over seeds: Student's t interval of 1908. One value has no interval.

    >>> [round(value, 2) for value in students_t([1, 2, 3, 4])]
    [2.5, 0.45, 4.55]
    """
    n = len(values)
    if n < 2 or not all(isinstance(value, (int, float)) and math.isfinite(value) for value in values):
        raise CourseError(f"An interval over seeds needs at least two numbers; you gave {shown(values)}.")
    half = t_quantile(n - 1, (1 + level) / 2) * stdev(values) / n**0.5
    return fmean(values), fmean(values) - half, fmean(values) + half


@functools.cache
def t_quantile(freedom: int, probability: float) -> float:
    """Below this lies so much of Student's t with so many degrees of freedom, for a probability of .5 to .9999.

    Its distribution function is summed up by Simpson's rule, and inverted by halving.
    """
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    density = lambda t: scale * (1 + t * t / freedom) ** (-(freedom + 1) / 2)

    def below(end: float, steps: int = 2000) -> float:
        width = end / steps
        inner = sum((4 if place % 2 else 2) * density(place * width) for place in range(1, steps))
        return 0.5 + width / 3 * (density(0) + inner + density(end))

    low, high = 0.0, 10_000.0 if freedom == 1 else 200.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < probability else (low, middle)
    return low


def interval(by_item: Sequence[Sequence[float]], groups: Sequence[str] | None = None, level: float = 0.95,
             draws: int = 2000, seed: int = 0) -> tuple[float, float, float]:
    """(mean, low, high), by a bootstrap that draws whole items again: trials of one item are not independent.

    by_item[i] holds the marks of item i, for example right or wrong with each of three draws of examples.
    With `groups`, a name for each item (its relation, say), every group counts once: the mean is that of the
    groups' means, and items are drawn again within their group. Cluster bootstrap: Davison & Hinkley 1997,
    section 3.8. Raises CourseError for marks that are no numbers, and for items without marks.
    """
    import numpy

    by_item = _marks(by_item)
    if not (isinstance(level, float) and 0 < level < 1):
        raise CourseError(f"The level lies between 0 and 1, as 0.95 does; you gave {shown(level)}.")
    draws, seed = whole_number("draws", draws, 1), whole_number("seed", seed, 0)
    if groups is not None and len(groups) != len(by_item):
        raise CourseError(f"{len(by_item)} items have {len(groups)} groups: give one for each item.")
    rng = numpy.random.default_rng(seed)
    sums = numpy.array([sum(marks) for marks in by_item], dtype=float)
    counts = numpy.array([len(marks) for marks in by_item])
    names = numpy.array(groups if groups is not None else [""] * len(by_item))
    means, resampled = [], []
    for name in numpy.unique(names):
        members = numpy.flatnonzero(names == name)                                     # (n,)
        again = members[rng.integers(len(members), size=(draws, len(members)))]        # (draws, n)
        means.append(sums[members].sum() / counts[members].sum())
        resampled.append(sums[again].sum(1) / counts[again].sum(1))                    # (draws,)
    low, high = numpy.quantile(numpy.mean(resampled, axis=0), [(1 - level) / 2, (1 + level) / 2])
    return float(numpy.mean(means)), float(low), float(high)


def _marks(by_item: Sequence[Sequence[float]]) -> list[list[float]]:
    try:
        marks = [[float(mark + 0) for mark in item] for item in by_item]  # + 0: a text is no mark
        known = all(math.isfinite(mark) for item in marks for mark in item)
    except (TypeError, ValueError):
        known = False
    if not known:
        raise CourseError("by_item is a list with a list of numbers for each item, such as [[1, 0, 1], [0, 0]]; "
                          f"you gave {shown(by_item)}.")
    if not marks or not all(marks):
        raise CourseError("An interval needs at least one item, and at least one mark for each item.")
    return marks


def in_points(mean: float, low: float, high: float) -> str:
    """A difference of two shares with its interval, in points; marks that are the same have none.

    An end that is not 0 is not shown as 0: it has as many places as that takes.

    >>> in_points(-0.04, -0.081, -0.001)
    '-4 points (95 % interval -8 to -0.1)'
    >>> in_points(0.02, 0.0, 0.04)
    '+2 points (95 % interval 0 to +4)'
    >>> in_points(0.0, 0.0, 0.0)
    '0 points: not one row differed'
    """
    if low == mean == high == 0:
        return "0 points: not one row differed"
    shown, lowest, highest = f"{round(100 * mean):+}".replace("+0", "0"), end_in_points(low), end_in_points(high)
    return f"{shown} point{'s' * (shown[1:] != '1')} (95 % interval {lowest} to {highest})"


def end_in_points(value: float) -> str:
    """An interval's end in whole points, or in as many places as it takes to tell it from 0; what floats leave is 0.

    >>> end_in_points(-0.081), end_in_points(0.004), end_in_points(-0.0004), end_in_points(1e-17)
    ('-8', '+0.4', '-0.04', '0')
    """
    value = 100 * round(value, 8)
    if not value:
        return "0"
    return next(text for places in range(8) if float(text := f"{value:+.{places}f}"))
