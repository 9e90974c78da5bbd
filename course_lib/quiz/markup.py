"""The little markup of questions: `code`, **bold**, blank lines between paragraphs, four spaces before code."""

import html
import re

_INLINE = ((re.compile(r"`([^`]+)`"), r"<code>\1</code>"), (re.compile(r"\*\*([^*]+)\*\*"), r"<b>\1</b>"))
_MARKS = re.compile(r"`|\*\*")


def to_html(text: str) -> str:
    """HTML that is safe to show: everything is escaped before the markup is read."""
    parts = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.split("\n")
        if all(line.startswith("    ") for line in lines):
            code = html.escape("\n".join(line[4:] for line in lines))
            parts.append(f"<pre style='margin:0.4em 0'>{code}</pre>")
            continue
        out = html.escape(" ".join(line.strip() for line in lines), quote=False)
        for pattern, replacement in _INLINE:
            out = pattern.sub(replacement, out)
        parts.append(f"<p style='margin:0.4em 0'>{out}</p>")
    return "".join(parts)


def to_text(text: str) -> str:
    """The same for a terminal: code lines keep their indentation, the marks go."""
    return _MARKS.sub("", text.strip("\n"))
