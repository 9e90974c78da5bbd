"""A small random model, and ipywidgets in which an argument that would be ignored is an error."""
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from course_lib.models.tokenizer import train_tokenizer
from course_lib.world import documents

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")


@pytest.fixture(scope="session")
def tokenizer():
    return train_tokenizer(documents("train", 0), count=300)


@pytest.fixture(scope="session")
def model(tokenizer):
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, initializer_range=0.7, bos_token_id=None, eos_token_id=0, pad_token_id=1,
        max_position_embeddings=192)).eval()


@pytest.fixture
def displayed(monkeypatch):
    """What a pretended notebook was given to display."""
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    return shown
