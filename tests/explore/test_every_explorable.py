"""Every explorable, driven by the messages that a browser sends; its words and its still form."""
import html
import re

import ipywidgets as widgets
import pytest

from course_lib.bench.explorables import explorables

THINGS = ("blocks|bytes|characters|copies|directions|documents|heads|labels|layers|neurons|numbers|parameters|places|"
          "points|prompts|steps|tasks|times|tokens|vectors")
FROM_ZERO = r"\b(page|place|block|layer|head|vector|review) 0\b"
COUNTED_WRONGLY = re.compile(rf"{FROM_ZERO}|(?<![\d.,])1 (full |soft )?({THINGS})\b", re.I)
EXPECTED = "have the same answer"  # the one state in which the interchange lab has nothing to show, and says so


@pytest.fixture(scope="module")
def panels():
    return {one.name: one.panel for one in explorables()}


def moves(control: widgets.Widget) -> list[dict]:
    """States that a browser would send for this control: both ends, the middle, and its start again."""
    if hasattr(control, "options"):
        last = len(control.options) - 1
        return [{"index": place} for place in (0, last, last // 2, control.index)]
    if isinstance(control, widgets.Checkbox):
        return [{"value": not control.value}, {"value": control.value}]
    if isinstance(control, widgets.Textarea):
        return [{"value": text} for text in ("", "a", "a\n\nb <b>&</b> $x$ ü 🍐", control.value)]
    return [{"value": value} for value in (control.min, control.max, (control.min + control.max) // 2, control.value)]


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"alt='[^']*'", "", markup))).split())


def told(markup: str) -> list[str]:
    """What the explorable says in its own words: its last sentence, and the alt text. Quoted texts are not its own."""
    return [words(markup.rpartition("<div role=")[2]), *map(html.unescape, re.findall(r"alt='([^']*)'", markup))]


def test_every_control_draws_and_counts_from_one(panels):
    for name, panel in panels.items():
        for control in panel.controls.values():
            for state in moves(control):
                control.set_state(state)
                drawn = panel.picture.value
                assert "role='alert'" not in drawn or EXPECTED in drawn, (name, state, words(drawn))
                for text in told(drawn):
                    assert not COUNTED_WRONGLY.search(text), (name, state, COUNTED_WRONGLY.search(text), text[:400])
        panel.reset_button.click()
        assert panel.values == panel.start, name


def test_every_control_has_a_name_and_a_slider_shows_what_it_stands_for(panels):
    for name, panel in panels.items():
        for control in panel.controls.values():
            assert control.description.strip(), name
            if isinstance(control, widgets.SelectionSlider):
                labels = list(control._options_labels)
                assert labels != [str(place) for place in range(len(labels))], f"{name}: {control.description}"


def test_every_still_form_is_the_picture_with_what_the_controls_say(panels):
    for name, panel in panels.items():
        still = panel.still()
        assert panel.picture.value in still and html.escape(panel.title) in still, name
        for control in panel.controls.values():
            assert html.escape(f"{control.description}: ") in still, name
            if hasattr(control, "options"):
                assert html.escape(f"{control.description}: {control._options_labels[control.index]}") in still, name


def test_the_still_form_escapes_what_was_typed(panels):
    panel = panels["tokenizer lens"]
    panel.set(text="<script>alert(1)</script>")
    assert "<script>" not in panel.still()
    panel.set(**panel.start)
