"""Shares with their intervals, as a figure that says in its alt text all that it shows."""
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
