"""Schematics: where a method sits and what flows where, as boxes, and arrows with the shapes of what flows on them.

    axes = canvas(2.0)
    x, W = box(axes, "x", 0.7, 1), box(axes, "W  (d, k)", 3, 1, width=1.4)
    arrow(axes, x.right, W.left, on="(B, T, k)")
    show(axes, alt="x goes into W.")

Lengths are in inches, from the lower left corner. What is frozen is grey; what is trained has another colour.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch

from course_lib.errors import unknown
from course_lib.plots.style import COLOURS, FONT_SIZE, GREY, INK, WIDTH, new_axes, styled

PALETTE = {"grey": GREY, **COLOURS}
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """Where a box is: its centre and its size. Arrows begin and end at the middles of its sides."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> Point:
        return self.x - self.width / 2, self.y

    @property
    def right(self) -> Point:
        return self.x + self.width / 2, self.y

    @property
    def top(self) -> Point:
        return self.x, self.y + self.height / 2

    @property
    def bottom(self) -> Point:
        return self.x, self.y - self.height / 2


def canvas(height: float) -> Axes:
    """Empty axes without lines, as wide as every figure of the course and `height` inches high."""
    axes = new_axes(height)
    axes.figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.axis("off")
    return axes


@styled
def box(axes: Axes, text: str, x: float, y: float, *, width: float = 0.8, height: float = 0.4, colour: str = "grey",
        filled: bool = True) -> Box:
    """A box around (x, y) with a text in it; one that is not filled is a frame around others, its text at its top.

    `colour` is "grey", or one of COLOURS.
    """
    if colour not in PALETTE:
        raise unknown("colour", colour, PALETTE)
    shape = Box(x, y, width, height)
    tint = [0.8 + 0.2 * part for part in to_rgb(PALETTE[colour])] if filled else "none"
    axes.add_patch(FancyBboxPatch((shape.left[0], shape.bottom[1]), width, height, linewidth=1.5, facecolor=tint,
                                  edgecolor=PALETTE[colour], boxstyle="round,pad=0,rounding_size=0.06"))
    at = {"y": y, "va": "center"} if filled else {"y": shape.top[1] - 0.06, "va": "top"}
    axes.text(x, s=text, ha="center", color=INK, fontsize=FONT_SIZE if filled else FONT_SIZE - 1, **at)
    return shape


def stack(axes: Axes, title: str, names: Sequence[str], x: float, y: float, *, width: float = 1.5,
          marked: Mapping[str, str] | None = None) -> dict[str, Box]:
    """A frame around (x, y) with a box for each name, from the top down: {name: its box}, such as a block's layers.

    `marked` is {name: colour} of those that are not grey.
    """
    step = 0.29
    frame = box(axes, title, x, y, width=width, height=step * (len(names) + 1.2), filled=False)
    rows = (frame.top[1] - step * (row + 1.5) for row in range(len(names)))
    return {name: box(axes, name, x, row, width=width - 0.3, height=0.24, colour=(marked or {}).get(name, "grey"))
            for name, row in zip(names, rows)}


@styled
def arrow(axes: Axes, *points: Point, on: str = "") -> None:
    """An arrow through these points, two or more; `on` is written on its longest piece: above it, or to its right."""
    (*before, start), end = points[:-1], points[-1]
    line = {"color": INK, "linewidth": 1.4}
    if before:
        axes.plot(*zip(*before, start), solid_joinstyle="miter", **line)
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 12,
                                              **line})
    (x, y), (u, v) = max(zip(points, points[1:]), key=length)
    lying = abs(u - x) >= abs(v - y)
    axes.annotate(on, ((x + u) / 2, (y + v) / 2), (0, 4) if lying else (5, 0), textcoords="offset points", color=INK,
                  fontsize=FONT_SIZE - 1, ha="center" if lying else "left", va="bottom" if lying else "center")


def length(piece: Sequence[Point]) -> float:
    """Of the straight line between two points."""
    (x, y), (u, v) = piece
    return ((u - x) ** 2 + (v - y) ** 2) ** 0.5
