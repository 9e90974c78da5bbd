# %% [markdown] statement
# ## Task 06.1 · How many numbers does LoRA train?
#
# LoRA leaves a weight matrix of shape `(d, k)` alone and trains two thin ones beside it: `B` with shape
# `(d, r)` and `A` with shape `(r, k)`. You get the shapes of all the matrices that get such a pair, and the
# rank `r`. Return how many numbers are trained in all, an `int`.
#
# `lora_parameters([(128, 128), (344, 128)], rank=4)` gives `2912`. One line is missing; write it.

# %% stub
def lora_parameters(shapes: list[tuple[int, int]], rank: int) -> int:
    """How many numbers LoRA of this rank trains beside matrices of these shapes (d, k)."""
    total = 0
    for d, k in shapes:
        raise NotImplementedError(f"add what is trained beside the matrix ({d}, {k})")
    return total

# %% reference
def lora_parameters(shapes: list[tuple[int, int]], rank: int) -> int:
    """How many numbers LoRA of this rank trains beside matrices of these shapes (d, k)."""
    total = 0
    for d, k in shapes:
        total += rank * (d + k)
    return total

# %% checks
import random

TASK = "06.1"
TOLERANCE = 0
DRAWS = 4
SIDES = [64, 96, 128, 256, 344, 512, 768, 3072]


def draw(seed: int) -> dict:
    """One to three matrices, then perhaps the first one again, a square one, or one that is thinner than the rank."""
    rng = random.Random(seed)
    shapes = [tuple(rng.sample(SIDES, 2)) for _ in range(rng.choice([1, 2, 3]))]
    side = rng.choice(SIDES)
    more = [[], [shapes[0]], [(side, side)], [(2, side), (side, 1)]][seed % 4]
    return {"shapes": shapes + more, "rank": rng.choice([3, 4, 8, 16])}

# %% wrong the_whole_matrix
# You count d · k, the numbers of the matrix itself. That matrix is frozen. Trained are A, with rank · k numbers,
# and B, with d · rank.
def lora_parameters(shapes, rank):
    return sum(d * k for d, k in shapes)

# %% wrong rank_times_the_matrix
# You multiply the size of the whole matrix by the rank. That would be `rank` full matrices. Each of the two thin
# ones has the rank as one of its sides: d · rank and rank · k.
def lora_parameters(shapes, rank):
    return sum(rank * d * k for d, k in shapes)

# %% wrong no_rank
# You count d + k, which is right for rank 1 alone. At a higher rank A has `rank` rows and B `rank` columns.
def lora_parameters(shapes, rank):
    return sum(d + k for d, k in shapes)

# %% wrong only_b
# You count B alone, d · rank. A, with rank · k numbers, is trained as well.
def lora_parameters(shapes, rank):
    return sum(rank * d for d, k in shapes)

# %% wrong only_a
# You count A alone, rank · k. B, with d · rank numbers, is trained as well: it starts at zero, and it does not
# stay there.
def lora_parameters(shapes, rank):
    return sum(rank * k for d, k in shapes)

# %% wrong product_of_both
# You multiply the sizes of A and B with each other. The two are kept side by side, so their sizes add up.
def lora_parameters(shapes, rank):
    return sum(rank * d * rank * k for d, k in shapes)

# %% wrong last_matrix_alone
# Your total is that of the last matrix alone. Every matrix of the list gets a pair of its own: add them up.
def lora_parameters(shapes, rank):
    for d, k in shapes:
        total = rank * (d + k)
    return total

# %% wrong with_the_base
# You add the frozen matrix to the two thin ones. That is what the model holds while it runs; trained, and saved,
# are the thin ones alone.
def lora_parameters(shapes, rank):
    return sum(rank * (d + k) + d * k for d, k in shapes)

# %% wrong rank_once
# The rank multiplies only the first of the two sides. Both thin matrices have it as a side: rank · (d + k), with the
# brackets.
def lora_parameters(shapes, rank):
    return sum(rank * d + k for d, k in shapes)

# %% wrong equal_shapes_once
# You count shapes that are alike once. Two matrices of the same shape are two matrices, and each gets a pair of its
# own: keep every item of the list, and no set or dict of shapes.
def lora_parameters(shapes, rank):
    return sum(rank * (d + k) for d, k in set(shapes))

# %% wrong thin_ones_left_out
# You leave out matrices that have fewer rows or columns than the rank. There LoRA saves nothing, but the task asks
# what is trained: every matrix of the list gets its pair.
def lora_parameters(shapes, rank):
    return sum(rank * (d + k) for d, k in shapes if min(d, k) > rank)

# %% wrong first_matrix_alone
# Your total is that of the first matrix alone. Does `return` stand inside of the loop?
def lora_parameters(shapes, rank):
    for d, k in shapes:
        return rank * (d + k)

# %% equal the-order-of-a-sum
# A sum has no order, and it is a sum of all sides: it does not matter which d stands beside which k.
MUTANTS = ["for d, k in shapes: -> for d, k in turned(shapes):",
           "for d, k in shapes: -> for d, k in mixed(shapes):"]
