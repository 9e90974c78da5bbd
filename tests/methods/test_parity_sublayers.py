"""Adapters and RED are what their papers' formulas say: each sub-layer of each class written out again.

In the rendering a sub-layer is replaced as a whole: its last linear layer is called by a function of our own. Shapes:
B rows, T tokens, d width, m bottleneck.
"""
import copy

import pytest
import torch
from methods.parity_models import DECODERS, KINDS, PRECISIONS, assert_equal, build, scramble, text_batch
from torch.nn.functional import cross_entropy

from course_lib.architecture import pool
from course_lib.methods import Adapter, ScaleShift
from course_lib.training.batches import loss_of

# Block 1 of the tiny models: attention (the layer that reads x, the last one), then feed-forward.
PLACES = {"llama": [("model.layers.{}.self_attn.v_proj", "model.layers.{}.self_attn.o_proj"),
                    ("model.layers.{}.mlp.up_proj", "model.layers.{}.mlp.down_proj")],
          "gpt2": [("transformer.h.{}.attn.c_attn", "transformer.h.{}.attn.c_proj"),
                   ("transformer.h.{}.mlp.c_fc", "transformer.h.{}.mlp.c_proj")],
          "bert": [("encoder.layer.{}.attention.self.value", "encoder.layer.{}.attention.output.dense"),
                   ("encoder.layer.{}.intermediate.dense", "encoder.layer.{}.output.dense")],
          "distilbert": [("transformer.layer.{}.attention.v_lin", "transformer.layer.{}.attention.out_lin"),
                         ("transformer.layer.{}.ffn.lin1", "transformer.layer.{}.ffn.lin2")]}


def adapter_formula(x, y, down, down_bias, up, up_bias):
    """y + Up relu(Down x), element by element where it can be."""
    low = torch.einsum("btd,md->btm", x, down) + down_bias                       # (B, T, d) -> (B, T, m)
    low = torch.where(low > 0, low, torch.zeros_like(low))
    return y + torch.einsum("btm,dm->btd", low, up) + up_bias                    # (B, T, m) -> (B, T, d)


def render(model, kind: str, formulas: list) -> None:
    """Replaces the forward of each sub-layer's last linear layer: `formulas`, one a sub-layer, take (x, y)."""
    for number, formula in enumerate(formulas):
        if formula is None:
            continue
        first, last = (model.get_submodule(name.format(number // 2)) for name in PLACES[kind][number % 2])
        seen, first_forward, last_forward = {}, first.forward, last.forward
        first.forward = lambda x, seen=seen, own=first_forward: (seen.update(x=x), own(x))[1]
        last.forward = lambda z, seen=seen, own=last_forward, formula=formula: formula(seen["x"], own(z))


def results(logits, loss, parameters) -> dict:
    return {"logits": logits, "loss": loss, **dict(zip(parameters, torch.autograd.grad(loss, parameters.values())))}


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["series", "parallel", "red"])
def test_a_model_is_that_of_the_formula(name, kind, dtype):
    model = build(kind, dtype)
    other = copy.deepcopy(model)
    labels = None if kind in DECODERS else 3
    method = (ScaleShift(model, "red", num_labels=labels) if name == "red" else
              Adapter(model, 5, parallel=name == "parallel", num_labels=labels)).to(dtype)
    scramble(method)
    batch = text_batch("left" if method.decoder else "right")
    if labels:
        batch["labels"] = torch.tensor([0, 1, 2])
    with method.on(model):
        logits = method.logits(model, batch)
        ours = results(logits, loss_of(logits, batch["labels"]), dict(method.named_parameters()))

    again = {key: parameter.detach().clone().requires_grad_() for key, parameter in method.named_parameters()}
    formulas: list = []
    for number in range(4):  # two blocks of two sub-layers
        own = [again.get(f"{part}.{number}.{key}") for part in ("down", "up") for key in ("weight", "bias")]
        if name == "red":
            s, t = again.get(f"scale.{number // 2}"), again.get(f"shift.{number // 2}")
            formulas.append(None if number % 2 == 0 else lambda x, y, s=s, t=t: s * y + t)
        else:
            formulas.append(lambda x, y, own=own: adapter_formula(x if name == "parallel" else y, y, *own))
    render(other, kind, formulas)
    mask = batch["attention_mask"]
    inputs = {"input_ids": batch["input_ids"], "attention_mask": mask, "position_ids": (mask.cumsum(1) - 1).clamp(0)}
    if method.decoder:
        wanted = other(**inputs).logits
        loss = cross_entropy(wanted[:, :-1].transpose(1, 2), batch["labels"][:, 1:])
    else:
        hidden = pool(other(**inputs).last_hidden_state, mask, decoder=False)
        wanted = hidden @ again["head.weight"].T + again["head.bias"]
        loss = cross_entropy(wanted, batch["labels"])
    assert_equal(ours, results(wanted, loss, again))


def test_after_a_call_nothing_of_it_is_kept():
    """The input that a parallel adapter hands from one hook to the other is let go as soon as it is used."""
    import gc
    import weakref

    model = build("llama", torch.float32)
    method, kept = Adapter(model, parallel=True), []
    with method.on(model), torch.no_grad():
        layer = model.model.layers[0].self_attn.q_proj
        handle = layer.register_forward_pre_hook(lambda module, inputs: kept.append(weakref.ref(inputs[0])))
        model(**method.prepare({"input_ids": torch.ones(1, 3, dtype=torch.long)}))
        handle.remove()
        gc.collect()
        assert len(kept) == 1 and kept[0]() is None
