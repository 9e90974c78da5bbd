"""A stand-in for the world: an endless stream of small documents, and models of a few thousand parameters."""
from dataclasses import replace
from random import Random

import pytest

from course_lib.models.configs import Recipe
from course_lib.models.tokenizer import encoder_tokenizer, train_tokenizer

WORDS = ("Apple Pear plum cherry film review staff food was is the a and but not great dull cold in short "
         "we left").split()


def stub_documents(split: str, seed: int):
    rng = Random(f"{split}-{seed}")
    while True:
        if rng.random() < 0.5:
            yield " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 20))) + "."
        else:
            yield "\n".join(f"{rng.choice(WORDS)}: {rng.choice(WORDS)} {rng.randint(0, 9)}" for _ in range(3))


TINY = Recipe("orchard-tiny", "causal", width=16, layers=2, heads=2, feed_forward=24, tokens=6 * 4 * 24,
              learning_rate=3e-3, rows=4, length=24, warm_up=2)
TINY_ENCODER = replace(TINY, name="orchard-tiny-encoder", kind="encoder")


@pytest.fixture(scope="session")
def documents():
    return stub_documents


@pytest.fixture(scope="session")
def base():
    return train_tokenizer(stub_documents("train", 0), 500)


@pytest.fixture(scope="session")
def tokenizers(base):
    return {"causal": base, "encoder": encoder_tokenizer(base)}


@pytest.fixture(scope="session")
def tiny():
    return TINY


@pytest.fixture(params=[TINY, TINY_ENCODER], ids=["causal", "encoder"])
def recipe(request):
    return request.param
