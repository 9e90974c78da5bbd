"""A frame of widgets with a still form of it: what is drawn where no kernel answers.

A widget lives in its kernel. After a restart a notebook shows a picture of it that no longer answers, and once it is
opened again, "Error displaying widget: model not found". So a frame is displayed as two outputs, HTML with its still
form and the widgets, and framed.html shows one of the two: the widgets while they live, else the still form.

framed.html also does what ipywidgets cannot do from Python (its lines say what). Where a page runs no scripts, it is
not done: groups and sliders have no names, a slider of words announces an index, Enter in a number box does nothing.
"""
from functools import cache
from importlib import resources
from uuid import uuid4

import ipywidgets as widgets

FRAME = {"border": "1px solid var(--jp-border-color1, #9e9e9e)", "padding": "8px 12px", "margin": "6px 0"}


@cache
def _around() -> str:
    return resources.files("course_lib").joinpath("framed.html").read_text(encoding="utf-8")


class Framed:
    """`children` in a frame, `box`. Subclasses give `still()`. `display(framed)` shows whichever can be used."""

    def __init__(self, children: list[widgets.Widget], kind: str):
        self.shown = False
        self.name = f"course-{uuid4().hex[:12]}"
        self.box = widgets.VBox(children, layout=widgets.Layout(**FRAME))
        for name in ("course-live", kind, self.name):
            self.box.add_class(name)

    def still(self) -> str:
        """HTML that says what the widgets show now, and how to bring them back."""
        raise NotImplementedError

    def _html(self):
        from IPython.display import HTML

        return HTML(_around().replace("NAME", self.name).replace("STILL", self.still()))

    def _ipython_display_(self, **_) -> None:
        from IPython.display import display

        display(self._html(), display_id=self.name)
        display(self.box)
        self.shown = True

    def keep(self) -> None:
        """The still form becomes what the widgets show now; nothing happens before they were displayed."""
        from IPython.display import update_display

        if self.shown:
            update_display(self._html(), display_id=self.name)
