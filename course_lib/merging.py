"""Models made of models: a point on the line between two, and the sum of what several trainings changed.

Only weights that began at the same base have anything to do with each other: the same numbers in another
model's places mean something else. So methods of another base are refused.
"""
import math
from collections.abc import Mapping, Sequence
from numbers import Real

import torch

from course_lib.errors import CourseError, shown, whole_number
from course_lib.methods import LoRA
from course_lib.methods.base.copies import Copies
from course_lib.methods.base.method import Method


@torch.no_grad()
def interpolate(start: Mapping[str, torch.Tensor], end: Mapping[str, torch.Tensor], alpha: float,
                extrapolate: bool = False) -> dict[str, torch.Tensor]:
    """(1 - alpha) start + alpha end, tensor by tensor: 0 is `start` and 1 is `end`, bit for bit.

    What counts or marks (whole numbers, true and false) has nothing in between: it is taken from the
    nearer end. A tensor with two names, such as a tied embedding, stays one. The line between a
    base and what it was tuned to is WiSE-FT: Wortsman et al. 2021, "Robust fine-tuning of
    zero-shot models", section 3 (arXiv:2109.01903).

    Args:
        start: a state dict, such as `model.state_dict()`.
        end: a state dict with the same names and shapes.
        alpha: how far to go, from 0 to 1.
        extrapolate: whether `alpha` may lie outside, beyond one of the two.

    Returns:
        A state dict of new tensors.

    Raises:
        CourseError: if the two have other names, shapes or precisions, which is so for models of
            different architectures or tokenizers, or if `alpha` is no number from 0 to 1.
    """
    check_alike(start, end)
    alpha = number("alpha", alpha)
    if not extrapolate and not 0 <= alpha <= 1:
        raise CourseError(f"alpha goes from 0 (start) to 1 (end); you gave {shown(alpha)}. If you mean a point beyond "
                          "one of the two, say extrapolate=True.")
    between, made = {}, {}
    for name, one in start.items():
        same = tuple((tensor.data_ptr(), tensor.storage_offset(), tensor.shape) for tensor in (one, end[name]))
        if same not in made:
            nearer = end[name] if alpha >= 0.5 else one
            made[same] = torch.lerp(one, end[name], alpha) if one.is_floating_point() else nearer.clone()
        between[name] = made[same]
    return between


def wise_ft(model, method: Method, alpha: float) -> Method:
    """The method with alpha times its change: the base at 0, the method itself at 1, WiSE-FT in between.

    For LoRA, too, it is the line between the weights: (1 - alpha) W0 + alpha (W0 + BA) = W0 + alpha BA.
    A new method; see `combine`, which says what is refused.
    """
    return combine(model, [method], [alpha])


@torch.no_grad()
def combine(model, methods: Sequence[Method], weights: Sequence[float] | None = None,
            rank: int | None = None) -> Method:
    """One method whose change of the model's weights is the weighted sum of these methods' changes.

    With weights 1, 1 two tasks are added, with -1 one is subtracted, with 1/2, 1/2 two are averaged:
    Ilharco et al. 2022, "Editing models with task arithmetic", section 2 (arXiv:2212.04089).

    For LoRA the products are added, w1 B1 A1 + w2 B2 A2, by putting the thin matrices beside each
    other: the ranks add up. To add the A and the B on their own is something else.

    Args:
        model: the base on which all of them were built.
        methods: one or more of one class, either LoRA or one that trains the model's own weights,
            such as FullFineTuning; none with a head.
        weights: a number for each; None is 1 for all.
        rank: for LoRA, the rank to cut the sum to, by its strongest directions; None keeps all.

    Returns:
        A new method of the same class, on the same base.

    Raises:
        CourseError: if there is none, if they are of several classes or bases, if they change other
            weights than each other, if one has a head, or if the sum has a rank that LoRA cannot have.
    """
    methods, given = list(methods) if isinstance(methods, Sequence) else [], methods
    if not methods or not all(isinstance(one, Method) for one in methods):
        raise CourseError(f"methods is a list of one or more trained methods; you gave {shown(given)}.")
    weights = [1.0] * len(methods) if weights is None else [number("each of weights", one) for one in weights]
    if len(weights) != len(methods):
        raise CourseError(f"There are {len(methods)} methods and {len(weights)} weights; give each method its own.")
    first = methods[0]
    if not isinstance(first, (LoRA, Copies)) or any(type(one) is not type(first) for one in methods):
        raise CourseError("Only methods of one class are combined, one that changes weights: FullFineTuning, Frozen, "
                          f"BitFit or LoRA. These are {', '.join(sorted({one.name for one in methods}))}.")
    for one in methods:
        one.check_base(model)
        if one.head is not None:
            raise CourseError(f"This {one.name} has a head, which began at random and not in the base, so there is no "
                              "change of it to add. Train without num_labels; or, between two trainings of one head, "
                              "take interpolate(a.state_dict(), b.state_dict(), alpha).")
    if isinstance(first, LoRA):
        return combined_lora(model, methods, weights, rank)
    if rank is not None:
        raise CourseError(f"rank is for LoRA; {first.name} keeps its whole change.")
    if any(one.names != first.names for one in methods):
        raise CourseError(f"These {first.name} train different parameters, so their changes do not add up to one of "
                          "them. Train the same ones, or everything (FullFineTuning).")
    made = rebuilt(model, first)
    for place, own in enumerate(made.copies):
        base = model.get_parameter(first.names[place][0])
        own.copy_(base)
        for one, weight in zip(methods, weights):
            own.add_(one.copies[place] - base, alpha=weight)
    return made


