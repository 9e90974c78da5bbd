"""Shares with their intervals, as a figure that says in its alt text all that it shows; their difference in words."""
from collections.abc import Collection, Mapping

from course_lib.display import percent
from course_lib.plots.areas import bars
from course_lib.plots.picture import show


def show_shares(shares: Mapping[str, tuple[float, float, float]], what: str, caption: str,
                highlight: Collection[str] = (), baselines: Mapping[str, float] | None = None) -> None:
    """Shows bars of the shares of `what`, such as "right answers"; shares[name] is (mean, low, high).

    `highlight` and `baselines` are those of `bars`.
    """
    levels = [f"{name} (dashed) {percent(level)}" for name, level in (baselines or {}).items()]
    told = ", ".join([f"{name} {percent(mean)}" for name, (mean, _, _) in shares.items()] + levels)
    chart = bars(list(shares), [mean for mean, _, _ in shares.values()], [ends for _, *ends in shares.values()],
                 x_label=f"share of {what}", limit=1, highlight=highlight, baselines=baselines)
    show(chart, alt=f"Bars with the share of {what}: {told}.", caption=caption)


def in_points(mean: float, low: float, high: float) -> str:
    """A difference of two shares with its interval, in points; marks that are the same have none.

    >>> in_points(-0.04, -0.081, -0.001)
    '-4 points (95 % interval -8 to 0)'
    >>> in_points(0.0, 0.0, 0.0)
    '0 points: not one row differed'
    """
    if low == mean == high == 0:
        return "0 points: not one row differed"
    shown, lowest, highest = (f"{round(100 * value):+}".replace("+0", "0") for value in (mean, low, high))
    return f"{shown} point{'s' * (shown[1:] != '1')} (95 % interval {lowest} to {highest})"
