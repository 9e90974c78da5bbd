# %% [markdown] statement
# ## Task 11.4 · How far has a number moved?
#
# You kept a number for each of `N` rows when the model was tested: a length, a score. Now other rows come in. The
# **population stability index** says how far their distribution has moved:
#
# $$\mathrm{PSI} = \sum_{k} (q_k - p_k) \ln \frac{q_k}{p_k}$$
#
# - The bins are made from the **reference**, so that each holds about as much of it: edge $k$, for $k$ = 1 … `bins
#   - 1`, is its `k * N // bins`-th smallest number, and belongs to the bin below it. The two outer bins are open:
#   what lies beyond all that you have seen counts there.
# - A bin may well be empty, and then the logarithm has no value. So add **half a row** to every bin, of the reference
#   and of the current rows alike.
# - $p_k$ is the reference's share of bin $k$, $q_k$ that of the current rows. Each sums to 1.
#
# `reference` has the shape `(N,)`, `current` `(n,)`. Return PSI, a tensor of one number.

# %% stub
import torch


def psi(reference: torch.Tensor, current: torch.Tensor, bins: int) -> torch.Tensor:
    """The population stability index of two samples of a number: (N,), (n,) -> ()."""
    raise NotImplementedError

# %% reference
import torch


def psi(reference: torch.Tensor, current: torch.Tensor, bins: int) -> torch.Tensor:
    """The population stability index of two samples of a number: (N,), (n,) -> ()."""
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()                                            # (bins,)

    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% checks
import random

import torch

TASK = "11.4"
TOLERANCE = 1e-5
DRAWS = 5
GRADIENTS = ()    # it counts rows


def draw(seed: int) -> dict:
    """Two bins to five; current rows within some bins, on the edges, and beyond both ends, others empty."""
    rng = random.Random(seed)
    bins, N = [4, 3, 2, 5, 4][seed % 5], [14, 8, 9, 12, 19][seed % 5]
    reference = [value / 4 for value in rng.sample(range(-40, 40), N)]
    inside = sorted(reference)[:(bins - 1) * N // bins]
    current = rng.choices(inside, k=[7, 5, 9, 4, 11][seed % 5]) + [[-99.0, 99.0], [99.0], [-99.0], [], [99.0]][seed % 5]
    return {"reference": torch.tensor(reference), "current": torch.tensor(current), "bins": bins}

# %% wrong bins_of_the_current_rows
# Your bins are made from the current rows, as if `reference` and `current` were swapped. Then the ruler moves with
# what it is to measure, and next week's number cannot be compared with today's. Cut the reference.
import torch

def psi(reference, current, bins):
    edges = current.sort().values[(torch.arange(1, bins) * len(current) // bins - 1).clamp(min=0)]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong each_by_its_own_bins
# You cut each sample by its own quantiles. Then every bin holds the same share of both, wherever the rows have
# gone, and PSI never leaves 0. Both are counted in the reference's bins.
import torch

def psi(reference, current, bins):
    def shares(values):
        edges = values.sort().values[(torch.arange(1, bins) * len(values) // bins - 1).clamp(min=0)]
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong equally_wide_bins
# Your bins are equally wide. One odd row then stretches them until nearly all others lie in a single bin. Let each
# hold as many rows of the reference: cut what is sorted.
import torch

def psi(reference, current, bins):
    edges = torch.linspace(reference.min(), reference.max(), bins + 1)[1:-1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong empty_bins_unmended
# An empty bin makes your result infinite or nan: the logarithm of 0. A bin without a row says that it is rare, not
# that it is impossible. Add half a row to every bin.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins)
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong empty_bins_dropped
# You leave out bins that are empty. But a bin that has emptied is where most has moved, and of just these you say
# nothing. Add half a row to every bin instead.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins)
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    there = (p > 0) & (q > 0)
    return ((q - p) * (q / p).log())[there].sum()

# %% wrong half_a_row_where_empty
# You add half a row to the empty bins alone. Then a bin with half a row's worth and one with a whole row are nearer
# to each other than they were. Add it to every bin, of both.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins).float()
        counts[counts == 0] = 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong half_a_row_for_the_current_alone
# You add half a row to the current rows' bins and none to the reference's. The two samples are then counted by two
# rules, and PSI is not 0 where they are the same.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]
    counts = lambda values: torch.bincount(torch.bucketize(values, edges), minlength=bins).float()
    p = counts(reference) / len(reference)
    q = (counts(current) + 0.5) / (len(current) + 0.5 * bins)
    return ((q - p) * (q / p).log()).sum()

# %% wrong a_tiny_number
# You put a tiny number into empty bins. How tiny then decides the result: ln of 1e-6 is -14, and a single row more or
# less moves PSI by whole units. Half a row is what a sample of this size leaves open.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins)
        return (counts / counts.sum()).clamp(min=1e-6)
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong counts_not_shares
# You compare counts. Twice as many rows then look like a drift, though each bin holds the same share of them.
# Divide by the sum.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]
    counts = lambda values: torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
    p, q = counts(reference), counts(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong shares_of_the_rows
# You divide by the number of rows, without the half rows that you added. Your shares sum to more than 1, and by
# more the fewer rows there are.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]
    shares = lambda values: (torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5) / len(values)
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong one_way
# That is the sum of q ln(q / p), the KL divergence. PSI takes both ways together: (q - p) ln(q / p).
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return (q * (q / p).log()).sum()

# %% wrong other_way
# That is the sum of p ln(p / q), the KL divergence the other way. PSI takes both ways together: (q - p) ln(q / p).
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return (p * (p / q).log()).sum()

# %% wrong edge_above
# A row that is just on an edge goes into the bin above in your count. An edge belongs to the
# bin below it. (bucketize does that unless you say right=True.)
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges, right=True), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).sum()

# %% wrong beyond_left_out
# Rows below the reference's smallest number, or above its largest, are not counted. They have moved furthest of
# all: the outer bins are open.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]
    seen = current[(current >= reference.min()) & (current <= reference.max())]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(seen)
    return ((q - p) * (q / p).log()).sum()

# %% wrong mean_of_the_bins
# You take the mean over the bins. PSI is a sum: with the mean, more bins would look like less drift.
import torch

def psi(reference, current, bins):
    edges = reference.sort().values[torch.arange(1, bins) * len(reference) // bins - 1]

    def shares(values):
        counts = torch.bincount(torch.bucketize(values, edges), minlength=bins) + 0.5
        return counts / counts.sum()
    p, q = shares(reference), shares(current)
    return ((q - p) * (q / p).log()).mean()

# %% equal either_way_round
# PSI takes both ways together: with p and q swapped, both factors change their sign, and the product none.
MUTANTS = ["p, q = (shares(reference), shares(current)) -> p, q = (shares(current), shares(reference))"]
