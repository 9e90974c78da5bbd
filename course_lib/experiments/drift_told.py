"""What a lesson says of its own streams, whatever comes out: keys of its predictions, and sentences."""
from collections.abc import Mapping

from course_lib.display import percent
from course_lib.experiments.drift_alarms import PROMISE

MOST = 0.5             # of the streams: an alarm that rings in more has seen it
KEPT = 0.03            # shares nearer to each other than this are called about equal


def who_rings(rung: Mapping[str, float]) -> str:
    """A key of a prediction: which of WATCHES ring in most streams."""
    labels, none = (any(rung[name] > MOST for name in names) for names in (("errors", "losses"), ("scores", "doubts")))
    return "all" if labels and none else "labels" if labels else "none" if none else "neither"


def told_promise(low: float, high: float) -> str:
    """Whether what was promised lies in the interval of what was measured."""
    return ("The promise lies within the interval." if low <= PROMISE <= high else
            "The promise lies outside of the interval: what was recorded is not enough like what came.")


def what_training_costs(films: Mapping[str, float]) -> str:
    """A key of a prediction: what becomes of films, of which nothing changed, after a training on rows of now alone."""
    fall = films["before"] - films["alone"]
    return "fall" if fall > KEPT else "rise" if fall < -KEPT else "stay"


def told_training(films: Mapping[str, float], now: Mapping[str, float]) -> str:
    """Which way of training anew has the most right answers by the labels of now, and what it has of films."""
    best = max((name for name in now if name != "before"), key=now.get)
    ways = {"alone": "rows of now alone", "mixed": "all rows of then mixed in",
            "held": "those rows of then mixed in whose labels have held"}
    return (f"Most right by the labels of now: {ways[best]}, {percent(now[best])}; of films "
            f"{percent(films[best])}, where the old model had {percent(films['before'])}.")
