"""Outcomes as plain JSON.

What a student's code returns is turned into plain JSON types first, by its true type, and only then compared:
an object whose `==` always says yes gets nowhere. A tensor is {"dtype", "shape", "values"}; a dict is
{"dict": {...}}; a tuple among the inputs {"tuple": [...]}; an exception {"raises": "ValueError"}; all else
{"object": "its type"}.
"""
import math
import sys

DEPTH, MOST, BITS = 12, 50_000, 1023  # of lists in lists, of items in all, of an int that a float can hold


def encode(value):
    """`value` as JSON. Runs no code of the value's own: exact built-in types, tensors and arrays."""
    return encode_inside(value, 0, [MOST])


def encode_inside(value, depth: int, left: list[int]):
    """`left` holds how many more items of lists and dicts are looked at."""
    kind = type(value)
    if value is None or kind in (bool, str) or is_short_int(value):
        return value
    if kind is float:
        return short(value)
    if kind is int:
        return {"object": f"int of {value.bit_length():,} bits"}
    if kind in (list, tuple) or (kind is dict and all(type(key) is str or is_short_int(key) for key in value)):
        if depth >= DEPTH or len(value) > left[0]:
            return {"object": f"{kind.__name__}, too long or too deep to look at"}
        left[0] -= len(value)
        if kind is dict:
            return {"dict": {str(key): encode_inside(one, depth + 1, left) for key, one in value.items()}}
        items = [encode_inside(one, depth + 1, left) for one in value]
        return items if kind is list else {"tuple": items}
    numpy = sys.modules.get("numpy")
    if numpy and kind.__module__ == "numpy" and issubclass(kind, numpy.generic):
        plain = value.item()
        return encode(plain) if type(plain) in (bool, int, float, str) else {"object": kind.__name__}
    return encode_array(value) or {"object": kind.__name__}


def encode_array(value) -> dict | None:
    """A tensor or an array of real numbers as a dict; None for all else."""
    kind, torch, numpy = type(value), sys.modules.get("torch"), sys.modules.get("numpy")
    is_tensor = torch and kind in (torch.Tensor, torch.nn.Parameter) and not value.is_complex()
    is_array = numpy and kind is numpy.ndarray and value.dtype.kind in "biuf" and value.itemsize <= 8
    if not is_tensor and not is_array:
        return None
    if math.prod(value.shape) > MOST:
        return {"object": f"{kind.__name__} of shape {tuple(value.shape)}"}
    plain, dtype = value.detach() if is_tensor else value, str(value.dtype).removeprefix("torch.")
    if dtype in ("bfloat16", "float16"):
        plain = plain.to(torch.float32) if is_tensor else plain.astype("float32")
    try:
        values = numbers(plain.cpu().tolist() if is_tensor else plain.tolist())
    except (RuntimeError, TypeError):  # a tensor without values, a sparse one
        return None
    return {"dtype": dtype, "shape": list(value.shape), "values": values}


def is_short_int(value) -> bool:
    return type(value) is int and value.bit_length() <= BITS


def outcome(value):
    """`encode` for what a function returned: a tuple counts as the list with the same items."""
    return untuple(encode(value))


def untuple(value):
    if isinstance(value, list):
        return [untuple(one) for one in value]
    if isinstance(value, dict) and "tuple" in value:
        return [untuple(one) for one in value["tuple"]]
    if isinstance(value, dict) and "dict" in value:
        return {"dict": {key: untuple(one) for key, one in value["dict"].items()}}
    return value


def decode(value):
    """The inverse of `encode`, for drawn inputs. Every call gives new objects, so that none can be spoilt."""
    if isinstance(value, list):
        return [decode(one) for one in value]
    if isinstance(value, dict) and "tuple" in value:
        return tuple(decode(one) for one in value["tuple"])
    if isinstance(value, dict) and "dict" in value:
        return {key: decode(one) for key, one in value["dict"].items()}
    if isinstance(value, dict):
        import torch
        return torch.tensor(value["values"], dtype=getattr(torch, value["dtype"])).reshape(value["shape"])
    return value


def numbers(values):
    """Nested lists of numbers with floats shortened; bools and integers stay."""
    return [numbers(one) for one in values] if isinstance(values, list) else short(values)


def short(number):
    """A float with nine digits, which name every float32 exactly."""
    return float(f"{number:.9g}") if type(number) is float else number
