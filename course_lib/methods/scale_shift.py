"""Scale and shift: vectors that stretch, and may move, what a layer reads or gives; no matrix is added."""
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from course_lib.architecture import blocks_below, find_modules, matrix, sublayers_of
from course_lib.errors import CourseError, unknown
from course_lib.methods.base.method import Method
from course_lib.promised import architecture_of

KINDS = ("ia3", "red")


class ScaleShift(Method):
    """kind="ia3": y = s * (W x + b) for keys and values, and y = W (s * x) + b for the second feed-forward layer.

    Liu et al. 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning", section
    3.3 (arXiv:2205.05638), at the places that peft takes: GPT-2's c_attn makes the queries, too, and BERT's two layers
    called output.dense are both scaled at the input.

    kind="red": s * y + t on the output y of feed-forward, before it is added to the residual stream. Wu et al. 2024,
    "Advancing Parameter Efficiency in Fine-tuning via Representation Editing", section 3 (arXiv:2402.15179).

    s = 1 and t = 0 make the start an exact no-op. `sites` are the layers, in the order of `named_modules()`; `scale[i]`
    and, for "red", `shift[i]` belong to `sites[i]`. Both kinds can be merged, "red" only where the layer has a bias.
    """

    def __init__(self, model, kind: str = "ia3", num_labels: int | None = None, seed: int = 0):
        super().__init__(model, {}, num_labels, seed)
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS)
        last = [site for _, site in sublayers_of(model)]
        outputs, inputs = architecture_of(model).ia3 if kind == "ia3" else (last[1::2], ())
        self.sites = find_modules(model, (*outputs, *inputs), (nn.Linear, Conv1D))
        scaled_inputs = find_modules(model, inputs, (nn.Linear, Conv1D))
        self.settings |= {"kind": kind}
        self.reads = [site in scaled_inputs for site in self.sites]  # whether it is the input that is scaled
        sizes = [matrix(model.get_submodule(site)).shape[int(reads)] for site, reads in zip(self.sites, self.reads)]
        self.scale = nn.ParameterList(torch.ones(size) for size in sizes)
        self.shift = nn.ParameterList(torch.zeros(size) for size in sizes if kind == "red")

    def edits(self, model):
        for site, reads, scale, shift in self.places():
            module = model.get_submodule(site)
            if reads:
                yield module.register_forward_pre_hook(scale_input(scale))
            else:
                yield module.register_forward_hook(scale_output(scale, shift), prepend=True)

    def places(self):
        """(site, whether its input is scaled, its scale, its shift or 0) for every site."""
        return zip(self.sites, self.reads, self.scale, self.shift if len(self.shift) else [0] * len(self.sites))

    def first_block(self, model):
        return min(blocks_below(model, f"{site}.weight") for site in self.sites)

    def changed_weights(self, model):
        for site, reads, scale, shift in self.places():
            module = model.get_submodule(site)
            if len(self.shift) and module.bias is None:
                raise CourseError(f"ScaleShift cannot be merged here: {site} has no bias that could take up the shift. "
                                  "Use it without merging.")
            rows = reads == isinstance(module, Conv1D)        # does the scale run along the first side of the weight?
            yield module.weight, module.weight * (scale[:, None] if rows else scale)
            if module.bias is not None and not reads:
                yield module.bias, module.bias * scale + shift


def scale_input(scale: torch.Tensor):
    """The hook that multiplies what a layer reads, (B, T, d_in), by a vector."""
    def hook(module, inputs):
        return inputs[0] * scale, *inputs[1:]
    return hook


def scale_output(scale: torch.Tensor, shift: torch.Tensor | int):
    """The hook that multiplies what a layer gives, (B, T, d_out), by a vector, and adds one."""
    def hook(module, inputs, y):
        return y * scale + shift
    return hook
