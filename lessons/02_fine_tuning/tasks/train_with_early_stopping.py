# %% [markdown] statement
# ## Task 02.2 · Train, and stop in time
#
# Write the loop. You get
#
# - `model`, a torch module: `model.state_dict()` gives its parameters (**not** copies of them), and
#   `model.load_state_dict(...)` puts parameters in;
# - `train_step()`, which takes one step, and changes the model;
# - `measure(split)`, the loss of the model as it is now, on `"train"`, `"validation"` or `"test"`.
#
# Take at most `steps` steps. After every `every` steps measure the loss on validation. When `patience`
# measurements in a row were no lower than the best one before them, stop. At the end the model has the
# parameters with which the validation loss was lowest. Return the list of all validation losses. (`steps` is
# at least `every`: there is something to measure.)

# %% stub
def train_with_early_stopping(model, train_step, measure, steps, every, patience) -> list[float]:
    """Trains `model` in place, leaves the best parameters in it; returns the validation losses."""
    raise NotImplementedError

# %% reference
def train_with_early_stopping(model, train_step, measure, steps, every, patience) -> list[float]:
    """Trains `model` in place, leaves the best parameters in it; returns the validation losses."""
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% checks
import random

import torch

TASK = "02.2"
TOLERANCE = 1e-6
DRAWS = 4


def draw(seed: int) -> dict:
    """A validation loss that falls, bumps, falls, and rises, or stays, for just as long as the patience lasts; each
    second time the steps end before that, once with a complete group and once with one step too few."""
    rng = random.Random(seed)
    patience, every, measurements = rng.choice([3, 4]), rng.choice([2, 3]), 18 + 2 * (seed % 3)
    small = lambda: round(rng.uniform(0.001, 0.02), 3)
    falls = [2.0 + small(), 1.5 + small(), 1.2 + small()]
    bump = [1.4 + small() * (-1) ** place for place in range(patience - 1)]   # one too few to stop
    lowest = 0.9 + small()
    rises = [1.3 - 0.05 * place + small() for place in range(patience)]       # just enough to stop
    rises[rng.randrange(patience - 1)] = lowest                               # no lower than the best
    later = [0.8, *[1.0 + 0.1 * (-1) ** place for place in range(measurements)]]  # what no patience waits for
    validation = [*falls, *bump, lowest, *rises, *later][:measurements]
    last = len(falls) + len(bump) + 1 + rng.choice([0, 1]) if seed % 2 else measurements
    return {"validation": [round(one, 4) for one in validation], "steps": every * last - (seed % 4 != 1),
            "every": every, "patience": patience}


class FakeModel(torch.nn.Module):
    """One number: how many steps it has taken."""

    def __init__(self):
        super().__init__()
        self.steps = torch.nn.Parameter(torch.zeros(1), requires_grad=False)


def probe(train_with_early_stopping, validation: list, steps: int, every: int, patience: int) -> dict:
    """What the loop asked for, and which parameters it left."""
    model, asked, taken = FakeModel(), [], [0]

    def train_step():
        taken[0] += 1
        if taken[0] > 200:
            raise RuntimeError("more than 200 steps: does your loop end?")
        model.steps.add_(1)

    def measure(split):
        asked.append(split)
        now = int(model.steps.item())
        if split == "train":
            return 1 / (1 + now)
        place = min(max(now // every - 1, 0), len(validation) - 1)
        return validation[place] if split == "validation" else validation[place] + (0.7 if place > 2 else 0)

    losses = train_with_early_stopping(model, train_step, measure, steps, every, patience)
    return {"losses returned": losses, "steps taken": taken[0],
            "the model ends with the parameters of step": int(model.steps.item()),
            "test was measured": "test" in asked}

# %% equal the-count
# The count grows by one, so it meets the patience before it is more; the first measurement sets it to zero, whatever
# it was before; and a small whole number is one object in Python.
MUTANTS = ["if waited == patience: -> if waited >= patience:", "if waited == patience: -> if waited is patience:",
           "losses, best, waited = ([], None, 0) -> losses, best, waited = ([], None, 1)",
           "losses, best, waited = ([], None, 0) -> losses, best, waited = ([], None, -1)"]

# %% wrong on_the_training_loss
# You stop, and choose, by the loss on train. It goes on falling while the model learns its examples by heart;
# only rows that it does not train on can tell when to stop. Measure validation.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("train")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong evaluates_on_test
# You stop by the loss on test. Then the test set has helped to choose the model, and cannot judge it any
# more. Validation is there for choosing.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("test")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong last_instead_of_best
# Your model ends with its last parameters, not with the best ones. Either you never put the best back, or you
# kept state_dict() itself: its tensors are the model's own, and go on changing. Clone them, and load them at
# the end.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = model.state_dict(), 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong patience_plus_one
# You stop one measurement too late: after patience + 1 of them without a new best. Stop as soon as there are
# patience of them (== patience, or >=; not >).
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited > patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong patience_not_reset
# You count all measurements without a new best, from the beginning. Patience counts them in a row: a new best
# sets the count back to zero.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best = {name: value.clone() for name, value in model.state_dict().items()}
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong against_the_one_before
# You compare each loss with the one just before it. After a bump, "lower than the last one" can still be worse
# than the best: compare with the lowest so far.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < losses[-1]:
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong patience_in_steps
# Your patience counts training steps. It counts measurements: with every = 3 and patience = 2 the model may
# go on for six steps without a new best.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, best_step = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, best_step = {name: value.clone() for name, value in model.state_dict().items()}, step
        losses.append(loss)
        if step - best_step >= patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong never_stops
# You keep the best parameters, and train to the end. That is fair, but it is not early stopping: nothing is
# saved. Leave the loop once patience measurements in a row brought no new best.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best = [], None
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best = {name: value.clone() for name, value in model.state_dict().items()}
        losses.append(loss)
    model.load_state_dict(best)
    return losses

# %% wrong measures_one_step_after
# You measure after the first step of each group, not after its last. Counting from 0, step % every is 0 before
# `every` steps are done: count from 1.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(steps):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong restored_only_when_stopped
# Your model gets its best parameters back when the patience is over, and not when the steps are. Load them after the
# loop, however it ended.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            model.load_state_dict(best)
            break
    return losses

# %% wrong measures_at_the_end
# You measure once more when the steps are over. The measurements come after every `every` steps, and nowhere else.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every and step < steps:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong a_tie_is_a_new_best
# You count a loss that is as low as the best one as a new best. Patience counts measurements that were no lower: < is
# a new best, <= is not.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss <= min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses

# %% wrong last_loss_missing
# The loss at which you stopped is missing from your list. You measured it: append it before you leave the
# loop.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for step in range(1, steps + 1):
        train_step()
        if step % every:
            continue
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        if waited == patience:
            break
        losses.append(loss)
    model.load_state_dict(best)
    return losses

# %% wrong measures_at_every_step
# You measure after every single step. Measuring costs time, so it is done after every `every` steps.
def train_with_early_stopping(model, train_step, measure, steps, every, patience):
    losses, best, waited = [], None, 0
    for _ in range(steps):
        train_step()
        loss = measure("validation")
        if not losses or loss < min(losses):
            best, waited = {name: value.clone() for name, value in model.state_dict().items()}, 0
        else:
            waited += 1
        losses.append(loss)
        if waited == patience:
            break
    model.load_state_dict(best)
    return losses
