"""Answers to many prompts at once, which are known beforehand: sorted, batched, shared where they begin alike, kept.

`course predict` does it for a file. Decoding is greedy.
"""
from course_lib.lazy import lazily

_HOMES = {"predict": ".predicting", "Predictor": ".predictor", "Broken": ".windows", "Cache": ".cache",
          "key_parts": ".keys", "plan": ".planning", "Group": ".planning", "flips": ".margins", "Flips": ".margins",
          "load_method": ".loading"}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
