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
    """`value` as JSON. Runs no code of the value's own: what a built-in type holds, tensors and arrays.

    A value of a kind of such a type, an OrderedDict, a namedtuple, an enum of texts, is what is stored in it.
    """
    return encode_inside(value, 0, [MOST])


def encode_inside(value, depth: int, left: list[int]):
    """`left` holds how many more items of lists and dicts are looked at."""
    kind, numpy = type(value), sys.modules.get("numpy")
    if value is None or kind is bool:
        return value
    if numpy and kind.__module__ == "numpy" and issubclass(kind, numpy.generic):
        plain = value.item()
        return encode(plain) if type(plain) in (bool, int, float, str) else {"object": kind.__name__}
    base = next((one for one in (str, float, int, list, tuple, dict) if issubclass(kind, one)), None)
    if base is str:
        return str.__str__(value)  # the built-in type's own methods: those of its kinds may do anything
    if base is float:
        return short(float.__float__(value))
    if base is int:
        bits = int.bit_length(value)
        return int.__int__(value) if bits <= BITS else {"object": f"int of {bits:,} bits"}
    if base is None:
        return encode_array(value) or {"object": kind.__name__}
    if depth >= DEPTH or base.__len__(value) > left[0]:
        return {"object": f"{kind.__name__}, too long or too deep to look at"}
    left[0] -= base.__len__(value)
    if base is dict:
        return encode_dict(value, depth, left)
    items = [encode_inside(one, depth + 1, left) for one in base.__iter__(value)]
    return items if base is list else {"tuple": items}


def encode_dict(value: dict, depth: int, left: list[int]) -> dict:
    """{"dict": ...}, its keys as texts; an object where they are neither texts nor whole numbers, or two become one."""
    found = {}
    for key, one in dict.items(value):
        name = encode_inside(key, DEPTH, left)
        if type(name) not in (str, int):
            return {"object": type(value).__name__}
        if str(name) in found:
            return {"object": f"{type(value).__name__} with both {name} and '{name}' as keys"}
        found[str(name)] = encode_inside(one, depth + 1, left)
    return {"dict": found}


def encode_array(value) -> dict | None:
    """A tensor or an array of real numbers as a dict, a sparse or a quantised one as an ordinary one; None for all
    else.
    """
    kind, torch, numpy = type(value), sys.modules.get("torch"), sys.modules.get("numpy")
    is_tensor = torch and kind in (torch.Tensor, torch.nn.Parameter) and not value.is_complex()
    is_array = numpy and kind is numpy.ndarray and value.dtype.kind in "biuf" and value.itemsize <= 8
    if not is_tensor and not is_array:
        return None
    if is_tensor and value.is_nested:  # rows of different lengths: it has no shape
        return {"object": f"{kind.__name__}, nested"}
    if math.prod(value.shape) > MOST:
        return {"object": f"{kind.__name__} of shape {tuple(value.shape)}"}
    try:
        plain = ordinary(value.detach()) if is_tensor else value
        dtype = str(plain.dtype).removeprefix("torch.")
        if dtype in ("bfloat16", "float16"):
            plain = plain.to(torch.float32) if is_tensor else plain.astype("float32")
        values = numbers(plain.cpu().tolist() if is_tensor else plain.tolist())
    except (RuntimeError, TypeError):  # a tensor without values
        return None
    return {"dtype": dtype, "shape": list(value.shape), "values": values}


def ordinary(tensor):
    """The tensor with a number at each place, stored one beside the other."""
    import torch

    tensor = tensor.dequantize() if tensor.is_quantized else tensor
    return tensor if tensor.layout is torch.strided else tensor.to_dense()


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
