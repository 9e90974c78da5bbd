"""Two LoRA added by peft, to be compared with `merging.combine`."""
import warnings
from collections.abc import Mapping

import torch
from peft import LoraConfig, get_peft_model

from course_lib.methods import LoRA


@torch.no_grad()
def added_by_peft(model, methods: Mapping[str, LoRA], kind: str):
    """The model (which peft changes: give it a copy) with these LoRA, of one shape, added each with weight 1.

    `kind` is peft's combination_type: "cat" puts the thin matrices beside each other, "linear" adds the A and the B.
    """
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing")  # no concern of ours
    first = next(iter(methods.values()))
    config = LoraConfig(r=first.rank, lora_alpha=first.settings["alpha"],
                        target_modules=list(first.settings["targets"]))
    names = list(methods)
    theirs = get_peft_model(model, config, adapter_name=names[0]).eval()
    for name in names[1:]:
        theirs.add_adapter(name, config)
    for name, method in methods.items():
        for site, A, B in zip(method.sites, method.A, method.B):
            for part, weight in (("A", A), ("B", B)):
                theirs.get_parameter(f"base_model.model.{site}.lora_{part}.{name}.weight").copy_(weight)
    theirs.add_weighted_adapter(names, [1.0] * len(names), "both", combination_type=kind)
    theirs.set_adapter("both")
    return theirs.get_base_model()
