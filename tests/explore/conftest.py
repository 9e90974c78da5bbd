"""A small random model, and ipywidgets in which an argument that would be ignored is an error."""
import pytest

from course_lib.models.tokenizer import train_tokenizer
from course_lib.world import documents
from tests.tiny import tiny_llama

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")


@pytest.fixture(scope="session")
def tokenizer():
    return train_tokenizer(documents("train", 0), count=300)


@pytest.fixture(scope="session")
def model(tokenizer):
    return tiny_llama(tokenizer, spread=0.7, context=192)


@pytest.fixture
def displayed(monkeypatch):
    """What a pretended notebook was given to display."""
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    return shown
