"""Your answers, predictions and passed checks: one file of yours, to which lines are added.

    from course_lib import progress
    progress.export("my-progress.json", name="Anna Ode")  # everything, as one JSON file; the name is asked for once
    progress.restore("my-progress.json")                  # merges; twice is the same as once
"""
from course_lib.progress.entry import Event
from course_lib.progress.exchange import export, restore
from course_lib.progress.journal import (
    calibration,
    day,
    events,
    is_late,
    latest,
    misconceptions,
    record_answer,
    record_check,
    record_clicks,
    record_outcome,
    record_prediction,
    student,
    summary,
)

__all__ = ["Event", "calibration", "day", "events", "export", "is_late", "latest", "misconceptions", "record_answer",
           "record_check", "record_clicks", "record_outcome", "record_prediction", "restore", "student", "summary"]
