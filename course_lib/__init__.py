"""How language models are adapted: predict it, run it, measure it.

The public names are imported when they are first used, so that `import course_lib` is quick.
"""
import importlib

__version__ = "0.1.0"

_HOMES = {"load_model": "course_lib.models", "load_task": "course_lib.world", "fit": "course_lib.training",
          "evaluate": "course_lib.evaluation"}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'course_lib' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
