"""Panels side by side: several quantities over the same one, each line with its own points."""
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lib.plots.style import COLOURS, MARKERS, WIDTH, styled


@styled
def panels(drawn: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]], *, x_label: str,
           whole: bool = False, height: float = 3.4) -> Axes:
    """A panel for each drawn[its y label] = {name: (xs, ys)}; returns the last one.

    The names stand above their panel, or once above all where all have the same. `whole` has whole numbers along x,
    such as epochs.
    """
    figure, alike = Figure(figsize=(WIDTH, height)), len({tuple(lines) for lines in drawn.values()}) == 1
    for axes, (y_label, lines) in zip(figure.subplots(1, len(drawn), squeeze=False)[0], drawn.items()):
        for (name, (xs, ys)), colour, marker in zip(lines.items(), COLOURS.values(), MARKERS):
            axes.plot(xs, ys, color=colour, marker=marker, label=name)
        axes.set(xlabel=x_label, ylabel=y_label)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=whole))
        if not alike:
            axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(-0.03, 0.99), ncols=2, columnspacing=1,
                        handlelength=1.5)
    if alike:
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    return axes
