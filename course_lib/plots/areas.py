"""Bars and heat maps."""
from collections.abc import Callable, Collection, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from course_lib.display import decimal
from course_lib.plots.style import COLOURS, GREY, fixed_axes, new_axes, styled

# Behind a figure and over a dashed line, which would cross it.
BOX = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


@styled
def bars(labels: Sequence[str], values: Sequence[float],
         intervals: Sequence[tuple[float, float]] | None = None, *, highlight: Collection[str] = (),
         x_label: str = "", limit: float | None = None, baselines: Mapping[str, float] | None = None,
         number: Callable[[float], str] = decimal, percent_axis: bool = False, left: float | None = None,
         axes: Axes | None = None) -> Axes:
    """Lying bars from the top down, each with its figure as `number` writes it: `decimal` or `percent`.

    `intervals` are (low, high); `limit` is the axis's end; `percent_axis` has per cent along it; `baselines`
    {name: value} are dashed lines. The bars in `highlight` are blue with bold labels, the others grey; without it
    all are blue. `left` is the share of the figure that is kept for the labels, so that bars keep their place from
    one figure to the next; without it the labels get what they need.
    """
    baselines = baselines or {}
    ends = list(values) if intervals is None else [high for _, high in intervals]
    limit = limit or 1.02 * max([*ends, *baselines.values(), 1e-9])
    height = 0.9 + 0.32 * len(labels) + 0.25 * bool(baselines)
    if left is not None:
        axes = fixed_axes(height, left=left, right=0.95, bottom=0.6 / height, top=0.98)
    axes = axes or new_axes(height)
    places = range(len(labels))
    colours = [COLOURS["blue"] if not highlight or label in highlight else GREY for label in labels]
    axes.barh(places, values, color=colours, height=0.68)
    if intervals is not None:
        for place, (low, high) in zip(places, intervals):
            axes.plot([low, high], [place, place], color="black", linewidth=1.4, marker="|", markersize=7)
    for place, (value, end) in enumerate(zip(values, ends)):
        axes.annotate(number(value), (max(value, end), place), (5, 0), textcoords="offset points", va="center",
                      bbox=BOX)
    for name, value in baselines.items():
        axes.axvline(value, color="black", linestyle=(0, (4, 3)), linewidth=1.2)
        axes.annotate(name, (value, 1), (0, 3), xycoords=("data", "axes fraction"),
                      textcoords="offset points", ha="center", va="bottom")
    axes.set_yticks(places, labels)
    for tick, label in zip(axes.get_yticklabels(), labels):
        tick.set_fontweight("bold" if label in highlight else "normal")
    axes.set(xlim=(0, limit), ylim=(len(labels) - 0.5, -0.5), xlabel=x_label)
    if percent_axis:
        axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.tick_params(axis="y", length=0)
    return axes


@styled
def heat(matrix: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], *, x_label: str = "",
         y_label: str = "", colour_label: str = "", axes: Axes | None = None) -> Axes:
    """A matrix (rows, columns) as squares, darker for more, from 0 on: for attention, which token looks at which."""
    axes = axes or new_axes(min(7.0, 1.5 + 0.34 * len(rows)))
    picture = axes.matshow(matrix, cmap="Blues", vmin=0, aspect="equal")
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="left", rotation_mode="anchor")
    axes.xaxis.set_label_position("top")
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.figure.colorbar(picture, ax=axes, label=colour_label, shrink=0.85)
    return axes
