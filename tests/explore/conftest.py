"""A small random model, and a notebook that only pretends to display."""
import pytest

from tests.tiny import tiny_model


@pytest.fixture(scope="session")
def model(tokenizer):
    return tiny_model("llama", len(tokenizer), spread=0.7, context=192, blocks=1, tied=False)


@pytest.fixture
def displayed(monkeypatch):
    """What a pretended notebook was given to display."""
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    return shown
