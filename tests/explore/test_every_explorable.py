"""Every explorable, driven by the messages that a browser sends; its words and its still form."""
import html
import re
from dataclasses import replace
from functools import lru_cache

import ipywidgets as widgets
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course_lib import plots
from course_lib.bench.explorables import explorables

THINGS = ("blocks|bytes|characters|copies|directions|documents|heads|labels|layers|neurons|numbers|parameters|places|"
          "points|prompts|steps|tasks|times|tokens|vectors")
FROM_ZERO = r"\b(page|place|block|layer|head|vector|review) 0\b"
COUNTED_WRONGLY = re.compile(rf"{FROM_ZERO}|(?<![\d.,])1 (full |soft )?({THINGS})\b", re.I)
MAY_LOOK_ALIKE = ("Early stopping", "patience")  # where a run has no worse points, more patience changes nothing
STARTS = {"Prompt lab": {"k": 4}, "Temperature": {"temperature": 4}}  # where every other control shows something
TYPED = ("", "a", "a\n\nb <b>&</b> $x$ ü 🍐")


@pytest.fixture(scope="module")
def panels():
    """By title. The last result is remembered: it is looked at twice here."""
    opened = [replace(one, compute=lru_cache(maxsize=1)(one.compute)) for one in explorables().values()]
    return {one.title: one.panel(one.state(**STARTS.get(one.title, {}))) for one in opened}


@pytest.fixture
def looked_at(monkeypatch):
    """Every figure is looked at as it was painted: nothing may leave it. In a panel, an error would be an alert."""
    paint = plots.picture_html

    def look(figure, *given, **more):
        picture, whole = paint(figure, *given, **more), figure.figure if isinstance(figure, Axes) else figure
        renderer = FigureCanvasAgg(whole).get_renderer()
        for axes in whole.axes:
            box = axes.get_tightbbox(renderer)
            assert box.x0 >= 0 and box.x1 <= whole.bbox.width and box.y0 >= 0 and box.y1 <= whole.bbox.height
        return picture
    monkeypatch.setattr(plots, "picture_html", look)


def moves(control: widgets.Widget) -> list[dict]:
    """States that a browser would send for this control: both ends, the middle, and its start again."""
    if hasattr(control, "options"):
        last = len(control.options) - 1
        return [{"index": place} for place in (0, last, last // 2, control.index)]
    if isinstance(control, widgets.Checkbox):
        return [{"value": not control.value}, {"value": control.value}]
    if isinstance(control, widgets.Textarea):
        return [{"value": text} for text in (*TYPED, control.value)]
    return [{"value": value} for value in (control.min, control.max, (control.min + control.max) // 2, control.value)]


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"alt='[^']*'", "", markup))).split())


def told(markup: str) -> list[str]:
    """What the explorable says in its own words: its last sentence, and the alt text. Quoted texts are not its own."""
    return [words(markup.rpartition("<div role=")[2]), *map(html.unescape, re.findall(r"alt='([^']*)'", markup))]


def some(values) -> list:
    """All of them; of a great many, both ends and the middle."""
    return list(values) if len(values) <= 60 else [values[0], values[len(values) // 2], values[-1]]


def test_every_control_paints_and_counts_from_one(panels, looked_at):
    for title, panel in panels.items():
        for name, control in panel.controls.items():
            painted = set()
            for state in moves(control):
                control.set_state(state)
                drawn = panel.picture.value
                assert "role='alert'" not in drawn, (title, state, words(drawn))
                painted |= set(re.findall("base64,([^']{2000,})'", drawn))
                for text in told(drawn):
                    assert not COUNTED_WRONGLY.search(text), (title, state, COUNTED_WRONGLY.search(text), text[:400])
            assert len(painted) > 1 or "<img" not in drawn or (title, name) == MAY_LOOK_ALIKE, (title, name)
        panel.reset_button.click()
        assert panel.values == panel.start, title


def test_every_value_of_every_control_is_told_and_changes_what_is_shown(panels, monkeypatch):
    """With the words of a picture in its place: painting takes long."""
    monkeypatch.setattr(plots, "picture_html", lambda figure, alt, note, dpi: html.escape(alt))
    for title, panel in panels.items():
        one, anew = panel.explorable, replace(panel.explorable, compute=panel.explorable.compute.__wrapped__)
        for name, control in one.controls.items():
            for value in some(control.allowed(one.state(**panel.values)) or TYPED):
                before, changed = panel.picture.value, panel.values[name] != value
                panel.controls[name].value = value
                drawn = panel.picture.value
                assert (drawn != before) == changed or (title, name) == MAY_LOOK_ALIKE, (title, name, value)
                result = one.compute(one.state(**panel.values))
                assert "role='alert'" not in drawn and html.escape(one.summary(result)) in drawn, (title, name, value)
                assert anew.text_form(one.state(**panel.values)).endswith(f"\n{one.summary(result)}")
        panel.reset_button.click()
        assert panel.values == panel.start, title


def test_controls_are_few_named_and_patient_and_a_slider_shows_what_it_stands_for(panels):
    for title, panel in panels.items():
        assert len(panel.controls) <= 5, title
        for control in panel.controls.values():
            assert control.description.strip(), title
            patient = not getattr(control, "continuous_update", False)
            assert patient != isinstance(control, widgets.Textarea), f"{title}: {control.description}"
            if isinstance(control, widgets.SelectionSlider):
                labels = list(control._options_labels)
                assert labels != [str(place) for place in range(len(labels))], f"{title}: {control.description}"


def test_every_still_form_is_the_picture_with_what_the_controls_say(panels):
    for name, panel in panels.items():
        still = panel.still()
        assert panel.picture.value in still and html.escape(panel.title) in still, name
        for control in panel.controls.values():
            assert html.escape(f"{control.description}: ") in still, name
            if hasattr(control, "options"):
                assert html.escape(f"{control.description}: {control._options_labels[control.index]}") in still, name


def test_the_still_form_escapes_what_was_typed(panels):
    panel = panels["Tokenizer lens"]
    panel.set(text="<script>alert(1)</script>")
    assert "<script>" not in panel.still()
    panel.set(**panel.start)
