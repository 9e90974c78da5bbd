"""Passing: the claims whose pair still stands in two files, lesson_NN.py and measures/. They move to topics/."""
import importlib

from course_lib.claims.claim import *  # noqa: F403
from course_lib.claims.claim import Claim as NewClaim
from course_lib.claims.claim import share  # noqa: F401


def Claim(id, text, sources, figures, measure, judge, core=False, tolerance=0.05, models=("orchard-s",)):
    return NewClaim(id, text, sources, "", figures, measure, core, tolerance, models, judge)


class Measures:
    def __init__(self, file: str):
        self.module = f"course_lib.claims.measures.lesson_{file}"

    def __getattr__(self, name: str):
        return lambda seed: getattr(importlib.import_module(self.module), name)(seed)


def old_claims():
    for lesson in ("00", "01", "02", "03", "04", "05", "06", "07", "08"):
        try:
            found = importlib.import_module(f"course_lib.claims.lesson_{lesson}").CLAIMS
        except ModuleNotFoundError:
            continue
        for one in found:
            one.lesson = lesson
            yield one
