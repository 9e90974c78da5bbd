"""How claims are shown in a lesson: the text says, we measured, verdict."""
from course_lib import claims
from course_lib.claims.claim import Claim
from course_lib.display import show_table


def _says(claim: Claim) -> str:
    return f"{claim.text} ({', '.join(claim.sources)})"


def _titles(shown: list[Claim]) -> str:
    """The full title of every source that the claims name."""
    names = dict.fromkeys(name for claim in shown for name in claim.sources)
    return " ".join(f"{name}: {claims.SOURCES[name]}." for name in names)


def says_measured_verdict(measured: dict[str, dict[str, float]]) -> None:
    """The core claims of a lesson with the figures of this run: {claim id: {figure: value}}."""
    shown = [claims.get(claim_id) for claim_id in measured]
    verdicts = [claims.conclude(claim_id, **figures) for claim_id, figures in measured.items()]
    rows = [(claim.id, _says(claim), verdict.because, verdict.word) for claim, verdict in zip(shown, verdicts)]
    show_table(rows, ("claim", "the text says", "we measured", "verdict"),
               f"From the figures of this run. {_titles(shown)}")


def ledger(lesson: str) -> None:
    """Every claim of the lesson with its recorded runs, mean and spread over seeds."""
    from course_lib.claims.measuring import wanted_by

    shown, rows = claims.by_lesson(lesson), []
    for claim in shown:
        record, verdict = claims.read_record(claim.id), claim.judge(claims.recorded(claim.id))
        n, wanted = len(record["seeds"]), wanted_by(claim, record)
        seeds = f"{n} of the {wanted} that it asks for" if n < wanted else str(n)
        rows.append((claim.id, _says(claim), verdict.because, seeds, verdict.word))
    show_table(rows, ("claim", "the text says", "we measured", "seeds", "verdict"),
               "Recorded runs: ± is the standard deviation over seeds, (a to b) a 95 % interval of the mean. To ask "
               "other seeds, in a terminal in the course's folder: .venv/bin/course claims run ID --from 100 --check. "
               f"{_titles(shown)}")
