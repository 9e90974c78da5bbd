"""The KL coefficient: how hard the penalty holds the policy, and what people get of it (recorded/rewards.py).

The policy that is best under a learned reward is known exactly, pi = pi_base exp(r / beta) / Z, so it is computed here.
Shapes: P prompts, K answers.
"""
import functools
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.display import percent, text_table
from course_lib.explore.controls import Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded.rewards import CHARMS, CLICKS, PPO_BETAS, SETTING, TURNS, read
from course_lib.plots.style import COLOURS, GREY, fixed_axes, styled
from course_lib.preference.exact import frontier, optimum
from course_lib.preference.raters import texts

BETAS = tuple(float(f"{10 ** (step / 8):.2g}") for step in range(-12, 9))   # eight to every tenfold
REVIEWS = range(1, 9)                                # of the test's, to look at
LIKELY = 5                                           # answers that are shown
DARK = {"grey": "#5A5A5A", "green": "#00694D", "yellow": "#7A6A00"}   # texts of the palette's would be too pale
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


def worth(reward: float) -> str:
    """Points of the taste: +2, 0 or -1."""
    return f"{reward:+.0f}" if round(reward) else "0"


def told(point: Point) -> str:
    """A policy in words."""
    return f"{point.kl:.2f} nats from the base, learned reward {point.learned:.2f}, true reward {point.true:.2f}"


def summary(result: Result) -> str:
    """What people get at this beta, beside the base and the best beta, and the likeliest answer."""
    state, first, best = result.state, result.answers[0], result.points[result.peak]
    change = ("Of the exact optima this one gives people the most." if state.beta == BETAS[result.peak] else
              f"Of the exact optima, people get the most from that at beta = {BETAS[result.peak]:g}: {told(best)}."
              + (" Here the penalty is too weak: the learned reward is higher, the true one lower."
                 if state.beta < BETAS[result.peak] else " Here it holds the policy too hard."))
    return (f"beta = {state.beta:g}, {state.clicks:,} clicks, charm of length {state.charm:g}: {told(result.here)}. "
            f"The base has a true reward of {result.base.true:.2f}. {change} The likeliest answer to review "
            f"{state.review} is “{first.text}”, {percent(first.policy)} (base: {percent(first.base)}), really worth "
            f"{worth(first.true)}.")


def found() -> str:
    """What is to be found here, in sentences: where the true reward is highest, what more clicks change, and PPO."""
    every = {(clicks, charm): compute(State(clicks=clicks, charm=charm)) for charm in CHARMS for clicks in CLICKS}
    told = [f"**Charm of length: {CONTROLS['charm'].words(charm)}.** The true reward is highest, "
            + ", ".join(f"{one.points[one.peak].true:.2f} at beta = {BETAS[one.peak]:g} "
                        f"({one.points[one.peak].kl:.1f} nats) from {clicks:,} clicks"
                        for clicks in CLICKS for one in [every[clicks, charm]]) + "." for charm in CHARMS]
    few, many = ([every[clicks, charm] for charm in CHARMS] for clicks in (CLICKS[0], CLICKS[-1]))
    higher = sum(b.points[b.peak].true > a.points[a.peak].true for a, b in zip(few, many))
    safer = sum(b.points[0].true > a.points[0].true for a, b in zip(few, many))
    ends, base = [one.points[0].true for one in every.values()], few[0].base.true
    trained = [(point, on_curve(one, point.kl)) for one in every.values() for point in one.ppo.values()]
    below = sum(point.learned < best.learned for point, best in trained)
    ahead = sum(point.true > best.true for point, best in trained)
    calm = every[CLICKS[-1], CHARMS[0]].points[0].true
    return (f"{' '.join(told)} Nor does it take any charm: with none and {CLICKS[-1]:,} clicks the far end has "
            f"{calm:.2f}. With {CLICKS[-1]:,} clicks rather than {CLICKS[0]:,} the peak is higher for {higher} of "
            f"{len(CHARMS)} charms, and the far end, at beta = {BETAS[0]:g}, for {safer} of them. At that end the true "
            f"reward is {min(ends):.2f} to {max(ends):.2f}, below the base's {base:.2f} with "
            f"{sum(end < base for end in ends)} of {len(ends)} reward models. Of {len(trained)} trainings by PPO "
            f"{below} have less learned reward than the exact optimum at their distance, and {ahead} more true reward. "
            "All this is one seed.")


