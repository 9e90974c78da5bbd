"""A frontier: the most reward at each distance from a base, by two measures of reward, and policies beside it."""
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from course_lib.plots.style import COLOURS, MARKERS, fixed_axes, name_above, styled

Point = tuple[float, float, float]  # KL from the base in nats, learned reward, true reward
LINES = (("black", "solid"), ("#6E6E6E", (0, (4, 3))))


@styled
def rewards_by_distance(best: Mapping[str, Sequence[Point]], others: Mapping[str, Sequence[Point]] = {}) -> Axes:
    """Two pictures, learned reward on the left and true reward on the right, over the KL from the base.

    best[name] are policies that have the most of one reward, a line, two at most; others[name] are points, joined where
    they are several. Returns the axes on the left.
    """
    left, right = fixed_axes(3.5, left=0.085, right=0.985, bottom=0.29, top=0.9, columns=2, between=0.22)
    for place, (axes, what) in enumerate(((left, "learned reward"), (right, "true reward")), 1):
        handles = []
        for (name, points), (colour, style) in zip(best.items(), LINES):
            handles += axes.plot([point[0] for point in points], [point[place] for point in points], color=colour,
                                 linestyle=style, linewidth=1.6, label=name)
        for number, (name, points) in enumerate(others.items()):
            handles += axes.plot([point[0] for point in points], [point[place] for point in points], linewidth=1,
                                 marker=MARKERS[number], color=list(COLOURS.values())[number], label=name,
                                 markeredgecolor="white", markeredgewidth=0.6, markersize=7, clip_on=False, zorder=3)
        name_above(axes, what, "black")
        axes.set(xlabel="KL from the base (nats)", xlim=(0, None))
    left.figure.legend(handles=handles, loc="lower center", ncols=min(len(handles), 3), frameon=False, fontsize=10)
    return left


def in_words(groups: Mapping[str, Sequence[Point]]) -> str:
    """The nearest, the truly best and the farthest point of each, for who does not see the picture."""
    said = lambda point: f"{point[0]:.1f} nats, learned {point[1]:.2f}, true {point[2]:.2f}"
    places = lambda points: dict.fromkeys((min(points), max(points, key=lambda point: point[2]), max(points)))
    return "; ".join(f"{name}: {', then '.join(map(said, places(points)))}" for name, points in groups.items())
