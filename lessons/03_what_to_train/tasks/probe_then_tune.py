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
DRAWS = 4


def draw(seed: int) -> dict:
    """A body and a head of random weights, rows of two to four classes, few steps and two rates."""
    rng = random.Random(seed)

    def matrix(*shape: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-1, 1), 2) for _ in range(shape[1])] for _ in range(shape[0])])

    wide, d, rows = rng.choice([2, 3, 4]), rng.choice([3, 4, 5]), rng.choice([8, 11, 12])
    classes, steps = ((2, 4), (3, 6), (2, 1), (4, 8))[seed % 4]
    return {"body_weight": matrix(d, wide), "head_weight": matrix(classes, d), "x": matrix(rows, wide),
            "y": torch.tensor([rng.randrange(classes) for _ in range(rows)]), "steps": steps,
            "head_rate": rng.choice([0.1, 0.2, 0.3]), "body_rate": rng.choice([0.02, 0.03, 0.05])}


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
            module.bias.fill_(0.1)
    losses = probe_then_tune(nn.Sequential(body, nn.Tanh()), head, x, y, steps, head_rate, body_rate)
    if any(isinstance(loss, (list, tuple)) for loss in losses):
        return {"losses": losses}

    def moves(module: Counted) -> int:
        seen = [*getattr(module, "seen", []), module.weight]  # nothing but the end where it was never called
        return sum(not torch.equal(a, b) for a, b in zip(seen, seen[1:]))

    return {"losses": [float(loss) for loss in losses], "steps that moved the body": moves(body),
            "steps that moved the head": moves(head),
            "at the end": {name: parameter.detach() for part, module in (("body's", body), ("head's", head))
                           for name, parameter in ((f"{part} weight", module.weight), (f"{part} bias", module.bias))}}

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

# %% wrong a_list_for_each_stage
# You return two lists, one for each stage. Asked for is one list of all the losses, the probe's first.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for parts, rate in (([head], head_rate), ([body, head], body_rate)):
        trained = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        losses.append([])
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses[-1].append(loss.item())
    return losses

# %% wrong one_optimizer_for_both
# You go on with the first stage's optimizer. It remembers the size of the probe's gradients, and takes other steps for
# it. Make a new one for each stage.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    optimizer = torch.optim.AdamW(head.parameters(), lr=head_rate, weight_decay=0.0)
    for step in range(2 * steps):
        if step == steps:
            optimizer.param_groups[0]["lr"] = body_rate
            optimizer.add_param_group({"params": list(body.parameters()), "lr": body_rate})
        optimizer.zero_grad()
        loss = cross_entropy(head(body(x)), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses

# %% wrong head_keeps_its_rate
# In your second stage the head keeps head_rate. Body and head both take body_rate there.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    for stage in (0, 1):
        groups = [{"params": list(head.parameters()), "lr": head_rate}]
        groups += [{"params": list(body.parameters()), "lr": body_rate}] * stage
        optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong biases_stay
# Your body's bias never moves. The second stage trains all parameters of both: .parameters(), and not the weights
# alone.
import torch
from torch.nn.functional import cross_entropy

def probe_then_tune(body, head, x, y, steps, head_rate, body_rate):
    losses = []
    weights = [parameter for name, parameter in body.named_parameters() if name.endswith("weight")]
    for trained, rate in ((list(head.parameters()), head_rate), (weights + list(head.parameters()), body_rate)):
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(head(body(x)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% equal number_of_the_step
# The steps are only counted: in which order their numbers come makes no difference.
MUTANTS = [f"for _ in range(steps): -> for _ in {how}(range(steps)):" for how in ("turned", "twice", "mixed")]

# %% equal body_or_head_first
# AdamW takes each parameter by itself, so in which order it was given them makes no difference.
FIRST = "for parts, rate in (([head], head_rate), ({}, body_rate)):"
TRAINED = "trained = [parameter for part in {} for parameter in part.parameters()]"
MUTANTS = [f"{FIRST.format('[body, head]')} -> {FIRST.format('[head, body]')}",
           *(f"{TRAINED.format('parts')} -> {TRAINED.format(how)}" for how in ("turned(parts)", "mixed(parts)"))]
