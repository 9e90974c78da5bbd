"""What the methods ask of a model: its blocks, its widths, its positions. What differs between classes: promised.py.

Shapes: B rows, T tokens, d width.
"""
from contextlib import contextmanager

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from course_lib.errors import CourseError, shown, unknown, whole_number
from course_lib.promised import architecture_of, check_config

OURS = ("torch", "transformers", "course_lib")  # whose modules a model may be made of


def check_model(model, who: str) -> None:
    """CourseError where this is no loaded model of an architecture that the course promises; `who` needs one."""
    if not isinstance(model, PreTrainedModel):
        raise CourseError(f"{who} needs a loaded model; you gave {shown(model)}. "
                          "`model, tokenizer = load_model('orchard-s')` gives one.")
    check_config(model.config, type(model).__name__)
    for name, module in model.named_modules():
        if (library := type(module).__module__.partition(".")[0]) not in OURS:
            raise CourseError(f"{name or 'The model'} is a {type(module).__name__} of {library}, which changes what "
                              f"{type(model).__name__} computes, so {who} cannot be sure of it. Load the model again, "
                              "without what another library put into it.")


def check_tokens(model, ids) -> None:
    """CourseError where one of these tokens, at least one, is none of the model's."""
    known = len(model.get_input_embeddings().weight)
    if (largest := int(max(ids))) >= known:
        raise CourseError(f"The tokenizer is of another model: it gives the token {largest}, and this model knows 0 to "
                          f"{known - 1}. `model, tokenizer = load_model('orchard-s')` gives two that belong together.")


def is_decoder(model) -> bool:
    """Whether it reads from left to right, so that only a text's last token has seen all of it; else an encoder.

    A decoder without its output layer, such as LlamaModel, is one, too.
    """
    return architecture_of(model).decoder


def can_answer(model) -> bool:
    """Whether the model says what comes next, so that it can be asked for an answer without a head."""
    return model.can_generate()


def width_of(model) -> int:
    """d, the size of a hidden state."""
    return model.config.hidden_size


def first_position(model) -> int:
    """The number of a text's first position: 0, but in RoBERTa what follows on that of its padding."""
    return model.base_model.embeddings.padding_idx + 1 if architecture_of(model).after_padding else 0


def context_of(model) -> int:
    """The number of positions that the model can read at once."""
    return model.config.max_position_embeddings - first_position(model)


def window_of(model) -> int | None:
    """How far some block's attention looks, in places, where it is not everywhere: a sliding window."""
    kinds = getattr(model.config, "layer_types", None) or ["sliding_attention"]
    return getattr(model.config, "sliding_window", None) if "sliding_attention" in kinds else None


def embedding_size(model) -> torch.Tensor:
    """The standard deviation of what the model makes of its tokens; Gemma makes sqrt(d) times what it stores: ()."""
    embeddings = model.get_input_embeddings()
    return embeddings.weight.detach().std() * getattr(embeddings, "embed_scale", 1)


@contextmanager
def evaluating(*modules):
    """The block in which these modules, or None, are in evaluation mode: nothing is dropped out."""
    before = [(module, module.training) for module in modules if isinstance(module, nn.Module)]
    try:
        for module, _ in before:
            module.eval()
        yield
    finally:
        for module, training in before:
            module.train(training)


def blocks_of(model) -> dict[str, nn.Module]:
    """The model's blocks by their names, first to last."""
    count = model.config.num_hidden_layers
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return {f"{name}.{place}": block for place, block in enumerate(module)}
    raise CourseError(f"{type(model).__name__} has no list of {count} blocks, as its config says. Load it again.")


def block_numbers(model, layers) -> list[int]:
    """The numbers of the blocks in `layers`; CourseError for one that the model does not have."""
    count = len(blocks_of(model))
    if isinstance(layers, str) and layers == "all":
        return list(range(count))
    if not isinstance(layers, list | tuple | range):
        raise CourseError(f"layers is 'all' or a list of block numbers from 0 to {count - 1}; you gave "
                          f"{shown(layers)}.")
    numbers = [whole_number("A layer", layer, 0, count - 1) for layer in layers]
    if not numbers or len(set(numbers)) != len(numbers):
        raise CourseError(f"layers names at least one block, and none twice; you gave {shown(layers)}.")
    return numbers


