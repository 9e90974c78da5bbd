"""Outcomes as plain JSON.

What a student's code returns is turned into plain JSON types first, by its true type, and only then compared:
an object whose `==` always says yes gets nowhere. A tensor is {"dtype", "shape", "values"}; a dict is
{"dict": {...}}; a tuple among the inputs {"tuple": [...]}; an exception {"raises": "ValueError"}; all else
{"object": "its type"}.
"""
import sys

DEPTH = 12


def encode(value, depth: int = 0):
    """`value` as JSON. Runs no code of the value's own: exact built-in types, tensors and arrays."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return short(value)
    if depth < DEPTH:
        if kind is list:
            return [encode(one, depth + 1) for one in value]
        if kind is tuple:
            return {"tuple": [encode(one, depth + 1) for one in value]}
        if kind is dict and all(type(key) in (str, int) for key in value):
            return {"dict": {str(key): encode(one, depth + 1) for key, one in value.items()}}
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch and kind in (torch.Tensor, torch.nn.Parameter):
        tensor = value.detach().cpu()
        plain = tensor.to(torch.float32) if tensor.dtype in (torch.bfloat16, torch.float16) else tensor
        return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape),
                "values": numbers(plain.tolist())}
    if numpy and issubclass(kind, numpy.generic):
        return encode(value.item(), depth + 1)
    if numpy and kind is numpy.ndarray and value.dtype.kind in "bif":
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": numbers(value.tolist())}
    return {"object": kind.__name__}


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
