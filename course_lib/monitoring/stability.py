"""PSI: how far a number has moved, and how far it seems to where nothing has. Shapes: N rows of then, n of now."""
import numpy as np

from course_lib.errors import CourseError, whole_number
from course_lib.monitoring.given import numbers
from course_lib.monitoring.promise import promised

FOLK = (0.1, 0.25)       # "moved a little" and "moved", as they are handed on, whatever the number of rows


def psi(reference, current, bins: int = 10):
    """The population stability index: how far a number's distribution has moved since the reference.

    The bins hold about equally many rows *of the reference*; with p and q the shares of the reference's and of the
    current rows in a bin it is the sum of (q - p) ln(q / p), which is 0 where nothing differs. An empty bin would make
    it infinite: so half a row is added to every bin of both. Where nothing has moved, PSI n N / (n + N) is about
    chi-square with bins - 1 degrees of freedom: the fewer rows, the larger it is by chance. Take `psi_threshold`.
    (Yurdakul & Naranjo 2020, "Statistical properties of the population stability index".)

    Args:
        reference: numbers of the rows of then, (N,); equal ones may leave fewer bins.
        current: numbers of the rows of now, (..., n): each n are compared by themselves.
        bins: how many bins at most, 2 or more.

    Returns:
        A float, or an array (...).

    Raises:
        CourseError: if one is empty or holds what is no finite number, if the reference is one number over and over, or
            if `bins` is no whole number from 2 on.
    """
    reference, current = numbers("reference", reference, flat=True), numbers("current", current)
    inner = edges(reference, bins)
    p, q = (shares(counts(inner, values)) for values in (reference, current))                # (bins,), (..., bins)
    found = ((q - p) * np.log(q / p)).sum(-1)
    return found if found.ndim else float(found)


def edges(reference: np.ndarray, bins: int) -> np.ndarray:
    """The inner edges: numbers of the reference below which lie 1/bins, 2/bins, … of it, each once, (bins - 1,)."""
    bins = whole_number("bins", bins, 2)
    inner = np.unique(np.quantile(reference, np.arange(1, bins) / bins, method="inverted_cdf"))
    inner = inner[inner < reference.max()]
    if not len(inner):
        raise CourseError(f"The reference has nearly no other number than {reference.max():g}, so it has no bins. PSI "
                          "is for numbers that differ from row to row: compare shares for what is yes or no.")
    return inner


def counts(inner: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How many of the values lie in each bin, an edge being the last number of the bin below it: (..., bins)."""
    bins, rows = len(inner) + 1, values.reshape(-1, values.shape[-1])                        # (R, n)
    bin_of = np.searchsorted(inner, rows, side="left") + bins * np.arange(len(rows))[:, None]
    return np.bincount(bin_of.ravel(), minlength=bins * len(rows)).reshape(*values.shape[:-1], bins)


def shares(counted: np.ndarray) -> np.ndarray:
    """The share of each bin, half a row added to every one: (..., bins)."""
    return (counted + 0.5) / (counted.sum(-1, keepdims=True) + 0.5 * counted.shape[-1])


def psi_threshold(reference, n: int, bins: int = 10, false_alarms: float = 0.05, draws: int = 4000,
                  seed: int = 0) -> float:
    """What PSI exceeds with this chance where nothing has moved: a comparison of n rows with the reference.

    Drawn again and again: how likely a bin really is, given how often the reference has it (Dirichlet; the reference is
    a sample, too), and n rows by that. With many rows it is near the chi-square quantile times 1 / n + 1 / N.

    Args:
        reference: numbers of the rows of then, (N,).
        n: how many rows will be compared with it.
        bins: how many bins at most, as for `psi`.
        false_alarms: the promised chance of a comparison, between 0 and 1.
        draws: how many comparisons are drawn.
        seed: of the draws.

    Returns:
        The threshold: the alarm is PSI above it.

    Raises:
        CourseError: as `psi` does, if `n` is no whole number from 1 on, or if the draws are too few for the promise.
    """
    reference = numbers("reference", reference, flat=True)
    then, rng = counts(edges(reference, bins), reference), np.random.default_rng(whole_number("seed", seed, 0))
    draws = whole_number("draws", draws, 1)
    chances = rng.dirichlet(then, size=draws)                                                # (draws, bins)
    p, q = shares(then), shares(rng.multinomial(whole_number("n", n, 1), chances))           # (bins,), (draws, bins)
    return promised(((q - p) * np.log(q / p)).sum(-1), false_alarms)
