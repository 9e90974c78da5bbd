"""What lesson 06 measures of LoRA's algebra: counted, merged, and given to peft as published. See lesson_06.py."""
import torch
from peft import LoraConfig, TaskType, get_peft_model
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
)

from course_lib import models
from course_lib.architecture import with_positions
from course_lib.claims.lesson_06 import ALPHA, LORA_RATE, RANK
from course_lib.claims.measures.lesson_06 import lora, train
from course_lib.cost import operations
from course_lib.world import load_task


def filled(model, seed: int):
    """LoRA that is no no-op: B has random entries, too."""
    method = lora(model, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for B in method.B:
            B.normal_(std=0.1, generator=generator)
    return method


def texts(tokenizer, seed: int, n: int = 16) -> dict:
    """A batch of reviews for the model."""
    rows = load_task("reviews")["test"].shuffle(seed=seed).select(range(n))
    batch = tokenizer(rows["prompt"][:], return_tensors="pt", padding=True)
    return with_positions({"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"],
                           "use_cache": False})


def logits_of(model, batch: dict, method=None):
    """The logits at the last place of each row, (B, V); with `method` attached, if there is one."""
    with torch.no_grad():
        if method is None:
            return model(**batch).logits[:, -1]
        with method.on(model):
            return method.logits(model, batch)[:, -1]


def low_rank(seed: int) -> dict[str, float]:
    """B = 0 is no change; the base keeps its bits in training; the trained change is BA, and nothing else."""
    model, tokenizer = models.load_model("orchard-s")
    method, batch, before = lora(model, seed=seed), texts(tokenizer, seed), models.weights_hash(model)
    start = (logits_of(model, batch, method) - logits_of(model, batch)).abs().max().item()
    train(model, tokenizer, method, seed, LORA_RATE, steps=8)
    changed = float(models.weights_hash(model) != before)
    with_hooks = logits_of(model, batch, method)
    with torch.no_grad():
        for site, A, B in zip(method.sites, method.A, method.B):
            model.get_submodule(site).weight.add_(ALPHA / RANK * B @ A)
    return {"start": start, "changed": changed, "product": (logits_of(model, batch) - with_hooks).abs().max().item()}


def counted(seed: int) -> dict[str, float]:
    """The formula against a count, over every linear layer of orchard-s."""
    model, _ = models.load_model("orchard-s")
    method = lora(model, seed=seed)
    shapes = [model.get_submodule(site).weight.shape for site in method.sites]
    return {"formula": sum(RANK * (d + k) for d, k in shapes),
            "counted": sum(parameter.numel() for parameter in method.parameters()),
            "full": sum(d * k for d, k in shapes)}


def merging(seed: int) -> dict[str, float]:
    """Logits and operations of the base, of LoRA on hooks, and of LoRA merged; and whether unmerging restores bits."""
    model, tokenizer = models.load_model("orchard-s")
    method, batch, before = filled(model, seed), texts(tokenizer, seed), models.weights_hash(model)
    base, hooked, apart = operations(model, batch), operations(model, batch, method), logits_of(model, batch, method)
    method.merge(model)
    found = {"difference": (logits_of(model, batch) - apart).abs().max().item(), "base": base, "unmerged": hooked,
             "merged": operations(model, batch)}
    method.unmerge(model)
    return found | {"restored": float(models.weights_hash(model) == before)}


def no_merge_layer(seed: int) -> dict[str, float]:
    """LoRA against the same change made without it, and what merging alters: the modules, and the logits."""
    model, tokenizer = models.load_model("orchard-s")
    method, batch = filled(model, seed), texts(tokenizer, seed)
    apart, modules = logits_of(model, batch, method), len(list(model.modules()))
    effect = (apart - logits_of(model, batch)).abs().max().item()
    method.merge(model)
    difference = (logits_of(model, batch) - apart).abs().max().item()
    return {"effect": effect, "difference": difference, "added_layers": len(list(model.modules())) - modules}


def snippet_runs(kind: str, targets: tuple[str, ...]) -> float:
    """1 where peft takes these target modules on a small random classifier of this kind, and 0 where it raises."""
    if kind == "bert":
        model = BertForSequenceClassification(BertConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2,
                                                         num_attention_heads=2, intermediate_size=64))
    else:
        model = DistilBertForSequenceClassification(DistilBertConfig(vocab_size=64, dim=32, n_layers=2, n_heads=2,
                                                                     hidden_dim=64))
    try:
        get_peft_model(model, LoraConfig(task_type=TaskType.SEQ_CLS, r=8, lora_alpha=16, target_modules=list(targets)))
    except ValueError:
        return 0.0
    return 1.0


def published(seed: int) -> dict[str, float]:
    """The published target modules on BERT, and the two ways to mend them. The seed plays no part."""
    return {"as_published": snippet_runs("bert", ("q_lin", "v_lin")),
            "names_mended": snippet_runs("bert", ("query", "value")),
            "model_mended": snippet_runs("distilbert", ("q_lin", "v_lin"))}
