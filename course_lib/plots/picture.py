"""A figure as PNG, as HTML with its alt text, and shown in a notebook."""
import base64
import html
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.display import html_works, show_html
from course_lib.errors import CourseError
from course_lib.plots.style import DPI


def png(figure: Figure | Axes, dpi: int = DPI) -> bytes:
    """The picture as PNG."""
    buffer = BytesIO()
    (figure.figure if isinstance(figure, Axes) else figure).savefig(
        buffer, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})  # quick, and hardly larger
    return buffer.getvalue()


def picture_html(figure: Figure | Axes, alt: str, caption: str = "", dpi: int = DPI) -> str:
    """The picture as an <img> with its alt text, and the caption below it: a white card in every theme."""
    if not alt.strip():
        raise CourseError("A figure needs an alt text: say in a sentence what a reader who does not see it would miss.")
    whole = figure.figure if isinstance(figure, Axes) else figure
    data = base64.b64encode(png(whole, dpi)).decode()
    below = f"<figcaption style='margin-top:4px'>{html.escape(caption)}</figcaption>" if caption else ""
    return (f"<figure style='margin:8px 0;max-width:{96 * whole.get_figwidth():.0f}px'>"
            f"<img src='data:image/png;base64,{data}' alt='{html.escape(alt, quote=True)}' "
            f"style='width:100%;height:auto;background:white;border-radius:4px'>{below}</figure>")


def show(figure: Figure | Axes, alt: str, caption: str = "") -> None:
    """Displays the figure in a notebook; prints its alt text and caption elsewhere, and where COURSE_TEXT=1."""
    picture = picture_html(figure, alt, caption)
    if html_works():
        show_html(picture)
    else:
        print("\n".join([f"[figure] {alt}", caption]).strip())
