"""How sure a model is, whether it should be, and a guess at its accuracy without labels. Shapes: n rows, K classes."""
import math

import numpy as np

from course_lib.errors import CourseError, shown, whole_number
from course_lib.monitoring.given import numbers


def confidences(logits, temperature: float = 1.0) -> np.ndarray:
    """The probability of each row's likeliest class, (..., K) -> (...): their mean is a guess at the accuracy.

    It needs no label, and so it knows nothing of labels: where they change while the texts stay the same, it stays.
    (Guillory et al. 2021, https://arxiv.org/abs/2107.03315, "average confidence".)

    Args:
        logits: logits or log probabilities of the classes, (..., K).
        temperature: what they are divided by, of `fit_temperature`.

    Returns:
        An array (...), between 1 / K and 1.

    Raises:
        CourseError: if the logits are empty or not finite, or if the temperature is not above 0.
    """
    if not (isinstance(temperature, float | int) and 0 < temperature < math.inf):
        raise CourseError(f"temperature is a number above 0; you gave {shown(temperature)}.")
    scaled = numbers("logits", logits) / temperature                                         # (..., K)
    return np.exp(scaled.max(-1) - np.logaddexp.reduce(scaled, -1))


def fit_temperature(logits, labels) -> float:
    """The temperature at which a model's probabilities fit these labels best: by the loss on validation rows.

    One number, by which all logits are divided: above 1 makes a model less sure, below 1 surer. The answers stay.
    (Guo et al. 2017, section 4.2.)

    Args:
        logits: logits or log probabilities of the classes, (n, K).
        labels: the right class of each row, (n,): 0 to K - 1.

    Returns:
        The temperature, from .02 to 50.

    Raises:
        CourseError: if the two do not go together, if all labels are the same class, or where no temperature is best:
            with every row right, surer is always better.
    """
    logits, labels = np.atleast_2d(numbers("logits", logits)), numbers("labels", labels, flat=True)
    n, K = logits.shape[0], logits.shape[-1]
    if logits.ndim != 2 or n != len(labels) or not np.isin(labels, np.arange(K)).all():
        raise CourseError(f"Give logits (n, K) and labels (n,) from 0 to K - 1; you gave {logits.shape} and "
                          f"{len(labels)} labels from {labels.min():g} to {labels.max():g}.")
    if len(np.unique(labels)) == 1:
        raise CourseError(f"All labels are the class {labels[0]:g}. Take rows of every class: else the temperature "
                          "says how sure the model is of this one.")
    if (logits.argmax(-1) == labels).all():
        raise CourseError("Every row is answered right, and so to be surer is always better: no temperature fits best. "
                          "Take more, or harder, validation rows.")
    own = np.arange(n), labels.astype(int)

    def loss(power: float) -> float:
        scaled = logits / math.exp(power)                                                    # (n, K)
        return float((np.logaddexp.reduce(scaled, -1) - scaled[own]).mean())

    low, high = math.log(0.02), math.log(50)
    for _ in range(80):                                                     # one valley: a third is cut off each time
        third = (high - low) / 3
        low, high = (low, high - third) if loss(low + third) < loss(high - third) else (low + third, high)
    if math.exp(low) > 49:
        raise CourseError("No temperature fits these labels: the logits say nothing of them. Do the labels belong to "
                          "these rows?")
    return math.exp(low)


def calibration_error(confidence, right, bins: int = 10) -> float:
    """How far confidences are from the share that is right: the expected calibration error.

    Rows go into equally wide bins of confidence; of each bin the distance between its mean confidence and its share of
    right answers counts by its rows, an empty one not at all. A sample alone leaves some: about 1 / sqrt(n).
    (Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 2.)

    Args:
        confidence: the probability of the given answer, (n,), from 0 to 1.
        right: whether it is right, (n,), 0 or 1.
        bins: how many bins, 1 or more.

    Returns:
        From 0, where both agree in every bin, to 1.

    Raises:
        CourseError: if a confidence is no probability, a mark not 0 or 1, or if there are not as many of both.
    """
    confidence, right = numbers("confidence", confidence, flat=True), numbers("right", right, flat=True)
    bins = whole_number("bins", bins, 1)
    if len(confidence) != len(right):
        raise CourseError(f"There are {len(confidence)} confidences and {len(right)} marks: give one of each a row.")
    if confidence.min() < 0 or confidence.max() > 1:
        raise CourseError(f"A confidence lies between 0 and 1; yours go from {confidence.min():g} to "
                          f"{confidence.max():g}. Give probabilities, as `confidences` makes of logits.")
    if not np.isin(right, (0, 1)).all():
        raise CourseError("right says of each row whether its answer is right, 1 or 0; you gave "
                          f"{shown(right[~np.isin(right, (0, 1))][:3].tolist())}.")
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)                           # (n,)
    gaps = np.bincount(bin_of, confidence - right, bins)                                     # (bins,), rows times gap
    return float(np.abs(gaps).sum() / len(right))
