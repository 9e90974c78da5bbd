# %% [markdown] statement
# ## Task 08.3 · LoReFT's edit at the right positions
#
# You get what a block says about one prompt, and edit some of its positions:
#
# $$h + R^\top (W h + b - R h)$$
#
# - `hidden`, shape `(T, d)`: a state for every token;
# - `R` and `W`, shape `(r, d)`, the rows of `R` orthonormal; `b`, shape `(r,)`;
# - `prefix` and `suffix`: how many of the first and of the last positions are edited; each may be 0, and
#   together they are at most `T`.
#
# Return a new tensor, shape `(T, d)`: the other positions stay as they are, and so does `hidden` itself. The edit is
# trained: gradients must reach `R`, `W`, `b` and `hidden`.

# %% stub
import torch


def loreft_edit(hidden: torch.Tensor, R: torch.Tensor, W: torch.Tensor, b: torch.Tensor,
                prefix: int, suffix: int) -> torch.Tensor:
    """h + R^T (W h + b - R h) at the first `prefix`, last `suffix` positions: (T, d) -> (T, d)."""
    raise NotImplementedError

# %% reference
import torch


def loreft_edit(hidden: torch.Tensor, R: torch.Tensor, W: torch.Tensor, b: torch.Tensor,
                prefix: int, suffix: int) -> torch.Tensor:
    """h + R^T (W h + b - R h) at the first `prefix`, last `suffix` positions: (T, d) -> (T, d)."""
    T = len(hidden)
    places = [*range(prefix), *range(T - suffix, T)]
    h, new = hidden[places], hidden.clone()              # (n, d), (T, d)
    new[places] = h + (h @ W.T + b - h @ R.T) @ R        # (n, r) @ (r, d) -> (n, d)
    return new

# %% checks
import random

import torch

from course_lib.checks.probing import gradients, shares_numbers

TASK = "08.3"
TOLERANCE = 1e-4
DRAWS = 6


def draw(seed: int) -> dict:
    """Four to eight tokens, one to three orthonormal rows; some, none or all of the positions are edited."""
    rng = random.Random(seed)
    T, prefix, suffix = [(6, 1, 2), (7, 2, 0), (5, 0, 3), (8, 3, 1), (5, 3, 2), (4, 0, 0)][seed % 6]
    d, r = rng.choice([5, 6, 7]), [2, 1, 3, 2, 3, 1][seed % 6]

    def matrix(rows: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(d)] for _ in range(rows)])

    b = torch.tensor([round(rng.uniform(0.5, 2), 2) for _ in range(r)])
    # Rows of the reflection I - 2 v v^T / v.v: orthonormal, and of the same bits on every computer.
    v = [rng.choice([-2, -1, 1, 2]) for _ in range(d)]
    length = sum(x * x for x in v)
    R = torch.tensor([[(i == j) - 2 * v[i] * v[j] / length for j in range(d)] for i in rng.sample(range(d), r)])
    return {"hidden": matrix(T), "R": R, "W": matrix(r), "b": b, "prefix": prefix, "suffix": suffix}


def probe(loreft_edit, hidden, R, W, b, prefix, suffix) -> dict:
    """The new states, whose numbers they are, and what gradients reach."""
    leaves = {"hidden": hidden, "R": R, "W": W, "b": b}
    leaves = {name: value.clone().requires_grad_() for name, value in leaves.items()}
    states = leaves["hidden"].clone()
    result = loreft_edit(states, leaves["R"], leaves["W"], leaves["b"], prefix, suffix)
    if not isinstance(result, torch.Tensor):
        return {"result": result}
    learning = leaves if prefix + suffix else {"hidden": leaves["hidden"]}
    return {"result": result, "gradients": gradients(result, **learning), "hidden stays": torch.equal(states, hidden),
            "the result is a new tensor": not shares_numbers(result, states)}

# %% wrong all_positions
# You edit every position. LoReFT edits the first `prefix` and the last `suffix` ones alone; the rest of the prompt
# stays as it is.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    return hidden + (hidden @ W.T + b - hidden @ R.T) @ R

# %% wrong seen_not_taken_out
# You leave out - R h. So what R sees of the state stays, and the new content is added on top. That is another method of
# the same paper, DiReFT. LoReFT replaces: subtract R h.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b) @ R
    return new

# %% wrong b_inside_r
# Your b ends up inside of R: it is treated as something that R sees, and is subtracted. In the formula b belongs to
# what is written, W h + b, with a plus.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T - (h @ R.T + b)) @ R
    return new

# %% wrong without_b
# You leave b out. W h + b is written into the subspace, so that something can be written whatever h is.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T - h @ R.T) @ R
    return new

