"""How claims are shown in a lesson: the text says, we measured, verdict."""
import html
import os

from course_lib import claims


def _show(header: tuple[str, ...], rows: list[tuple[str, ...]], caption: str) -> None:
    """A table, as HTML where it can be shown and as lines of text where COURSE_TEXT=1 asks for it."""
    if os.environ.get("COURSE_TEXT") == "1":
        print(caption)
        for row in rows:
            print("\n".join(f"  {name}: {cell}" for name, cell in zip(header, row)), end="\n\n")
        return
    from IPython.display import HTML, display

    cell = lambda tag, text: f'<{tag} style="text-align:left;vertical-align:top">{html.escape(text)}</{tag}>'
    head = "".join(cell("th", name) for name in header)
    body = "".join("<tr>" + "".join(cell("td", text) for text in row) + "</tr>" for row in rows)
    display(HTML(f"<table><caption>{html.escape(caption)}</caption><tr>{head}</tr>{body}</table>"))


def says_measured_verdict(measured: dict[str, dict[str, float]]) -> None:
    """The core claims of a lesson with the figures of this run: {claim id: {figure: value}}."""
    rows = []
    for claim_id, figures in measured.items():
        claim, verdict = claims.get(claim_id), claims.conclude(claim_id, **figures)
        rows.append((claim_id, f"{claim.text} ({claim.source})", verdict.because, verdict.word))
    _show(("claim", "the text says", "we measured", "verdict"), rows, "From the figures of this run.")


def ledger(lesson: str) -> None:
    """Every claim of the lesson with its recorded runs, mean and spread over seeds."""
    rows = []
    for claim in claims.by_lesson(lesson):
        record, verdict = claims.read_record(claim.id), claim.judge(claims.recorded(claim.id))
        rows.append((claim.id, f"{claim.text} ({claim.source})", verdict.because, str(len(record["seeds"])), verdict.word))
    caption = "Recorded runs. To measure one yourself: course claims run ID --seeds 5"
    _show(("claim", "the text says", "we measured", "seeds", "verdict"), rows, caption)
