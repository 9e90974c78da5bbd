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

    An end that is not 0 is not shown as 0: it has as many places as that takes.

    >>> in_points(-0.04, -0.081, -0.001)
    '-4 points (95 % interval -8 to -0.1)'
    >>> in_points(0.02, 0.0, 0.04)
    '+2 points (95 % interval 0 to +4)'
    >>> in_points(0.0, 0.0, 0.0)
    '0 points: not one row differed'
    """
    if low == mean == high == 0:
        return "0 points: not one row differed"
    shown, lowest, highest = f"{round(100 * mean):+}".replace("+0", "0"), end_in_points(low), end_in_points(high)
    return f"{shown} point{'s' * (shown[1:] != '1')} (95 % interval {lowest} to {highest})"


def end_in_points(value: float) -> str:
    """An interval's end in whole points, or in as many places as it takes to tell it from 0; what floats leave is 0.

    >>> end_in_points(-0.081), end_in_points(0.004), end_in_points(-0.0004), end_in_points(1e-17)
    ('-8', '+0.4', '-0.04', '0')
    """
    value = 100 * round(value, 8)
    if not value:
        return "0"
    return next(text for places in range(8) if float(text := f"{value:+.{places}f}"))
