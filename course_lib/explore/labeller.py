"""The widget of the pair labeller, for ipywidgets 7.7 and 8. What it says and keeps is pairs_labelled.py's.

The text box holds all answers, a letter each; a button adds one to it or takes one away. So there is one state, and a
letter that is typed twice as fast as the kernel answers is not counted twice.
"""
import html

import ipywidgets as widgets

from course_lib.errors import CourseError
from course_lib.explore.pairs_labelled import LETTERS, Labelled
from course_lib.framed import Framed

ABOVE = ("<b>Which answer is better?</b> Somebody wants the review in a few words. Click, or type a letter for each "
         "pair: " + ", ".join(f"<b>{letter}</b> {word}" for letter, (word, _) in LETTERS.items()) + ".")
_STYLE = """<style>.course-labeller .widget-html-content { line-height: 1.5; overflow-wrap: anywhere }
.course-labeller .widget-button { height: auto; min-height: 28px; white-space: normal; line-height: 1.5 }</style>"""
UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"  # but read aloud


class Labeller(Framed):
    """A pair at a time: the review, a button for each answer, for neither, and back."""

    def __init__(self, labelled: Labelled):
        self.labelled, self.said = labelled, ""
        self.asked, self.feedback = widgets.HTML(layout=_wide()), widgets.HTML(layout=_wide())
        self.buttons = {letter: widgets.Button(layout=_wide()) for letter in LETTERS}
        self.back = widgets.Button(description="Back", layout=_wide())
        self.typed = widgets.Text(value=labelled.letters, description="By letters",
                                  layout=widgets.Layout(width="min(24em, calc(100% - 4px))"))
        head = widgets.HTML(f"{_STYLE}{ABOVE}", layout=_wide())
        answers = widgets.HBox([self.buttons["l"], self.buttons["r"]], layout=widgets.Layout(flex_flow="row wrap"))
        rest = widgets.HBox([self.buttons["t"], self.back])
        super().__init__([head, self.asked, answers, rest, self.typed, self.feedback], "course-labeller")
        for letter, button in self.buttons.items():
            button.on_click(lambda _, letter=letter: self.press(letter))
        self.back.on_click(lambda _: self.undo())
        self.typed.observe(lambda _: self.type(self.typed.value), names="value")
        self.show("Your answers of before are here again. " if labelled.letters else "")

    def press(self, letter: str) -> None:
        """One answer more; where all pairs have one, it says how to change them."""
        if len(self.labelled.letters) == self.labelled.n:
            self.show("All pairs have an answer. Back takes the last one back. ")
        else:
            self.typed.value = self.labelled.letters + letter

    def undo(self) -> None:
        """The pair before is asked again."""
        if self.labelled.letters:
            self.typed.value = self.labelled.letters[:-1]
        else:
            self.show("This is the first pair. ")

    def type(self, typed: str) -> None:
        """These are the answers now. What is none is explained, and changes nothing; the box stays as it was typed."""
        before = self.labelled.letters
        try:
            self.labelled.say(typed)
        except CourseError as error:
            self.show(str(error))
            return
        now = self.labelled.letters
        self.show("" if now == before else f"Kept: {LETTERS[now[-1]][0]}. " if len(now) > len(before) else
                  "Taken back. " if len(now) < len(before) else "Changed. ")

    def show(self, said: str) -> None:
        """The pair that comes next, and what is said; screen readers say both at once."""
        done, n = len(self.labelled.letters), self.labelled.n
        left = right = ""
        if done < n:
            review, left, right = self.labelled.pair(done)
            asked = (f"<b>Pair {done + 1} of {n}.</b> {html.escape(review)}"
                     f"<span style='{UNSEEN}'> Left: {html.escape(left)}. Right: {html.escape(right)}.</span>")
        else:
            asked = f"<b>{n} of {n} pairs are answered.</b>"
        for letter, text in zip(LETTERS, (f"Left: {left}", f"Right: {right}", "Cannot decide")):
            self.buttons[letter].description = text.removesuffix(": ")
        self.asked.value = live(asked)
        self.said = said + (self.labelled.told() if done in (0, n) else "")
        self.feedback.value = live(html.escape(self.said))
        self.keep()

    def still(self) -> str:
        """The pair that comes next, or what was said of all."""
        done = len(self.labelled.letters)
        pair = ""
        if done < self.labelled.n:
            review, left, right = map(html.escape, self.labelled.pair(done))
            pair = (f"<p style='margin:0.4em 0'><b>Pair {done + 1} of {self.labelled.n}.</b> {review}</p>"
                    f"<ul style='margin:0.4em 0'><li>Left: {left}</li><li>Right: {right}</li></ul>")
        return (f"{ABOVE}{pair}<p style='margin:0.4em 0'>{html.escape(self.said)}</p>"
                "<p style='margin:0.4em 0'><i>Run this cell, and you can answer here.</i></p>")


def live(markup: str) -> str:
    """What screen readers say whenever it changes."""
    return f"<div role='status' aria-live='polite'>{markup}</div>"


def _wide() -> widgets.Layout:
    return widgets.Layout(width="auto", max_width="100%")
