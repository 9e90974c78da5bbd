"""PSI, alarms and confidences by hand, beside scipy and river; what they promise is kept; bad numbers are refused."""
import math

import numpy as np
import pytest
from river import drift as river
from scipy import stats

from course_lib.errors import CourseError
from course_lib.intervals import wilson
from course_lib.monitoring import (
    calibrate,
    calibration_error,
    confidences,
    fit_temperature,
    page_hinkley,
    psi,
    psi_threshold,
    rows_to_alarm,
)
from course_lib.monitoring.stability import counts, edges


def kept(alarms: int, n: int, promise: float) -> bool:
    """Whether so many false alarms of n are what chance makes of the promise: within the binomial's 99 %."""
    low, high = stats.binom.interval(0.99, n, promise)
    return low <= alarms <= high


def test_psi_by_hand():
    reference, current = [1, 1, 2, 2, 3, 3, 4, 4], [1, 2, 2, 2]           # bins: up to 1, 2, 3, and above
    then, now = np.array([2.5] * 4) / 10, np.array([1.5, 3.5, 0.5, 0.5]) / 6
    assert psi(reference, current, bins=4) == pytest.approx(((now - then) * np.log(now / then)).sum())
    assert psi(reference, reference, bins=4) == 0
    assert psi(reference, [2 * current, reference], bins=4) == pytest.approx([psi(reference, 2 * current, bins=4), 0])


def test_the_bins_are_the_references_and_every_one_holds_some_of_it():
    rng = np.random.default_rng(0)
    for reference in (rng.normal(size=100), rng.integers(0, 3, 50), rng.random(4), np.array([0, 0, 0, 1])):
        inner = edges(np.asarray(reference, float), 10)
        assert (counts(inner, reference) > 0).all() and 2 <= len(inner) + 1 <= 10
    assert counts(edges(np.arange(100.0), 10), np.arange(100.0)).tolist() == [10] * 10
    assert counts(edges(np.arange(100.0), 10), np.array([-5.0, 500.0])).tolist() == [1, *[0] * 8, 1]  # beyond: outer


@pytest.mark.parametrize("N, n", [(200, 50), (1000, 200), (5000, 5000)])
def test_psi_exceeds_its_threshold_as_often_as_promised(N, n):
    rng = np.random.default_rng(N)
    threshold = psi_threshold(np.arange(N), n, false_alarms=0.05)
    alarms = sum(psi(rng.normal(size=N), rng.normal(size=n)) > threshold for _ in range(1000))
    assert kept(alarms, 1000, 0.05), (alarms, threshold)


def test_where_nothing_moved_psi_is_about_chi_square():
    for N, n in ((2000, 1000), (5000, 5000)):
        for promise in (0.05, 0.01):
            exact = stats.chi2.ppf(1 - promise, 9) * (1 / N + 1 / n)
            assert psi_threshold(np.arange(N), n, false_alarms=promise, draws=20_000) == pytest.approx(exact, rel=0.06)


def test_the_threshold_does_not_hang_on_the_numbers_but_on_how_many():
    few, many = (psi_threshold(np.random.default_rng(0).normal(size=n), n) for n in (50, 5000))
    assert few == psi_threshold(np.arange(50), 50) and few > 0.1 > 0.01 > many


def test_page_hinkley_by_hand():
    # means 0, 1/2, 2/3: x - mean - 0.1 is -0.1, 0.4, 0.2333; their sums -0.1, 0.3, 0.5333; the lowest is the first
    assert page_hinkley([0, 1, 1], delta=0.1) == pytest.approx([0, 0.4, 1.9 / 3])
    both = np.array([[0, 1, 1, 0], [1, 1, 0, 0.5]])
    assert page_hinkley(both) == pytest.approx(np.stack([page_hinkley(row) for row in both]))
    assert page_hinkley([0.3] * 50).max() == pytest.approx(0)


@pytest.mark.parametrize("seed", range(5))
def test_page_hinkley_is_rivers(seed):
    rng = np.random.default_rng(seed)
    stream = np.concatenate([rng.random(300) < 0.1, rng.random(300) < 0.4]).astype(float)
    for delta, threshold in ((0.005, 10.0), (0.05, 4.0)):
        other = river.PageHinkley(min_instances=1, delta=delta, threshold=threshold, alpha=1.0, mode="up")
        theirs = math.inf
        for place, x in enumerate(stream):
            other.update(x)
            if other.drift_detected:
                theirs = place + 1
                break
        assert rows_to_alarm(page_hinkley(stream, delta), threshold) == theirs < math.inf


@pytest.mark.parametrize("promise", [0.01, 0.05, 0.2])
def test_a_stream_without_drift_raises_the_alarm_as_often_as_promised(promise):
    """Calibrated on some errors, tried on others of the same rate."""
    rng = np.random.default_rng(1)
    recorded = np.zeros(1000)
    recorded[:50] = 1
    threshold = calibrate(page_hinkley, recorded, 400, promise)
    alarms = np.isfinite(rows_to_alarm(page_hinkley((rng.random((1000, 400)) < 0.05).astype(float)), threshold)).sum()
    assert kept(alarms, 1000, promise), (alarms, wilson(int(alarms), 1000))


