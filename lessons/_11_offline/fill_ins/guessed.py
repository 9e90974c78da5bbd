# %% [markdown] statement
# **Your turn: how often is it right, if nobody knows the answers?** Ask the model. Divide its logits by the
# temperature, make probabilities of them, and of each row take that of the answer it would give: the likeliest.
# Their mean is its own guess at its accuracy.

# %% [markdown] hint
# `logits.softmax(-1)` makes probabilities of torch logits; `.max(-1).values` is the highest of each row.

# %% stub
import torch


def guessed(logits, temperature):
    """The accuracy that the model expects of itself, (n, K) -> ()."""
    raise NotImplementedError

# %% reference
import torch


def guessed(logits, temperature):
    """The accuracy that the model expects of itself, (n, K) -> ()."""
    return (logits / temperature).softmax(-1).max(-1).values.mean()

# %% checks
import torch

TASK = "11.guessed"
TOLERANCE = 1e-5
GRADIENTS = ()    # nothing is trained by it


def draw(seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.rand([4 + seed % 3, 2 + seed % 3], generator=generator).mul(12).sub(6).round().div(2)
    return {"logits": logits, "temperature": [2.0, 0.5, 1.5][seed % 3]}

# %% wrong no-temperature
# The temperature is missing. A model is often too sure of itself, or not sure enough; the temperature was fitted so
# that its probabilities mean what they say.
import torch


def guessed(logits, temperature):
    return logits.softmax(-1).max(-1).values.mean()

# %% wrong times-temperature
# You multiply by the temperature. A higher one makes a model less sure: divide.
import torch


def guessed(logits, temperature):
    return (logits * temperature).softmax(-1).max(-1).values.mean()

# %% wrong one-class
# You take the probability of the last class. Each row has an answer of its own: the likeliest.
import torch


def guessed(logits, temperature):
    return (logits / temperature).softmax(-1)[:, -1].mean()

# %% wrong over-the-rows
# You normalise over the rows. The probabilities of the K classes of *one* row sum to 1.
import torch


def guessed(logits, temperature):
    return (logits / temperature).softmax(0).max(-1).values.mean()

# %% equal last-is-second
# The logits have two dimensions, so the last one is number 1.
MUTANTS = [
    "return (logits / temperature).softmax(-1).max(-1).values.mean() -> "
    "return (logits / temperature).softmax(1).max(-1).values.mean()",
    "return (logits / temperature).softmax(-1).max(-1).values.mean() -> "
    "return (logits / temperature).softmax(-1).max(1).values.mean()"]
