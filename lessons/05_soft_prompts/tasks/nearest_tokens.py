# %% [markdown] statement
# ## Task 05.3 · Which tokens are nearest?
#
# Does a trained vector stand near a token? Near means: pointing in nearly the same direction, a high
# **cosine**. The length of a vector does not matter for it.
#
# - `vectors`, shape `(P, d)`: the prompt;
# - `table`, shape `(V, d)`: the embedding of every token.
#
# Return a tensor of shape `(P, n)` with the ids (row numbers of the table) of the `n` nearest tokens of each
# vector, the nearest first. `topk` helps.

# %% stub
import torch


def nearest_tokens(vectors: torch.Tensor, table: torch.Tensor, n: int) -> torch.Tensor:
    """The ids of the n tokens with the highest cosine to each vector, highest first: (P, n)."""
    raise NotImplementedError

# %% reference
import torch


def nearest_tokens(vectors: torch.Tensor, table: torch.Tensor, n: int) -> torch.Tensor:
    """The ids of the n tokens with the highest cosine to each vector, highest first: (P, n)."""
    directions = vectors / vectors.norm(dim=1, keepdim=True)                # (P, d)
    tokens = table / table.norm(dim=1, keepdim=True)                        # (V, d)
    cosines = directions @ tokens.T                                         # (P, V)
    return cosines.topk(n, dim=1).indices                                   # (P, V) -> (P, n)

# %% checks
import random

import torch

TASK = "05.3"
TOLERANCE = 1e-5


def draw(seed: int) -> dict:
    """Three to five vectors and a table of nine tokens, d = 3, of very different lengths."""
    rng = random.Random(seed)

    def row(size: float) -> list[float]:
        return [round(size * rng.gauss(0, 1), 3) for _ in range(3)]

    vectors = torch.tensor([row(rng.choice([0.5, 2, 4])) for _ in range(rng.choice([4, 5]))])
    table = torch.tensor([row(rng.choice([0.2, 0.6, 1, 3, 8])) for _ in range(9)])
    return {"vectors": vectors, "table": table, "n": rng.choice([3, 4])}

# %% wrong dot_product
# You rank by the dot product. It grows with a token's length, so long embeddings win whatever their
# direction. Divide by the lengths: that is the cosine.
def nearest_tokens(vectors, table, n):
    return (vectors @ table.T).topk(n, dim=1).indices

# %% wrong distance
# You rank by the distance between the points. A long vector is then near to long tokens only, wherever it
# points. The task asks for the direction: the cosine.
import torch

def nearest_tokens(vectors, table, n):
    return torch.cdist(vectors, table).topk(n, dim=1, largest=False).indices

# %% wrong normalised_over_vectors
# You divide by norms along dim 0, the size of each coordinate over all vectors. A vector's length runs along
# its own coordinates: dim 1.
def nearest_tokens(vectors, table, n):
    return ((vectors / vectors.norm(dim=0)) @ (table / table.norm(dim=0)).T).topk(n, dim=1).indices

# %% wrong farthest_first
# You return the tokens with the lowest cosine, those that point away. topk gives the highest by itself.
def nearest_tokens(vectors, table, n):
    directions, tokens = vectors / vectors.norm(dim=1, keepdim=True), table / table.norm(dim=1, keepdim=True)
    return (directions @ tokens.T).topk(n, dim=1, largest=False).indices

# %% wrong cosines_instead_of_ids
# You return the cosines. They are right; the task asks which tokens they belong to: the .indices of topk.
def nearest_tokens(vectors, table, n):
    directions, tokens = vectors / vectors.norm(dim=1, keepdim=True), table / table.norm(dim=1, keepdim=True)
    return (directions @ tokens.T).topk(n, dim=1).values

# %% wrong wrong_axis
# You look for the nearest vectors of each token, not for the nearest tokens of each vector: topk has to run
# over the tokens, the last axis of (P, V).
def nearest_tokens(vectors, table, n):
    directions, tokens = vectors / vectors.norm(dim=1, keepdim=True), table / table.norm(dim=1, keepdim=True)
    return (directions @ tokens.T).topk(n, dim=0).indices.T
