"""The repository itself: what is committed is what the sources give, and no figure is typed into text."""
from pathlib import Path

from course_lib.builder.audit import audit
from course_lib.builder.plan import make_plan
from course_lib.builder.record import read_record

ROOT = Path(__file__).resolve().parents[2]


def test_course_build_check_finds_nothing():
    assert audit(ROOT, make_plan(ROOT), read_record(ROOT)) == []
