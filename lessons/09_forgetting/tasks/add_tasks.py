# %% [markdown] statement
# ## Task 09.2 · Add what was learned
#
# Several models were tuned from one base, each on a task of its own. What one of them learned is its **task vector**:
# its weights less those of the base. Add these to the base, each as strongly as its weight says:
#
# $$\theta = \theta_{\text{base}} + \sum_i w_i\,(\theta_i - \theta_{\text{base}})$$
#
# - `base`: a state dict, name → tensor; all tensors hold floats;
# - `models`: a list of one or more state dicts with the same names, perhaps in another order;
# - `weights`: a number for each model; it may be negative, which takes a task out. They need not sum to 1.
#
# Return a new state dict, and leave the others as they are. In a language model two names may mean **one** tensor,
# such as the embedding and the last layer: what was learned of it counts once.

# %% stub
import torch


def add_tasks(base: dict[str, torch.Tensor], models: list[dict[str, torch.Tensor]],
              weights: list[float]) -> dict[str, torch.Tensor]:
    """base + sum of weight * (model - base), name by name."""
    raise NotImplementedError

# %% reference
import torch


def add_tasks(base: dict[str, torch.Tensor], models: list[dict[str, torch.Tensor]],
              weights: list[float]) -> dict[str, torch.Tensor]:
    """base + sum of weight * (model - base), name by name."""
    added = {}
    for name, start in base.items():
        added[name] = start + sum(weight * (model[name] - start)
                                  for model, weight in zip(models, weights))
    return added

# %% checks
import random

import torch

TASK = "09.2"
TOLERANCE = 1e-5
DRAWS = 4
GRADIENTS = ()     # models are added, nothing is trained


def draw(seed: int) -> dict:
    """A base and one to three models; the weights by turns far from 1, negative, below 1. `tied` is a second name for
    the embedding, in every other draw. The models' layers stand in another order.
    """
    rng = random.Random(seed)
    d, n = rng.choice([2, 3]), [2, 1, 3, 2][seed % 4]

    def state() -> dict:
        shapes = {"embed.weight": (d + 1, d), "0.weight": (d, d), "1.weight": (d, d), "1.bias": (d,)}
        return {name: torch.tensor([round(rng.uniform(-2, 2), 2) for _ in range(torch.Size(shape).numel())])
                .reshape(shape) for name, shape in shapes.items()}

    def layer_1_first(state: dict) -> dict:
        return {name: state[name] for name in ("embed.weight", "1.weight", "0.weight", "1.bias")}

    weights = [[0.4, 0.8, 1.5], [-1.0, -0.5, 2.0], [0.3, 0.7, 1.2], [1.0, -0.6, -1.4]][seed % 4]
    return {"base": state(), "models": [layer_1_first(state()) for _ in range(n)],
            "weights": rng.sample(weights, n), "tied": ["", "head.weight"][seed % 2]}


def probe(add_tasks, base: dict, models: list, weights: list, tied: str) -> dict:
    """The sum, where `tied` is a second name for the tensor of the embedding in all models."""
    def named(state):
        return {**state, tied: state["embed.weight"]} if tied else dict(state)

    return add_tasks(named(base), [named(one) for one in models], weights)

# %% wrong models_added
# You add the models themselves to the base. Each of them is the base and what it learned, so the base is in there
# again with every model. Add what was learned alone: model - base.
def add_tasks(base, models, weights):
    return {name: start + sum(weight * model[name] for model, weight in zip(models, weights))
            for name, start in base.items()}

# %% wrong models_mixed
# You sum up the models, each times its weight. That is a mean of models where the weights sum to 1. With 1 and 1 the
# base would be in there twice, with -1 negatively. Start from one base, and add what each model learned.
def add_tasks(base, models, weights):
    return {name: sum(weight * model[name] for model, weight in zip(models, weights)) for name in base}

# %% wrong base_not_added
# You return the sum of the task vectors. It is only a change: add it to the base.
def add_tasks(base, models, weights):
    return {name: sum(weight * (model[name] - start) for model, weight in zip(models, weights))
            for name, start in base.items()}

# %% wrong weights_normalised
# You divide the weights by their sum. In a mean they must sum to 1; here they say how strongly each task is added, and
# 1 and 1 means both in full. Take them as they are.
def add_tasks(base, models, weights):
    return {name: start + sum(weight / sum(weights) * (model[name] - start) for model, weight in zip(models, weights))
            for name, start in base.items()}

