"""The short contract: what the methods promise on every architecture, one check each.

A check takes a `Subject` and gives its largest error over the tolerance; None where the promise is not for this kind of
model. It raises AssertionError, in words, where something that no rounding touches is wrong.

Shapes: B rows, T tokens, d width.
"""
import copy
from pathlib import Path
from tempfile import TemporaryDirectory

import peft
import torch

from course_lib import methods
from course_lib.architecture import blocks_of, is_decoder
from course_lib.bench.subject import (
    ROWS,
    SIDES,
    P,
    Subject,
    apart,
    batch_of,
    builds,
    moved,
    must,
    narrow,
    outputs,
    refused,
    said,
    with_source,
)
from course_lib.cost import eager_attention
from course_lib.methods import DeepPrompts, Frozen, Interchange, LoRA, LoReFT, PrefixTuning, PromptTuning, Steering
from course_lib.methods.base.copies import Copies
from course_lib.methods.base.method import Method
from course_lib.methods.base.virtual_tokens import VirtualTokens
from course_lib.models import load_model, weights_hash

TEXT = "a good film"


@torch.no_grad()
def forward(s: Subject) -> float:
    """What was loaded says what the bare class says of a row alone: alone, in a batch, padded left or right, with
    either kind of attention.
    """
    method, errors = Frozen(s.model, (), num_labels=2), []
    must(type(s.model) is type(s.bare), f"loaded as {type(s.model).__name__}")
    for row in ROWS:
        alone = {"input_ids": torch.tensor([row])}
        errors.append(apart(said(s.model, method, alone | batch_of([row])), outputs(s.bare, alone)))
    for side in SIDES:
        batch = batch_of(side=side)
        given = said(s.model, method, batch)
        with eager_attention(s.model):
            eager = said(s.model, method, batch)
        for found, eagerly, row, mask in zip(given, eager, ROWS, batch["attention_mask"].bool()):
            wanted = outputs(s.bare, {"input_ids": torch.tensor([row])})[0]
            errors += [apart(found[mask], wanted), apart(eagerly[mask], wanted)]
    return max(errors)


@torch.no_grad()
def start(s: Subject) -> float:
    """What starts as nothing changes nothing: exactly, LoReFT up to rounding."""
    wanted = said(s.model, Frozen(s.model, (), num_labels=2), batch_of())
    errors = []
    for name, build in builds(s.model).items():
        method = build()
        if isinstance(method, LoReFT):
            errors.append(apart(said(s.model, method, batch_of()), wanted))
        elif not isinstance(method, (VirtualTokens, Interchange)):  # these start as something
            must(torch.equal(said(s.model, method, batch_of()), wanted), f"{name} changes something at its start")
    return max(errors)


@torch.no_grad()
def padding(s: Subject) -> float:
    """With every method a row says the same alone and beside longer ones, padded left or right; so does its head. Where
    a window would make that untrue, the method refuses.
    """
    errors = []
    for name, build in builds(s.model).items():
        method = moved(build())
        one_by_one = [said(s.model, method, batch_of([row]))[0] for row in ROWS]
        with method.on(s.model):
            heads = torch.cat([method.logits(s.model, with_source(method, batch_of([row]))) for row in ROWS])
        for side in SIDES:
            batch = batch_of(side=side)
            window = narrow(s.model, P + batch["input_ids"].shape[1])
            if isinstance(method, (PrefixTuning, DeepPrompts)) and side == "left" and window:
                must(refused(said, s.model, method, batch), f"{name} reads over padding inside a window")
                continue
            given = said(s.model, method, batch)
            with method.on(s.model):
                errors.append(apart(method.logits(s.model, with_source(method, batch)), heads))
            errors += [apart(found[mask], wanted) for found, wanted, mask
                       in zip(given, one_by_one, batch["attention_mask"].bool())]
    return max(errors)


def gradients(s: Subject) -> float:
    """Only what the method trains gets a gradient, all of it that is used, and the base keeps its bits."""
    before, batch = weights_hash(s.model), batch_of([ROWS[0], ROWS[0][::-1]])
    for name, build in builds(s.model).items():
        method = moved(build())
        with method.on(s.model):
            inputs = with_source(method, batch)
            everything = method.logits(s.model, inputs), outputs(s.model, method.prepare(inputs))
            sum((one**3).mean() for one in everything).backward()  # the mean of what a norm gives would be a constant
        reached = [parameter.grad is not None and bool(parameter.grad.any()) for parameter in method.parameters()]
        # a pooler is not read, and a bias that all keys share changes no attention
        must(all(reached) or (isinstance(method, Copies) and sum(reached) > len(reached) / 2),
             f"{name}: no gradient reaches {reached.count(False)} of its {len(reached)} tensors")
        must(all(parameter.grad is None for parameter in s.model.parameters()), f"{name} leaves gradients in the base")
        torch.optim.AdamW(method.parameters(), 1e-2).step()
    must(weights_hash(s.model) == before, "training changed the base")
    return 0.0


