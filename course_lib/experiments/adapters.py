"""Adapters in series and in parallel: where they are compared, and how wide they are."""
from course_lib.experiments.setting import Setting

NEAR = Setting(draw="brief", labels=640, steps=80, batch=8, test=150, test_draw="brief")  # so that a step is short
BOTTLENECK = 16
