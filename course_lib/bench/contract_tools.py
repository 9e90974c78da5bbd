"""The rest of the short contract: what the course's tools promise on every architecture. See contract.py.

Shapes: B rows, T tokens.
"""
import copy
from tempfile import TemporaryDirectory

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from course_lib.architecture import blocks_of, is_decoder, matrix
from course_lib.bench.subject import ROWS, SIDES, Subject, apart, batch_of, moved, must, refused, said
from course_lib.cost import operations
from course_lib.distillation import prune
from course_lib.methods import Frozen, LoRA, LoReFT
from course_lib.models import load_model
from course_lib.quantise import QuantisedLinear, quantise, size_in_bytes
from course_lib.training.reuse import FrozenWork


@torch.no_grad()
def reuse(s: Subject) -> float:
    """What is kept of frozen blocks gives what a whole run gives, for rows in other batches, too."""
    errors = []
    for method in (moved(Frozen(s.model, num_labels=2)), moved(Frozen(s.model, (), num_labels=2)),
                   moved(LoReFT(s.model, layers=[len(blocks_of(s.model)) - 1], num_labels=2))):
        side = SIDES[not is_decoder(s.model)]
        with method.on(s.model):
            work = FrozenWork(s.model, method)
            for index in ([0, 1, 2], [2, 1], [0, 2]):
                batch = batch_of([ROWS[place] for place in index], side)
                given = work.logits(batch, [("train", place) for place in index])
                errors.append(apart(given, method.logits(s.model, batch)))
    return max(errors)


@torch.no_grad()
def pruning(s: Subject) -> float:
    """Without a layer the model says what it says with that layer skipped, also saved and loaded again; without heads
    and neurons, where they can be taken out, what it says with them at zero.
    """
    method, batch, errors = Frozen(s.model, (), num_labels=2), batch_of(), []
    small = prune(s.model, layers=[1])
    skipped = list(blocks_of(s.model).values())[1].register_forward_hook(lambda _, inputs, out: inputs[0])
    try:
        wanted = said(s.model, method, batch)
    finally:
        skipped.remove()
    with TemporaryDirectory() as folder:
        small.save_pretrained(folder)
        s.tokenizer.save_pretrained(folder)
        for model in (small, load_model(folder)[0]):
            errors.append(apart(said(model, Frozen(model, (), num_labels=2), batch), wanted))
    if not hasattr(next(iter(blocks_of(s.model).values())), "self_attn"):
        must(refused(prune, s.model, heads={0: [0]}), "heads are taken out of blocks that are not known")
        return max(errors)
    small, zeroed = prune(s.model, heads={0: [2, 3]}, neurons={1: [0, 5]}), copy.deepcopy(s.model)
    attention, feed_forward = zeroed.model.layers[0].self_attn, zeroed.model.layers[1].mlp
    attention.o_proj.weight[:, 2 * attention.head_dim:] = 0
    feed_forward.down_proj.weight[:, [0, 5]] = 0
    both = [said(model, Frozen(model, (), num_labels=2), batch) for model in (small, zeroed)]
    return max(*errors, apart(*both))


@torch.no_grad()
def rounding(s: Subject) -> float:
    """Every matrix of the blocks becomes codes, and the model says what it says with the matrices that these mean."""
    new, plain = quantise(s.model), copy.deepcopy(s.model)
    for name, module in new.named_modules():
        if isinstance(module, QuantisedLinear):
            old = plain.get_submodule(name)
            old.weight.copy_(module.weight.T if isinstance(old, Conv1D) else module.weight)
    must(not any(isinstance(module, Conv1D) or type(module) is nn.Linear for block in blocks_of(new).values()
                 for module in block.modules()) and size_in_bytes(new) < size_in_bytes(s.model), "a matrix is left")
    lora = [moved(LoRA(model)) for model in (new, plain)]
    return apart(said(new, lora[0], batch_of()), said(plain, lora[1], batch_of()))


@torch.no_grad()
def counting(s: Subject) -> float:
    """`operations` are those by hand: each linear layer's product for every token, the scores of attention and the sums
    over values, and the angles of rotary positions, which some versions make by a product.
    """
    products, handles = [], []
    for module in s.model.modules():
        if isinstance(module, nn.Linear | Conv1D):
            count = lambda layer, inputs, _: products.append(2 * matrix(layer).numel() * inputs[0].shape[:-1].numel())
            handles.append(module.register_forward_hook(count))
    batch = batch_of([ROWS[0][:6], ROWS[1]])
    found = operations(s.model, batch)
    by_hooks, T = sum(products), batch["input_ids"].shape[1]
    for handle in handles:
        handle.remove()
    config = s.model.config
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    attention = config.num_hidden_layers * 2 * (2 * 2 * heads * T * T * width)
    kinds = len(set(getattr(config, "layer_types", None) or "1")) if hasattr(config, "rope_parameters") else 0
    turning = {0, 2 * T * (width // 2), 2 * T * (width // 2) * kinds}
    must(found - by_hooks - attention in turning, f"{found:,} operations, by hand {by_hooks + attention:,}")
    return 0.0
