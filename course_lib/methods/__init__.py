"""The methods, one file each. All are built and used alike: see course_lib/method.py."""
import importlib

_HOMES = {"FullFineTuning": "full", "Frozen": "frozen", "BitFit": "bitfit", "PromptTuning": "prompt_tuning",
          "PrefixTuning": "prefix_tuning", "DeepPrompts": "deep_prompts", "LoRA": "lora", "LoReFT": "loreft"}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
