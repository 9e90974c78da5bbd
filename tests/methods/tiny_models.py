"""The models and the methods of the contract test: which there are, and how each is built.

`python tiny_models.py FOLDER` loads every method that is saved there and writes the logits that it gives.
Shapes: B rows, T tokens.
"""
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save, save_file

from course_lib import methods
from course_lib.methods import (
    Adapter,
    BitFit,
    DeepPrompts,
    Frozen,
    FullFineTuning,
    Interchange,
    LoRA,
    LoReFT,
    PrefixTuning,
    PromptTuning,
    ScaleShift,
    Steering,
)
from course_lib.models import load_model
from course_lib.quantise import quantise
from tests.tiny import tiny_model

VOCABULARY, CONTEXT = 2048, 64
SIZES = {"llama": {"width": 32, "blocks": 3}, "bert": {"width": 32, "blocks": 3}, "gpt2": {"width": 24},
         "distilbert": {"heads": 2}}  # no two of a size
FAMILY = {"llama": "llama", "llama-untied": "llama", "orchard-s": "llama", "gpt2": "gpt2", "bert": "bert",
          "distilbert": "distilbert", "orchard-encoder": "distilbert", "llama-nf4": "llama", "gpt2-int4": "gpt2",
          "bert-nf4": "bert"}
QUANTISED = {name: scheme for name in FAMILY for scheme in ("nf4", "int4") if name.endswith(scheme)}
DECODERS = tuple(name for name, family in FAMILY.items() if family in ("llama", "gpt2"))
ENCODERS = tuple(name for name in FAMILY if name not in DECODERS)

# Settings that are a dictionary are chosen by the model's family.
PARTS = {"llama": ("model.norm", "lm_head"), "gpt2": ("transformer.h.0.attn", "transformer.ln_f.bias"),
         "bert": ("encoder.layer.1", "embeddings.LayerNorm"), "distilbert": ("embeddings", "transformer.layer.0")}
LINEARS = {"llama": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
           "gpt2": ("c_attn", "c_fc", "c_proj"), "bert": ("query", "intermediate.dense", "output.dense"),
           "distilbert": ("q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2")}
TEXT = "a good film, a dull film"
METHODS = {
    "full": (FullFineTuning, {}),
    "last-block": (Frozen, {}),
    "parts": (Frozen, {"train": PARTS}),
    "probe": (Frozen, {"train": ()}),
    "bitfit": (BitFit, {}),
    "prompt": (PromptTuning, {"length": 5}),
    "prompt-vocabulary": (PromptTuning, {"length": 1, "init": "vocabulary"}),
    "prompt-text": (PromptTuning, {"length": 30, "init": TEXT}),
    "prefix": (PrefixTuning, {"length": 5}),
    "prefix-random": (PrefixTuning, {"length": 1, "init": "random"}),
    "prefix-text": (PrefixTuning, {"length": 30, "init": TEXT}),
    "deep": (DeepPrompts, {"length": 5}),
    "deep-random": (DeepPrompts, {"length": 1, "init": "random"}),
    "deep-text": (DeepPrompts, {"length": 30, "init": TEXT}),
    "adapter": (Adapter, {"bottleneck": 5}),
    "adapter-parallel": (Adapter, {"bottleneck": 4, "parallel": True}),
    "ia3": (ScaleShift, {}),
    "red": (ScaleShift, {"kind": "red"}),
    "lora": (LoRA, {"rank": 3, "alpha": 5}),
    "lora-dropout": (LoRA, {"dropout": 0.3}),
    "lora-linears": (LoRA, {"rank": 2, "targets": LINEARS}),
    "loreft": (LoReFT, {}),
    "loreft-tied": (LoReFT, {"prefix": 2, "suffix": 3, "tied": True, "rank": 1}),
    "loreft-suffix": (LoReFT, {"prefix": 0, "suffix": 2, "layers": [1], "rank": 2}),
    "loreft-prefix": (LoReFT, {"prefix": 3, "suffix": 0, "layers": [0]}),
    "direft": (LoReFT, {"prefix": 2, "variant": "direft"}),
    "steering": (Steering, {"strength": -0.5}),
    "interchange": (Interchange, {"layer": 0, "rank": 3}),
    "interchange-whole": (Interchange, {"layer": 1, "position": 0}),
}
said = {kind for kind, _ in METHODS.values()}
REST = {name: (getattr(methods, name), {}) for name in methods.__all__ if getattr(methods, name) not in said}
METHODS |= REST  # of which nothing is said here: as they are built where nothing is asked for
ADDED = ("adapter", "adapter-parallel", "ia3", "red", "lora")
EACH = ("full", "last-block", "probe", "bitfit", "prompt", "prefix", "deep", *ADDED, "loreft", "direft", "steering",
        "interchange", *REST)
FEW = {"llama-untied": ("full", "parts", "lora"), "orchard-s": EACH, "orchard-encoder": EACH,
       **{name: ("probe", "prompt", *ADDED, "lora-linears", "loreft") for name in QUANTISED}}  # elsewhere: all
