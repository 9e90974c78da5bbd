"""A small model learns from a large one: losses, a teacher that is asked once, the training, and pruning."""
from course_lib.lazy import lazily

_HOMES = {"soft_target_loss": ".losses", "hidden_loss": ".losses", "Teacher": ".teacher", "taught_rows": ".teacher",
          "Distillation": ".loop", "distil": ".loop", "prune": ".pruning", "importance": ".sensitivity",
          "least": ".sensitivity"}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
