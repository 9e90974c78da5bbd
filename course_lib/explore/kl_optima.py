"""The optima under a learned reward for every KL coefficient, computed from the recorded tables (recorded/rewards.py).

The policy that is best under a learned reward is known exactly, pi = pi_base exp(r / beta) / Z, so it is computed here.
Shapes: P prompts, K answers.
"""
import functools
from dataclasses import dataclass

import numpy as np

from course_lib.explore.controls import Menu, Steps
from course_lib.explore.explorable import checked
from course_lib.explore.recorded.rewards import CHARMS, CLICKS, SETTING, read
from course_lib.preference.exact import frontier, optimum
from course_lib.preference.raters import texts

BETAS = tuple(float(f"{10 ** (step / 8):.2g}") for step in range(-12, 9))   # eight to every tenfold
REVIEWS = range(1, 9)                                # of the test's, to look at
LIKELY = 5                                           # answers that are shown
CONTROLS = {"beta": Steps("beta", BETAS, "{:g}".format),
            "clicks": Steps("Clicks", CLICKS, "{:,}".format),
            "charm": Menu("Charm of length", CHARMS,
                          lambda charm: f"{charm:g} a word" if charm else "none: they click by their taste"),
            "review": Menu("Review", REVIEWS, lambda review: named(review))}


@dataclass(frozen=True)
class State:
    """What the controls say: the coefficient, what the reward model learned from, and whose answers are looked at."""

    beta: float = 1.0
    clicks: int = SETTING.clicks
    charm: float = SETTING.rater.charm.length
    review: int = 1


@dataclass(frozen=True)
class Point:
    """A policy, in the mean over prompts: nats from the base, learned reward, true reward."""

    kl: float
    learned: float
    true: float


@dataclass(frozen=True)
class Answer:
    """An answer to the review: its probabilities, and what it is worth, by the reward model and really."""

    text: str
    base: float
    policy: float
    learned: float
    true: float


@dataclass(frozen=True)
class Result:
    """`points`: the optimum for each of BETAS; `base`; the policy's likeliest `answers`; `ppo`: by beta, recorded."""

    state: State
    points: tuple[Point, ...]
    base: Point
    answers: tuple[Answer, ...]
    ppo: dict[float, Point]

    @property
    def here(self) -> Point:
        """At this beta."""
        return self.points[BETAS.index(self.state.beta)]

    @property
    def peak(self) -> int:
        """The place in BETAS of the highest true reward."""
        return max(range(len(BETAS)), key=lambda place: self.points[place].true)


def review_of(number: int) -> str:
    """The text of the review of this number, which begins at 1."""
    return read().prompts[number - 1].splitlines()[0]


def named(number: int) -> str:
    """The review as the menu has it."""
    return f"{number}, {'favourable' if read().sides[number - 1] > 0 else 'unfavourable'}"


@functools.cache
def curve(clicks: int, charm: float) -> tuple[Point, ...]:
    """The optimum for each of BETAS, and last the base."""
    table = read()
    learned, true = table.learned[clicks, charm], SETTING.rater.taste.rewards(table.sides)       # (P, K) each
    return tuple(Point(*point) for point in frontier(table.own, learned, true, [*BETAS, float("inf")]))


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    table, row = read(), slice(state.review - 1, state.review)
    own, learned = table.own[row], table.learned[state.clicks, state.charm][row]                 # (1, K) each
    true, policy = SETTING.rater.taste.rewards(table.sides[row]), optimum(own, learned, state.beta).exp()
    answers = tuple(Answer(texts()[k], *(one[0, k].item() for one in (own.exp(), policy, learned, true)))
                    for k in policy[0].topk(LIKELY).indices)
    *points, base = curve(state.clicks, state.charm)
    ppo = {beta: Point(told["kl"], told["learned"], told["true"])
           for beta, told in table.ppo[state.clicks, state.charm].items()}
    return Result(state, tuple(points), base, answers, ppo)


def on_curve(result: Result, kl: float) -> Point:
    """The exact optimum at this distance, between two of those computed; no farther than the last."""
    farthest_last = sorted((*result.points, result.base), key=lambda point: point.kl)
    kls = [point.kl for point in farthest_last]
    return Point(kl, *(float(np.interp(kl, kls, [getattr(point, name) for point in farthest_last]))
                       for name in ("learned", "true")))


def worth(reward: float) -> str:
    """Points of the taste: +2, 0 or -1."""
    return f"{reward:+.0f}" if round(reward) else "0"
