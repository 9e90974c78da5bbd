# %% [markdown] statement
# ## Task 04.4 · What to take out
#
# Build the piece that decides what is pruned. You get `scores`, shape `(L, H)`: how important each of `H`
# heads is in each of `L` layers, and a number, `count`. Return which heads go, as a dictionary `{layer:
# [heads]}`:
#
# - the `count` heads with the **lowest** scores of the whole model, whatever layer they are in;
# - but in every layer the one with the highest score stays, however low it is, for a layer needs a head;
# - layers without a loss have no entry, and the heads of a layer stand in ascending order.
#
# `count` never asks for more than there is to take. No two scores are equal. When the check passes, the cell
# after it takes your choice out of a real model and measures what is left.

# %% stub
import torch


def least_important(scores: torch.Tensor, count: int) -> dict[int, list[int]]:
    """The `count` heads to take out of a model with these scores (L, H): {layer: [heads]}."""
    raise NotImplementedError

# %% reference
import torch


def least_important(scores: torch.Tensor, count: int) -> dict[int, list[int]]:
    """The `count` heads to take out of a model with these scores (L, H): {layer: [heads]}."""
    L, H = scores.shape
    best = scores.argmax(dim=1)                                              # (L,): these stay
    free = [(layer, head) for layer in range(L) for head in range(H) if head != best[layer]]
    free.sort(key=lambda place: scores[place].item())
    gone = {}
    for layer, head in sorted(free[:count]):
        gone.setdefault(layer, []).append(head)
    return gone

# %% checks
import random
from operator import index

import torch

TASK = "04.4"
TOLERANCE = 0
DRAWS = 6
GRADIENTS = ()  # a choice, not a loss


def draw(seed: int) -> dict:
    """Three layers of four heads, each weaker throughout than the next, in any order, so that the strongest loses
    nothing; then other sizes, scores below 0 and above 1, nothing to take out, and all that can go.
    """
    rng = random.Random(seed)
    L, H, low, high = ((3, 4, 1, 100), (4, 3, 80, 300), (2, 5, -120, 120), (3, 2, 1, 100), (1, 4, -60, 0),
                       (5, 3, -120, 120))[seed % 6]
    numbers = rng.sample(range(low, high), L * H)
    if seed % 2 == 0:
        numbers.sort()
    rows = [rng.sample(numbers[start:start + H], H) for start in range(0, L * H, H)]
    rng.shuffle(rows)
    count = (rng.choice([5, 6]), L * (H - 1), rng.choice([3, 4]), 0, 2, rng.choice([6, 7]))[seed % 6]
    return {"scores": torch.tensor(rows) / 100, "count": count}


def probe(least_important, scores, count) -> dict:
    """The choice with layers as texts, for a dictionary in JSON has texts as keys."""
    gone = least_important(scores, count)
    if not isinstance(gone, dict):
        return gone
    return {str(index(layer)): [index(head) for head in heads] for layer, heads in sorted(gone.items())}

# %% wrong most_important
# You take the most important heads out, the highest scores. These are the ones that the task needs.
def least_important(scores, count):
    L, H = scores.shape
    best = scores.argmax(dim=1)
    free = [(layer, head) for layer in range(L) for head in range(H) if head != best[layer]]
    free.sort(key=lambda place: scores[place].item(), reverse=True)
    gone = {}
    for layer, head in sorted(free[:count]):
        gone.setdefault(layer, []).append(head)
    return gone

# %% wrong in_order_of_score
# The right heads go, and in a layer they stand in the order of their scores. They are to stand in ascending order.
def least_important(scores, count):
    L, H = scores.shape
    best = scores.argmax(dim=1)
    free = [(layer, head) for layer in range(L) for head in range(H) if head != best[layer]]
    free.sort(key=lambda place: scores[place].item())
    gone = {}
    for layer, head in free[:count]:
        gone.setdefault(layer, []).append(head)
    return gone

# %% wrong a_layer_is_empty
# You emptied a layer: all of its heads are gone. In every layer the best one stays, however low its score is.
def least_important(scores, count):
    L, H = scores.shape
    places = [(layer, head) for layer in range(L) for head in range(H)]
    places.sort(key=lambda place: scores[place].item())
    gone = {}
    for layer, head in sorted(places[:count]):
        gone.setdefault(layer, []).append(head)
    return gone

# %% wrong as_many_in_each_layer
# You take as many out of each layer. But layers differ: one may hardly matter, and another be needed whole. Compare
# the heads of the whole model with each other.
def least_important(scores, count):
    L, H = scores.shape
    gone = {}
    for layer in range(L):
        n = count // L + (layer < count % L)
        heads = sorted(scores[layer].argsort()[:n].tolist())
        if heads:
            gone[layer] = heads
    return gone

