"""What a changed reference calls while it runs (mutants.py): each gives back something near to what it was given.

`effects` grows by one with every call that could make a difference. Where it stays empty on all inputs, the change
was none, and does not count.
"""
from contextlib import contextmanager

effects: list[str] = []
first_seen: list = []


def detached(value):
    """A tensor of floats without its gradient, also in a list or tuple."""
    if type(value) in (list, tuple):
        return type(value)(detached(one) for one in value)
    if not hasattr(value, "detach") or not value.is_floating_point():
        return value
    effects.append("detached")
    return value.detach()


@contextmanager
def no_grad():
    """Nothing inside carries gradients."""
    import torch

    effects.append("no_grad")
    with torch.no_grad():
        yield


@contextmanager
def spoilt(value):
    """The list, dict or tensor `value` is another one afterwards."""
    try:
        yield
    finally:
        spoil(value)


def spoil(value):
    if type(value) in (list, dict) and value:
        inside = list(value.values()) if type(value) is dict else value
        if hasattr(inside[0], "detach"):
            spoil(inside[0])
        else:
            value.pop() if type(value) is list else value.popitem()
            effects.append("spoilt")
    elif hasattr(value, "detach") and value.numel():
        flat = value.detach().view(-1)
        flat[0] = 1 - flat[0]
        effects.append("spoilt")


def fixed(value):
    """The first value that came here, whatever comes later."""
    if callable(value):
        return value
    if not first_seen:
        first_seen.append(value.clone() if hasattr(value, "clone") else value)
    effects.append("fixed")
    return first_seen[0]


def items(value) -> list | None:
    """The items of what one can go through twice; None where it is something else, or has fewer than two."""
    if type(value) in (zip, enumerate, map, reversed, type({}.items()), type({}.keys()), type({}.values())):
        value = list(value)
    if type(value) in (list, tuple, range) and len(value) > 1:
        return list(value)
    return None


def many(change):
    """`change(items)` on lists and the like, and on the rows of a tensor; all else stays as it is."""
    def changed(value):
        import torch

        if type(value) in (zip, enumerate, map, reversed):
            value = list(value)
        if type(value) is torch.Tensor and value.dim() and len(value) > 1:
            effects.append(change.__name__)
            return torch.stack(change(list(value)))
        if (inside := items(value)) is None:
            return value
        effects.append(change.__name__)
        inside = change(inside)
        return tuple(inside) if type(value) is tuple else inside
    return changed


def twice(inside: list) -> list:
    return inside[:-1] + inside[:1]


def mixed(inside: list) -> list:
    """Of pairs the second parts go round; all else goes round as a whole."""
    if all(type(one) is tuple and len(one) == 2 for one in inside):
        seconds = [one[1] for one in inside]
        return [(one[0], second) for one, second in zip(inside, seconds[1:] + seconds[:1])]
    return inside[1:] + inside[:1]


NAMES = {"detached": detached, "no_grad": no_grad, "spoilt": spoilt, "fixed": fixed, "twice": many(twice),
         "mixed": many(mixed), "turned": many(lambda inside: inside[::-1]), "without_first": many(lambda one: one[1:]),
         "without_last": many(lambda one: one[:-1])}
