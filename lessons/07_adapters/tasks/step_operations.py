# %% [markdown] statement
# ## Task 07.1 · What does a training step cost?
#
# One product of a matrix of shape `(d, k)` with one token takes `2 · d · k` operations (a multiplication and an
# addition are two). A training step does it up to three times for every token: **forward**; backward, to the
# gradient **of the layer's input**, which the layers below need; and, where the matrix is trained, once more to
# the gradient **of the matrix itself**.
#
# You get the matrices' shapes, for each whether it is trained, and the number of tokens. Return the operations of
# the step, an `int`. (Take the way back as needed everywhere, as for LoRA, which sits in every block.)
#
# `step_operations([(10, 20), (30, 10)], [True, False], 100)` gives `240000`. One line is missing; write it.

# %% stub
def step_operations(shapes: list[tuple[int, int]], trained: list[bool], tokens: int) -> int:
    """Operations of one step over so many tokens; some of the matrices (d, k) are trained."""
    total = 0
    for (d, k), is_trained in zip(shapes, trained):
        raise NotImplementedError(f"add what the matrix ({d}, {k}), trained: {is_trained}, takes")
    return total

# %% reference
def step_operations(shapes: list[tuple[int, int]], trained: list[bool], tokens: int) -> int:
    """Operations of one step over so many tokens; some of the matrices (d, k) are trained."""
    total = 0
    for (d, k), is_trained in zip(shapes, trained):
        total += (3 if is_trained else 2) * 2 * d * k * tokens
    return total

# %% checks
import random

TASK = "07.1"
TOLERANCE = 0
DRAWS = 5


def draw(seed: int) -> dict:
    """Matrices, two of them alike and one square; some, all, none, or the last alone are trained; or one matrix."""
    rng = random.Random(seed)
    sides = rng.sample([8, 16, 24, 32, 48, 64, 96, 128, 256, 344], 5)
    shapes = [tuple(sides[:2]), tuple(sides[2:4]), tuple(sides[:2]), (sides[4], sides[4])][:1 if seed % 5 == 4 else 4]
    rng.shuffle(shapes)
    some = rng.choice([[True, False, True, False], [False, True, True, False]])
    trained = [some, [True] * 4, [False] * 4, [False, False, False, True], [rng.random() < 0.5]][seed % 5]
    return {"shapes": shapes, "trained": trained, "tokens": rng.choice([1, 70, 100, 250])}

# %% wrong frozen_is_free
# You count nothing for the way back through a frozen matrix. It does not move, but the layers below it need the
# gradient of its input: forward and one product back, two in all.
def step_operations(shapes, trained, tokens):
    return sum((3 if each else 1) * 2 * d * k * tokens for (d, k), each in zip(shapes, trained))

# %% wrong all_trained
# You count three products for every matrix, trained or not. A frozen one needs no gradient of its own: two.
def step_operations(shapes, trained, tokens):
    return sum(3 * 2 * d * k * tokens for d, k in shapes)

# %% wrong none_trained
# You count two products for every matrix. A trained one needs a third: the gradient of the matrix itself.
def step_operations(shapes, trained, tokens):
    return sum(2 * 2 * d * k * tokens for d, k in shapes)

# %% wrong trained_alone
# You count the trained matrices alone. The frozen ones are most of the model, and every token goes through them,
# forward and back: two products each. That is why so little work is saved.
def step_operations(shapes, trained, tokens):
    return sum(3 * 2 * d * k * tokens for (d, k), each in zip(shapes, trained) if each)

# %% wrong no_additions
# You count the multiplications alone. With each goes an addition, so a product takes 2 · d · k operations.
def step_operations(shapes, trained, tokens):
    return sum((3 if each else 2) * d * k * tokens for (d, k), each in zip(shapes, trained))

# %% wrong forward_alone
# You count the forward pass alone. A training step goes back, too: once more for every matrix, and twice more for
# a trained one.
def step_operations(shapes, trained, tokens):
    return sum(2 * d * k * tokens for d, k in shapes)

# %% wrong one_token
# You count one token. All of it is done for every token of the step: multiply by `tokens`.
def step_operations(shapes, trained, tokens):
    return sum((3 if each else 2) * 2 * d * k for (d, k), each in zip(shapes, trained))

# %% wrong swapped
# You have the two the wrong way round: you count three products for a frozen matrix and two for a trained one. It is
# the trained one that needs a gradient of its own.
def step_operations(shapes, trained, tokens):
    return sum((2 if each else 3) * 2 * d * k * tokens for (d, k), each in zip(shapes, trained))

# %% wrong last_one_only
# Only the last matrix is left in your total. Add each to what there is: +=, and not =.
def step_operations(shapes, trained, tokens):
    for (d, k), each in zip(shapes, trained):
        total = (3 if each else 2) * 2 * d * k * tokens
    return total

# %% wrong first_one_only
# Only the first matrix is in your total. Does `return` stand inside of the loop?
def step_operations(shapes, trained, tokens):
    for (d, k), each in zip(shapes, trained):
        return (3 if each else 2) * 2 * d * k * tokens

# %% wrong sides_added
# You add the sides of a matrix. Each of its d · k numbers is multiplied with something: take the product.
def step_operations(shapes, trained, tokens):
    return sum((3 if each else 2) * 2 * (d + k) * tokens for (d, k), each in zip(shapes, trained))

# %% wrong no_gradient_of_the_input
# You leave out the gradient of the layer's input. Every layer passes it on to those below, trained or not: forward, the
# input's gradient, and for a trained one its own.
def step_operations(shapes, trained, tokens):
    return sum((2 if each else 1) * 2 * d * k * tokens for (d, k), each in zip(shapes, trained))

# %% wrong one_for_all
# You let one trained matrix decide for all: where any is trained, you count three products for each. Look at every
# matrix by itself.
def step_operations(shapes, trained, tokens):
    return sum((3 if any(trained) else 2) * 2 * d * k * tokens for d, k in shapes)

# %% wrong equal_shapes_once
# You count shapes that are alike once, as the keys of a dict. Each matrix is there by itself, and one of two may be
# trained: go through both lists side by side, zip(shapes, trained).
def step_operations(shapes, trained, tokens):
    return sum((3 if each else 2) * 2 * d * k * tokens for (d, k), each in dict(zip(shapes, trained)).items())

# %% equal the-order-of-a-sum
# A sum has no order.
MUTANTS = ["for (d, k), is_trained in zip(shapes, trained): -> for (d, k), is_trained in turned(zip(shapes, trained)):"]
