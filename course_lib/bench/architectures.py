"""`course bench architectures`: the architectures that the course promises, with a mark for each check they pass.

Each is a random model of a few thousand numbers, saved to a folder by transformers and loaded again by `load_model`.
"""
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

from course_lib.bench import contract, contract_answers, contract_tools
from course_lib.bench.subject import Subject
from course_lib.models import load_model
from course_lib.models.loading import quiet
from course_lib.models.seeding import seeded
from course_lib.promised import PROMISED

WINDOW = 5  # places: texts of the checks are longer
LAYERS = ["sliding_attention", "full_attention", "full_attention", "sliding_attention"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4, "max_position_embeddings": 64}
WINDOWED = {"use_sliding_window": True, "sliding_window": WINDOW, "layer_types": LAYERS}
KINDS = {  # what is special: the settings beside SIZES; each promised architecture at least once
    "llama": {"num_key_value_heads": 2, "tie_word_embeddings": True},
    "llama, untied": {"num_key_value_heads": 4, "tie_word_embeddings": False, "attention_bias": True, "mlp_bias": True},
    "qwen2": {"num_key_value_heads": 2, "tie_word_embeddings": True},
    "qwen2, windows": {"num_key_value_heads": 2} | WINDOWED,
    "qwen3": {"num_key_value_heads": 2, "head_dim": 12, "tie_word_embeddings": True},
    "qwen3, windows": {"num_key_value_heads": 2, "head_dim": 12} | WINDOWED,
    "mistral": {"num_key_value_heads": 2, "sliding_window": WINDOW},
    "mistral, no window": {"num_key_value_heads": 2, "sliding_window": None, "head_dim": 12},
    "gemma3_text": {"num_key_value_heads": 2, "head_dim": 12, "sliding_window": WINDOW, "layer_types": LAYERS},
    "gpt2": {"n_inner": 48},
    "bert": {}, "roberta": {}, "xlm-roberta": {}, "distilbert": {"hidden_dim": 48},
    "modernbert": {"local_attention": 2 * WINDOW, "layer_types": LAYERS},
    "modernbert, biases": {"local_attention": 128, "layer_types": LAYERS, "norm_bias": True, "attention_bias": True,
                           "mlp_bias": True}}
CHECKS: dict[str, Callable[[Subject], float | None]] = {
    "forward": contract.forward, "start": contract.start, "padding": contract.padding, "gradients": contract.gradients,
    "saved": contract.saved, "writing": contract_answers.writing, "scoring": contract_answers.scoring,
    "peft": contract.library,
    "prompts": contract.prompts, "edits": contract.edits, "reuse": contract_tools.reuse,
    "pruning": contract_tools.pruning, "rounding": contract_tools.rounding, "counting": contract_tools.counting}


def subject(name: str, folder: Path) -> Subject:
    """A random model of this kind, saved in the folder and loaded from it."""
    model_type = name.partition(",")[0]
    decoder = PROMISED[model_type].decoder
    tokenizer = load_model("orchard-xs" if decoder else "orchard-encoder")[1]
    sizes = SIZES | ({"intermediate_size": 48} if model_type not in ("gpt2", "distilbert") else {})
    config = AutoConfig.for_model(model_type, vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id,
                                  bos_token_id=None, eos_token_id=tokenizer.eos_token_id, **sizes, **KINDS[name])
    with seeded(0):
        bare = (AutoModelForCausalLM if decoder else AutoModel).from_config(config).eval()
        with torch.no_grad():
            for parameter in bare.parameters():
                parameter.add_(torch.randn_like(parameter) * (0.2 if parameter.dim() > 1 else 0.1))
        bare.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Subject(name, folder, bare, *load_model(folder))


@contextmanager
def built(name: str) -> Iterator[Subject]:
    """The block in which there is a model of this kind, in a folder of its own."""
    with TemporaryDirectory() as folder, quiet(), warnings.catch_warnings(action="ignore"):
        yield subject(name, Path(folder))


def architectures() -> bool:
    """Prints the table; whether every check is passed by every kind it is for."""
    wide, faults, largest = max(map(len, KINDS)), [], 0.0
    print("✓ kept   – not for this kind   ✗ not kept\n")
    print(" " * wide, *CHECKS)
    for name in KINDS:
        marks = []
        with built(name) as one:
            for check, run in CHECKS.items():
                try:
                    error = run(one)
                    if error is not None and not error <= 1:
                        raise AssertionError(f"{error:.1f} times what is tolerated")
                    marks.append("–" if error is None else "✓")
                    largest = max(largest, error or 0.0)
                except Exception as error:  # whatever it is, the table says it
                    marks.append("✗")
                    faults.append(f"{name}, {check}: {type(error).__name__}: {error}")
        print(f"{name:{wide}}", *(mark.center(len(check)) for mark, check in zip(marks, CHECKS)))
    print(f"\nThe largest error is {largest:.3f} of what is tolerated.", *faults, sep="\n")
    return not faults