def block_number(model, layer) -> int:
    """The number of this block; None is the middle one. CourseError for one that the model does not have."""
    count = len(blocks_of(model))
    return count // 2 if layer is None else whole_number("layer", layer, 0, count - 1)


def sublayers_of(model) -> list[tuple[str, str]]:
    """Of every sub-layer, attention and feed-forward of block 0, then of block 1, …: the names of a linear layer that
    reads what the sub-layer reads, and of its last linear layer.
    """
    known = architecture_of(model)
    return [(f"{block}.{first}", f"{block}.{last}") for block in blocks_of(model)
            for first, last in (known.attention, known.feed_forward)]


def matrix(module) -> torch.Tensor:
    """W (d_out, d_in) of a linear layer; GPT-2's Conv1D keeps it turned round."""
    return module.weight.T if isinstance(module, Conv1D) else module.weight


def matrix_label(name: str) -> str:
    """A matrix of a block as a student says it, blocks counted from 1.

    >>> matrix_label("model.layers.2.self_attn.v_proj")
    'block 3, v_proj'
    """
    parts = name.split(".")
    number = next(int(part) for part in parts if part.isdigit())
    return f"block {number + 1}, {parts[-1]}"


def names_in(argument: str, given) -> list[str]:
    """One name or several as a list; CourseError, with the argument's name, where they are none."""
    names = [given] if isinstance(given, str) else list(given) if isinstance(given, tuple | list) else [None]
    if not all(isinstance(name, str) and name for name in names):
        raise CourseError(f"{argument} takes names of the model's modules, such as ('q_proj', 'v_proj'); you gave "
                          f"{shown(given)}. `dict(model.named_modules())` has them all.")
    return names


def find_modules(model, targets: tuple[str, ...], kinds: tuple[type, ...]) -> list[str]:
    """The names, in the order of `named_modules()`, of the modules of these kinds that a target is the end of.

    A target is a whole name or its last parts: "q_proj", "layers.0.self_attn.q_proj". CourseError, with the
    nearest names, for a target that ends none.
    """
    names = [name for name, module in model.named_modules() if isinstance(module, kinds)]
    ends = lambda name, target: f".{name}".endswith(f".{target}")
    for target in targets:
        if not any(ends(name, target) for name in names):
            raise unknown(f"module of {type(model).__name__} to attach to", target,
                          {name.rpartition(".")[2] for name in names})
    return [name for name in names if any(ends(name, target) for target in targets)]


def blocks_below(model, parameter: str) -> int:
    """How many blocks are done before this parameter is used: 0 for an embedding, all of them for a last norm."""
    blocks, modules = list(blocks_of(model)), [name for name, _ in model.named_modules()]
    for place, block in enumerate(blocks):
        if parameter.startswith(f"{block}."):
            return place
    above = modules.index(parameter.rpartition(".")[0]) > modules.index(blocks[0])  # modules stand in order of use
    return len(blocks) if above else 0


def with_positions(batch: dict, first: int = 0) -> dict:
    """The batch with position_ids (B, T) that count real tokens only, so that padding on the left shifts nothing.

    `first` is the number of the first of them, `first_position(model)`.
    """
    mask = batch["attention_mask"]                               # (B, T), or (B, P + T) after a cache of P
    given = batch["inputs_embeds"] if "inputs_embeds" in batch else batch["input_ids"]
    return {**batch, "position_ids": (mask.cumsum(1) - 1).clamp(0)[:, -given.shape[1]:] + first}


def tokens_read(args: tuple, inputs: dict) -> torch.Tensor:
    """What a call of the model is about to read: tokens (B, T), or their embeddings (B, T, d)."""
    given = args[0] if args else inputs.get("input_ids")
    return inputs["inputs_embeds"] if given is None else given


def pool(hidden: torch.Tensor, mask: torch.Tensor, decoder: bool) -> torch.Tensor:
    """One vector a row: a decoder's last real position, an encoder's first. (B, T, d) -> (B, d)"""
    steps = torch.arange(mask.shape[1], device=mask.device)
    place = (mask * steps).argmax(1) if decoder else mask.long().argmax(1)  # (B,)
    return hidden[torch.arange(len(hidden), device=hidden.device), place]
