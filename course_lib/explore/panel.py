"""The view that all explorables share: labelled controls, a reset button, and below them what they give."""
import gc
import html
from contextlib import contextmanager

import ipywidgets as widgets

from course_lib.errors import CourseError
from course_lib.framed import Framed

_STYLE = "<style>.course-explorable .widget-html-content { line-height: 1.5 }</style>"  # else that of a button, 28 px


class Panel(Framed):
    """The controls of an explorable, set to `start`, and its picture. A change of any control draws once."""

    def __init__(self, explorable, start):
        self.explorable, self.title = explorable, explorable.title
        self.controls = {name: control.widget(name, start) for name, control in explorable.controls.items()}
        self.start = self.values
        self.drawn: dict | None = None
        self.held = False
        self.picture = widgets.HTML(layout=widgets.Layout(width="auto", max_width="100%"))
        self.reset_button = widgets.Button(description="Reset")
        head = widgets.HTML(f"{_STYLE}<b>{html.escape(self.title)}</b>")
        super().__init__([head, *self.controls.values(), self.reset_button, self.picture], "course-explorable")
        for control in self.controls.values():
            control.observe(lambda _: self.changed(), names="value")
        self.reset_button.on_click(lambda _: self.set(**self.start))
        self.redraw()

    def still(self) -> str:
        """The picture as it is now, below what the controls say."""
        said = " · ".join(f"{one.description}: {chosen(one)}" for one in self.controls.values())
        return (f"<b>{html.escape(self.title)}</b><p style='margin:0.4em 0'>{html.escape(said)}</p>{self.picture.value}"
                "<p style='margin:0.4em 0'><i>Run this cell, and you can move its controls.</i></p>")

    @property
    def values(self) -> dict:
        """What every control says now, by name."""
        return {name: control.value for name, control in self.controls.items()}

    @contextmanager
    def holding(self):
        """The block in which nothing is drawn; what it has changed is drawn at its end, once."""
        outer, self.held = self.held, True
        try:
            yield
        finally:
            self.held = outer
        self.redraw()

    def set(self, **values) -> None:
        """Moves several controls and draws once."""
        with self.holding():
            for name, value in values.items():
                self.controls[name].value = value

    def changed(self) -> None:
        """Controls whose values hang on others follow these; then it draws."""
        with self.holding():
            for name, control in self.explorable.controls.items():
                control.follow(self.controls[name], self.explorable.state(**self.values))

    def draw(self, values: dict) -> str:
        """HTML for what the controls say: texts, the picture, and the summary, which screen readers say at once."""
        result = self.explorable.compute(self.explorable.state(**values))
        above = "".join(map(text_block, self.explorable.above(result)))
        return above + self.explorable.picture(result) + status(self.explorable.summary(result))

    def redraw(self) -> None:
        """Draws unless that is what is shown already; what cannot be drawn is explained in the picture's place."""
        values = self.values
        if self.held or values == self.drawn:
            return
        with garbage_kept():
            try:
                picture = self.draw(values)
            except CourseError as error:
                picture = alert(str(error))
            except Exception as error:  # raised in a widget's callback, it would be seen by nobody
                picture = alert(f"This cannot be drawn. {type(error).__name__}: {error}")
            self.picture.value, self.drawn = picture, values


def chosen(control: widgets.Widget) -> str:
    """What a control says now, in its own words."""
    if hasattr(control, "options"):
        option = control.options[control.index]
        return str(option[0] if isinstance(option, tuple) else option)
    return {True: "yes", False: "no"}[control.value] if isinstance(control, widgets.Checkbox) else str(control.value)


@contextmanager
def garbage_kept():
    """The block in which Python does not collect garbage: with all libraries loaded that can take half a second."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def alert(sentence: str) -> str:
    """A sentence in place of a picture, which screen readers say at once."""
    return f"<div role='alert'>{html.escape(sentence)}</div>"


def status(sentence: str) -> str:
    """A sentence that screen readers say whenever it changes."""
    return f"<div role='status' aria-live='polite' style='line-height:1.5'>{html.escape(sentence)}</div>"


def text_block(text: str) -> str:
    """Text as it stands, with its line breaks, in the colours of the theme."""
    return ("<pre style='margin:6px 0;padding:6px 10px;"
            "border-left:3px solid var(--jp-border-color1, #9e9e9e);"
            "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;"  # JupyterLab's own cuts words
            f"line-height:1.35'>{html.escape(text)}</pre>")
