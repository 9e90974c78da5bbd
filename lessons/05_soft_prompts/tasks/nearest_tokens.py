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
DRAWS = 4
GRADIENTS = ()  # a look at what was trained; ids carry no gradient


def draw(seed: int) -> dict:
    """One vector to five and a table of tokens, of very different lengths; no two cosines of a vector are alike."""
    rng = random.Random(seed)
    P, V, d, n = ((5, 9, 3, 4), (4, 7, 4, 7), (1, 11, 2, 3), (3, 6, 3, 1))[seed % 4]

    def row(size: float) -> list[float]:
        return [round(size * rng.gauss(0, 1), 3) for _ in range(d)]

    while True:
        vectors = torch.tensor([row(rng.choice([0.5, 2, 4])) for _ in range(P)])
        table = torch.tensor([row(rng.choice([0.2, 0.6, 1, 3, 8])) for _ in range(V)])
        cosines = torch.cosine_similarity(vectors[:, None], table, dim=-1).sort(dim=1).values  # (P, V)
        if cosines.diff(dim=1).min() > 0.001:
            return {"vectors": vectors, "table": table, "n": n}

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

# %% wrong absolute
# You rank by the size of the cosine, without its sign. A token that points the opposite way is then near; it is the
# farthest.
def nearest_tokens(vectors, table, n):
    directions, tokens = vectors / vectors.norm(dim=1, keepdim=True), table / table.norm(dim=1, keepdim=True)
    return (directions @ tokens.T).abs().topk(n, dim=1).indices

# %% wrong nearest_last
# Your tokens are the right ones, the nearest last. Asked for is the nearest first.
def nearest_tokens(vectors, table, n):
    directions, tokens = vectors / vectors.norm(dim=1, keepdim=True), table / table.norm(dim=1, keepdim=True)
    return (directions @ tokens.T).topk(n, dim=1).indices.flip(1)

# %% wrong an_axis_lost
# Your result has lost an axis where there is one vector alone, or one token asked for. It has the shape (P, n) there,
# too: no squeeze.
def nearest_tokens(vectors, table, n):
    directions, tokens = vectors / vectors.norm(dim=1, keepdim=True), table / table.norm(dim=1, keepdim=True)
    return (directions @ tokens.T).topk(n, dim=1).indices.squeeze()

# %% wrong table_normalised_in_place
# You divided the table itself by its lengths (/=). It is the model's own, and the model now has other embeddings.
# Divide into a new tensor: table / ...
def nearest_tokens(vectors, table, n):
    table /= table.norm(dim=1, keepdim=True)
    return (vectors @ table.T).topk(n, dim=1).indices

# %% equal length_of_the_vector
# Whatever one vector's cosines are all multiplied by, their order is the same: only the tokens' lengths count.
LINE = "directions = vectors / vectors.norm(dim=1, keepdim=True)"
MUTANTS = [f"{LINE} -> {LINE.replace(old, new)}" for old, new in (("/", "*"), ("dim=1, ", ""))]

# %% equal last_axis
# topk goes along the last axis by itself, and of two axes number 1 is the last.
MUTANTS = ["return cosines.topk(n, dim=1).indices -> return cosines.topk(n).indices"]