@torch.no_grad()
def saved(s: Subject) -> float:
    """A saved method gives the same bits again; so does the model, saved and loaded once more."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "method.safetensors"
        for name, build in builds(s.model).items():
            method = moved(build())
            method.save(path)
            again = getattr(methods, method.name).load(path, s.model)
            given, wanted = (said(s.model, one, batch_of(side="right")) for one in (again, method))
            must(torch.equal(given, wanted), f"{name} says something else when it is loaded")
        s.model.save_pretrained(folder)
        s.tokenizer.save_pretrained(folder)
        must(weights_hash(load_model(folder)[0]) == weights_hash(s.model), "the model is another one when loaded again")
    return 0.0


@torch.no_grad()
def library(s: Subject) -> float:
    """LoRA with copied weights says what peft's says."""
    ours = moved(LoRA(s.model, rank=2, alpha=5))
    theirs = peft.get_peft_model(copy.deepcopy(s.bare), peft.LoraConfig(r=2, lora_alpha=5, target_modules=ours.sites))
    for site, A, B in zip(ours.sites, ours.A, ours.B):
        for part, weight in (("A", A), ("B", B)):
            theirs.get_parameter(f"base_model.model.{site}.lora_{part}.default.weight").copy_(weight)
    wanted = [outputs(theirs.base_model.model, {"input_ids": torch.tensor([row])})[0] for row in ROWS]
    given, mask = said(s.model, ours, batch_of()), batch_of()["attention_mask"].bool()
    return max(apart(found[seen], row) for found, row, seen in zip(given, wanted, mask))


@torch.no_grad()
def prompts(s: Subject) -> float:
    """Vectors that start from a text read as that text does; drawn ones are as large as what the model reads."""
    ids, settings = s.tokenizer(TEXT, add_special_tokens=False)["input_ids"], {"init": TEXT, "tokenizer": s.tokenizer}
    errors = []
    for kind in (PromptTuning, PrefixTuning) if is_decoder(s.model) else (PromptTuning,):
        method = kind(s.model, len(ids), **settings)
        for row in ROWS:
            wanted = outputs(s.bare, {"input_ids": torch.tensor([[*ids, *row]])})[:, len(ids):]
            errors.append(apart(said(s.model, method, batch_of([row])), wanted))
    if not is_decoder(s.model):
        read = s.bare(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states[:-1]
        errors.append(apart(DeepPrompts(s.model, len(ids), **settings).prompts, torch.cat(read)))
    drawn, known = PromptTuning(s.model, 50).prompt.std(), s.model.get_input_embeddings()(torch.arange(2000)).std()
    must(0.8 < drawn / known < 1.25, f"drawn vectors are {drawn / known:.2f} times as large as those of tokens")
    return max(errors)


@torch.no_grad()
def edits(s: Subject) -> float:
    """A block gives what LoReFT, steering and interchange say: at the promised places, and nothing else changes."""
    blocks, errors = list(blocks_of(s.model).values()), []
    batch = batch_of()
    real = batch["attention_mask"].bool()                                                    # (B, T)

    def given_by(method: Method, more: dict) -> torch.Tensor:
        seen = []
        with method.on(s.model):
            inputs = method.prepare({**batch, **more})
            handle = blocks[1].register_forward_hook(lambda *call: seen.append(call[2]))
            outputs(s.model, inputs)
            handle.remove()
        return seen[-1]                                                                      # (B, T, d)

    plain = given_by(Frozen(s.model, (), num_labels=2), {})
    vector = torch.randn(plain.shape[-1], generator=torch.Generator().manual_seed(1))
    errors.append(apart(given_by(Steering(s.model, 1, vector, 0.5), {}), plain + 0.5 * vector))
    loreft = moved(LoReFT(s.model, layers=[1], rank=2, prefix=1, suffix=0))
    changed = (given_by(loreft, {}) - plain).abs().sum(-1) > 0                               # (B, T)
    must(torch.equal(changed.nonzero()[:, 1], real.int().argmax(1)), "LoReFT edits other places than a text's first")
    swap = Interchange(s.model, layer=1, position=0)
    must(torch.equal(given_by(swap, {"source": batch}), plain), "a source equal to the base changes something")
    other = with_source(swap, batch)
    wanted = plain.clone()
    first = (torch.arange(len(ROWS)), real.int().argmax(1))
    source = other["source"]
    method = Frozen(s.model, (), num_labels=2)
    seen = []
    with method.on(s.model):
        handle = blocks[1].register_forward_hook(lambda *call: seen.append(call[2]))
        outputs(s.model, method.prepare(source))
        handle.remove()
    wanted[first] = seen[0][first]
    must(not torch.equal(wanted, plain), "the source says what the base says")
    return max(*errors, apart(given_by(swap, other), wanted))