# %% wrong first_only
# You edit the first positions and forget the last ones: `suffix` of them, counted from the end.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    new, h = hidden.clone(), hidden[:prefix]
    new[:prefix] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong last_only
# You edit the last positions and forget the first ones: `prefix` of them.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    new, h = hidden.clone(), hidden[-suffix:]
    new[-suffix:] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong h_forgotten
# At the edited positions you return the change alone. It is added to h: what lies outside of the subspace stays.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong ends_exchanged
# You edit `suffix` first positions and `prefix` last ones. prefix counts from the beginning, suffix from the end.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(suffix), *range(T - prefix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong through_w
# You project back with W where R belongs. Then the edit lies in the rows of W; LoReFT keeps it in the rows of R.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ W
    return new

# %% wrong in_place
# You write into `hidden` itself, so the states that you were given are lost. Clone them first, and write into the
# clone.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places = [*range(prefix), *range(T - suffix, T)]
    h = hidden[places]
    hidden[places] = h + (h @ W.T + b - h @ R.T) @ R
    return hidden

# %% wrong last_one_missed
# Your last positions end one too early: the very last token, the one that speaks, is not edited.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix - 1, T - 1)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong one_too_many
# You edit one of the first positions too many: `prefix` of them are 0 to prefix - 1.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix + 1), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong the_middle
# You edit the positions in between, and leave the first and the last ones alone. It is the other way round.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix, T - suffix)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong edited_ones_only
# You return the edited states alone. Asked for is the whole prompt, shape (T, d), with these in their places.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new[places]

# %% wrong rest_is_zero
# The positions that are not edited are 0 in your result. They stay as they are: start from hidden.clone().
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], 0 * hidden
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong written_in_all_directions
# You add b to every number of the state. b has r numbers, one for each row of R: it is added to W h, inside of the
# bracket.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T - h @ R.T) @ R + b.sum()
    return new

# %% wrong last_zero_is_all
# You take the last positions as hidden[-suffix:]. Where suffix is 0, that is all of them: -0 is 0. Count from the
# length instead, hidden[T - suffix:].
def loreft_edit(hidden, R, W, b, prefix, suffix):
    new = hidden.clone()
    for part in (slice(0, prefix), slice(-suffix, None)):
        h = hidden[part]
        new[part] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong no_gradient
# Your numbers are right, and nothing can be learned from them: no gradient reaches R, W and b. Leave out torch.no_grad,
# .detach(), .data and .numpy() on the way from the inputs to the result.
import torch

def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places = [*range(prefix), *range(T - suffix, T)]
    with torch.no_grad():
        h, new = hidden[places], hidden.clone()
        new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong edit_gets_no_gradient
# Your numbers are right, and the edit is detached: no gradient reaches R, W and b, so it could not be trained. Leave
# out .detach(), .data and torch.no_grad.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = (h + (h @ W.T + b - h @ R.T) @ R).detach()
    return new

# %% wrong r_gets_no_gradient
# Your numbers are right, and no gradient reaches R, so its subspace stays where chance put it. Use R itself, without
# .detach() or .data.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T, R = len(hidden), R.detach()
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong hidden_gets_no_gradient
# Your numbers are right, and no gradient reaches `hidden`, so that edits in the blocks below could not be trained.
# Clone it without .detach() or .data.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T, hidden = len(hidden), hidden.detach()
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong two_rows_expected
# You take two rows of R, of W and of b. There are r of them, one or many: use them all.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T, R, W, b = len(hidden), R[:2], W[:2], b[:2]
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong nothing_to_edit_nothing_new
# Where no position is edited you return `hidden` itself. The task asks for a new tensor, always: whoever changes the
# result must not change what you were given. Clone it there, too.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    if prefix + suffix == 0:
        return hidden
    T = len(hidden)
    places, new = [*range(prefix), *range(T - suffix, T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% wrong last_one_always
# You always edit the last position, even where suffix is 0. Then no last position is edited.
def loreft_edit(hidden, R, W, b, prefix, suffix):
    T = len(hidden)
    places, new = [*range(prefix), *range(T - max(1, suffix), T)], hidden.clone()
    h = hidden[places]
    new[places] = h + (h @ W.T + b - h @ R.T) @ R
    return new

# %% equal the-order-of-the-places
# No place is named twice, for prefix and suffix are at most T together: in which order they are edited is all the same.
MUTANTS = ["places = [*range(prefix), *range(T - suffix, T)] -> places = [*range(T - suffix, T), *range(prefix)]"]
