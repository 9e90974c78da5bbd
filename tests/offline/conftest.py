"""A tiny model that writes nonsense for sure, its folder, and prompts that begin alike."""
import pytest

from tests.tiny import tiny_model

HEAD = "peach: drupe\nplum: drupe\napple: pome\npear: pome\n"
WORDS = ["cherry", "quince", "a small green apple from the garden of the old house", "fig", "the pear that fell",
         "wall"]


@pytest.fixture(scope="session")
def small(tokenizer):
    """(model, tokenizer): a Llama of two blocks; read it, change none of it."""
    return tiny_model("llama", len(tokenizer), spread=0.7, context=96), tokenizer


@pytest.fixture(scope="session")
def folder(small, tmp_path_factory):
    """The same two in a folder, as load_model takes it."""
    path = tmp_path_factory.mktemp("model")
    for one in small:
        one.save_pretrained(path)
    return path


@pytest.fixture(scope="session")
def prompts():
    """Some that share a beginning, some that do not, some twice; of very different lengths."""
    shared = [f"{HEAD}{word}:" for word in WORDS * 3]
    shared += [f"{HEAD}{word} {number}:" for word in WORDS for number in range(6)]
    return shared + [f"{word} and then" for word in WORDS] + ["Now", " ".join(WORDS * 2)] + shared[:5]
