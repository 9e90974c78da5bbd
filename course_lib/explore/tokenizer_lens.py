"""The tokenizer lens: type a text, and see the tokens that a model reads."""
import html
from dataclasses import dataclass
from functools import partial

from tokenizers.decoders import ByteLevel

from course_lib.display import counted
from course_lib.errors import CourseError, shown
from course_lib.explore.controls import TextBox
from course_lib.explore.explorable import Explorable, checked, show

MOST_BOXES = 300
UNKNOWN = "\ufffd"  # what bytes become that are no whole character
SHADES = ("#CFE3F1", "#FBE3B5")  # light blue and light orange: every eye tells them apart
CONTROLS = {"text": TextBox("Your text")}


@dataclass(frozen=True)
class State:
    """What stands in the text box."""

    text: str = "The apple is a pome.\npeach: drupe\napple:"


@dataclass(frozen=True)
class Token:
    """One token. `text` is what it says; `part`, as "1/2", where it holds only some bytes of a character."""

    id: int
    text: str
    part: str = ""

    @property
    def visible(self) -> str:
        """The text with its spaces as · and its line breaks as ⏎."""
        return f"{self.text.replace(' ', '·').replace(chr(10), '⏎')} {self.part}".strip()

    @property
    def spoken(self) -> str:
        """The text for a screen reader."""
        said = self.text.replace(" ", " space ").replace("\n", " line break ").split()
        return " ".join([*said, f"(bytes, part {self.part})"] if self.part else said)


@dataclass(frozen=True)
class Result:
    """The tokens, and what they are counted against."""

    tokens: tuple[Token, ...]
    n_characters: int
    n_bytes: int


def compute(tokenizer, state: State) -> Result:
    """state -> result: every token as the model's vocabulary has it, so with the space that belongs to it.

    Raises CourseError for what is no text, or no whole one.
    """
    state = checked(state, State, CONTROLS)
    if not hasattr(tokenizer, "convert_ids_to_tokens"):
        raise CourseError("The tokenizer must be one of a loaded model, the second thing that load_model gives; "
                          f"you gave {shown(tokenizer)}.")
    ids = tokenizer(state.text, add_special_tokens=False, verbose=False)["input_ids"]
    tokens, unfinished = [], []
    for id, piece in zip(ids, tokenizer.convert_ids_to_tokens(ids)):
        unfinished.append((id, piece))
        text = ByteLevel().decode([piece for _, piece in unfinished])
        if UNKNOWN in text and len(unfinished) < 4:  # a character has four bytes at most
            continue
        n = len(unfinished)
        tokens += [Token(id, text, f"{part}/{n}" if n > 1 else "")
                   for part, (id, _) in enumerate(unfinished, start=1)]
        unfinished = []
    return Result(tuple(tokens), len(state.text), len(state.text.encode()))


def summary(result: Result) -> str:
    """One sentence with the counts."""
    if not result.tokens:
        return "No text, no tokens."
    n = len(result.tokens)
    return (f"{counted(n, 'tokens')} for {counted(result.n_characters, 'characters')} "
            f"({counted(result.n_bytes, 'bytes')}): "
            f"{result.n_bytes / n:.1f} bytes a token.")


def picture(result: Result) -> str:
    """The still picture: an ordered list of boxes, for screen readers too, with the ids below the text."""
    boxes = [
        f"<li aria-label='{html.escape(token.spoken, quote=True)}, id {token.id}' "
        f"style='display:inline-block;margin:2px;padding:1px 5px;border:1px solid #767676;"
        f"border-radius:3px;background:{SHADES[place % 2]};color:#111;text-align:center;"
        f"font-family:monospace;line-height:1.35'><span>{html.escape(token.visible)}</span>"
        f"<br><span style='font-size:75%;color:#333'>{token.id}</span></li>"
        + ("<br>" if token.text.endswith("\n") else "")
        for place, token in enumerate(result.tokens[:MOST_BOXES])]
    left = len(result.tokens) - MOST_BOXES
    more = f"<p>… and {left} more.</p>" if left > 0 else ""
    return f"<ol style='list-style:none;margin:6px 0;padding:0'>{''.join(boxes)}</ol>{more}"


def rows(result: Result) -> list[str]:
    """The same as text: a line for each token."""
    return [f"{token.id:6}  {token.visible}" for token in result.tokens]


def explorable(tokenizer) -> Explorable:
    """All that makes it one, for this tokenizer."""
    return Explorable("Tokenizer lens", State, CONTROLS, partial(compute, tokenizer), rows, summary, picture)


def tokenizer_lens(tokenizer, start: State = State(), text: bool = False) -> None:
    """Shows the lens. In text form it shows the tokens of `start`: State("any text")."""
    show(partial(explorable, tokenizer), start, text)
