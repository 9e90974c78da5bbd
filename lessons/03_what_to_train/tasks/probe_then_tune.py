# %% [markdown] statement
# ## Task 03.4 · First the head, then everything
#
# Build the two stages. You get `body`, a pretrained module, `head`, a new linear layer with random weights, rows
# `x` with their labels `y`, a number of `steps` and two learning rates.
#
# 1. **Probe:** `steps` steps in which the head alone is trained, with `head_rate`. The body stays as it is, to
#    the last bit.
# 2. **Tune:** `steps` more in which body **and** head are trained, with `body_rate`, going on from the head that
#    you have found.
#
# A step takes all the rows: the loss is `cross_entropy(head(body(x)), y)`. Use a new
# `torch.optim.AdamW(..., weight_decay=0.0)` for each stage. Return the list of all losses, each taken before
# its step.

# %% stub
import torch
from torch.nn.functional import cross_entropy


def probe_then_tune(body, head, x, y, steps: int, head_rate: float, body_rate: float) -> list:
    """Trains the head on the frozen body, then both; returns the 2 * steps losses."""
    raise NotImplementedError

# %% reference
import torch
from torch.nn.functional import cross_entropy


def probe_then_tune(body, head, x, y, steps: int, head_rate: float, body_rate: float) -> list:
    """Trains the head on the frozen body, then both; returns the 2 * steps losses."""
    losses = []
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% checks
import random

import torch
from torch import nn

TASK = "03.4"
TOLERANCE = 1e-4


def draw(seed: int) -> dict:
    """A body and a head of random weights, twelve rows of two classes, few steps and two rates."""
    rng = random.Random(seed)

    def matrix(*shape: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-1, 1), 2) for _ in range(shape[1])] for _ in range(shape[0])])

    return {"body_weight": matrix(5, 4), "head_weight": matrix(2, 5), "x": matrix(12, 4),
            "y": torch.tensor([rng.randrange(2) for _ in range(12)]), "steps": rng.choice([4, 5, 6]),
            "head_rate": rng.choice([0.1, 0.2]), "body_rate": rng.choice([0.02, 0.03])}


class Counted(nn.Linear):
    """A linear layer that keeps what its weight was at every call."""

    def forward(self, x):
        self.__dict__.setdefault("seen", []).append(self.weight.detach().clone())
        return super().forward(x)


def probe(probe_then_tune, body_weight, head_weight, x, y, steps: int, head_rate: float, body_rate: float) -> dict:
    """The losses, the weights at the end, and how often body and head were different from one call to the next."""
    torch.manual_seed(0)
    body, head = (Counted(weight.shape[1], weight.shape[0]) for weight in (body_weight, head_weight))
    with torch.no_grad():
        for module, weight in ((body, body_weight), (head, head_weight)):
            module.weight.copy_(weight)
            module.bias.zero_()
    losses = probe_then_tune(nn.Sequential(body, nn.Tanh()), head, x, y, steps, head_rate, body_rate)
    seen = lambda module: getattr(module, "seen", [])  # nothing where it was never called
    moves = lambda module: sum(not torch.equal(a, b) for a, b in zip(seen(module), seen(module)[1:]))
    return {"losses": [float(loss) for loss in losses], "steps that moved the body": moves(body),
            "steps that moved the head": moves(head), "body's weight at the end": body.weight.detach(),
            "head's weight at the end": head.weight.detach()}

# %% wrong body_not_frozen
# Your first stage trains the body as well. A head of random weights sends it random gradients, and this is what the
# probe is there to avoid. Give the first optimizer the head's parameters alone.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for rate in (head_rate, body_rate):
        optimizer = torch.optim.AdamW([*body.parameters(), *head.parameters()], lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong body_stays_frozen
# Your second stage trains the head alone, as the first one does. That is a longer probe: the body never moves. Give the
# second optimizer the parameters of both.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for rate in (head_rate, body_rate):
        optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong head_stays_in_stage_two
# Your second stage trains the body alone, and the head stays what the probe left. Train both: the head has to follow
# where the body goes.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for part, rate in ((head, head_rate), (body, body_rate)):
        optimizer = torch.optim.AdamW(part.parameters(), lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong head_starts_anew
# Your second stage starts with a new head (here: the weights that it had at first), so the probe was for nothing. Go on
# from the head that you have found.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses, first = [], {name: value.clone() for name, value in head.state_dict().items()}
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        head.load_state_dict(first)
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong stages_swapped
# You tune everything first and the head alone afterwards. The random head has then done its harm before the probe
# begins. Probe first.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([body, head], body_rate), ([head], head_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong one_rate_for_both
# Both of your stages use the head's learning rate. The body was trained for long and needs small steps: take
# `body_rate` in the second stage.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts in ([head], [body, head]):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=head_rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong gradients_add_up
# You never set the gradients back, so each step uses the sum of all gradients so far. Call optimizer.zero_grad() in
# every step.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong weights_decay
# Your optimizer also pulls the weights towards 0: AdamW does so unless you say weight_decay=0.0.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong loss_after_the_step
# You take each loss after its step. Asked for is the one before it, from which the gradient came.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(cross_entropy(head(body(x)), y).item())
    return losses

# %% wrong rates_swapped
# The two rates are swapped: head_rate is for the probe, body_rate for the stage in which the body moves.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([head], body_rate), ([body, head], head_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong no_step
# Nothing is ever trained: you compute gradients, and nobody takes the step. Call optimizer.step().
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            pass
            losses.append(loss.item())
    return losses

# %% wrong trains_copies
# You train copies, so the body and the head that you were given stay as they were. Train these two.
import copy

import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    body, head = copy.deepcopy(body), copy.deepcopy(head)
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong another_optimizer
# You take steps of plain gradient descent. AdamW gives each parameter a step size of its own: torch.optim.AdamW.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.SGD(trained, lr=rate)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
