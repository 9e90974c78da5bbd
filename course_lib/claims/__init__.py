"""Every claim of the source texts is a function, seed -> figures, with a verdict that code derives from them.

A claim is one place in a file of topics/, by its subject (claim.py says how it looks). Its recorded runs ship as data.
A lesson's ledger shows the records; nobody types a verdict. What lessons and explorables take from here shows records;
what they train and measure themselves lives in course_lib/experiments.
"""
from course_lib.lazy import lazily

_HOMES = {**dict.fromkeys(("all_claims", "by_lesson", "conclude", "get", "lessons", "measure", "read_record",
                           "record_path", "recorded"), ".catalogue"),
          **dict.fromkeys(("FAILS", "Figure", "HOLDS", "LIMITED", "SOURCES", "share"), ".claim")}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