def on_curve(result: Result, kl: float) -> Point:
    """The exact optimum at this distance, between two of those computed; no farther than the last."""
    farthest_last = sorted((*result.points, result.base), key=lambda point: point.kl)
    kls = [point.kl for point in farthest_last]
    return Point(kl, *(float(np.interp(kl, kls, [getattr(point, name) for point in farthest_last]))
                       for name in ("learned", "true")))


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    trained = "; ".join(f"beta {beta:g}: {told(point)}" for beta, point in result.ppo.items())
    answers = "; ".join(f"{one.text}, {percent(one.policy)}, base {percent(one.base)}, worth {worth(one.true)}"
                        for one in result.answers)
    strong, weak = result.points[-1], result.points[0]
    return (f"Left: from the base to {weak.kl:.1f} nats away the exact optimum's learned reward rises from "
            f"{strong.learned:.2f} to {weak.learned:.2f}; its true reward goes from {strong.true:.2f} over "
            f"{result.points[result.peak].true:.2f} to {weak.true:.2f}. PPO, trained: {trained}. Right: the likeliest "
            f"answers to review {result.state.review}: {answers}.")


@styled
def figure(result: Result) -> Figure:
    """The still figure: both rewards over the distance from the base, and the likeliest answers to one review."""
    left, right = fixed_axes(3.9, left=0.09, right=0.99, bottom=0.14, top=0.9, columns=2)
    left.set_position([0.085, 0.14, 0.52, 0.72])
    right.set_position([0.66, 0.14, 0.3, 0.72])
    draw_curves(left, result)
    draw_answers(right, result)
    return left.figure


def draw_curves(axes: Axes, result: Result) -> None:
    """The exact frontier, the true reward of the same policies, and what PPO has reached."""
    points, here, best = (*result.points, result.base), result.here, result.points[result.peak]
    for name, colour, sign, cross, size in (("learned", "blue", "o", "P", 9), ("true", "vermillion", "s", "X", 7)):
        values, trained = [getattr(point, name) for point in points], result.ppo.values()
        axes.plot([point.kl for point in points], values, color=COLOURS[colour], linewidth=1.8)
        axes.plot([point.kl for point in trained], [getattr(point, name) for point in trained], linestyle="",
                  marker=cross, markersize=size, color=COLOURS[colour], markeredgecolor="white", markeredgewidth=0.8)
        axes.plot(here.kl, getattr(here, name), marker=sign, markersize=10, color=COLOURS[colour],
                  markeredgecolor="black", markeredgewidth=1.2, zorder=5, clip_on=False)
    axes.axvline(here.kl, color="black", linestyle=(0, (4, 3)), linewidth=1)
    axes.axhline(result.base.true, color=GREY, linestyle=(0, (1, 2)), linewidth=1)
    axes.plot(best.kl, best.true, marker="*", markersize=13, color=COLOURS["yellow"], markeredgecolor="black",
              zorder=6)
    for betas, point in together(result.ppo):
        axes.annotate(f"β {betas}", (point.kl, point.learned), (5, -11), textcoords="offset points", fontsize=8,
                      color=DARK["grey"], zorder=4, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})
    low, high = extent()
    axes.set(xlabel="KL from the base (nats)", ylabel="mean reward", xlim=(-0.25, high[0]), ylim=(low, high[1]))
    for words, colour, place in (("● learned", COLOURS["blue"], 0), ("■ true", COLOURS["vermillion"], 0.27),
                                 ("★ its peak", DARK["yellow"], 0.45), ("✚ ✖ PPO, trained", DARK["grey"], 0.69)):
        axes.annotate(words, (place, 1), (0, 8), xycoords="axes fraction", textcoords="offset points", color=colour,
                      fontsize=9)