HEADED = {"llama": EACH, "gpt2": EACH, "orchard-s": ("probe", "prefix")}  # with a head, too, as on encoders everything
REFUSED = {"bitfit": (("llama",), "LlamaForCausalLM has none. .* GPT-2, BERT, .* DistilBERT.*orchard-encoder"),
           "prefix": (("bert", "distilbert"), "Model keeps none. .* Llama, .* and GPT-2; .* take DeepPrompts"),
           "deep": (("llama", "gpt2"), "encoders: BERT, .* DistilBERT .* take PrefixTuning")}


@dataclass(frozen=True)
class Case:
    """One method on one model, with a head of so many `labels` or without one."""

    model: str
    method: str
    labels: int | None = None

    def __str__(self):
        return f"{self.model}--{self.method}{'--head' * bool(self.labels and self.model in DECODERS)}"

    @property
    def kind(self) -> type:
        return METHODS[self.method][0]

    @property
    def refused(self) -> bool:
        return FAMILY[self.model] in REFUSED.get(self.method.split("-")[0], [()])[0]

    def build(self, model, tokenizer, seed: int = 0):
        """The method, as it is at its start."""
        family = FAMILY[self.model]
        settings = {key: value[family] if isinstance(value, dict) else value
                    for key, value in METHODS[self.method][1].items()}
        if settings.get("init") == TEXT:
            settings["tokenizer"] = tokenizer
        return self.kind(model, **settings, num_labels=self.labels, seed=seed)


def all_cases() -> list[Case]:
    """Everything on four random models, less on the others."""
    cases = []
    for model in FAMILY:
        for method in FEW.get(model, METHODS):
            if model in ENCODERS:
                cases.append(Case(model, method, 3))
                continue
            if method != "probe":
                cases.append(Case(model, method))
            if method in HEADED.get(model, ()):
                cases.append(Case(model, method, 3))
    return cases


CASES = [case for case in all_cases() if not case.refused]
IMPOSSIBLE = [case for case in all_cases() if case.refused]


def build_model(name: str, seed: int = 0):
    """A model in eval mode: a bundled one, or a random one of three blocks or two; the same in every process."""
    if name in QUANTISED:
        return quantise(build_model(name.rpartition("-")[0], seed), QUANTISED[name], block_size=50)
    if name.startswith("orchard"):
        return load_model(name, random=seed != 0)[0]
    kind = FAMILY[name]
    return tiny_model(kind, VOCABULARY, spread=0.5, context=CONTEXT, tied=name == "llama", seed=seed, **SIZES[kind])


ROWS = ([5, 70, 900, 33, 410, 8, 1200], [77, 9, 1500, 6], [250])


def batch_of(rows=ROWS, side: str = "right") -> dict:
    """The rows as `input_ids` and `attention_mask` (B, T), padded on this side."""
    T = max(map(len, rows))
    empty = [T - len(row) for row in rows]
    pad = lambda values, n: [0] * n + values if side == "left" else values + [0] * n
    return {"input_ids": torch.tensor([pad(list(row), n) for row, n in zip(rows, empty)]),
            "attention_mask": torch.tensor([pad([1] * len(row), n) for row, n in zip(rows, empty)])}


def sourced(method, batch: dict) -> dict:
    """The batch with a source for each row, where the method takes one: other tokens, and as many."""
    if not method.takes_source:
        return batch
    ids = batch["input_ids"]
    mask = batch.get("attention_mask", torch.ones_like(ids))
    return {**batch, "source": {"input_ids": (7 * ids + 3) % VOCABULARY * mask, "attention_mask": mask}}


@torch.no_grad()
def logits_of(model, method, side: str = "right") -> torch.Tensor:
    """What the method says to the rows: (B, T, V), or (B, N) with a head."""
    with method.on(model):
        return method.logits(model, sourced(method, batch_of(side=side))).contiguous()


def sum_of(method) -> torch.Tensor:
    """A number that differs, most probably, where a bit of the method's tensors does."""
    return torch.tensor(zlib.crc32(save({name: one.contiguous() for name, one in method.state_dict().items()})))


def main(folder: Path) -> None:
    """Loads all methods in the folder, each onto the model that its file's name says.

    Writes logits.safetensors, and sums.safetensors: the bits of what is loaded, as `sum_of` adds them up.
    """
    models, logits, sums = {name: build_model(name) for name in FAMILY}, {}, {}
    for path in sorted(folder.glob("*--*.safetensors")):
        with safe_open(path, "pt") as file:
            kind = getattr(methods, file.metadata()["method"])
        model = models[path.stem.split("--")[0]]
        method = kind.load(path, model)
        logits[path.stem], sums[path.stem] = logits_of(model, method), sum_of(method)
    save_file(logits, folder / "logits.safetensors")
    save_file(sums, folder / "sums.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
