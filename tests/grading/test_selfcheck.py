"""The self-check passes on this computer, and says which solution is graded as it must not be."""
from dataclasses import replace

import pytest

from course_lib.errors import CourseError
from course_lib.grading import selfcheck
from course_lib.grading.engine import grade_cells
from tests.grading.test_engine import TASKS

TASK = TASKS["06.1"]


def test_this_computer_grades_as_it_must():
    assert selfcheck.check({"06.1": TASK}) == 2 + len(TASK.wrong)


@pytest.mark.parametrize("change, part", [
    ({"reference": "def lora_parameters(shapes, rank):\n    return 0"}, "the reference does not get full marks"),
    ({"stub": TASK.reference}, "the stub is not seen as unwritten"),
])
def test_what_is_graded_wrongly_is_named(monkeypatch, change, part):
    cells = replace(TASK, **change)
    monkeypatch.setattr(selfcheck, "grade_cells", lambda student, cells, tasks, *rest:
                        grade_cells(student, cells, {"06.1": TASK}, *rest))
    with pytest.raises(CourseError, match=part):
        selfcheck.check({"06.1": cells})