# %% wrong divided_by_their_number
# You divide the sum by the number of models. Whoever wants a mean gives weights of 1 / n; the function adds.
def add_tasks(base, models, weights):
    return {name: start + sum(weight * (model[name] - start) for model, weight in zip(models, weights)) / len(models)
            for name, start in base.items()}

# %% wrong weights_ignored
# You add every task in full, whatever its weight. Multiply each task vector by the weight at the same place in the
# list.
def add_tasks(base, models, weights):
    return {name: start + sum(model[name] - start for model in models) for name, start in base.items()}

# %% wrong negative_weights_turned
# You add tasks that have a negative weight. A negative weight takes a task out: keep its sign.
def add_tasks(base, models, weights):
    return {name: start + sum(abs(weight) * (model[name] - start) for model, weight in zip(models, weights))
            for name, start in base.items()}

# %% wrong turned_round
# Your task vectors point the wrong way, from the model back to the base: with a weight of 1 you take out what was
# learned. It is model - base.
def add_tasks(base, models, weights):
    return {name: start + sum(weight * (start - model[name]) for model, weight in zip(models, weights))
            for name, start in base.items()}

# %% wrong one_after_the_other
# You go from model to model, and subtract what you have so far from the next one. For one model that is the same; from
# the second on, each step takes back a part of those before. Every task vector starts at the base: subtract the base.
def add_tasks(base, models, weights):
    added = dict(base)
    for model, weight in zip(models, weights):
        added = {name: one + weight * (model[name] - one) for name, one in added.items()}
    return added

# %% wrong last_model_alone
# Only the last model has come in: your loop begins at the base again with each. Start from the base once, before the
# loop over the models.
def add_tasks(base, models, weights):
    for model, weight in zip(models, weights):
        added = {name: start + weight * (model[name] - start) for name, start in base.items()}
    return added

# %% wrong first_model_alone
# Only the first model has come in. Does `return` stand inside of the loop over the models?
def add_tasks(base, models, weights):
    return {name: start + weights[0] * (models[0][name] - start) for name, start in base.items()}

# %% wrong base_with_every_model
# You add the base once for every model. It belongs to the sum once, outside of the loop over the models.
def add_tasks(base, models, weights):
    return {name: sum(start + weight * (model[name] - start) for model, weight in zip(models, weights))
            for name, start in base.items()}

# %% wrong tied_moved_twice
# Where two names mean one tensor, it has moved twice as far as it should. You copy the base and then add in place, with
# += or add_, name by name; deepcopy keeps the two names one, so that tensor gets its change under both. Make a
# new tensor for each name: added[name] = base[name] + ....
import copy

def add_tasks(base, models, weights):
    added = copy.deepcopy(base)
    change = {name: sum(weight * (model[name] - start) for model, weight in zip(models, weights))
              for name, start in base.items()}
    for name, one in added.items():
        one += change[name]
    return added

# %% wrong base_changed
# You write the sum into the base's own tensors. dict(base) and base.copy() copy the names, and not the numbers, so +=
# changes the model that all of them started from; a tensor with two names even moves twice. Make new tensors.
def add_tasks(base, models, weights):
    added = dict(base)
    for name in added:
        added[name] += sum(weight * (model[name] - base[name]) for model, weight in zip(models, weights))
    return added

# %% wrong second_name_left_out
# You leave out the second name of a tensor that has two. What is learned of it counts once, and yet both names belong
# into the result, with the same numbers, or the model does not load.
def add_tasks(base, models, weights):
    added, seen = {}, []
    for name, start in base.items():
        if not any(start is one for one in seen):
            added[name] = start + sum(weight * (model[name] - start) for model, weight in zip(models, weights))
            seen.append(start)
    return added

# %% wrong paired_by_place
# You pair the tensors by their place in the state dicts. The models may list their names in another order: look each
# one up by its name, model[name].
def add_tasks(base, models, weights):
    return {name: start + sum(weight * (list(model.values())[place] - start) for model, weight in zip(models, weights))
            for place, (name, start) in enumerate(base.items())}

# %% equal a-sum-has-no-order
# A sum is the same in whatever order it is taken, and a dict in whatever order its names were put in.
LINE = "added[name] = start + sum((weight * (model[name] - start) for model, weight in zip(models, weights)))"
MUTANTS = ["for name, start in base.items(): -> for name, start in turned(base.items()):",
           f"{LINE} -> {LINE.replace('zip(models, weights)', 'turned(zip(models, weights))')}"]