def together(ppo: dict[float, Point]) -> list[tuple[str, Point]]:
    """(betas, point): those that lie so close that their signs cover each other are named once."""
    groups: list[tuple[str, Point]] = []
    for beta, point in ppo.items():
        if groups and abs(groups[-1][1].kl - point.kl) < 0.4 and abs(groups[-1][1].learned - point.learned) < 0.2:
            groups[-1] = f"{groups[-1][0]}, {beta:g}", point
        else:
            groups.append((f"{beta:g}", point))
    return groups


@functools.cache
def extent() -> tuple[float, tuple[float, float]]:
    """(lowest reward, (farthest, highest reward)) of all pictures, so that their axes are the same."""
    points = [point for clicks in CLICKS for charm in CHARMS for point in curve(clicks, charm)]
    points += [Point(one["kl"], one["learned"], one["true"]) for by in read().ppo.values() for one in by.values()]
    rewards = [reward for point in points for reward in (point.learned, point.true)]
    return min(rewards) - 0.2, (1.05 * max(point.kl for point in points), max(rewards) + 0.2)


def draw_answers(axes: Axes, result: Result) -> None:
    """Two bars for each answer, the policy's and the base's, below its text and what it is worth."""
    for place, one in enumerate(result.answers):
        axes.barh(place + 0.12, one.policy, 0.22, color=COLOURS["blue"])
        axes.barh(place + 0.34, one.base, 0.22, color=GREY)
        axes.annotate(one.text, (0, place - 0.06), fontsize=9)
        axes.annotate(worth(one.true), (1, place - 0.06), fontsize=9.5, ha="right", fontweight="bold",
                      color=DARK["green"] if one.true > 0 else COLOURS["vermillion"] if one.true < 0 else DARK["grey"])
    axes.set(xlim=(0, 1), ylim=(LIKELY - 0.4, -0.42), yticks=(), xticks=(0, 0.5, 1), xticklabels=("0", "50 %", "100 %"),
             xlabel=f"answers to review {result.state.review}")
    axes.spines["left"].set_visible(False)
    for words, colour, place, side in (("■ policy", COLOURS["blue"], 0, "left"), ("■ base", DARK["grey"], 0.3, "left"),
                                       ("really worth", DARK["grey"], 1, "right")):
        axes.annotate(words, (place, 1), (0, 8), xycoords="axes fraction", textcoords="offset points", color=colour,
                      fontsize=9, ha=side)


NOTE = (f"Exact, over all answers, in the mean of {SETTING.tests} reviews of the test; one seed. The learned reward "
        "counts standard deviations of the base's own answers, the true one points of the taste; dotted: the "
        f"base's true one. PPO: recorded, {TURNS} turns each, beta = {', '.join(f'{beta:g}' for beta in PPO_BETAS)}.")


def header() -> tuple[str, ...]:
    """Above the columns of the answers."""
    return "answer", "base", "policy", "learned reward", "really worth"


def cells(result: Result) -> list[tuple[str, ...]]:
    """A row for each answer."""
    return [(one.text, percent(one.base), percent(one.policy), f"{one.learned:.2f}", worth(one.true))
            for one in result.answers]


def rows(result: Result) -> list[str]:
    """The same as text: a line for each beta, what PPO has reached, and the answers."""
    lines = [f"beta {beta:6.3g}  {told(point)}" + ("  <" if beta == result.state.beta else "")
             for beta, point in zip(BETAS, result.points)]
    trained = [f"PPO, beta {beta:.3g}  {told(point)}" for beta, point in result.ppo.items()]
    return [NOTE, *lines, "", *trained, "", text_table(cells(result), header(), answers_to(result))]


def answers_to(result: Result) -> str:
    """The review that is answered."""
    return f"Review {result.state.review}: {review_of(result.state.review)}"


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("KL coefficient", State, CONTROLS, compute, rows, summary, picture_of(figure, alt, NOTE),
                      lambda result: [answers_to(result)])


def kl_coefficient(start: State = State(), text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State(beta=0.1, clicks=1600)."""
    show(explorable, start, text)
