"""The architectures that the course promises: what differs between them, in one table, and who is none of them.

Each is tested, by `course bench architectures` and by tests: its blocks take and give one tensor, its positions can be
given, its embeddings are as wide as its hidden states. Of another one the course's methods could make a wrong number
without a word, so it is refused by name.
"""
from dataclasses import dataclass

import transformers
from transformers import PretrainedConfig

from course_lib.errors import CourseError


@dataclass(frozen=True)
class Architecture:
    """What the methods need to know. Names of modules are those within a block, or ends of whole names.

    `attention` and `feed_forward` are each a linear layer that reads the sub-layer's input, and its last linear layer.
    `ia3` are the layers whose output (IA)^3 scales, and those whose input: where peft puts it; for Qwen and Gemma,
    where peft scales the queries instead of the keys, and for encoders that peft does not know, where the paper does.
    """

    name: str
    decoder: bool                                     # reads from left to right: only the last token has seen all
    attention: tuple[str, str]
    feed_forward: tuple[str, str]
    query_and_value: tuple[str, ...]
    ia3: tuple[tuple[str, ...], tuple[str, ...]]
    biases: bool = False                              # whether its linear layers or norms have some
    last_bias: str | None = None                      # the bias that is the last thing added to what a block gives
    after_padding: bool = False                       # positions count from padding_idx + 1


LLAMA = {"decoder": True, "attention": ("self_attn.q_proj", "self_attn.o_proj"),
         "feed_forward": ("mlp.gate_proj", "mlp.down_proj"), "query_and_value": ("q_proj", "v_proj"),
         "ia3": (("k_proj", "v_proj"), ("down_proj",))}
BERT = {"decoder": False, "attention": ("attention.self.query", "attention.output.dense"),
        "feed_forward": ("intermediate.dense", "output.dense"), "query_and_value": ("query", "value"),
        "ia3": (("key", "value"), ("output.dense",)), "biases": True, "last_bias": "output.LayerNorm.bias"}

PROMISED = {  # transformers' `model_type`: what it is
    "llama": Architecture("Llama", **LLAMA),
    "qwen2": Architecture("Qwen2", **LLAMA, biases=True),
    "qwen3": Architecture("Qwen3", **LLAMA),
    "mistral": Architecture("Mistral", **LLAMA),
    "gemma3_text": Architecture("Gemma 3 (text)", **LLAMA),
    "gpt2": Architecture(                             # its c_attn makes query, key and value in one
        "GPT-2", decoder=True, attention=("attn.c_attn", "attn.c_proj"), feed_forward=("mlp.c_fc", "mlp.c_proj"),
        query_and_value=("attn.c_attn",), ia3=(("c_attn",), ("mlp.c_proj",)), biases=True,
        last_bias="mlp.c_proj.bias"),
    "bert": Architecture("BERT", **BERT),
    "roberta": Architecture("RoBERTa", **BERT, after_padding=True),
    "xlm-roberta": Architecture("XLM-RoBERTa", **BERT, after_padding=True),
    "distilbert": Architecture(
        "DistilBERT", decoder=False, attention=("attention.q_lin", "attention.out_lin"),
        feed_forward=("ffn.lin1", "ffn.lin2"), query_and_value=("q_lin", "v_lin"), ia3=(("k_lin", "v_lin"), ("lin2",)),
        biases=True, last_bias="output_layer_norm.bias"),
    "modernbert": Architecture(                       # its Wqkv, too
        "ModernBERT", decoder=False, attention=("attn.Wqkv", "attn.Wo"), feed_forward=("mlp.Wi", "mlp.Wo"),
        query_and_value=("attn.Wqkv",), ia3=(("attn.Wqkv",), ("mlp.Wo",))),
}


def names_of(wanted=lambda one: True) -> str:
    """The names of the architectures for which this holds, as they stand in a sentence: "GPT-2, BERT and …"."""
    *first, last = [one.name for one in PROMISED.values() if wanted(one)]
    return f"{', '.join(first)} and {last}"


def architecture_of(model) -> Architecture:
    """What the course knows about the model's class; CourseError where it promises nothing of it."""
    check_config(model.config, type(model).__name__)
    return PROMISED[model.config.model_type]


def check_config(config: PretrainedConfig, name: str) -> None:
    """CourseError where a model with this config, of the class `name`, is none that the course promises."""
    why = None
    known = PROMISED.get(config.model_type)
    if config.is_encoder_decoder:
        why = "has an encoder and a decoder"
    elif known is None:
        why = f"is of another architecture, {config.model_type!r}"
    elif not known.decoder and (getattr(config, "is_decoder", False) or name.endswith(("ForCausalLM", "LMHeadModel"))):
        why = f"is {known.name} as a decoder, and the course knows it as an encoder"
    elif known.decoder and (getattr(config, "use_bidirectional_attention", False)
                            or not getattr(config, "is_causal", True)):
        why = f"is {known.name} that looks ahead, and the course knows it as a decoder"
    elif getattr(config, "add_cross_attention", False):
        why = "also reads what another model gives"
    elif getattr(config, "quantization_config", None) is not None:
        why = "has weights that another library rounded; the course rounds whole ones, with `quantise`"
    elif getattr(config, "position_embedding_type", "absolute") != "absolute":
        why = f"counts positions in a way of its own, {config.position_embedding_type!r}"
    elif others := attention_kinds(config) - {"full_attention", "sliding_attention"}:
        why = f"has attention of another kind, {min(others)!r}"
    elif (known.decoder and "sliding_attention" in attention_kinds(config)
          and (getattr(config, "sliding_window", None) or 0) < 2):
        why = ("needs a sliding window of at least 2 places, for transformers' cache holds one less; sliding_window is "
               f"{config.sliding_window}")
    elif known.after_padding and config.pad_token_id is None:
        why = "counts positions from its padding's number, and has none (pad_token_id)"
    elif "longrope" in rope_types(config):
        why = "turns all positions of a batch another way when one text is long ('longrope')"
    if why:
        raise CourseError(f"{name or 'This model'} {why}. The course's methods are tested on {names_of()}, and would "
                          "give wrong numbers on others without a word. Take a model of one of these: orchard-s is a "
                          "Llama, orchard-encoder a DistilBERT, minilm a BERT.")


def attention_kinds(config: PretrainedConfig) -> set[str]:
    """How far the blocks look, as the config names it: everywhere, or through a window."""
    windowed = getattr(config, "sliding_window", None) is not None
    return set(getattr(config, "layer_types", None) or (["sliding_attention"] if windowed else []))


def rope_types(config: PretrainedConfig) -> set[str]:
    """The kinds of rotary positions that a config names: one for all blocks, or one for each kind of block."""
    given = getattr(config, "rope_parameters", None) or {}
    return {one.get("rope_type") for one in (given, *given.values()) if isinstance(one, dict)}


def check_class(config: PretrainedConfig) -> None:
    """CourseError where a config.json names a class that transformers does not have, or code of its own: a variant."""
    if own := [name for name in getattr(config, "auto_map", None) or () if name.startswith("AutoModel")]:
        raise CourseError(f"The folder brings code of its own ({own[0]} in its config.json), which the course never "
                          "runs, and without which the weights may mean something else. The course knows models of "
                          f"{names_of()}, as transformers builds them.")
    for name in getattr(config, "architectures", None) or ():
        if not hasattr(transformers, name):
            raise CourseError(f"The config.json names the class {name}, and transformers {transformers.__version__} "
                              f"has none of that name. The course knows models of {names_of()}, as transformers "
                              "builds them.")
