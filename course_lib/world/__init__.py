"""The small world: its documents, its facts and its tasks.

The public names are imported when they are first used, so that `import course_lib.world` is quick.
"""
import importlib

_HOMES = {
    "load_task": "course_lib.world.tasks",
    "relations": "course_lib.world.facts",
    "documents": "course_lib.world.corpus",
}
__all__ = [*_HOMES]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'course_lib.world' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_HOMES])
