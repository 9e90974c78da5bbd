"""The key under which an answer is kept: all that the answer depends on, hashed.

What is left out gives wrong answers later: of another model, after a change of the code. What is in
too much only costs time. Two prompts have one key where they are the same text, sign by sign;
nothing is "near enough".
"""
import hashlib
import inspect
import json
from pathlib import Path

import tokenizers
import torch
import transformers

from course_lib.errors import CourseError
from course_lib.models import weights_hash
from course_lib.prompting.reading import added
from course_lib.syntax import parsed, plain

COURSE = Path(__file__).resolve().parents[1]
CODE = ("architecture.py", "offline/generating.py", "offline/planning.py", "offline/predictor.py",
        "offline/room.py", "offline/windows.py", "offline/writer.py", "prompting/reading.py",
        "prompting/tokens.py", "quantise.py", "threads.py")
METHODS = ("methods/*.py", "methods/base/*.py")
VARYING = {"_name_or_path", "transformers_version"}   # of a config: they change no number


def key_parts(model, tokenizer, method, settings: dict) -> dict[str, str]:
    """What every answer of a run depends on besides its prompt: a hash for each part, by its name.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        method: the method that edits the model, or None.
        settings: how the answer is decoded, such as {"max_new_tokens": 8}.

    Returns:
        {"weights", "model", "method", "tokenizer", "decoding", "code", "libraries"}, each with 64
        hex digits.

    Raises:
        CourseError: if the tokenizer does not say how it is built, or a method of yours how it
            computes.
    """
    config = {name: value for name, value in model.config.to_dict().items() if name not in VARYING}
    quantised = sorted({f"{type(one).__name__} {one.extra_repr()}" for one in model.modules()
                        if type(one).__module__.startswith("course_lib.")})
    return {
        "weights": weights_hash(model),
        "model": hashed(type(model).__name__, config, quantised),
        "method": hashed(None) if method is None else hashed(method.name, method.settings,
                                                             weights_hash(method)),
        "tokenizer": hashed(*tokenizer_parts(tokenizer)),
        "decoding": hashed(settings),
        "code": hashed(code_parts(method)),
        "libraries": hashed(versions()),
    }


def run_key(parts: dict[str, str]) -> bytes:
    """One hash of all the parts, 32 bytes."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()


def prompt_key(run: bytes, prompt: str) -> bytes:
    """The key of a prompt's answer in this run, 32 bytes."""
    return hashlib.sha256(run + prompt.encode("utf-8")).digest()


def versions() -> list[str]:
    """Of what computes, besides the course: ["torch 2.6.0", ...]."""
    return [f"{one.__name__} {one.__version__}" for one in (torch, transformers, tokenizers)]


def hashed(*values: object) -> str:
    """SHA-256 of plain values, in hex digits; a value of another kind counts as it is written."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def tokenizer_parts(tokenizer) -> tuple:
    """How a text becomes tokens, and tokens a text."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise CourseError(f"{type(tokenizer).__name__} does not say how it is built, so no answer "
                          "of it can be kept. Take a model with a tokenizer.json.")
    of_last_call = ("padding", "truncation")
    built = {name: value for name, value in json.loads(backend.to_str()).items()
             if name not in of_last_call}
    return (type(tokenizer).__name__, built, added(tokenizer)[0], tokenizer.eos_token_id,
            getattr(tokenizer, "clean_up_tokenization_spaces", None))


def code_parts(method) -> list[str]:
    """What computes an answer: syntax trees, without what is said; of a method of yours the text.
    """
    paths = [COURSE / name for name in CODE]
    if method is not None:
        paths += sorted(path for pattern in METHODS for path in COURSE.glob(pattern))
    trees = [hashed(repr(plain(parsed(path)))) for path in paths]
    own = [one for one in type(method).__mro__ if one.__module__.split(".")[0] not in
           ("builtins", "torch", "course_lib")] if method is not None else []
    try:
        return trees + [inspect.getsource(one) for one in own]
    except (OSError, TypeError):
        raise CourseError(f"{type(method).__name__} has no source that can be read, so an answer "
                          "of it could be taken for one of another method. Write the class into a "
                          "file, and import it.") from None
