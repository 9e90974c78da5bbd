"""What a lesson says of its own runs on forgetting, whatever comes out: keys of its predictions, and sentences."""
from collections.abc import Mapping, Sequence
from itertools import combinations

from course_lib.display import percent

SLIGHT = 0.02          # nats a token: what old text rises by less than that is called alike
PART = 0.25            # of the way: what is nearer to an end than that has nearly all of it
KEYS = {"full, best rate": "full", "full, a tenth": "tenth", "LoRA": "lora"}


def least_forgotten(old: Mapping[str, float]) -> str:
    """Which of KEYS has the lowest loss on old text; "alike" where a second is as low, "none" where all are.

    >>> least_forgotten({"full, best rate": 1.2, "full, a tenth": 1.0, "LoRA": 0.9})
    'lora'
    >>> least_forgotten({"full, best rate": 1.2, "full, a tenth": 0.91, "LoRA": 0.9})
    'alike'
    >>> least_forgotten({"full, best rate": 0.9, "full, a tenth": 0.91, "LoRA": 0.9})
    'none'
    """
    first, second, last = sorted(old, key=old.get)
    if old[last] - old[first] < SLIGHT:
        return "none"
    return "alike" if old[second] - old[first] < SLIGHT else KEYS[first]


def told_least(old: Mapping[str, float]) -> str:
    """How far LoRA is from the two of full fine-tuning, and which difference is larger, in sentences."""
    best, tenth, lora = (old[name] for name in KEYS)
    against = (f"At this loss LoRA is {lora - best:+.2f} nats from full fine-tuning at its best rate, and "
               f"{lora - tenth:+.2f} from full fine-tuning at a tenth of that rate.")
    if abs(best - tenth) < SLIGHT:
        return f"{against} In this run the rate makes hardly any difference."
    return against + (" In this run **the rate** decides more than the method." if abs(lora - tenth) < abs(best - tenth)
                      else " In this run **the method** decides more than the rate.")


def pairs_in_order(causes: Sequence[float], effects: Sequence[float]) -> float:
    """The share of pairs in which what has more of the one has more of the other; 0.5 says nothing.

    >>> pairs_in_order([1, 2, 3], [10, 30, 20])
    0.6666666666666666
    """
    pairs = list(combinations(zip(causes, effects, strict=True), 2))
    return sum((a[0] - b[0]) * (a[1] - b[1]) > 0 for a, b in pairs) / len(pairs)


def told_order(share: float, low: float, high: float) -> str:
    """What a share of pairs in order, with its interval over seeds, says."""
    if low > 0.5:
        return ("So among these ways of training the KL **does** tell which forgets more, " +
                ("nearly always." if share > 0.9 else "more often than a coin, and not always."))
    return ("So here the KL from the base **does not tell** which forgets more: " +
            ("it points the wrong way." if high < 0.5 else "these seeds cannot tell it from a coin."))


def half_way(learned: Sequence[float], known: Sequence[float]) -> str:
    """What half way has nearly all of, what was learned or what was known, each of (base, half way, tuned): "both",
    "task", "base" or "neither".

    >>> half_way((0.5, 0.95, 0.97), (0.96, 0.95, 0.6)), half_way((0.5, 0.95, 0.97), (0.96, 0.7, 0.6))
    ('both', 'task')
    >>> half_way((0.5, 0.6, 0.97), (0.96, 0.95, 0.6)), half_way((0.5, 0.5, 0.97), (0.96, 0.5, 0.6))
    ('base', 'neither')
    """
    new, old = (at[1] >= most - PART * abs(at[2] - at[0]) for at, most in ((learned, learned[2]), (known, known[0])))
    return {(True, True): "both", (True, False): "task", (False, True): "base", (False, False): "neither"}[new, old]


def told_rival(half: Mapping[str, float], rival: Mapping[str, float]) -> str:
    """What half way has that the rival has not: {"right", "asked": shares, "old": nats}."""
    lacks = [f"{called} by {100 * (half[name] - rival[name]):.0f} points" for name, called in
             (("right", "right answers to the task's prompt"), ("asked", "answers to the base's own question"))
             if half[name] - rival[name] > 0.05]
    if rival["old"] - half["old"] > 0.05:
        lacks.append(f"old text by {rival['old'] - half['old']:.2f} nats")
    if not lacks:
        return ("**Nothing that half way wins is missing there.** If you can still choose the rate, choose it; if all "
                "that you have is the tuned model and its base, interpolate.")
    return f"Half way is ahead of it in {' and '.join(lacks)}: here interpolating wins what the rate does not."


def told_replay(lost: float, won: float, low: float, high: float) -> str:
    """What spam cost and replay won back, differences of shares, the second with its interval over seeds.

    >>> told_replay(0.3, 0.27, 0.1, 0.4)
    'An eighth of reviews among the rows: +27 points (+10 to +40), 90 % of what spam cost.'
    """
    said = f"An eighth of reviews among the rows: {100 * won:+.0f} points ({100 * low:+.0f} to {100 * high:+.0f})"
    return said + (f", {percent(won / lost)} of what spam cost." if low > 0 < lost else
                   ". These seeds cannot tell that it helps.")
