"""LoReFT is what pyreft 0.1.0 computes (data/make_pyreft.py), and what the paper's formula says, written out again.

Shapes: B rows, T tokens, n edited positions, d width, r rank.
"""
from pathlib import Path

import pytest
import torch
from methods.parity_models import DECODERS, KINDS, PRECISIONS, assert_equal, build, scramble, text_batch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from course_lib.architecture import blocks_of, pool
from course_lib.methods import LoReFT
from course_lib.training.batches import loss_of

PYREFT = load_file(Path(__file__).parent / "data" / "pyreft.safetensors")
EDITED = [0, 1, 4]  # of T = 5 positions, with prefix=2 and suffix=1


# pyreft calls the paper's DiReFT, whose R is free, NoDiReFT; its own DiReFT is the same with orthonormal rows.
@pytest.mark.parametrize("name, variant, free", [("LoreftIntervention", "loreft", False),
                                                 ("NodireftIntervention", "direft", True),
                                                 ("DireftIntervention", "direft", False)])
def test_an_edit_is_that_of_pyreft(name, variant, free):
    given = {key.removeprefix(f"{name}."): tensor for key, tensor in PYREFT.items() if key.startswith(f"{name}.")}
    model = build("llama")
    method = LoReFT(model, layers=[0], rank=3, prefix=2, suffix=1, tied=True, variant=variant).double()
    with torch.no_grad():
        method.raw[0].copy_(given["R"].T)  # orthonormal rows are the R of themselves
        method.W[0].copy_(given["W"])
        method.b[0].copy_(given["b"])
    subspaces = []
    method.subspace = lambda raw: subspaces.append(LoReFT.subspace(method, raw)) or subspaces[-1]

    hidden = torch.randn(2, 5, 16, dtype=torch.float64)                                      # (B, T, d)
    hidden[:, EDITED] = given["h"].view(2, 3, 16)
    hidden.requires_grad_()
    block = blocks_of(model)[next(iter(blocks_of(model)))]
    block.forward = lambda *_, **__: hidden  # the block gives what pyreft's class was given
    seen = []
    block.register_forward_hook(lambda block, inputs, output: seen.append(output))
    with method.on(model):
        model(**method.prepare({"input_ids": torch.ones(2, 5, dtype=torch.long)}))
    [output] = seen                                                                          # (B, T, d)
    edited = output[:, EDITED].reshape(6, 16)                                                # (n, d)
    W, b, R, at = torch.autograd.grad((edited * given["weighing"]).sum(),
                                      [method.W[0], method.b[0], subspaces[-1], hidden])
    ours = {"R": method.R[0], "output": edited, "grad.W": W, "grad.b": b, "grad.R": R,
            "grad.h": at[:, EDITED].reshape(6, 16)}
    assert_equal(ours, {key: given[key] for key in ours})
    left = [place for place in range(5) if place not in EDITED]
    assert torch.equal(output[:, left], hidden[:, left]) and not at[:, left].any()


def gram_schmidt(raw: torch.Tensor) -> torch.Tensor:
    """Orthonormal rows from the columns of raw, one after the other, (d, r) -> (r, d)."""
    rows: list[torch.Tensor] = []
    for column in raw.T:
        for row in rows:
            column = column - (row @ column) * row
        rows.append(column / column.norm())
    return torch.stack(rows)


def rendered(hidden, prompt, parameters, prefix, suffix, variant) -> torch.Tensor:
    """Sections 3.2 and 3.3 of the paper, position by position: the hidden states after a block, (B, T, d)."""
    rows = []
    for h_row, real in zip(hidden, prompt):
        places = real.nonzero().flatten().tolist()
        first, last = places[:prefix], places[max(len(places) - suffix, 0):] if suffix else []
        new = list(h_row)
        for place in places:
            kind = "prefix" if place in first else "suffix" if place in last else None
            if kind is None:
                continue
            raw, W, b = parameters.get(kind) or parameters["both"]
            h = h_row[place]
            if variant == "loreft":
                R = gram_schmidt(raw)
                new[place] = h + R.T @ (W @ h + b - R @ h)
            else:
                new[place] = h + raw @ (W @ h + b)
        rows.append(torch.stack(new))
    return torch.stack(rows)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variant, tied, prefix, suffix, layers, side", [
    ("loreft", False, 1, 1, "all", "left"), ("loreft", True, 2, 3, [1], None), ("loreft", False, 0, 2, [0, 1], "left"),
    ("direft", False, 1, 2, "all", None), ("direft", True, 3, 0, [0], "left")])
def test_a_model_is_that_of_the_formula(kind, dtype, variant, tied, prefix, suffix, layers, side):
    model = build(kind, dtype)
    labels = None if kind in DECODERS else 3
    method = LoReFT(model, layers, 3, prefix, suffix, tied, variant, num_labels=labels).to(dtype)
    scramble(method)
    batch = text_batch(side)
    if not method.decoder:
        batch["labels"] = torch.tensor([0, 1, 2])
    with method.on(model):
        logits = method.logits(model, batch)
        loss = loss_of(logits, batch["labels"])
    ours = dict(zip(dict(method.named_parameters()), torch.autograd.grad(loss, method.parameters())))

    again = {name: parameter.detach().clone().requires_grad_() for name, parameter in method.named_parameters()}
    prompt = batch["attention_mask"].bool()
    if method.decoder:
        prompt = prompt & (batch["labels"] == -100)
    for number, block in enumerate(blocks_of(model).values()):
        own = {site[1]: tuple(again[f"{part}.{place}"] for part in ("raw", "W", "b"))
               for place, site in enumerate(method.sites) if site[0] == number}
        if own:
            block.register_forward_hook(lambda block, inputs, hidden, own=own:
                                        rendered(hidden, prompt, own, prefix, suffix, variant))
    mask = batch["attention_mask"]
    inputs = {"input_ids": batch["input_ids"], "attention_mask": mask, "position_ids": (mask.cumsum(1) - 1).clamp(0)}
    if method.decoder:
        wanted = model(**inputs).logits
        wanted_loss = cross_entropy(wanted[:, :-1].transpose(1, 2), batch["labels"][:, 1:])
    else:
        hidden = model(**inputs).last_hidden_state
        wanted = pool(hidden, mask, decoder=False) @ again["head.weight"].T + again["head.bias"]
        wanted_loss = cross_entropy(wanted, batch["labels"])
    theirs = dict(zip(again, torch.autograd.grad(wanted_loss, list(again.values()))))
    assert_equal({"logits": logits, "loss": loss, **ours}, {"logits": wanted, "loss": wanted_loss, **theirs})
