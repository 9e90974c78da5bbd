"""What a check looks at besides the value: inputs changed in place, gradients, who owns the numbers.

Every check watches its inputs by itself, and, where the task has no probe, the gradients that reach them. A probe
that calls more than the student's function says the rest with what stands here:

    forward = watched(layer)                      # a call through it notes which of its inputs the call changes
    found["gradients"] = gradients(forward(x), x=x, A=layer.A)
    found["inputs changed"] = forward.changed
    found["a copy was merged"] = not shares_numbers(layer.weight, linear.weight)
    found["a second merge raises"] = raised(layer.merge, RuntimeError)
"""
import json

from course_lib.checks.outcomes import encode


class watched:
    """A function that notes, by number, which of its arguments a call changed in place (`changed`, sorted)."""

    def __init__(self, function):
        self.function, self.changed = function, []

    def __call__(self, *arguments, **named):
        given = {**dict(enumerate(arguments, start=1)), **named}
        before = {key: photograph(value) for key, value in given.items()}
        result = self.function(*arguments, **named)
        changed = {key for key, value in given.items() if photograph(value) != before[key]}
        self.changed = sorted(changed | set(self.changed), key=str)
        return result


def photograph(value) -> str:
    """What a list, dict, array or tensor holds now, as text, and whether it requires a gradient; nothing for models."""
    return json.dumps([encode(value), [one.requires_grad for one in tensors(value)]])


def tensors(value) -> list:
    """The tensors in `value`, which may be one, or lists, tuples and dicts of them."""
    import torch

    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [one for part in value for one in tensors(part)]
    return [value] if isinstance(value, torch.Tensor) else []


def gradients(output, **inputs) -> dict:
    """name -> the length of the gradient that reaches this input from `output`; None where none does.

    output: a tensor, or lists and dicts of them. inputs: tensors, or lists of them, that output was made from. The
    gradient is that of a sum with unequal weights, so that a softmax, whose plain sum is always 1, has one, too.
    """
    import torch

    made = [one for one in tensors(output) if one.requires_grad and one.is_floating_point()]
    wanted = {name: [one for one in tensors(value) if one.requires_grad] for name, value in inputs.items()}
    if not made:
        return dict.fromkeys(inputs)
    loss = sum((one * torch.cos(torch.arange(one.numel(), dtype=one.dtype) + 1).view(one.shape)).sum() for one in made)
    found = {}
    for name, ones in wanted.items():
        parts = torch.autograd.grad(loss, ones, retain_graph=True, allow_unused=True) if ones else ()
        parts = [part for part in parts if part is not None]
        found[name] = sum(part.square().sum().item() for part in parts) ** 0.5 if parts else None
    return found


def gradients_of_call(function, inputs: dict) -> dict:
    """`gradients` of what function(*inputs) returns, for every input with floats; all None where it stops."""
    leaves = {name: learning(value) for name, value in inputs.items()}
    names = {name: value for name, value in leaves.items() if any(one.requires_grad for one in tensors(value))}
    try:
        return gradients(function(*(copied(value) for value in leaves.values())), **names)
    except Exception:  # .numpy() of what requires a gradient, for one: the value itself is compared elsewhere
        return dict.fromkeys(names)


def learning(value):
    """`value` with new tensors in it, whose floats require a gradient."""
    return mapped(lambda one: one.detach().clone().requires_grad_(one.is_floating_point()), value)


def copied(value):
    """`value` with copies that carry gradients to it, so that a change in place is no error."""
    return mapped(lambda one: one.clone(), value)


def mapped(change, value):
    import torch

    if isinstance(value, dict):
        return {key: mapped(change, one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(change, one) for one in value)
    return change(value) if isinstance(value, torch.Tensor) else value


def shares_numbers(one, other) -> bool:
    """Whether two tensors are views of the same numbers, so that a change of the one is a change of the other."""
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def raised(call, asked: type[Exception] = Exception) -> str:
    """The name of the exception that call() raises: `asked`'s, also for a kind of it; "nothing" where none comes."""
    try:
        call()
    except NotImplementedError:  # the stub's: it says that nothing is written yet
        raise
    except asked as error:
        return type(error).__name__ if asked is Exception else asked.__name__
    except Exception as error:
        return type(error).__name__
    return "nothing"
