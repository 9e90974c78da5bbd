"""A tiny model that writes nonsense for sure, its folder, and prompts that begin alike."""
import os
import signal
import sys
import time

import pytest

from tests.hang import HANGS
from tests.tiny import tiny_model

HEAD = "peach: drupe\nplum: drupe\napple: pome\npear: pome\n"
WORDS = ["cherry", "quince", "a small green apple from the garden of the old house", "fig", "the pear that fell",
         "wall"]


def forked(run, said: str) -> int:
    """The number of a child, all of ours loaded, that does `run() -> exit code`; what it prints goes into a file."""
    if child := os.fork():
        return child
    code = 99
    try:
        file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(file, stream)
        with open(1, "w", closefd=False) as out, open(2, "w", closefd=False) as errors:
            sys.stdout, sys.stderr = out, errors
            code = run()
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """The child's exit code, minus the signal's number where one ended it; it fails where the child hangs."""
    end = time.monotonic() + HANGS
    while not (found := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            pytest.fail("it hangs")
        time.sleep(0.01)
    return os.waitstatus_to_exitcode(found[1])


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
