"""How near two numbers must be that should be the same: said here, for all tests, and nowhere else.

Another processor, or another number of threads, adds in another order. Then nothing is wrong, and the last digits
differ. How much they may differ follows from what was computed:

- one operation rounds by up to half an eps of its result (eps: 1.2e-7 in float32, 2.2e-16 in float64);
- a sum of n terms rounds n times, up and down alike: by about sqrt(n) roundings of the size of its terms;
- of sums that read each other's results, `depth` in a row, each one adds its own error.

So two orders lie about eps * sqrt(terms) * depth apart, measured in the largest number of the tensor: a small number
that large ones were added up to has their rounding. Where the numbers compared are differences of larger ones, their
`size` is said. A MARGIN on top is for nets that stretch what goes through them, and makes the tolerance. Where
run_all.py sets another instruction set or thread count, no test may use more than a fifth of it (LIMIT): a
derivation that holds on one computer only is wrong. Where two things must differ, `apart` asks for five tolerances.
"""
import math
import os

import torch

MARGIN = 8
LIMIT = float(os.environ.get("COURSE_TOLERANCE_LIMIT", 1))  # the part of its tolerance that a test may use
NET = {"terms": 128, "depth": 20}  # the nets of these tests: up to 128 terms; three blocks of six sums, both ends
ratios: list[float] = []           # error over tolerance of every comparison in the test that runs now


def tolerance(terms: int = 1, depth: int = 1, dtype: torch.dtype = torch.float32) -> float:
    """By which part of the largest number two ways to compute the same thing may be apart."""
    return MARGIN * torch.finfo(dtype).eps * math.sqrt(terms) * depth


def error_over_tolerance(given, wanted, terms: int = 1, depth: int = 1, size: float | None = None) -> float:
    """Above 1: not the same. `given`, `wanted`: tensors or numbers, of one shape; nan and inf must be in one place."""
    dtypes = [one.dtype for one in (given, wanted) if isinstance(one, torch.Tensor) and one.is_floating_point()]
    coarsest = max(dtypes, key=lambda dtype: torch.finfo(dtype).eps, default=torch.float32)
    given, wanted = (one.detach().double() if isinstance(one, torch.Tensor) else torch.tensor(one, dtype=torch.float64)
                     for one in (given, wanted))
    finite = wanted.isfinite()
    if given.shape != wanted.shape or not torch.equal(given.isfinite(), finite) \
            or given[~finite].tolist() != wanted[~finite].tolist():
        return math.inf
    error = (given - wanted)[finite].abs().max().item() if finite.any() else 0.0
    if error == 0:
        return 0.0
    size = wanted[finite].abs().max().item() if size is None else size
    return error / (tolerance(terms, depth, coarsest) * size) if size else math.inf


def assert_near(given, wanted, terms: int = 1, depth: int = 1, size: float | None = None) -> None:
    """That both are the same, but for the order of `terms` additions in each of `depth` sums in a row."""
    found = error_over_tolerance(given, wanted, terms, depth, size)
    ratios.append(found)
    assert found <= LIMIT, f"{found:.3g} of the tolerance apart; at most {LIMIT:g} is allowed"


def apart(given, wanted, terms: int = 1, depth: int = 1, size: float | None = None) -> bool:
    """Whether they are surely not the same: five tolerances and more apart."""
    return error_over_tolerance(given, wanted, terms, depth, size) > 5
