"""Parts taken out of a model, so that a smaller one is left: whole layers, attention heads, feed-forward neurons.

Shapes: L layers, H heads of width k in each, F neurons of the feed-forward part in each.
"""
import copy
from collections.abc import Collection, Mapping

import torch
from torch import nn

from course_lib.architecture import blocks_of, check_model
from course_lib.errors import CourseError, shown, whole_number
from course_lib.methods.base.method import check_free
from course_lib.quantise import QuantisedLinear

LLAMA_ONLY = ("Heads and neurons are taken out of Llama models, such as orchard-s, and of others with such blocks "
              "(Qwen2, Qwen3, Mistral, Gemma 3); layers of any model.")


def prune(model, layers: Collection[int] = (), heads: Mapping[int, Collection[int]] | None = None,
          neurons: Mapping[int, Collection[int]] | None = None):
    """A new model without these layers, heads and neurons; the given one stays.

    The matrices shrink, so what is left computes exactly what the given model computes with the
    same parts set to zero. At least one layer stays, and in each at least one head and one neuron.
    A config cannot say that heads are gone, nor that layers have different numbers of neurons; such
    a model cannot be loaded from a folder again.

    Args:
        model: a model of an architecture that the course promises; for heads and neurons one whose
            blocks are like a Llama's.
        layers: the numbers of the layers to take out, from 0.
        heads: {layer: numbers of its attention heads to take out}, each from 0.
        neurons: {layer: numbers of its feed-forward neurons to take out}, each from 0. Every number
            is that of the given model.

    Returns:
        The smaller model, of the same class.

    Raises:
        CourseError: if a part does not exist, if nothing would be left of a layer's heads or
            neurons or of the layers, if a method is attached to the model, if heads or neurons are
            to go from a quantised model or from one whose blocks are not like a Llama's, or if the
            layers of a GPT-2 that depend on their number would get another one.
    """
    check_model(model, "prune")
    check_free(model, "prune it")
    if (heads or neurons) and any(isinstance(module, QuantisedLinear)
                                  for module in model.modules()):
        raise CourseError("The matrices of this model are 4-bit codes, and no rows can be taken "
                          "out of those; whole layers can. Prune the model that it was made from, "
                          "then `quantise` what is left.")
    small = copy.deepcopy(model)
    blocks = list(blocks_of(small).values())
    for layer, gone in by_layer("heads", heads, len(blocks)):
        take_heads(attention_of(blocks[layer]), gone, f"layer {layer}")
    for layer, gone in by_layer("neurons", neurons, len(blocks)):
        take_neurons(feed_forward_of(blocks[layer]), gone, f"layer {layer}")
    take_layers(small, left_of(layers, len(blocks), "layer", "the model"))
    if neurons:
        tell_config(small)
    return small


def left_of(gone, count: int, what: str, where: str) -> list[int]:
    """The numbers from 0 to count - 1 that are not `gone`; CourseError where one is none of them, or none is left."""
    if isinstance(gone, str | Mapping) or not isinstance(gone, Collection):
        raise CourseError(f"The {what}s to take out are a list of numbers, such as [0, 2]; you gave {shown(gone)}.")
    gone = {whole_number(f"A {what} of {where}", number, 0, count - 1) for number in gone}
    if len(gone) == count:
        raise CourseError(f"All {count} {what}s of {where} would be gone. Leave at least one"
                          + ("." if what == "layer" else ", or take the whole layer out."))
    return [number for number in range(count) if number not in gone]


def by_layer(what: str, given, count: int) -> list[tuple[int, Collection[int]]]:
    """(layer, what is to go there); CourseError where that is no mapping of layers."""
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise CourseError(f"{what} is a dictionary, layer: {what}, such as {{0: [1, 2]}}; you gave {shown(given)}.")
    return [(whole_number("A layer", layer, 0, count - 1), gone) for layer, gone in given.items()]


