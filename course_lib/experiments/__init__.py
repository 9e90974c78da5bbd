"""What claims, lessons, benches and explorables train and measure alike: one function that runs an experiment, and by
subject the settings, the learning rates that were chosen, and the measurements that more than one of them needs.
"""
from course_lib.lazy import lazily

_HOMES = dict.fromkeys(("Arm", "Setting", "arm", "count", "learn", "score", "whole"), ".setting")
_HOMES |= dict.fromkeys(("experiment", "trained"), ".run") | dict.fromkeys(("kept", "once"), ".store")
_HOMES |= {"tuned": ".tuning"}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
