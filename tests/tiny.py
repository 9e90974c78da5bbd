"""Small doubles: models of a few thousand random numbers, and a value with which nothing can be done."""
import torch
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

DECODERS, ENCODERS = ("llama", "gpt2"), ("bert", "distilbert")


def tiny_model(kind: str, vocabulary: int, *, spread: float, context: int, blocks: int = 2, width: int = 16,
               inner: int = 24, heads: int = 4, kv_heads: int = 2, tied: bool = True, dropout: float = 0.0,
               seed: int = 0):
    """A random model of the class, in eval mode; the wider the `spread` of its weights, the surer of its nonsense.

    `inner` is the feed-forward layer's width; `kv_heads` and `tied` are a Llama's. The caller's random state stays.
    """
    names = {"vocab_size": vocabulary, "initializer_range": spread, "pad_token_id": 1}
    if kind in DECODERS:
        names |= {"bos_token_id": None, "eos_token_id": 0}
    if kind == "gpt2":
        config = GPT2Config(n_embd=width, n_inner=inner, n_layer=blocks, n_head=heads, n_positions=context,
                            resid_pdrop=dropout, embd_pdrop=dropout, attn_pdrop=dropout, **names)
    elif kind == "distilbert":
        config = DistilBertConfig(dim=width, hidden_dim=inner, n_layers=blocks, n_heads=heads,
                                  max_position_embeddings=context, dropout=dropout, attention_dropout=dropout, **names)
    else:
        names |= {"hidden_size": width, "intermediate_size": inner, "num_hidden_layers": blocks,
                  "num_attention_heads": heads, "max_position_embeddings": context}
        if kind == "bert":
            config = BertConfig(hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout, **names)
        else:
            config = LlamaConfig(num_key_value_heads=kv_heads, attention_dropout=dropout, tie_word_embeddings=tied,
                                 **names)
    classes = {"llama": LlamaForCausalLM, "gpt2": GPT2LMHeadModel, "bert": BertModel, "distilbert": DistilBertModel}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return classes[kind](config).eval()


class Broken:
    """Whatever one does with it raises."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __float__ = __int__ = __index__ = __len__ = __iter__ = __eq__ = __hash__ = __bool__ = __repr__
    __getattr__ = __repr__
