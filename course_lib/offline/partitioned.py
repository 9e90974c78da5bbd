"""What a worker does for `course predict`: it loads the model once, and answers parts of the plan.

A worker whose key has other parts than the one that asks, such as other weights or another torch,
answers nothing.
"""
import os
import platform
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from course_lib.errors import CourseError
from course_lib.models import load_model
from course_lib.offline.cache import Cache
from course_lib.offline.keys import code_parts, hashed, versions
from course_lib.offline.loading import load_method
from course_lib.offline.planning import Batch
from course_lib.offline.predictor import Predictor
from course_lib.offline.writer import Writer

ONE_AT_A_TIME = threading.Lock()   # a model has one method attached, and its prefix one reader


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line, of which any process can make the same Predictor."""

    model: str
    method: str | None
    batch_size: int
    max_new_tokens: int
    until: str

    def predictor(self, cache: Cache | None = None) -> Predictor:
        """It, with the model and the method loaded."""
        model, tokenizer = load_model(self.model)
        method = load_method(self.method, model) if self.method else None
        return Predictor(model, tokenizer, method, batch_size=self.batch_size,
                         max_new_tokens=self.max_new_tokens, until=self.until, cache=cache)


def facts() -> tuple[list[str], str]:
    """What must be alike on all computers: versions, and a digest of the course's code."""
    return versions(), hashed(code_parts(None))


def write_there(batches: Sequence[Batch], asked: Asked,
                parts: tuple[tuple[str, str], ...]) -> list[str]:
    """In a worker: the answers to these batches. CourseError, which names the worker, where its key
    has other parts."""
    try:
        with ONE_AT_A_TIME:
            return writer_for(asked, parts).write(batches)
    except CourseError as error:
        me = f"The worker on {platform.node()}, process {os.getpid()},"
        raise CourseError(f"{me} cannot predict: {error}") from None


@lru_cache(maxsize=1)
def writer_for(asked: Asked, parts: tuple[tuple[str, str], ...]) -> Writer:
    """A Writer on one thread that gives the answers of the process that asks."""
    torch.set_num_threads(1)
    predictor = asked.predictor()
    if other := [name for name, hash_ in parts if predictor.parts[name] != hash_]:
        raise CourseError(f"its {' and '.join(other)} are others than where it was asked, and so "
                          "could its answers be. Give it the same files and the same versions.")
    return predictor.writer
