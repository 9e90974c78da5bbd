# %% [markdown] statement
# ## Task 06.4 · Merge, and take it back
#
# A trained LoRA can be folded into the weights: then there is one matrix again, and nothing more to compute. Build
# what folds it in and takes it out.
#
# - `Merger(W, A, B, alpha)` notes what it is given and changes nothing. `W`, shape `(d, k)`, is the model's own
#   tensor: others hold it, too, so change it **in place**;
# - `merge()` adds the scaled change to `W`. Merging a second time would add it twice: raise `RuntimeError` instead;
# - `unmerge()` puts `W` back to what it was just before `merge()`, **to the last bit**, so that it can be merged again
#   later. Where nothing is merged, raise `RuntimeError`.
#
# `A` has the shape `(r, k)` and `B` the shape `(d, r)`.

# %% stub
import torch


class Merger:
    """Folds (alpha / r) B A into W, in place, and takes it out again, bit for bit."""

    def __init__(self, W: torch.Tensor, A: torch.Tensor, B: torch.Tensor, alpha: float):
        raise NotImplementedError

    def merge(self) -> None:
        """Adds the change to W; RuntimeError where that is done already."""
        raise NotImplementedError

    def unmerge(self) -> None:
        """Puts W back, bit for bit; RuntimeError where nothing is merged."""
        raise NotImplementedError

# %% reference
import torch


class Merger:
    """Folds (alpha / r) B A into W, in place, and takes it out again, bit for bit."""

    def __init__(self, W: torch.Tensor, A: torch.Tensor, B: torch.Tensor, alpha: float):
        self.W, self.kept = W, None
        self.change = alpha / A.shape[0] * B @ A                # (d, r) @ (r, k) -> (d, k)

    def merge(self) -> None:
        """Adds the change to W; RuntimeError where that is done already."""
        if self.kept is not None:
            raise RuntimeError("merged already")
        self.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self) -> None:
        """Puts W back, bit for bit; RuntimeError where nothing is merged."""
        if self.kept is None:
            raise RuntimeError("nothing is merged")
        self.W.copy_(self.kept)
        self.kept = None

# %% checks
import random

import torch

from course_lib.checks.probing import raised, shares_numbers

TASK = "06.4"
TOLERANCE = 1e-4
DRAWS = 4
GRADIENTS = ()     # what is merged is trained already


def draw(seed: int) -> dict:
    """A W of many digits, wide or high, A and B of rank 1 to 3, and an alpha that need not be whole."""
    rng = random.Random(seed)
    (d, k), r = [(4, 7), (7, 4), (5, 6), (6, 3)][seed % 4], [2, 3, 1, 2][seed % 4]
    matrix = lambda rows, columns: torch.tensor([[rng.uniform(-4, 4) for _ in range(columns)] for _ in range(rows)])
    return {"W": 3 * matrix(d, k), "A": matrix(r, k), "B": matrix(d, r), "alpha": rng.choice([0.5, 5.0, 7.5, 11.0])}


def probe(Merger, W, A, B, alpha) -> dict:
    """W at every stage, as the model sees it that holds the same numbers, and which calls raise."""
    W, held, start = W.clone(), (A.clone(), B.clone()), W.clone()
    model, other_model = W.detach(), -W                      # `model` has the same numbers as W; the other its own
    one = Merger(W, A, B, alpha)
    found = {"untouched at first": torch.equal(model, start),
             "unmerge before any merge raises": raised(one.unmerge, RuntimeError)}
    model.copy_(2 * start)                                   # the model is trained on, and merged only then
    before, other = model.clone(), Merger(other_model, A, B, alpha)
    one.merge()
    found["W, merged"] = model.clone()
    found["a second merge raises"] = raised(one.merge, RuntimeError)
    found["W, after the second merge"] = model.clone()
    model.copy_(found["W, merged"])
    found["while it is merged, merging another matrix raises"] = raised(other.merge, RuntimeError)
    one.unmerge()
    found["W, unmerged"], found["and it has the bits it had"] = model.clone(), torch.equal(model, before)
    found["a second unmerge raises"] = raised(one.unmerge, RuntimeError)
    model.copy_(before)
    found["merging again raises"] = raised(one.merge, RuntimeError)
    found["W, merged again"] = model.clone()
    found["W has the numbers that the model holds"] = shares_numbers(W, model)
    found["A and B are as they were"] = torch.equal(A, held[0]) and torch.equal(B, held[1])
    return found

# %% wrong alpha_not_divided
# Your merged W holds alpha B A, and alpha / r belongs there: merged and unmerged, the model would give different
# answers.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.copy_(self.kept)
        self.kept = None

# %% wrong merged_twice
# Your merge can be called twice, and then W holds the change two times; nobody would notice until the answers are
# odd. Remember that it is merged, and raise RuntimeError.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is None:
            self.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.copy_(self.kept)
        self.kept = None

# %% wrong second_merge_ignored
# A second merge does nothing, and says nothing. Whoever calls it believes that something was merged: raise
# RuntimeError, so that the mistake is seen where it is made.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is None:
            self.kept = self.W.clone()
            self.W.add_(self.change)

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.copy_(self.kept)
        self.kept = None

