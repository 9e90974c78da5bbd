"""LoRA, prompt tuning and prefix tuning with copied weights are peft's: logits, loss and the gradient of every weight.

Shapes: B rows, T tokens, P virtual positions, d width, L blocks, H heads of keys, d_head their width.
"""
import peft
import pytest
import torch
from methods.parity_models import DECODERS, KINDS, PRECISIONS, assert_equal, scramble, text_batch, twins
from torch.nn.functional import cross_entropy

from course_lib.methods import LoRA, PrefixTuning, PromptTuning
from course_lib.training.batches import loss_of
from tests.closeness import assert_near

P = 4
LORA_TARGETS = {"llama": (None, ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
                                   "lm_head")),
                "gpt2": (None, ("c_attn", "c_proj", "c_fc")),
                "bert": (None, ("query", "key", "value", "dense")),
                "distilbert": (None, ("q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"))}
LORA_CASES = [(kind, targets) for kind in KINDS for targets in LORA_TARGETS[kind]]
EVERYWHERE = pytest.mark.parametrize("dtype", PRECISIONS)


# Each method's weights next to peft's: {our name: (their name, ours -> theirs, theirs -> ours)}.

def lora_names(method: LoRA) -> dict:
    same = lambda tensor: tensor
    return {f"{part}.{place}": (f"base_model.model.{site}.lora_{part}.default.weight", same, same)
            for place, site in enumerate(method.sites) for part in "AB"}


def prompt_names(method: PromptTuning) -> dict:
    same = lambda tensor: tensor
    return {"prompt": ("prompt_encoder.default.embedding.weight", same, same)}


def prefix_names(method: PrefixTuning) -> dict:
    L, _, H, length, d_head = method.prefix.shape
    return {"prefix": ("prompt_encoder.default.embedding.weight",
                       lambda ours: ours.permute(3, 0, 1, 2, 4).reshape(length, -1),         # (P, L * 2 * H * d_head)
                       lambda theirs: theirs.view(length, L, 2, H, d_head).permute(1, 2, 3, 0, 4))}


@torch.no_grad()
def give(method, library, names: dict) -> None:
    """Ours into theirs, and no other weight of theirs may be trained."""
    theirs = dict(library.named_parameters())
    for name, (their_name, turned, _) in names.items():
        theirs[their_name].copy_(turned(method.get_parameter(name)))
    assert {name for name, weight in theirs.items() if weight.requires_grad} == {n for n, _, _ in names.values()}


@torch.no_grad()
def take(method, library, names: dict) -> None:
    """Theirs into ours."""
    for name, (their_name, _, turned) in names.items():
        method.get_parameter(name).copy_(turned(library.get_parameter(their_name)))


def of_text(logits, batch) -> torch.Tensor:
    """A language model's logits without those at padding, which say nothing; a head's as they are."""
    return logits if batch["labels"].dim() == 1 else logits[batch["attention_mask"].bool()]


def results_of_ours(model, method, batch) -> dict[str, torch.Tensor]:
    with method.on(model):
        logits = method.logits(model, batch)
        loss = loss_of(logits, batch["labels"])
        gradients = torch.autograd.grad(loss, list(method.parameters()), allow_unused=True)
    found = {"logits": of_text(logits, batch), "loss": loss, **dict(zip(dict(method.named_parameters()), gradients))}
    return {name: tensor for name, tensor in found.items() if tensor is not None}  # BERT's pooler is not read


def results_of_peft(library, method, batch, names: dict, before: int = 0, positions: bool = True):
    """The same of peft; on encoders our head, a copy, reads its hidden states. `before`: virtual tokens in front."""
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    if positions:
        inputs["position_ids"] = (batch["attention_mask"].cumsum(1) - 1).clamp(0)
    head = {}
    if method.decoder:
        out = library(**inputs, labels=batch["labels"])
        logits, loss = out.logits[:, -batch["input_ids"].shape[1]:], out.loss
        if logits.dtype == torch.float64:  # transformers takes the loss from logits that it rounds to float32
            exact = cross_entropy(logits[:, :-1].transpose(1, 2), batch["labels"][:, 1:])
            assert_near(loss, exact, terms=logits.shape[-1])
            loss = exact
    else:
        head = {f"head.{name}": weight.clone().requires_grad_() for name, weight in method.head.state_dict().items()}
        hidden = library(**inputs).last_hidden_state                                         # (B, P + T, d)
        logits = hidden[:, before] @ head["head.weight"].T + head["head.bias"]               # the text's first token
        loss = cross_entropy(logits, batch["labels"])
    weights = {name: library.get_parameter(theirs) for name, (theirs, _, _) in names.items()}
    gradients = torch.autograd.grad(loss, [*weights.values(), *head.values()], allow_unused=True)
    found = {"logits": of_text(logits, batch), "loss": loss}
    for name, gradient in zip([*weights, *head], gradients):
        if gradient is not None:
            found[name] = names[name][2](gradient) if name in names else gradient
    return found


