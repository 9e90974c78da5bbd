"""A package's names, imported when they are first used, so that importing the package is quick (PEP 562)."""
import importlib
from collections.abc import Callable, Mapping


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable, Callable]:
    """The package's `__getattr__` and `__dir__`; `homes` says of each name in which module it lives."""
    def get(name: str):
        if name in homes:
            return getattr(importlib.import_module(homes[name], package), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted(homes)
