"""What a lesson says of its own runs on preferences, whatever comes out: keys of its predictions, and sentences."""
from collections.abc import Mapping, Sequence

import torch

from course_lib.experiments.feedback import Ground
from course_lib.preference.raters import closings

CLEAR = 0.1            # of true reward: what differs by less is called alike
MOVED = 0.1            # nats: what a log probability moves by less stays where it was


def explained(here: Ground, learned: torch.Tensor) -> dict[str, float]:
    """The learned rewards (P, K) of the test's prompts, explained by three things, a line fitted to all of them."""
    side = here.test_sides[:, None] * torch.tensor([float(one.side) for one in closings()])
    advice = torch.tensor([float(one.advice) for one in closings()]).expand_as(learned)
    words = torch.tensor([float(one.words) for one in closings()]).expand_as(learned)
    known = torch.stack([side, advice, words, torch.ones_like(learned)], -1).flatten(0, 1)        # (P K, 4)
    found = torch.linalg.lstsq(known, learned.flatten()[:, None]).solution[:3, 0]
    return dict(zip(("says what the review says", "tells what to do", "each word"), found.tolist()))


def told_best(worth: Mapping[int, float]) -> str:
    """Where best-of-n is worth most, and what the largest n is worth."""
    peak, last = max(worth, key=worth.get), max(worth)
    return (f"Worth most with n = {peak}: {worth[peak]:.2f}. " + (
        f"With n = {last} it is {worth[last]:.2f}, though the learned reward is higher still."
        if worth[peak] - worth[last] > CLEAR else f"With n = {last} it is about as much, {worth[last]:.2f}."))


def told_frontier(points: Sequence[tuple[float, float, float]]) -> str:
    """Where the true reward of these points, as `frontier` gives them, is highest, and where it ends."""
    peak, end = max(points, key=lambda point: point[2]), max(points)
    return (f"The true reward is highest {peak[0]:.1f} nats from the base: {peak[2]:.2f}. At the end, {end[0]:.1f} "
            f"nats away, it is {end[2]:.2f}, and the learned one has gone from {peak[1]:.2f} to {end[1]:.2f}.")


def without_penalty(true: Sequence[float]) -> str:
    """What becomes of the true reward, from the base's on: "below" it, "falls" from a peak, or "stays" at one."""
    return "below" if true[-1] < true[0] else "falls" if max(true) - true[-1] > CLEAR else "stays"


def told_free(free: Sequence[Mapping[str, float]], held: Sequence[Mapping[str, float]]) -> str:
    """Without and with the penalty, at the ends of two paths."""
    peak, last, other = max(free, key=lambda one: one["true"]), free[-1], held[-1]
    return (f"The true reward ends at **{last['true']:.2f}** without a penalty (highest: {peak['true']:.2f}, "
            f"{peak['kl']:.1f} nats away), and at **{other['true']:.2f}** with it.")


def chosen_moved(nats: float) -> str:
    """What became of the chosen answers' log probability: "rose", "fell" or "stayed"."""
    return "stayed" if abs(nats) < MOVED else "rose" if nats > 0 else "fell"


def higher(low: float, high: float) -> str:
    """What a 95 % interval of a difference says of it: "higher", "lower" or, where it holds 0, "alike"."""
    return "higher" if low > 0 else "lower" if high < 0 else "alike"


def told_again(low: float, high: float) -> str:
    """What later clicks bring, in a sentence, from the 95 % interval of what they bring."""
    if 0 < low <= CLEAR:
        return f"More, so it seems; that it is as much as {CLEAR:g}, which C85 asks for, these seeds cannot tell."
    return {"higher": "Clicks on the policy's **own** answers tell what the first reward model did not know.",
            "lower": "Here fewer clicks at the start cost more than the later ones bring.",
            "alike": "These seeds cannot tell whether that helps."}[higher(low, high)]