def combined_lora(model, methods: list[LoRA], weights: list[float], rank: int | None) -> LoRA:
    """LoRA whose product is the weighted sum of theirs."""
    first, total = methods[0], sum(one.rank for one in methods)
    if any(one.sites != first.sites for one in methods):
        targets = sorted({str(one.settings["targets"]) for one in methods})
        raise CourseError(f"These LoRA change different layers: {' and '.join(targets)}. Build them with the same "
                          "targets.")
    most = min(min(A.shape[1], B.shape[0]) for A, B in zip(first.A, first.B))
    if rank is None and total > most:
        raise CourseError(f"The ranks add up to {total}, and the smallest of these matrices has {most}. Say "
                          f"rank={most} or less: the sum is cut to its strongest directions.")
    kept = total if rank is None else whole_number("rank", rank, 1, most)
    made = rebuilt(model, first, rank=kept, alpha=float(kept), dropout=0.0)                    # a scale of 1
    for place in range(len(first.sites)):
        A = torch.cat([one.A[place] for one in methods])                                       # (sum of r, d_in)
        B = torch.cat([weight * one.scale * one.B[place] for one, weight in zip(methods, weights)], 1)
        if rank is not None:
            U, S, V = torch.linalg.svd((B @ A).float(), full_matrices=False)                           # (d_out, d_in)
            B, A = U[:, :kept] * S[:kept], V[:kept]
        made.A[place].copy_(A)
        made.B[place].copy_(B)
    return made


def rebuilt(model, method: Method, **settings) -> Method:
    """A new method of this class with these settings, and else with those of the method."""
    return type(method)(model, **method.settings | settings)


def check_alike(start, end) -> None:
    """CourseError where two state dicts do not hold the same tensors."""
    for one in (start, end):
        if not (isinstance(one, Mapping) and one and all(isinstance(value, torch.Tensor) for value in one.values())):
            raise CourseError("A state dict maps names to tensors, as model.state_dict() does; you gave "
                              f"{shown(one)}.")
    if alone := sorted(start.keys() ^ end.keys()):
        raise CourseError(f"Only one of the two state dicts has {', '.join(alone[:3])}"
                          f"{f' and {len(alone) - 3} more' if len(alone) > 3 else ''}. They are of different "
                          "architectures; there is no line between them.")
    for name, one in start.items():
        if one.shape != end[name].shape:
            raise CourseError(f"{name} has the shape {tuple(one.shape)} in one and {tuple(end[name].shape)} in the "
                              "other. They are of different sizes or of different tokenizers; there is no line between "
                              "them.")
        if one.dtype != end[name].dtype or one.device != end[name].device:
            raise CourseError(f"{name} is {one.dtype} on {one.device} in one and {end[name].dtype} on "
                              f"{end[name].device} in the other. Bring both to one precision and device first.")


def number(name: str, value: object) -> float:
    """The value as a float; CourseError where it is no finite number."""
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise CourseError(f"{name} is a number; you gave {shown(value)}.")
    return float(value)
