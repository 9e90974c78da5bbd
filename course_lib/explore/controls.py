"""What a control can be, declared once: it gives the widget, the values of a state, and the refusal of all others."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real

from course_lib.errors import CourseError, shown, unknown, whole_number

WIDTH = "min(32em, 95%)"


@dataclass(frozen=True)
class Control:
    """One field of a state: its label, and the values that it can take.

    `values` may be a function of the state, where they hang on the controls above this one. `words` says a value as a
    student reads it. `noun` is what a text among the values is called: "There is no {noun} called …".
    """

    label: str
    values: Sequence | Callable[[object], Sequence] = ()
    words: Callable[[object], str] = str
    noun: str = ""
    kind = ""  # of widget

    def allowed(self, state) -> Sequence:
        """The values that it can take in this state."""
        return self.values(state) if callable(self.values) else self.values

    def checked(self, name: str, state):
        """The state's value. Raises CourseError if it is none of those allowed; 1.0, "1" and True are not 1."""
        value, allowed = getattr(state, name), self.allowed(state)
        if isinstance(allowed, range) and allowed.step == 1:
            return whole_number(name, value, allowed[0], allowed[-1])
        kind = next(kind for kind in (bool, str, Integral, Real) if all(isinstance(one, kind) for one in allowed))
        if isinstance(value, kind) and isinstance(value, bool) == (kind is bool) and value in allowed:
            return value
        if kind is str:
            raise unknown(self.noun or name, value, allowed)
        raise CourseError(f"{name} cannot be {shown(value)}. Allowed: {', '.join(map(str, allowed))}.")

    def traits(self, state) -> dict:
        """What the widget is told beside its label and its value."""
        return {}

    def widget(self, name: str, state):
        """The widget, with its label before it; what is dragged gives its value once it is let go."""
        import ipywidgets

        kind, traits = getattr(ipywidgets, self.kind), {"layout": {"width": WIDTH}, **self.traits(state)}
        if "continuous_update" in kind.class_trait_names():
            traits = {"continuous_update": False, **traits}
        return kind(description=self.label, style={"description_width": "9em"}, value=getattr(state, name), **traits)

    def follow(self, widget, state) -> None:
        """Tells the widget what is allowed now, where that hangs on other controls; its value stays if it can."""
        if callable(self.values):
            value = widget.value
            for trait, now in self.traits(state).items():
                if getattr(widget, trait) != now:
                    setattr(widget, trait, now)
            if value in self.allowed(state):
                widget.value = value


class Menu(Control):
    """One value of a few."""

    kind = "Dropdown"

    def traits(self, state) -> dict:
        return {"options": tuple((self.words(one), one) for one in self.allowed(state))}


class Steps(Menu):
    """One value of a few that lie on a scale."""

    kind = "SelectionSlider"


class Slider(Control):
    """A whole number of a range."""

    kind = "IntSlider"

    def traits(self, state) -> dict:
        allowed = self.allowed(state)
        return {"min": allowed[0], "max": allowed[-1]}


class NumberBox(Slider):
    """A whole number of a range, too large for a slider: it is typed."""

    kind = "BoundedIntText"


@dataclass(frozen=True)
class Switch(Control):
    """Yes or no."""

    values: Sequence = (False, True)
    kind = "Checkbox"


class TextBox(Control):
    """Any text."""

    kind = "Textarea"

    def checked(self, name: str, state) -> str:
        """The state's text. Raises CourseError if it is none, or no whole one."""
        text = getattr(state, name)
        if not isinstance(text, str):
            raise CourseError(f"{name} is a text between quotes; you gave {shown(text)}.")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise CourseError(f"{shown(text)} holds half of a character (a lone surrogate). Write it whole.") from None
        return text

    def traits(self, state) -> dict:
        return {"rows": 4, "continuous_update": True, "layout": {"width": "min(48em, 95%)"}}
