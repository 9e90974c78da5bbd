"""Adapters: a small network with a bottleneck beside, or behind, every sub-layer."""
from torch import nn
from torch.nn.functional import relu

from course_lib.architecture import matrix, sublayers_of
from course_lib.errors import whole_number
from course_lib.methods.base.method import Method


class Adapter(Method):
    """y + Up relu(Down y) on the output y of attention and of feed-forward.

    It acts before y is added to the residual stream. Down has shape (m, d), Up (d, m), both with a
    bias; m is `bottleneck`. Up = 0 makes the start an exact no-op. Houlsby et al. 2019,
    "Parameter-Efficient Transfer Learning for NLP", section 2.1 (arXiv:1902.00751).

    With `parallel` it reads what the sub-layer reads: y + Up relu(Down x), He et al. 2022, "Towards
    a Unified View of Parameter-Efficient Transfer Learning", section 3 (arXiv:2110.04366), here
    without its constant scale.

    `sites` are the last linear layers of the sub-layers, in the order of `named_modules()`;
    `down[i]` and `up[i]` belong to `sites[i]`. CourseError for a bottleneck below 1 or wider than
    the model.
    """

    why_not_merged = ("a non-linearity stands between its two layers, and no weight matrix can "
                      "hold one.")

    def __init__(self, model, bottleneck: int = 16, parallel: bool = False,
                 num_labels: int | None = None, seed: int = 0):
        super().__init__(model, {}, num_labels, seed)
        starts, self.sites = zip(*sublayers_of(model))
        sizes = [(len(matrix(model.get_submodule(site))),
                  matrix(model.get_submodule(start)).shape[1])
                 for start, site in zip(starts, self.sites)]            # (d of y, d of x): the same
        m = whole_number("bottleneck", bottleneck, 1, min(map(min, sizes)))
        self.settings |= {"bottleneck": m, "parallel": bool(parallel)}
        self.parallel, self.starts = bool(parallel), starts
        self.down = nn.ModuleList(self.linear(d_in, m) for _, d_in in sizes)
        self.up = nn.ModuleList(self.linear(m, d_out, zero=True) for d_out, _ in sizes)

    def linear(self, d_in: int, d_out: int, zero: bool = False) -> nn.Linear:
        """A layer drawn from the method's own seed, or one of zeros."""
        layer = nn.Linear(d_in, d_out, device="meta").to_empty(device="cpu")
        nn.init.zeros_(layer.bias)
        nn.init.zeros_(layer.weight) if zero else nn.init.normal_(layer.weight, std=d_in**-0.5,
                                                                  generator=self.generator)
        return layer

    def edits(self, model):
        for start, site, down, up in zip(self.starts, self.sites, self.down, self.up):
            # `read` holds x between the sub-layer's first linear layer and its last
            read = [] if self.parallel else None
            if self.parallel:
                yield model.get_submodule(start).register_forward_pre_hook(keep_in(read))
            yield model.get_submodule(site).register_forward_hook(add_to_output(down, up, read),
                                                                  prepend=True)


def keep_in(read: list):
    """The hook that puts what a layer reads into `read`."""
    def hook(module, inputs):
        read[:] = inputs
    return hook


def add_to_output(down: nn.Linear, up: nn.Linear, read: list | None):
    """The hook that adds Up relu(Down x) to a layer's output y; x is taken out of `read`, or, without one, is y."""
    def hook(module, inputs, y):                    # (B, T, d)
        x = y if read is None else read.pop()
        return y + up(relu(down(x)))                # (B, T, d) -> (B, T, m) -> (B, T, d)
    return hook
