"""Every figure of the course: one palette, one width, one font size. Plot functions take data and return
Axes.

Show a figure with `show(axes, alt=..., caption=...)`. The alt text says what a reader who does not see it
would miss.
"""
import base64
import html
import os
from collections.abc import Collection, Mapping, Sequence
from io import BytesIO

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lib.errors import CourseError
from course_lib.intervals import interval, wilson

__all__ = ["COLOURS", "bars", "curve", "heat", "interval", "loss_curve", "new_axes", "png", "show", "wilson"]

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


@styled
def bars(labels: Sequence[str], values: Sequence[float],
         intervals: Sequence[tuple[float, float]] | None = None, *, highlight: Collection[str] = (),
         x_label: str = "", limit: float | None = None, baselines: Mapping[str, float] | None = None,
         number: str = "{:.2f}", axes: Axes | None = None) -> Axes:
    """Lying bars from the top down, each with its figure. `intervals` are (low, high); `limit` is the axis's
    end.

    The bars in `highlight` are blue with bold labels, the others grey; without it all are blue.
    """
    baselines = baselines or {}
    ends = list(values) if intervals is None else [high for _, high in intervals]
    limit = limit or 1.02 * max([*ends, *baselines.values(), 1e-9])
    axes = axes or new_axes(0.9 + 0.32 * len(labels) + 0.25 * bool(baselines))
    places = range(len(labels))
    colours = [COLOURS["blue"] if not highlight or label in highlight else GREY for label in labels]
    axes.barh(places, values, color=colours, height=0.68)
    if intervals is not None:
        for place, (low, high) in zip(places, intervals):
            axes.plot([low, high], [place, place], color="black", linewidth=1.4, marker="|", markersize=7)
    for place, (value, end) in enumerate(zip(values, ends)):
        text, nothing = number.format(value), number.format(0)
        if value > 0 and text == nothing:
            text = f"< {nothing[:-1]}1"  # small, but not zero
        axes.annotate(text, (max(value, end), place), (5, 0), textcoords="offset points", va="center")
    for name, value in baselines.items():
        axes.axvline(value, color="black", linestyle=(0, (4, 3)), linewidth=1.2)
        axes.annotate(name, (value, 1), (0, 3), xycoords=("data", "axes fraction"),
                      textcoords="offset points", ha="center", va="bottom")
    axes.set_yticks(places, labels)
    for tick, label in zip(axes.get_yticklabels(), labels):
        tick.set_fontweight("bold" if label in highlight else "normal")
    axes.set(xlim=(0, limit), ylim=(len(labels) - 0.5, -0.5), xlabel=x_label)
    axes.tick_params(axis="y", length=0)
    return axes


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
        for below, above in zip(range(len(places)), range(1, len(places))):
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
    """Losses in nats per token over the steps of training; a baseline such as ln(vocabulary) is a dashed
    line.
    """
    series = {name: (values,) for name, values in losses.items()}
    return curve(steps, series, x_label=x_label, y_label="loss (nats per token)", baselines=baselines,
                 markers=False, axes=axes)


@styled
def heat(matrix: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], *, x_label: str = "",
         y_label: str = "", colour_label: str = "", axes: Axes | None = None) -> Axes:
    """A matrix (rows, columns) as squares, darker for more, from 0 on: for attention, say, which token looks
    at which.
    """
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


def png(figure: Figure | Axes, dpi: int = DPI) -> bytes:
    """The picture as PNG."""
    buffer = BytesIO()
    (figure.figure if isinstance(figure, Axes) else figure).savefig(
        buffer, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})  # quick, and hardly larger
    return buffer.getvalue()


def picture_html(figure: Figure | Axes, alt: str, caption: str = "", dpi: int = DPI) -> str:
    """The picture as an <img> with its alt text, and the caption below it: a white card in light and dark
    themes.
    """
    if not alt.strip():
        raise CourseError("A figure needs an alt text: say in a sentence what a reader who does not "
                          "see it would miss.")
    whole = figure.figure if isinstance(figure, Axes) else figure
    data = base64.b64encode(png(whole, dpi)).decode()
    below = f"<figcaption style='margin-top:4px'>{html.escape(caption)}</figcaption>" if caption else ""
    return (f"<figure style='margin:8px 0;max-width:{96 * whole.get_figwidth():.0f}px'>"
            f"<img src='data:image/png;base64,{data}' alt='{html.escape(alt, quote=True)}' "
            f"style='width:100%;height:auto;background:white;border-radius:4px'>{below}</figure>")


def show(figure: Figure | Axes, alt: str, caption: str = "") -> None:
    """Displays the figure in a notebook; prints its alt text and caption where COURSE_TEXT=1 or no notebook
    is there.
    """
    from IPython import get_ipython
    from IPython.display import HTML, display

    picture = picture_html(figure, alt, caption)
    if os.environ.get("COURSE_TEXT") == "1" or get_ipython() is None:
        print("\n".join(["[figure] " + alt, caption]).strip())
    else:
        display(HTML(picture))
