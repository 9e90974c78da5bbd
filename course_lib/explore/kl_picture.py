"""The picture of the KL coefficient: both rewards by distance, and the likeliest answers to a review."""
import functools

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.explore.kl_optima import LIKELY, Point, Result, curve, worth
from course_lib.explore.recorded.rewards import CHARMS, CLICKS, read
from course_lib.plots.style import COLOURS, GREY, fixed_axes, styled

DARK = {"grey": "#5A5A5A", "green": "#00694D", "yellow": "#7A6A00"}   # texts of the palette's would be too pale


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
