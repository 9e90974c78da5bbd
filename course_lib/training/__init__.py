"""Training any method on any task: the loop, its plan and history, batches, the work that is done once, checkpoints."""
from course_lib.lazy import lazily

_HOMES = {"fit": ".loop"}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
