"""How language models are adapted: predict it, run it, measure it.

The public names are imported when they are first used, so that `import course_lib` is quick.
"""
from course_lib import threads  # noqa: F401  before torch: it says how torch's threads wait
from course_lib.lazy import lazily

__version__ = "0.1.0"

_HOMES = {"load_model": ".models", "load_task": ".world", "fit": ".training", "evaluate": ".evaluation"}
__all__ = [*_HOMES, "__version__"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
