"""Which parts of a model matter to a task: how much the loss would change if a part spoke a little more softly.

Shapes: B rows, T tokens, L layers, H heads of width k, F neurons.
"""
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy

from course_lib.architecture import blocks_of, evaluating
from course_lib.distillation.pruning import attention_of, feed_forward_of
from course_lib.errors import CourseError, shown, whole_number
from course_lib.training.batches import Batches, at_answers, check_method

ROWS = 16  # in one forward and backward pass


@dataclass(frozen=True)
class Importance:
    """For every part a number, 0 where the task does not need it: `heads` (L, H), `neurons` (L, F), `layers` (L, 1)."""

    heads: torch.Tensor
    neurons: torch.Tensor
    layers: torch.Tensor


def importance(model, tokenizer, rows, method) -> Importance:
    """The mean over rows of |dLoss / dξ|, where ξ = 1 multiplies what a part adds to the hidden state.

    Michel, Levy & Neubig 2019, Are sixteen heads really better than one?, eq. 2
    (https://arxiv.org/abs/1905.10650); here for neurons and whole layers, too. It looks at one part
    at a time, with all the others in place. The loss is that of the answers, in nats. Llama models
    only.

    Args:
        model: a model whose blocks are like a Llama's, all with as many heads and neurons.
        tokenizer: the tokenizer of that model.
        rows: one split of a task, such as load_task("reviews")["validation"].
        method: the method as which the model does the task.

    Returns:
        An `Importance`: a number, 0 or more, for every head, neuron and layer.

    Raises:
        CourseError: if the rows or the method do not go with the model, if its blocks are not like
            a Llama's, or if it is pruned already, so that they have different numbers of heads or
            neurons.
    """
    check_method(model, method)
    data, blocks = Batches(model, tokenizer, rows, method), list(blocks_of(model).values())
    sums: dict[str, torch.Tensor] = {}
    for part in torch.arange(len(data)).split(ROWS):
        batch = data.batch(part.tolist())
        with evaluating(model, method), method.on(model), ExitStack() as undo, torch.enable_grad():
            gates = {name: torch.ones(len(blocks), len(part), size, requires_grad=True)      # (L, B, H)
                     for name, size in sizes(blocks).items()}
            for layer, block in enumerate(blocks):
                for handle in gated(block, *(gates[name][layer] for name in ("heads", "neurons", "layers"))):
                    undo.callback(handle.remove)
            loss = cross_entropy(*at_answers(method.logits(model, batch), batch["labels"]), reduction="sum")
            found = torch.autograd.grad(loss, list(gates.values()))
        for name, gradient in zip(gates, found):
            sums[name] = sums.get(name, 0) + gradient.abs().sum(1)                           # (L, B, H) -> (L, H)
    return Importance(**{name: total / len(data) for name, total in sums.items()})


def sizes(blocks) -> dict[str, int]:
    """How many heads, neurons and layers there are in every block, which must be alike."""
    found = [{"heads": attention_of(block).q_proj.out_features // block.self_attn.head_dim,
              "neurons": feed_forward_of(block).gate_proj.out_features, "layers": 1} for block in blocks]
    if found.count(found[0]) != len(found):
        raise CourseError("The layers of this model have different numbers of heads or neurons: it is pruned already. "
                          "Measure the importance on the model from which it was made.")
    return found[0]


def gated(block, heads: torch.Tensor, neurons: torch.Tensor, layer: torch.Tensor):
    """Hooks that multiply what each head (B, H), each neuron (B, F), and the block as a whole (B, 1) adds."""
    def on_heads(_, inputs):
        x = inputs[0]                                                                        # (B, T, H k)
        return ((x.unflatten(-1, (heads.shape[1], -1)) * heads[:, None, :, None]).flatten(-2),)

    yield block.self_attn.o_proj.register_forward_pre_hook(on_heads)
    yield block.mlp.down_proj.register_forward_pre_hook(lambda _, inputs: (inputs[0] * neurons[:, None],))
    yield block.register_forward_hook(lambda _, inputs, out: inputs[0] + (out - inputs[0]) * layer[:, None])


def least(scores: torch.Tensor, count: int) -> dict[int, list[int]]:
    """The `count` parts with the lowest scores (L, H), as {layer: parts} for `prune`; one stays in every layer.

    CourseError for what are no scores, such as nan, and for more parts than can go.
    """
    if not isinstance(scores, torch.Tensor) or scores.dim() != 2 or not scores.numel() or scores.isnan().any():
        raise CourseError("scores are a tensor with a row for each layer and a column for each part, such as "
                          f"importance(...).heads; you gave {shown(scores)}.")
    L, H = scores.shape
    count = whole_number("count", count, 0, L * (H - 1))
    best = torch.nn.functional.one_hot(scores.argmax(1), H).bool()                           # of each layer: it stays
    scores = scores.double().masked_fill(best, torch.inf)
    found: dict[int, list[int]] = {}
    for place in scores.flatten().argsort(stable=True)[:count].tolist():
        found.setdefault(place // H, []).append(place % H)
    return found
