"""How pyreft.safetensors was made: by the intervention classes of pyreft 0.1.0 themselves, in float64.

    pip download --no-deps pyreft==0.1.0 pyvene==0.1.8    # and unzip both wheels into one FOLDER
    python tests/methods/data/make_pyreft.py FOLDER

Their pins would bring an old environment along, and importing the packages imports all they can do. So `pyvene` and
`pyreft` are here empty packages at the same place, and the two files with the classes, `pyvene/models/interventions.py`
and `pyreft/interventions.py`, are imported as they are.

For each class: h (n, d) is what it reads, output (n, d) what it gives, W (r, d), b (r) and R (r, d) its weights
(pyreft keeps R^T), and grad.NAME the gradient of (output * weighing).sum() with respect to each of them.
"""
import importlib
import sys
import types
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn.utils import parametrize

n, d, r = 6, 16, 3
CLASSES = ("LoreftIntervention", "DireftIntervention", "NodireftIntervention")


def intervention_classes(folder: Path):
    """The module `pyreft.interventions` of the unzipped wheels."""
    for name in ("pyvene", "pyvene.models", "pyreft"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = package
    found = importlib.import_module("pyvene.models.interventions")
    for name in ("ConstantSourceIntervention", "SourcelessIntervention", "TrainableIntervention",
                 "DistributedRepresentationIntervention"):
        setattr(sys.modules["pyvene"], name, getattr(found, name))
    return importlib.import_module("pyreft.interventions")


def record(cls) -> dict[str, torch.Tensor]:
    """What one class makes of random h and weights."""
    one = cls(embed_dim=d, low_rank_dimension=r, dtype=torch.float64, add_bias=False)
    source = one.learned_source
    h, weighing = (torch.randn(n, d, dtype=torch.float64) for _ in range(2))
    h.requires_grad_()
    with torch.no_grad():
        for parameter in source.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    with parametrize.cached():  # R is computed once, so that its gradient can be read
        R = one.rotate_layer.weight if hasattr(one, "rotate_layer") else one.proj_layer.weight
        R.retain_grad()
        output = one(h)
        (output * weighing).sum().backward()
    turned = (lambda tensor: tensor.T) if hasattr(one, "rotate_layer") else (lambda tensor: tensor)
    found = {"h": h, "weighing": weighing, "output": output, "W": source.weight, "b": source.bias, "R": turned(R),
             "grad.h": h.grad, "grad.W": source.weight.grad, "grad.b": source.bias.grad, "grad.R": turned(R.grad)}
    return {f"{cls.__name__}.{name}": tensor.detach().contiguous() for name, tensor in found.items()}


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)  # or R would be orthonormal to seven digits only
    module = intervention_classes(Path(sys.argv[1]))
    tensors = {}
    for name in CLASSES:
        tensors |= record(getattr(module, name))
    save_file(tensors, Path(__file__).parent / "pyreft.safetensors", {"pyreft": "0.1.0", "pyvene": "0.1.8"})
