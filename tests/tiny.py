"""Small doubles: a decoder of a few thousand random numbers, and a value with which nothing can be done."""
import torch
from transformers import LlamaConfig, LlamaForCausalLM


def tiny_llama(tokenizer, spread: float, context: int):
    """Width 16, one block; the wider the `spread` of the weights, the surer it is of its nonsense."""
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, initializer_range=spread, bos_token_id=None, eos_token_id=0, pad_token_id=1,
        max_position_embeddings=context)).eval()


class Broken:
    """Whatever one does with it raises."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __float__ = __int__ = __index__ = __len__ = __iter__ = __eq__ = __hash__ = __bool__ = __repr__
    __getattr__ = __repr__
