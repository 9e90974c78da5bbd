"""Figures are functions of data: what is drawn is what was given, names cover nothing, alt text is required."""
import itertools
import struct
from types import SimpleNamespace

import pytest
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from course_lib import plots
from course_lib.errors import CourseError
from course_lib.plots.scatter import clouds


@pytest.fixture
def in_a_notebook(monkeypatch):
    """What was displayed, as HTML, in a pretended notebook."""
    shown = []
    monkeypatch.delenv("COURSE_TEXT", raising=False)
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", lambda item: shown.append(item.data))
    return shown


def overlapping(texts, figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [Text.get_window_extent(text, canvas.get_renderer()) for text in texts]  # without its leader line
    return [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def test_bars_are_as_long_as_their_values():
    axes = plots.bars(["pome", "drupe", "nut"], [0.9, 0.099, 0.001], [(0.8, 0.95), (0.05, 0.2), (0, 0.01)],
                      highlight=["pome"], x_label="probability", limit=1, baselines={"chance": 1 / 3})
    assert [patch.get_width() for patch in axes.patches] == [0.9, 0.099, 0.001]
    assert [text.get_text() for text in axes.texts] == ["0.90", "0.10", "< 0.01", "chance"]
    assert len({patch.get_facecolor() for patch in axes.patches}) == 2
    assert [label.get_fontweight() for label in axes.get_yticklabels()] == ["bold", "normal", "normal"]
    assert axes.get_xlabel() == "probability" and axes.get_xlim() == (0, 1)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["pome", "drupe", "nut"] and axes.get_ylim()[0] > 0


def test_a_dashed_line_crosses_no_figure():
    axes = plots.bars(["a", "b"], [0.5, 0.4], baselines={"guessing": 0.52}, limit=1)
    dashed = axes.lines[-1]
    for text in axes.texts[:2]:
        box = text.get_bbox_patch()
        assert box.get_facecolor()[:3] == (1, 1, 1) and box.get_alpha() > 0.7 and text.zorder > dashed.zorder


@pytest.mark.parametrize("share, words", [(0.505, "51 %"), (0.005, "1 %"), (0.001, "< 1 %"), (0, "0 %"), (1, "100 %")])
def test_shares_are_whole_per_cent_and_read_as_in_a_text(share, words):
    axes = plots.bars(["a"], [share], limit=1, number=plots.percent, percent_axis=True)
    assert axes.texts[0].get_text() == words == plots.percent(share)
    axes.figure.canvas.draw()
    assert axes.get_xticklabels()[-1].get_text() == "100 %"


def test_names_stand_at_the_lines_ends_and_do_not_cover_each_other():
    ends = {"a": 0.95, "b": 0.96, "c": 0.97, "d": 0.02, "e": 0.01}
    series = {name: ([0, end], [0, end - 0.1], [0, end + 0.1]) for name, end in ends.items()}
    axes = plots.curve([0, 4], series, x_label="k", y_label="share", y_limits=(0, 1), baselines={"chance": 0.015})
    assert sorted(text.get_text() for text in axes.texts) == ["a", "b", "c", "chance", "d", "e"]
    assert not overlapping(axes.texts, axes.figure)
    assert len({line.get_color() for line in axes.lines}) == 6
    height = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert sorted(ends, key=height.get) == sorted(ends, key=ends.get)


def test_loss_curve_and_heat():
    axes = plots.loss_curve(list(range(20)), {"training": [3.0] * 20}, baselines={"ln(vocabulary)": 7.6})
    assert "nats" in axes.get_ylabel() and axes.get_ylim()[1] > 7.6
    axes = plots.heat([[1, 0, 0], [0.5, 0.5, 0]], ["a", "b"], ["x", "y", "z"], x_label="is looked at",
                      colour_label="weight")
    assert axes.images[0].get_array().shape == (2, 3) and axes.images[0].get_clim()[0] == 0
    assert [label.get_text() for label in axes.get_xticklabels()] == ["x", "y", "z"]


def test_clouds_have_a_point_for_each_pair_and_a_name_for_each_group():
    axes = clouds({"a": ([1, 2], [3, 4]), "b": ([5], [6])}, x_label="x", y_label="y")
    assert [line.get_xydata().tolist() for line in axes.lines] == [[[1, 3], [2, 4]], [[5, 6]]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]


def test_every_figure_has_the_one_width_and_none_is_left_open():
    for axes in (plots.bars(["a"], [1]), plots.curve([0, 1], {"a": ([0, 1],)}, x_label="", y_label=""),
                 plots.heat([[1]], ["a"], ["b"])):
        width, _ = struct.unpack(">II", plots.png(axes, dpi=50)[16:24])
        assert width == 50 * plots.WIDTH
    assert pyplot.get_fignums() == []


def test_show_puts_alt_text_and_caption(in_a_notebook):
    axes = plots.bars(["a"], [1])
    assert plots.show(axes, alt='A bar called "a" & no more', caption="n = 1 <prompt>") is None
    [shown] = in_a_notebook
    assert "alt='A bar called &quot;a&quot; &amp; no more'" in shown and "n = 1 &lt;prompt&gt;</figcaption>" in shown
    assert "data:image/png;base64," in shown and "background:white" in shown
    plots.show(axes.figure, alt="a")
    assert "figcaption" not in in_a_notebook[1]


def test_alt_text_is_required(in_a_notebook):
    with pytest.raises(CourseError, match="alt text"):
        plots.show(plots.bars(["a"], [1]), alt=" ", caption="x")
    assert in_a_notebook == []


def test_text_form(in_a_notebook, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_TEXT", "1")
    plots.show(plots.bars(["a"], [1]), alt="One bar.", caption="n = 1")
    assert capsys.readouterr().out == "[figure] One bar.\nn = 1\n" and in_a_notebook == []


def test_shares_are_told_in_the_alt_text(in_a_notebook):
    plots.show_shares({"base": (0.5, 0.4, 0.6), "tuned": (0.951, 0.9, 0.98)}, "right answers", "n = 100", ["tuned"],
                      {"guessing": 0.25})
    [shown] = in_a_notebook
    assert "alt='Bars with the share of right answers: base 50 %, tuned 95 %, guessing (dashed) 25 %.'" in shown
    assert "n = 100</figcaption>" in shown
