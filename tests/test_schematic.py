"""Schematics: boxes where they were put, arrows that end where they should, texts that stay within the drawing."""
import pytest
from matplotlib.colors import to_hex

from course_lib.errors import CourseError
from course_lib.plots import COLOURS, WIDTH, drawings, png
from course_lib.plots.schematic import arrow, box, canvas, stack


def texts(axes) -> dict[str, tuple[float, float]]:
    return {text.get_text(): text.get_position() for text in axes.texts if text.get_text()}


def outside(axes) -> list:
    """Where texts and boxes are that reach beyond the drawing, which would cut them."""
    png(axes)
    drawn = [one.get_window_extent() for one in [*axes.texts, *axes.patches]]
    return [one for one in drawn if one.width and not all(map(axes.figure.bbox.contains, *one.get_points().T))]


def test_a_box_is_where_it_was_put_in_its_colour():
    axes = canvas(2)
    one = box(axes, "A", 3, 1, width=1, height=0.5, colour="blue")
    assert (one.left, one.right, one.top, one.bottom) == ((2.5, 1), (3.5, 1), (3, 1.25), (3, 0.75))
    assert to_hex(axes.patches[0].get_edgecolor()).upper() == COLOURS["blue"]
    assert texts(axes) == {"A": (3, 1)} and axes.get_xlim() == (0, WIDTH)
    with pytest.raises(CourseError, match="no colour called 'bleu'. Did you mean 'blue'"):
        box(axes, "B", 1, 1, colour="bleu")


def test_a_shape_stands_on_the_longest_piece_of_its_arrow():
    axes = canvas(2)
    arrow(axes, (1, 1), (3, 1), on="(B, T, d)")
    arrow(axes, (1, 0.2), (1.5, 0.2), (1.5, 1.8), on="up")
    placed = {one.get_text(): (one.xy, one.get_ha()) for one in axes.texts if one.get_text()}
    assert placed == {"(B, T, d)": ((2, 1), "center"), "up": ((1.5, 1), "left")}
    ends = [one.xy for one in axes.texts if one.arrow_patch]
    assert ends == [(3, 1), (1.5, 1.8)]


def test_a_stack_has_a_box_for_each_name_from_the_top_down():
    axes = canvas(2)
    boxes = stack(axes, "attention", ("q_proj", "v_proj"), 1, 1, marked={"v_proj": "green"})
    assert list(boxes) == ["q_proj", "v_proj"] and boxes["q_proj"].y > boxes["v_proj"].y
    assert to_hex(axes.patches[-1].get_edgecolor()).upper() == COLOURS["green"]


DRAWINGS = [value for value in vars(drawings).values() if getattr(value, "__module__", "") == drawings.__name__]


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_nothing_of_a_drawing_is_cut_off(draw):
    assert outside(draw()) == []


def test_what_is_cut_off_is_found():
    axes = canvas(1)
    box(axes, "a text that is long", WIDTH - 0.2, 0.5)
    assert len(outside(axes)) == 2
