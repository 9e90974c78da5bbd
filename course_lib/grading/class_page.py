"""class.html: what the class knows, where it goes wrong, and which answers are alike. For the instructor alone."""
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from course_lib.files import write_text
from course_lib.grading.pages import page
from course_lib.grading.results import Graded
from course_lib.grading.similar import similar
from course_lib.grading.statistics import asked, calibrated, distribution, items
from course_lib.grading.submissions import slug
from course_lib.progress import Event

MOST_GROUPS, MOST_SHOWN = 20, 4  # of answers that are alike; answers of one group


def write_class(graded: Iterable[Graded], path: Path, known: Mapping[str, Iterable[str]] | None = None,
                exports: Iterable[Sequence[Event]] = ()) -> None:
    """Writes class.html. Its figures are of those who were graded; who was not is counted, and listed.

    known: task id -> the stub and solutions, whose lines make no two answers alike. exports: what
    `course_lib.progress.exchange.read_export` gives, one for each student who handed a progress file in.
    """
    graded, exports = list(graded), list(exports)
    counted, others = [one for one in graded if one.digest], [one for one in graded if not one.digest]
    stopped = sum(bool(one.problems) for one in others)
    groups = similar(graded, known or {})
    write_text(path, page(
        "class.html", weak=any(one.weak for one in graded), graded=graded, counted=len(counted),
        absent=len(others) - stopped, stopped=stopped, bands=distribution(counted), items=items(counted),
        asked=asked(exports), calibrated=calibrated(exports), exports=len(exports),
        groups=groups[:MOST_GROUPS], more_groups=max(0, len(groups) - MOST_GROUPS), most_shown=MOST_SHOWN,
        file_of=slug))