# %% wrong subtracted_again
# You subtract the change again. Adding rounded each number of W, and subtracting does not undo the rounding: some
# of the last bits differ. Keep a copy of W when you merge, and put that back.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.merged, self.change = W, False, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.merged:
            raise RuntimeError
        self.merged = True
        self.W.add_(self.change)

    def unmerge(self):
        if not self.merged:
            raise RuntimeError
        self.merged = False
        self.W.sub_(self.change)

# %% wrong kept_without_a_copy
# You keep W itself, not a copy: it changes together with W, so there is nothing to put back. Keep W.clone().
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept = self.W
        self.W.add_(self.change)

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.copy_(self.kept)
        self.kept = None

# %% wrong not_in_place
# You make a new tensor and leave the model's W as it is: the model never sees your sum. Change W in place, for
# instance with W.add_ and W.copy_.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept, self.W = self.W, self.W + self.change

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W, self.kept = self.kept, None

# %% wrong still_merged
# After unmerging, your class still thinks that it is merged, so it cannot be merged again. Forget the kept copy
# once it is put back.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.copy_(self.kept)

# %% wrong unmerge_anytime
# Your unmerge can be called where nothing is merged, and does something or nothing without a word. Raise
# RuntimeError there.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self):
        if self.kept is not None:
            self.W.copy_(self.kept)
        self.kept = None

# %% wrong no_memory
# Your class does not remember whether it is merged: a second merge adds the change again, and an unmerge before any
# merge passes in silence. Note it (self.kept is None says it), and raise RuntimeError in both cases.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, W.clone(), alpha / A.shape[0] * B @ A

    def merge(self):
        self.W.add_(self.change)

    def unmerge(self):
        self.W.copy_(self.kept)

# %% wrong data_rebound
# You give W new numbers, W.data = ..., and leave the old ones to all others who hold them: a tied weight, or a view of
# W, never sees your sum. Change the numbers themselves, for instance with W.add_ and W.copy_.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept = self.W.data
        self.W.data = self.W.data + self.change

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.data = self.kept
        self.kept = None

# %% wrong unmerged_by_rebinding
# You merge in place, and unmerge by giving W another storage, W.data = ...: all others who hold its numbers keep the
# merged ones. Copy the old numbers into W: W.copy_(kept).
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.data = self.kept
        self.kept = None

# %% wrong copied_too_early
# You copy W when the Merger is made. W may change between then and merging, and unmerge has to bring back what it was
# just before: copy it in merge.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.first, self.change, self.merged = W, W.clone(), alpha / A.shape[0] * B @ A, False

    def merge(self):
        if self.merged:
            raise RuntimeError
        self.merged = True
        self.W.add_(self.change)

    def unmerge(self):
        if not self.merged:
            raise RuntimeError
        self.merged = False
        self.W.copy_(self.first)

# %% wrong second_unmerge_ignored
# After unmerging, a second unmerge does nothing, and says nothing. Nothing is merged any more: raise RuntimeError
# there, too.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.ever, self.change = W, None, False, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise RuntimeError
        self.kept, self.ever = self.W.clone(), True
        self.W.add_(self.change)

    def unmerge(self):
        if not self.ever:
            raise RuntimeError
        if self.kept is not None:
            self.W.copy_(self.kept)
        self.kept = None

# %% wrong one_memory_for_all
# What you note belongs to the class, so all Mergers share it: where one is merged, no other can be. Note it in the
# object: self.kept, and not Merger.kept.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.change = W, alpha / A.shape[0] * B @ A
        Merger.kept = None

    def merge(self):
        if Merger.kept is not None:
            raise RuntimeError
        Merger.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self):
        if Merger.kept is None:
            raise RuntimeError
        self.W.copy_(Merger.kept)
        Merger.kept = None

# %% wrong another_error
# Your class notices what is wrong and raises another error than the task names. Whoever calls it waits for a
# RuntimeError.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        if self.kept is not None:
            raise ValueError("merged already")
        self.kept = self.W.clone()
        self.W.add_(self.change)

    def unmerge(self):
        if self.kept is None:
            raise ValueError("nothing is merged")
        self.W.copy_(self.kept)
        self.kept = None

# %% wrong added_then_refused
# Your second merge raises, but too late: W holds the change two times by then. Look first, then add.
class Merger:
    def __init__(self, W, A, B, alpha):
        self.W, self.kept, self.change = W, None, alpha / A.shape[0] * B @ A

    def merge(self):
        was = self.kept
        if was is None:
            self.kept = self.W.clone()
        self.W.add_(self.change)
        if was is not None:
            raise RuntimeError

    def unmerge(self):
        if self.kept is None:
            raise RuntimeError
        self.W.copy_(self.kept)
        self.kept = None

# %% equal words-of-an-error
# Which error is raised counts; its words are free.
MUTANTS = [f"raise RuntimeError('{words}') -> raise RuntimeError('{other}')"
           for words in ("merged already", "nothing is merged") for other in ("", f"{words} ")]