def test_the_promise_is_of_a_stream_and_not_of_a_row():
    recorded = np.array([0.0] * 9 + [1.0])
    short, long = (calibrate(page_hinkley, recorded, length, 0.1, streams=300) for length in (20, 500))
    assert long > short
    assert calibrate(page_hinkley, recorded, 20, 0.1, streams=300) == short            # the same seed, the same
    assert calibrate(page_hinkley, recorded, 20, 0.01, streams=300) > short


def test_rows_to_alarm():
    assert rows_to_alarm([0, 1, 3, 2, 4], 2) == 3 and rows_to_alarm([0, 1, 2], 2) == math.inf
    assert rows_to_alarm([[5, 0], [0, 5], [0, 0]], 1).tolist() == [1, 2, math.inf]


def test_calibration_error_by_hand():
    # bin .5-.6: mean .55, none of two right; bin .9-1: mean .95, both right
    assert calibration_error([0.55, 0.55, 0.95, 0.95], [0, 0, 1, 1]) == pytest.approx((2 * 0.55 + 2 * 0.05) / 4)
    assert calibration_error([1.0, 0.0], [1, 0]) == 0
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 20_000)
    assert calibration_error(sure, rng.random(20_000) < sure) < 0.02 < calibration_error(sure, rng.random(20_000) < 0.5)


def test_the_temperature_that_made_the_labels_is_found():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (8000, 3))
    for true in (0.5, 1.0, 2.5):
        p = np.exp(logits / true)
        p /= p.sum(1, keepdims=True)
        labels = (rng.random((8000, 1)) > p.cumsum(1)).sum(1)
        assert fit_temperature(logits, labels) == pytest.approx(true, rel=0.08)
        guess = confidences(logits, true).mean()
        assert guess == pytest.approx((logits.argmax(1) == labels).mean(), abs=0.02)
    assert confidences([[0, 0], [5, 5]]) == pytest.approx([0.5, 0.5])


def test_confidence_knows_nothing_of_labels_that_change():
    rng = np.random.default_rng(0)
    margin = rng.normal(0, 3, 5000)
    logits, labels = np.stack([0 * margin, margin], 1), (rng.random(5000) < 1 / (1 + np.exp(-margin))).astype(int)
    right = lambda labels: (labels == (margin > 0)).mean()
    guess = confidences(logits, fit_temperature(logits, labels)).mean()
    assert guess == pytest.approx(right(labels), abs=0.02) and abs(guess - right(1 - labels)) > 0.5


NAN = [0.1, math.nan, 0.3, math.inf]
BAD = {
    "empty": (lambda: psi([], [1]), "reference has no rows"), "empty now": (lambda: psi([1, 2], []), "current has no"),
    "nan": (lambda: psi([1, 2], NAN), r"current holds 2 .* first at \[1\]. Leave"),
    "words": (lambda: psi(["a", "b"], [1]), "reference holds numbers"),
    "shape": (lambda: psi([[1, 2]], [1]), "one number a row"), "one number": (lambda: psi(3, [1]), "no rows"),
    "constant": (lambda: psi([0.5] * 9, [0.5]), "no other number than 0.5"),
    "bins": (lambda: psi([1, 2], [1], bins=1), "bins must be"), "n": (lambda: psi_threshold([1, 2], 0), "n must be"),
    "promise": (lambda: psi_threshold([1, 2], 5, false_alarms=5), "a share between 0 and 1"),
    "seed": (lambda: psi_threshold([1, 2], 5, seed=-1), "seed must be"),
    "draws": (lambda: psi_threshold([1, 2], 5, false_alarms=0.001, draws=100), "at least 1000"),
    "delta": (lambda: page_hinkley([1, 2], delta=-1), "delta is a number from 0 on"),
    "stream": (lambda: page_hinkley(NAN), "stream holds 2"), "none": (lambda: page_hinkley([]), "stream has no rows"),
    "recorded": (lambda: calibrate(page_hinkley, [], 10), "recorded has no rows"),
    "length": (lambda: calibrate(page_hinkley, [0, 1], 0), "length must be"),
    "streams": (lambda: calibrate(page_hinkley, [0, 1], 5, 0.01, streams=50), "cannot be read off 50 draws"),
    "share": (lambda: calibrate(page_hinkley, [0, 1], 5, 0.0), "between 0 and 1"),
    "percent": (lambda: calibration_error([95, 99], [1, 1]), "lies between 0 and 1"),
    "marks": (lambda: calibration_error([0.5, 0.9], [1, 2]), "1 or 0"),
    "as many": (lambda: calibration_error([0.5, 0.9], [1]), "2 confidences and 1 marks"),
    "one class": (lambda: fit_temperature([[0, 1], [1, 0]], [1, 1]), "All labels are the class 1"),
    "all right": (lambda: fit_temperature([[0, 1], [1, 0]], [1, 0]), "Every row is answered right"),
    "useless": (lambda: fit_temperature([[0, 1], [1, 0]], [0, 1]), "say nothing of them"),
    "labels": (lambda: fit_temperature([[0, 1], [1, 0]], [0, 2]), "from 0 to K - 1"),
    "temperature": (lambda: confidences([[0, 1]], 0), "above 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_makes_no_sense_is_refused_with_the_way_out(name):
    act, said = BAD[name]
    with pytest.raises(CourseError, match=said):
        act()
