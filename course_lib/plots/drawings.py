"""The lessons' schematics, a function each: where a method sits and what flows where."""
from matplotlib.axes import Axes

from course_lib.plots.schematic import arrow, box, canvas, stack


def lora_beside_a_layer() -> Axes:
    """The linear layers of a block, and A and B beside one of them; its shapes are those of methods/lora.py."""
    axes = canvas(2.9)
    stack(axes, "attention", ("q_proj", "k_proj", "v_proj", "o_proj"), 0.85, 2.08)
    stack(axes, "feed-forward", ("gate_proj", "up_proj", "down_proj"), 0.85, 0.66)
    box(axes, "beside each of them", 4.45, 1.45, width=4.9, height=2.8, filled=False)
    W = box(axes, "W (d, k)\nfrozen", 4.15, 2, width=1.1, height=0.8)
    plus = box(axes, "+", 6.15, 2, width=0.3, height=0.3)
    A = box(axes, "A (r, k)", 3.45, 0.7, width=0.95, colour="vermillion")
    B = box(axes, "B (d, r)", 5.25, 0.7, width=0.95, colour="blue")
    arrow(axes, (2.2, 2), W.left, on="x (B, T, k)")
    arrow(axes, (2.6, 2), (2.6, 0.7), A.left)
    arrow(axes, A.right, B.left, on="(B, T, r)")
    arrow(axes, B.right, (6.15, 0.7), plus.bottom, on="× α / r")
    arrow(axes, W.right, plus.left, on="(B, T, d)")
    arrow(axes, plus.right, (6.8, 2), on="y")
    return axes
