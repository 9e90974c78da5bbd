"""Draws the parts of course_lib in their layers, and lists them: docs/architecture.svg, architecture.md.

    python -m tests.drawing
"""
import ast
import re
from pathlib import Path

from course_lib.display import markdown_table
from tests.test_imports import LAYERS, ROOT, sources

SVG, PAGE = ROOT / "docs" / "architecture.svg", ROOT / "docs" / "architecture.md"
WIDE, ROW, GAP, SIGN = 960, 30, 8, 7.8       # pixels; a row of boxes, between boxes, a letter
BANDS = ("#e8eef7", "#f6f1e4")
PLACE = re.compile(r"(<!-- parts:[^\n]*-->\n).*(<!-- end -->)", re.DOTALL)


def parts() -> dict[str, list[Path]]:
    """The files of each part that is there, in the order of the layers."""
    found: dict[str, list[Path]] = {}
    for part, path in sources():
        found.setdefault(part, []).append(path)
    return {part: found[part] for layer in LAYERS for part in layer if part in found}


def name_of(part: str) -> str:
    """As it is written in an import."""
    return part.replace("__init__", "course_lib")


def rows_of(layer: list[str]) -> list[list[tuple[str, float, float]]]:
    """The rows of boxes that a layer needs: (part, left, width)."""
    rows, left = [[]], GAP
    for part in layer:
        width = SIGN * len(name_of(part)) + 16
        if left + width > WIDE - GAP:
            rows, left = [*rows, []], GAP
        rows[-1].append((part, left, width))
        left += width + GAP
    return rows


def drawing() -> str:
    """The SVG: a band for each layer, a box for each part."""
    there, shapes, top = parts(), [], GAP
    for number, layer in enumerate(LAYERS):
        rows = rows_of([part for part in layer if part in there])
        height = len(rows) * (ROW + GAP) + GAP
        colour = BANDS[number % len(BANDS)]
        shapes.append(f'<rect x="0" y="{top}" width="{WIDE}" height="{height}" rx="6" fill="{colour}"/>')
        for place, row in enumerate(rows):
            y = top + GAP + place * (ROW + GAP)
            for part, left, width in row:
                shapes += [f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="{ROW}" rx="4" fill="white" '
                           'stroke="#34506e"/>', f'<text x="{left + width / 2:.1f}" y="{y + 20}" '
                           f'text-anchor="middle">{name_of(part)}</text>']
        top += height + GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {top}" font-family="monospace" '
            'font-size="13" role="img">\n<title>The parts of course_lib, in layers</title>\n'
            f'<rect width="{WIDE}" height="{top}" fill="white"/>\n' + "\n".join(shapes) + "\n</svg>\n")


def says(files: list[Path]) -> str:
    """The first sentence of the docstring of a part: of its `__init__.py`, or of its one file."""
    first = next((path for path in files if path.name == "__init__.py"), files[0])
    text = ast.get_docstring(ast.parse(first.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=[.])\s", " ".join(text.split()), maxsplit=1)[0]


def table() -> str:
    """A line for each part: what it is."""
    rows = [(f"`{name_of(part)}`", says(files)) for part, files in parts().items()]
    return markdown_table(rows, ("part", "what it is")) + "\n"


def page() -> str:
    """architecture.md with the table of now."""
    return PLACE.sub(lambda found: found[1] + table() + found[2], PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    SVG.write_text(drawing(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
