# %% [markdown] statement
# ## Task 06.4 · Merge, and take it back
#
# A trained LoRA can be folded into the weights: then there is one matrix again, and nothing more to compute. Build
# what folds it in and takes it out.
#
# - `Merger(W, A, B, alpha)` notes what it is given and changes nothing. `W`, shape `(d, k)`, is the model's own
#   tensor: others hold it, too, so change it **in place**;
# - `merge()` adds the scaled change to `W`. Merging a second time would add it twice: raise `RuntimeError` instead;
# - `unmerge()` puts `W` back to what it was before, **to the last bit**, so that it can be merged again later. Where
#   nothing is merged, raise `RuntimeError`.
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
import torch

TASK = "06.4"
TOLERANCE = 1e-4


def draw(seed: int) -> dict:
    """A W of many digits, not square, A and B of rank 2 or 3, and an alpha that is neither the rank nor 1."""
    generator = torch.Generator().manual_seed(seed)
    number = lambda low, high: int(torch.randint(low, high, (1,), generator=generator))
    d, r = number(4, 7), number(2, 4)
    matrix = lambda rows, columns: torch.randn(rows, columns, generator=generator)
    return {"W": 3 * matrix(d, d + 1), "A": matrix(r, d + 1), "B": matrix(d, r), "alpha": float(number(5, 12))}


def probe(Merger, W, A, B, alpha) -> dict:
    """W at every stage, as the model that holds it sees it, and which calls raise."""
    W, before = W.clone(), W.clone()

    def raised(call) -> str:
        try:
            call()
        except NotImplementedError:
            raise
        except Exception as error:
            return type(error).__name__
        return "nothing"

    one = Merger(W, A, B, alpha)
    found = {"untouched at first": torch.equal(W, before), "unmerge before any merge raises": raised(one.unmerge)}
    W.copy_(before)
    one = Merger(W, A, B, alpha)
    one.merge()
    found["W, merged"] = W.clone()
    found["a second merge raises"] = raised(one.merge)
    found["W, after the second merge"] = W.clone()
    W.copy_(found["W, merged"])
    one.unmerge()
    found["W, unmerged, has the bits it had"] = torch.equal(W, before)
    found["merging again raises"] = raised(one.merge)
    found["W, merged again"] = W.clone()
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
