"""The one palette, width and font size of every figure."""
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito 2008, "Color universal design": colour-blind readers can tell them apart.
COLOURS = {"blue": "#0072B2", "vermillion": "#D55E00", "green": "#009E73", "purple": "#CC79A7",
           "orange": "#E69F00", "sky blue": "#56B4E9", "black": "#000000", "yellow": "#F0E442"}
GREY = "#8C8C8C"
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # a second sign beside the colour
WIDTH, FONT_SIZE, DPI = 7.0, 11, 144  # inches, points, dots per inch
INK = "#1A1A1A"
STYLE = {
    "font.size": FONT_SIZE, "font.family": "DejaVu Sans", "axes.titlesize": FONT_SIZE,
    "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.edgecolor": "#4D4D4D",
    "axes.spines.top": False, "axes.spines.right": False, "figure.facecolor": "white", "axes.facecolor": "white",
    "lines.linewidth": 2, "lines.markersize": 6, "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.12, "figure.constrained_layout.h_pad": 0.1,
}
styled = rc_context(STYLE)


@styled
def new_axes(height: float = 3.2, width: float = WIDTH) -> Axes:
    """Empty axes in a figure of their own, in inches. Nothing is kept by pyplot, so nothing needs closing."""
    return Figure(figsize=(width, height)).add_subplot()


def fixed_axes(height: float, *, left: float, right: float, bottom: float, top: float, columns: int = 1,
               between: float = 0.2):
    """Axes, or a row of them, whose margins are given: measuring them is half of the time that a drawing takes.

    `height` is in inches; where the axes begin and end, in shares of the figure; `between` them, of their width.
    """
    return Figure(figsize=(WIDTH, height), layout="none").subplots(1, columns, gridspec_kw={
        "left": left, "right": right, "bottom": bottom, "top": top, "wspace": between})


def name_above(axes: Axes, name: str, colour: str, right: bool = False, inward: int = 2) -> None:
    """Writes a name above the axes, in the colour of what it names, `inward` points from their left or right end."""
    axes.annotate(name, (right, 1), (-inward if right else inward, 4), xycoords="axes fraction",
                  textcoords="offset points", ha="right" if right else "left", color=colour)