# %% wrong layer_and_head_swapped
# Layer and head are swapped: your keys are numbers of heads. In a flattened (L, H) the number // H is the layer,
# and number % H is the head.
def least_important(scores, count):
    L, H = scores.shape
    best = scores.argmax(dim=1)
    free = [(layer, head) for layer in range(L) for head in range(H) if head != best[layer]]
    free.sort(key=lambda place: scores[place].item())
    gone = {}
    for layer, head in sorted(free[:count], key=lambda place: place[::-1]):
        gone.setdefault(head, []).append(layer)
    return gone

# %% wrong what_stays
# You return the heads that stay. Asked for are those that go.
def least_important(scores, count):
    L, H = scores.shape
    best = scores.argmax(dim=1)
    free = [(layer, head) for layer in range(L) for head in range(H) if head != best[layer]]
    free.sort(key=lambda place: scores[place].item())
    left = {}
    places = {(layer, head) for layer in range(L) for head in range(H)}
    for layer, head in sorted(places - set(free[:count])):
        left.setdefault(layer, []).append(head)
    return left

# %% wrong stops_at_the_protected
# You count the protected heads among the `count` that go: where the best head of a layer came up, you took one head
# less. Go on until `count` heads are really gone.
def least_important(scores, count):
    L, H = scores.shape
    best = scores.argmax(dim=1)
    places = [(layer, head) for layer in range(L) for head in range(H)]
    places.sort(key=lambda place: scores[place].item())
    gone = {}
    for layer, head in sorted(places[:count]):
        if head != best[layer]:
            gone.setdefault(layer, []).append(head)
    return gone

# %% wrong empty_entries
# You have an entry for each layer, and some are empty. A layer without a loss has none.
def least_important(scores, count):
    L, H = scores.shape
    free = [(layer, head) for layer in range(L) for head in range(H) if head != scores[layer].argmax()]
    free.sort(key=lambda place: scores[place].item())
    return {layer: sorted(head for at, head in free[:count] if at == layer) for layer in range(L)}

# %% wrong worst_protected
# You protect the head with the **lowest** score of each layer. The one to keep is the best: argmax.
def least_important(scores, count):
    L, H = scores.shape
    free = [(layer, head) for layer in range(L) for head in range(H) if head != scores[layer].argmin()]
    free.sort(key=lambda place: scores[place].item())
    gone = {}
    for layer, head in sorted(free[:count]):
        gone.setdefault(layer, []).append(head)
    return gone

# %% wrong divided_by_the_layers
# You divide a head's number in the flattened scores by L. A layer has H numbers: number // H is the layer, number % H
# the head.
def least_important(scores, count):
    L, H = scores.shape
    free = [(layer, head) for layer in range(L) for head in range(H) if head != scores[layer].argmax()]
    free.sort(key=lambda place: scores[place].item())
    gone = {}
    for number in sorted(layer * H + head for layer, head in free[:count]):
        gone.setdefault(number // L, []).append(number % L)
    return gone

# %% wrong a_list
# You return the places as a list. Asked for is a dictionary, layer to heads: {0: [1, 3]}.
def least_important(scores, count):
    L, H = scores.shape
    free = [(layer, head) for layer in range(L) for head in range(H) if head != scores[layer].argmax()]
    free.sort(key=lambda place: scores[place].item())
    return [list(place) for place in free[:count]]

# %% wrong not_negative
# You take a score's size without its sign. A score below 0 is the lowest of all: without this head the loss fell.
def least_important(scores, count):
    L, H = scores.shape
    free = [(layer, head) for layer in range(L) for head in range(H) if head != scores[layer].abs().argmax()]
    free.sort(key=lambda place: scores[place].abs().item())
    gone = {}
    for layer, head in sorted(free[:count]):
        gone.setdefault(layer, []).append(head)
    return gone

# %% wrong one_is_the_highest
# You keep each layer's best by setting it to 1, and there are scores above 1: then one of the best goes. Set it to
# infinity, on a copy, or leave it out of what you sort.
def least_important(scores, count):
    L, H = scores.shape
    scores = scores.clone()
    scores[range(L), scores.argmax(dim=1)] = 1.0
    gone = {}
    for number in sorted(scores.flatten().argsort()[:count].tolist()):
        gone.setdefault(number // H, []).append(number % H)
    return gone

# %% wrong written_into_the_scores
# The choice is right, and the scores are not what they were: you wrote into the tensor that you were given. Change a
# copy: scores.clone().
def least_important(scores, count):
    L, H = scores.shape
    scores[range(L), scores.argmax(dim=1)] = float("inf")
    gone = {}
    for number in sorted(scores.flatten().argsort()[:count].tolist()):
        gone.setdefault(number // H, []).append(number % H)
    return gone

# %% equal order_of_the_places
# All places are sorted by their scores next, and no two scores are equal: in which order they were gathered is lost.
MUTANTS = [f"{line} -> {line.replace(old, f'{how}({old})')}"
           for line in ["free = [(layer, head) for layer in range(L) for head in range(H) if head != best[layer]]"]
           for old in ("range(L)", "range(H)") for how in ("turned", "mixed")]
