"""Curves with their names at their ends."""
from collections.abc import Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator

from course_lib.plots.style import COLOURS, FONT_SIZE, GREY, MARKERS, new_axes, styled


@styled
def curve(x: Sequence[float], series: Mapping[str, tuple], *, x_label: str, y_label: str,
          y_limits: tuple[float, float] | None = None, baselines: Mapping[str, float] | None = None,
          markers: bool = True, axes: Axes | None = None) -> Axes:
    """Lines over `x` with their names at their right ends.

    series[name] is (means,) or (means, lows, highs), each as long as `x`; `baselines` are level dashed lines.
    """
    axes = axes or new_axes()
    ends = {}
    for place, (name, (means, *band)) in enumerate(series.items()):
        colour = list(COLOURS.values())[place % 7]  # yellow is too pale for a line
        if band:
            axes.fill_between(x, band[0], band[1], color=colour, alpha=0.18, linewidth=0)
        marker = MARKERS[place % len(MARKERS)] if markers else ""
        axes.plot(x, means, color=colour, marker=marker, clip_on=False)
        ends[name] = (means[-1], colour)
    for name, value in (baselines or {}).items():
        axes.axhline(value, color=GREY, linestyle=(0, (4, 3)), linewidth=1.4)
        ends[name] = (value, "#4D4D4D")
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_xlim(right=x[-1])
    if y_limits:
        axes.set_ylim(y_limits)
    if len(x) <= 8:
        axes.set_xticks(x, [f"{value:g}" for value in x])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6))
    _label_ends(axes, ends)
    return axes


def _label_ends(axes: Axes, ends: Mapping[str, tuple[float, str]]) -> None:
    """Names at the right edge, as near to their lines as they go without covering each other."""
    low, high = axes.get_ylim()
    height = axes.figure.get_figheight() * 0.72 * 72  # of the axes, in points, about
    gap = 1.3 * FONT_SIZE / height
    names = sorted(ends, key=lambda name: ends[name][0])
    wanted = [(ends[name][0] - low) / (high - low) for name in names]
    places = list(wanted)
    for _ in range(200):
        for below, above in pairwise(range(len(places))):
            if (overlap := gap - (places[above] - places[below])) > 1e-4:
                places[below] -= overlap / 2
                places[above] += overlap / 2
    for name, place, true in zip(names, places, wanted):
        colour = ends[name][1]
        axes.annotate(name, (1, true), (1.045, place), xycoords="axes fraction", textcoords="axes fraction",
                      va="center", color=[0.7 * part for part in to_rgb(colour)], annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 1, "shrinkA": 1, "shrinkB": 2})


def loss_curve(steps: Sequence[float], losses: Mapping[str, Sequence[float]], *, x_label: str = "steps",
               baselines: Mapping[str, float] | None = None, axes: Axes | None = None) -> Axes:
    """Losses in nats per token over the steps of training; a baseline such as ln(vocabulary) is a dashed line."""
    series = {name: (values,) for name, values in losses.items()}
    return curve(steps, series, x_label=x_label, y_label="loss (nats per token)", baselines=baselines,
                 markers=False, axes=axes)
