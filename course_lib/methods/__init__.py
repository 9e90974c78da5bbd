"""The methods, one file each. All are built and used alike: see methods/base/method.py."""
from course_lib.lazy import lazily

_HOMES = {"FullFineTuning": ".full", "Frozen": ".frozen", "BitFit": ".bitfit", "PromptTuning": ".prompt_tuning",
          "PrefixTuning": ".prefix_tuning", "DeepPrompts": ".deep_prompts", "Adapter": ".adapter", "LoRA": ".lora",
          "ScaleShift": ".scale_shift", "LoReFT": ".loreft", "Steering": ".steering", "Interchange": ".interchange"}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
