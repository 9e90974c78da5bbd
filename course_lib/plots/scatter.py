"""Clouds of points: one quantity over another, a colour and a sign for each group."""
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from course_lib.plots.style import COLOURS, MARKERS, new_axes, styled


@styled
def clouds(groups: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, x_label: str, y_label: str,
           axes: Axes | None = None) -> Axes:
    """A point for each pair of groups[name] = (xs, ys); the names stand in a legend beside them."""
    axes = axes or new_axes()
    for place, (name, (xs, ys)) in enumerate(groups.items()):
        axes.plot(xs, ys, linestyle="", marker=MARKERS[place % len(MARKERS)], alpha=0.85, label=name,
                  color=list(COLOURS.values())[place % 7])
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return axes
