"""How figures are written, and what is shown in a notebook and in a terminal: sentences, folded texts, tables.

COURSE_TEXT=1 asks for text everywhere, in place of HTML and widgets: for a terminal or a screen reader.
"""
import html
import inspect
import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path


def decimal(value: float) -> str:
    """With two places: 0.51; a small value that is not zero is "< 0.01".

    >>> decimal(0.505), decimal(0.001), decimal(0)
    ('0.51', '< 0.01', '0.00')
    """
    return "< 0.01" if 0 < value < 0.005 else f"{value:.2f}"


def percent(share: float) -> str:
    """A share in whole per cent, rounded as `decimal` rounds it: what is 0.51 beside a bar is 51 % in a text.

    >>> percent(0.505), f"{100 * 0.505:.0f} %", percent(0.001), percent(0)
    ('51 %', '50 %', '< 1 %', '0 %')
    """
    return "< 1 %" if 0 < share < 0.005 else f"{100 * round(share, 2):.0f} %"


def counted(number: int | str, noun: str) -> str:
    """A number with its noun, which has no plural of one.

    >>> counted(1, "tokens"), counted(2, "tokens"), counted("1.00", "nats"), counted(5, "%")
    ('1 token', '2 tokens', '1.00 nats', '5 %')
    """
    return f"{number} {noun.removesuffix('s') if str(number) == '1' else noun}".strip()


def size(count: float) -> str:
    """Bytes in the unit that suits them; 1 KB is 1,000 bytes.

    >>> size(350e9), size(491_520), size(12)
    ('350 GB', '492 KB', '12 bytes')
    """
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count = count / 1000
    return f"{count:.3g} PB"


def shell():
    """The IPython shell that runs this code, a notebook's or a terminal's; None outside of one."""
    ipython = sys.modules.get("IPython")  # a kernel has loaded it
    return ipython.get_ipython() if ipython else None


def html_works() -> bool:
    """Whether this is a notebook's kernel, and nobody asked for text."""
    return os.environ.get("COURSE_TEXT") != "1" and getattr(shell(), "kernel", None) is not None


def course(command: str) -> str:
    """The command `course …` as it works where it is read, between backticks.

    In a notebook it is run by the kernel's own Python. In a terminal the name alone will do where it is on the PATH;
    else the path of the script beside this Python, from the folder you are in where that is shorter.
    """
    if getattr(shell(), "kernel", None) is not None:
        return f"`%run -m course_lib.cli {command}`"
    script = Path(sys.executable).with_name("course.exe" if os.name == "nt" else "course")
    if (found := shutil.which("course")) and os.path.samefile(Path(found).parent, script.parent):
        return f"`course {command}`"
    if not script.exists():
        return f"`{shlex.quote(sys.executable)} -m course_lib.cli {command}`"
    try:
        way = min(str(script), os.path.relpath(script), key=len)
    except (OSError, ValueError):  # the folder was deleted under us; another drive of Windows
        way = str(script)
    return f"`{shlex.quote(way) if os.name != 'nt' else way} {command}`"


def widgets_work() -> bool:
    """Whether HTML works here and ipywidgets can be loaded."""
    if not html_works():
        return False
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True


def show_html(markup: str) -> None:
    """Display HTML in the notebook. Everything in it that somebody typed must be escaped already."""
    from IPython.display import HTML, display

    display(HTML(markup))


def say(markdown: str) -> None:
    """Display Markdown in the notebook: a sentence or a table with this run's own figures. In a terminal, as it is."""
    if not html_works():
        print(markdown)
        return
    from IPython.display import Markdown, display

    display(Markdown(markdown))


def fold(title: str, markdown: str) -> None:
    """Display Markdown below a title that opens it with a click."""
    if html_works():
        say(f"<details><summary>{html.escape(title)}</summary>\n\n{markdown}\n\n</details>")
    else:
        print(f"{title}\n\n{markdown}")


def show_source(thing) -> None:
    """Display the source of a function or a class, below a title that opens it."""
    fold(f"The source of {thing.__qualname__}", f"```python\n{inspect.getsource(thing).rstrip()}\n```")


def html_table(rows: Iterable[Sequence[str]], header: Sequence[str] = (), caption: str = "") -> str:
    """A table of plain texts, which are escaped here. The first text of a row is the row's heading."""

    def cell(tag: str, text: str, scope: str = "") -> str:
        scope = f" scope='{scope}'" if scope else ""
        style = "text-align:left;vertical-align:top;white-space:pre-line"
        return f"<{tag}{scope} style='{style}'>{html.escape(text)}</{tag}>"

    above = f"<caption style='text-align:left'>{html.escape(caption)}</caption>" if caption else ""
    head = f"<tr>{''.join(cell('th', name, 'col') for name in header)}</tr>" if header else ""
    body = "".join(f"<tr>{cell('th', first, 'row')}{''.join(cell('td', text) for text in rest)}</tr>"
                   for first, *rest in rows)
    return f"<table>{above}{head}{body}</table>"


def text_table(rows: Iterable[Sequence[str]], header: Sequence[str] = (), caption: str = "") -> str:
    """The same as text for any width: a line `name: value` for each row; under a header, a paragraph for each."""
    if not header:
        return "\n".join([*filter(None, [caption]), *(": ".join(row) for row in rows)])
    blocks = ["\n".join(f"  {name}: {text}" for name, text in zip(header, row)) for row in rows]
    return "\n\n".join(filter(None, [caption, *blocks]))


def columns(rows: Iterable[Sequence[str]], figures: bool = False) -> list[str]:
    """Lines with the texts of a column under one another; all but the first are `figures`, and stand to the right.

    >>> columns([("model", "parameters"), ("orchard-xs", "279,744")], figures=True)
    ['model       parameters', 'orchard-xs     279,744']
    """
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    signs = ["<", *(">" if figures else "<") * (len(widths) - 1)]
    return ["  ".join(f"{text:{sign}{width}}" for text, sign, width in zip(row, signs, widths)).rstrip()
            for row in rows]


def markdown_table(rows: Iterable[Sequence[str]], header: Sequence[str]) -> str:
    """The same as Markdown, which is not escaped: code, bold and links may stand in it."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows))


def show_table(rows: Iterable[Sequence[str]], header: Sequence[str] = (), caption: str = "") -> None:
    """The table, as HTML where that works, else as text."""
    if html_works():
        show_html(html_table(rows, header, caption))
    else:
        print(text_table(rows, header, caption))
