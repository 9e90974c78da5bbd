"""A model's weights: do they belong to its config, are they numbers, and did they change?"""
import hashlib
from pathlib import Path

import torch

from course_lib.errors import CourseError


def check_weights(folder: Path, model, report: dict) -> None:
    """CourseError where weights and config are not of one model, or where a weight is no finite number.

    `report` is transformers' own: the tensors that the file lacks, and those that the model has no place for. A
    head may be left over, for encoders are loaded without one; so may the old masks of GPT-2.
    """
    body = {name for name, _ in model.base_model.named_children()}
    missing = [key for key in report["missing_keys"] if not key.startswith("pooler.")]
    left = [key for key in report["unexpected_keys"] if not key.endswith("masked_bias")
            and key.removeprefix(f"{model.base_model_prefix}.").split(".")[0] in body]
    for keys, what in ((missing, "are not complete for"), (left, "hold more than")):
        if keys:
            raise CourseError(f"The weights in {folder} {what} the {type(model).__name__} of its config.json, by "
                              f"{len(keys)} tensors, the first {min(keys)!r}. Save the model again with "
                              "`save_pretrained`: it writes a config and weights that belong together.")
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight).all():
            raise CourseError(f"The tensor {name!r} in {folder} holds nan or inf, which are no numbers to compute "
                              "with. Its training failed, or the file is damaged: take an earlier copy.")


def weights_hash(model: torch.nn.Module) -> str:
    """SHA-256 over the name and bits of everything that a model stores, in the order of the names: its parameters,
    where a tied tensor counts once, and the codes of quantised layers.

    Equal for equal weights on any machine, so it answers "did the model change?".
    """
    stored = model.state_dict(keep_vars=True).items()
    codes = {name: tensor for name, tensor in stored if not isinstance(tensor, torch.nn.Parameter)}
    digest = hashlib.sha256()
    for name, tensor in sorted((dict(model.named_parameters()) | codes).items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