def for_kind(kind: str, side: str | None = None) -> tuple[dict, int | None]:
    """A batch, and how many classes our head has: none on a decoder."""
    batch = text_batch(side)
    if kind in DECODERS:
        return batch, None
    return {**batch, "labels": torch.tensor([0, 2, 1])}, 3


def lora_pair(kind: str, dtype, targets) -> tuple:
    """(model, our method, peft's model, names), with r = 3 and alpha = 7."""
    model, other = twins(kind, dtype)
    method = LoRA(model, targets, rank=3, alpha=7, num_labels=for_kind(kind)[1]).to(dtype)
    scramble(method)
    config = peft.LoraConfig(r=3, lora_alpha=7, target_modules=list(method.settings["targets"]),
                             fan_in_fan_out=kind == "gpt2", lora_dropout=0.0)
    library = peft.get_peft_model(other, config)
    return model, method, library, lora_names(method)


@EVERYWHERE
@pytest.mark.parametrize("kind, targets", LORA_CASES)
def test_lora_is_that_of_peft(kind, targets, dtype):
    model, method, library, names = lora_pair(kind, dtype, targets)
    give(method, library, names)
    for side in (None, "left" if method.decoder else "right"):
        batch, _ = for_kind(kind, side)
        assert_equal(results_of_ours(model, method, batch), results_of_peft(library, method, batch, names))


@EVERYWHERE
@pytest.mark.parametrize("kind, targets", LORA_CASES)
def test_merged_lora_is_that_of_peft(kind, targets, dtype):
    model, method, library, names = lora_pair(kind, dtype, targets)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    give(method, library, names)
    method.merge(model)
    merged = library.merge_and_unload()
    ours, theirs = dict(model.named_parameters()), dict(merged.named_parameters())
    changed = {name for name in ours if not torch.equal(ours[name], before[name])}
    assert changed == {f"{site}.weight" for site in method.sites}
    assert_equal({name: ours[name] for name in changed}, {name: theirs[name] for name in changed})
    batch, _ = for_kind(kind)
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    assert_equal({"out": model(**inputs)[0]}, {"out": merged(**inputs)[0]})


@EVERYWHERE
@pytest.mark.parametrize("kind", KINDS)
def test_prompt_tuning_is_that_of_peft(kind, dtype):
    model, other = twins(kind, dtype)
    batch, labels = for_kind(kind)  # unpadded: peft drops position_ids here
    method = PromptTuning(model, P, num_labels=labels).to(dtype)
    scramble(method)
    sizes = {"token_dim": 16, "num_layers": 2, "num_attention_heads": 4} if kind == "distilbert" else {}
    task = "CAUSAL_LM" if method.decoder else "FEATURE_EXTRACTION"
    config = peft.PromptTuningConfig(task_type=task, num_virtual_tokens=P, **sizes)
    library = peft.get_peft_model(other, config).to(dtype)
    names = prompt_names(method)
    give(method, library, names)
    assert_equal(results_of_ours(model, method, batch), results_of_peft(library, method, batch, names, P, False))


@EVERYWHERE
@pytest.mark.parametrize("side", [None, "left", "right"])
@pytest.mark.parametrize("kind, kv_heads", [("llama", 4), ("llama", 2), ("llama", 1), ("gpt2", 4)])
def test_prefix_tuning_is_that_of_peft(kind, kv_heads, side, dtype):
    model, other = twins(kind, dtype, kv_heads=kv_heads)
    batch, _ = for_kind(kind, side)
    method = PrefixTuning(model, P).to(dtype)
    scramble(method)
    library = peft.get_peft_model(other, peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=P)).to(dtype)
    names = prefix_names(method)
    give(method, library, names)
    assert_equal(results_of_ours(model, method, batch), results_of_peft(library, method, batch, names, P))


@pytest.mark.parametrize("kind", DECODERS)
def test_weights_that_peft_made_are_the_same_here(kind):
    """The other way round: peft's own start, with LoRA's B filled in, taken into ours."""
    P_config = {"task_type": "CAUSAL_LM", "num_virtual_tokens": P}
    for build, config, name_all in (
            (lambda model: LoRA(model, rank=3, alpha=7), None, lora_names),
            (lambda model: PromptTuning(model, P), peft.PromptTuningConfig(**P_config), prompt_names),
            (lambda model: PrefixTuning(model, P), peft.PrefixTuningConfig(**P_config), prefix_names)):
        model, other = twins(kind, torch.float64)
        method = build(model).double()
        if config is None:
            config = peft.LoraConfig(r=3, lora_alpha=7, target_modules=method.settings["targets"],
                                     fan_in_fan_out=kind == "gpt2", init_lora_weights=False)
        library, names = peft.get_peft_model(other, config).double(), name_all(method)
        take(method, library, names)
        batch = text_batch()
        assert_equal(results_of_ours(model, method, batch), results_of_peft(library, method, batch, names, P, False))
