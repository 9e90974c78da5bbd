"""The small world: its documents, its facts and its tasks.

The public names are imported when they are first used, so that `import course_lib.world` is quick.
"""
from course_lib.lazy import lazily

_HOMES = {
    "load_task": ".tasks",
    "relations": ".facts",
    "documents": ".corpus",
}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
