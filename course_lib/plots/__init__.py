"""Every figure of the course: one palette, one width, one font size. Plot functions take data and return Axes.

Show a figure with `show(axes, alt=..., caption=...)`. The alt text says what a reader who does not see it
would miss.
"""
from matplotlib.axes import Axes

from course_lib.display import decimal, percent
from course_lib.intervals import in_points, interval, wilson
from course_lib.plots.areas import bars, heat
from course_lib.plots.lines import curve, loss_curve
from course_lib.plots.live import LiveCurve, training_curve
from course_lib.plots.picture import picture_html, png, show
from course_lib.plots.shares import show_shares
from course_lib.plots.style import COLOURS, WIDTH, new_axes

__all__ = ["COLOURS", "WIDTH", "Axes", "LiveCurve", "bars", "curve", "decimal", "heat", "in_points", "interval",
           "loss_curve", "new_axes", "percent", "picture_html", "png", "show", "show_shares", "training_curve",
           "wilson"]
