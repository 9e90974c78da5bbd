"""The base models: their recipes, their tokenizer, how they are pretrained, and how they are loaded.

The names are imported when they are first used, so that listing the models does not wait for torch.
"""
import importlib

_HOMES = {"load_model": "loading", "bundled_models": "loading", "weights_hash": "weights"}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
