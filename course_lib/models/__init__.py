"""The base models: their recipes, their tokenizer, their cards, and how they are loaded.

The names are imported when they are first used, so that listing the models does not wait for torch.
"""
from course_lib.lazy import lazily

_HOMES = {"load_model": ".loading", "bundled_models": ".loading", "weights_hash": ".weights"}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