def attention_of(block) -> nn.Module:
    """The attention of a Llama block; CourseError for another model's."""
    if not hasattr(block, "self_attn"):
        raise CourseError(LLAMA_ONLY)
    return block.self_attn


def feed_forward_of(block) -> nn.Module:
    """The feed-forward part of a Llama block; CourseError for another model's."""
    if not hasattr(block, "mlp") or not hasattr(block.mlp, "gate_proj"):
        raise CourseError(LLAMA_ONLY)
    return block.mlp


def take_heads(attention, gone: Collection[int], where: str) -> None:
    """Heads leave: their rows of q, k and v, their columns of o. Heads that share keys leave together."""
    k, g = attention.head_dim, attention.num_key_value_groups
    left = left_of(gone, attention.q_proj.out_features // k, "head", where)
    groups = sorted({head // g for head in left})
    if len(left) != g * len(groups):
        raise CourseError(f"The heads of this model share keys and values in groups of {g}, head 0 with head {g - 1}. "
                          "Take out whole groups.")
    keep_rows(attention.q_proj, numbers(left, k))                    # (H k, d) -> (left k, d)
    for linear in (attention.k_proj, attention.v_proj):
        keep_rows(linear, numbers(groups, k))
    keep_columns(attention.o_proj, numbers(left, k))                 # (d, H k) -> (d, left k)


def take_neurons(feed_forward, gone: Collection[int], where: str) -> None:
    """Neurons leave: their rows of gate and up, their columns of down."""
    left = torch.tensor(left_of(gone, feed_forward.gate_proj.out_features, "neuron", where))
    for linear in (feed_forward.gate_proj, feed_forward.up_proj):
        keep_rows(linear, left)                                      # (F, d) -> (left, d)
    keep_columns(feed_forward.down_proj, left)                       # (d, F) -> (d, left)


def numbers(heads: list[int], k: int) -> torch.Tensor:
    """The numbers of all rows that belong to these heads, k each."""
    return (torch.tensor(heads)[:, None] * k + torch.arange(k)).flatten()


def keep_rows(linear: nn.Linear, rows: torch.Tensor) -> None:
    """What the layer says at these places only."""
    linear.weight = nn.Parameter(linear.weight.detach()[rows])
    if linear.bias is not None:
        linear.bias = nn.Parameter(linear.bias.detach()[rows])
    linear.out_features = len(rows)


def keep_columns(linear: nn.Linear, columns: torch.Tensor) -> None:
    """What the layer reads at these places only."""
    linear.weight = nn.Parameter(linear.weight.detach()[:, columns])
    linear.in_features = len(columns)


def take_layers(model, left: list[int]) -> None:
    """Keeps these layers, in their order and each with its own kind of attention, and numbers them anew for the cache.
    """
    if getattr(model.config, "scale_attn_by_inverse_layer_idx", False) and left != list(range(len(left))):
        raise CourseError("This GPT-2 divides a layer's attention by the layer's number, so a layer that gets another "
                          "number computes something else. Take out the last layers only.")
    names = list(blocks_of(model))
    place, _, last = names[0].removesuffix(".0").rpartition(".")
    blocks = getattr(model.get_submodule(place), last)
    setattr(model.get_submodule(place), last, nn.ModuleList(blocks[layer] for layer in left))
    model.config.num_hidden_layers = len(left)
    if kinds := getattr(model.config, "layer_types", None):
        model.config.layer_types = [kinds[layer] for layer in left]
    for number, layer in enumerate(left):
        for module in blocks[layer].modules():
            if hasattr(module, "layer_idx"):
                module.layer_idx = number


def tell_config(model) -> None:
    """Writes the number of neurons into the config, where it is the same in all layers."""
    inner = {feed_forward_of(block).gate_proj.out_features for block in blocks_of(model).values()}
    if len(inner) == 1:
        model.config.intermediate_size = inner.pop()
