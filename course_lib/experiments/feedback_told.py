"""What a lesson says of its own runs on preferences, whatever comes out: keys of its predictions, and sentences."""
from collections.abc import Mapping, Sequence

import torch

from course_lib.experiments.feedback import Ground
from course_lib.preference.raters import closings

CLEAR = 0.1            # of true reward: the smallest difference that is spoken of
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


def told_hacked(here: Ground, policy: torch.Tensor) -> str:
    """The likeliest answer of this policy (P, K) to the first of the test's reviews, and what it is really worth."""
    k = int(policy[0].argmax())
    worth = here.true[0, k].item()
    return (f"Farthest out, the likeliest answer to the first review is “{closings()[k].text}”, really worth "
            f"{f'{worth:+g}' if worth else '0'}.")


def without_penalty(true: Sequence[float]) -> str:
    """What becomes of the true reward, from the base's on: "below" it, "falls" from a peak, or "stays" at one."""
    return "below" if true[-1] < true[0] else "falls" if max(true) - true[-1] > CLEAR else "stays"


def chosen_moved(nats: float) -> str:
    """What became of the chosen answers' log probability: "rose", "fell" or "stayed"."""
    return "stayed" if abs(nats) < MOVED else "rose" if nats > 0 else "fell"


def higher(low: float, high: float) -> str:
    """What a 95 % interval of a difference says of it: "higher" or "lower", by CLEAR at least, or "untold"."""
    return "higher" if low > CLEAR else "lower" if high < -CLEAR else "untold"


def told_again(low: float, high: float, nearer: float) -> str:
    """What later clicks bring, from the 95 % interval of that; `nearer` to the base, in nats, is how it ended."""
    return {"higher": "Clicks on the policy's **own** answers tell what the first reward model did not know.",
            "lower": "Here fewer clicks at the start cost more than the later ones bring.",
            "untold": f"These seeds cannot tell whether it is {CLEAR:g} or more."}[higher(low, high)] + (
                " It also ended nearer to the base, which alone may explain it." if nearer > 0 else "")


def told_seeds(free: Sequence[float], base: Sequence[float], held: Sequence[float]) -> str:
    """How the recorded trainings without a penalty end, each beside the base and the one with a penalty."""
    below = sum(one < other for one, other in zip(free, base, strict=True))
    worse = sum(one < other - CLEAR for one, other in zip(free, held, strict=True))
    return (f"That is one seed. Of the {len(free)} of C84 **{below}** end below the base, {worse} below the one with "
            "a penalty.")
