"""The live curve: one picture that is drawn again, at the end for good, and never a reason to stop training."""
import html
import re
from types import SimpleNamespace

import pytest

from course_lib import plots
from course_lib.errors import CourseError
from course_lib.methods import LoRA
from course_lib.plots import live
from course_lib.training import fit
from tests.training.small import task_of

LOSSES = [2.0, 1.0, 1.0, 0.5]
VALIDATION = [{"step": 2, "loss": 0.9}, {"step": 4, "loss": 1.25}]
RUN = SimpleNamespace(loss=LOSSES, validation=VALIDATION)


@pytest.fixture
def pictures(monkeypatch):
    """In a pretended notebook: each picture, as [the HTML that it showed one after the other]."""
    shown = []

    class Handle:
        def __init__(self, item):
            self.versions = [item.data]
            shown.append(self.versions)

        def update(self, item):
            self.versions.append(item.data)

    def display(item, display_id):
        assert display_id is True
        return Handle(item)

    monkeypatch.delenv("COURSE_TEXT", raising=False)
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", display)
    return shown


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is set."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(live.time, "monotonic", lambda: clock.now)
    return clock


def alt_of(markup: str) -> str:
    return html.unescape(re.search(r"alt='([^']*)'", markup)[1])


def test_the_curve_is_what_was_measured():
    """Smoothed by 0.9: (0.9·2 + 1) / 1.9 = 1.474 after two steps."""
    axes = plots.training_curve(LOSSES, VALIDATION)
    each, smooth, points = axes.lines
    assert list(each.get_xdata()) == [1, 2, 3, 4] and list(each.get_ydata()) == LOSSES
    assert list(smooth.get_ydata())[:2] == pytest.approx([2, 2.8 / 1.9])
    assert list(points.get_xdata()) == [2, 4] and list(points.get_ydata()) == [0.9, 1.25]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("training steps", "loss (nats)")
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["each batch", "training, smoothed", "validation"]
    assert (smooth.get_color(), points.get_color()) == (plots.COLOURS["blue"], plots.COLOURS["vermillion"])
    assert points.get_marker() == "o" and smooth.get_marker() == "None"  # told apart without colours, too
    assert len(plots.training_curve([1.0]).lines) == 2
    assert all(tick == int(tick) for tick in plots.training_curve(LOSSES).get_xticks())  # there is no half a step


def test_the_alt_text_says_the_numbers():
    """Smoothed at step 4: (0.729·2 + 0.81·1 + 0.9·1 + 0.5) / (0.729 + 0.81 + 0.9 + 1) = 3.668 / 3.439 = 1.07."""
    assert live.in_words(LOSSES, VALIDATION) == (
        "Training loss by step: 2.00 nats at step 1, 1.07 (smoothed) at step 4. Validation loss: lowest 0.90 at "
        "step 2, last 1.25 at step 4.")
    assert live.in_words([0.7]) == "Training loss by step: 0.70 nats at step 1, 0.70 (smoothed) at step 1."


def test_one_picture_is_drawn_again_at_most_every_so_often(pictures, clock):
    watch = plots.LiveCurve(every=0.5)
    for now in (100.0, 100.2, 100.4, 100.6, 100.7, 101.2):
        clock.now = now
        watch(RUN)
    assert [len(versions) for versions in pictures] == [3]  # at 100.0, 100.6 and 101.2
    watch.finish(RUN)
    assert [len(versions) for versions in pictures] == [4]
    assert alt_of(pictures[0][-1]) == live.in_words(LOSSES, VALIDATION)
    assert all("data:image/png;base64," in version for version in pictures[0])
    watch(RUN)  # of another run
    assert [len(versions) for versions in pictures] == [4, 1]


def test_a_slow_picture_is_drawn_less_often(pictures, clock, monkeypatch):
    """Two seconds for a picture: the next is not begun before 18 more are over, a tenth of the time in all."""
    draw = live.training_curve
    monkeypatch.setattr(live, "training_curve", lambda *given: setattr(clock, "now", clock.now + 2) or draw(*given))
    watch, drawn = plots.LiveCurve(every=0.5), []
    for now in (100.0, 119.9, 120.0):
        clock.now = now
        watch(RUN)
        drawn.append(len(pictures[0]))
    assert drawn == [1, 1, 2]


def test_training_draws_its_curve(pictures, small):
    history = fit(*small, task_of("reviews"), LoRA(small[0]), steps=4, batch_size=8, progress=False,
                  watch=plots.LiveCurve(every=0))
    assert 2 <= len(pictures[0]) <= 5 and len(pictures) == 1
    assert alt_of(pictures[0][-1]) == live.in_words(history.loss, history.validation)


def test_an_interrupted_run_is_drawn_to_its_end(pictures, small, clock):
    class Stops(plots.LiveCurve):
        def __call__(self, history):
            super().__call__(history)
            if len(history.loss) == 3:
                raise KeyboardInterrupt

    history = fit(*small, task_of("reviews"), LoRA(small[0]), steps=4, batch_size=8, progress=False, watch=Stops())
    assert history.stopped == "interrupted" and len(pictures[0]) == 2
    assert "at step 3" in alt_of(pictures[0][-1])


@pytest.mark.parametrize("where", ["a terminal", "text was asked for"])
def test_where_there_is_no_notebook_it_does_nothing(where, pictures, monkeypatch, capsys):
    if where == "a terminal":
        monkeypatch.setattr("IPython.get_ipython", lambda: None)
    else:
        monkeypatch.setenv("COURSE_TEXT", "1")
    monkeypatch.setattr(live, "training_curve", lambda *_: 1 / 0)
    watch = plots.LiveCurve()
    watch(RUN)
    watch.finish(RUN)
    assert pictures == [] and capsys.readouterr() == ("", "")


@pytest.mark.parametrize("broken", ["IPython.display.display", "course_lib.plots.live.training_curve",
                                    "course_lib.plots.live.picture_html"])
def test_a_broken_display_never_stops_a_run(broken, pictures, monkeypatch, small):
    monkeypatch.setattr(broken, lambda *_, **__: 1 / 0)
    history = fit(*small, task_of("reviews"), LoRA(small[0]), steps=2, batch_size=8, progress=False,
                  watch=plots.LiveCurve(every=0))
    assert len(history.loss) == 2 and pictures == []


def test_before_the_first_step_there_is_nothing_to_draw(pictures):
    plots.LiveCurve().finish(SimpleNamespace(loss=[], validation=[]))
    assert pictures == []


@pytest.mark.parametrize("every", [-1, "1", None, True, float("nan")])
def test_every_is_a_number_of_seconds(every):
    with pytest.raises(CourseError, match="every is a number of seconds, 0 or more"):
        plots.LiveCurve(every)
