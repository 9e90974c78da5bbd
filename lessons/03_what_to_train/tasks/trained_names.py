# %% [markdown] statement
# ## Task 03.1 · Which parameters are trained?
#
# To freeze a model you name the parts that stay trained; everything else is frozen. A **part** is a parameter
# or a module, and a module means all that lies in it: `"layers.1"` means `layers.1.mlp.weight`, and it does not
# mean `layers.10.mlp.weight`.
#
# You get the names of all parameters, in order, and the names of the parts. Return the names of those that are
# trained, in the same order. One line is missing; write it.
#
# `trained_names(["embed.weight", "layers.1.weight", "layers.10.weight"], ["layers.1"])` gives
# `["layers.1.weight"]`.

# %% stub
def trained_names(names: list[str], parts: list[str]) -> list[str]:
    """The names of the parameters that are one of the parts, or lie in one of them."""
    trained = []
    for name in names:
        raise NotImplementedError(f"add {name} if it is one of {parts}, or lies in one of them")
    return trained

# %% reference
def trained_names(names: list[str], parts: list[str]) -> list[str]:
    """The names of the parameters that are one of the parts, or lie in one of them."""
    trained = []
    for name in names:
        trained += [name] * any(f"{name}.".startswith(f"{part}.") for part in parts)
    return trained

# %% checks
import random

TASK = "03.1"
TOLERANCE = 0


def draw(seed: int) -> dict:
    """A model of twelve layers; the parts are layer 1, a module inside another layer, and, not first, one parameter."""
    rng = random.Random(seed)
    inside = ["attn.query.weight", "attn.query.bias", "attn.value.weight", "mlp.up.weight", "mlp.down.weight"]
    names = ["embed.weight", *(f"layers.{layer}.{part}" for layer in range(12) for part in inside), "norm.weight",
             "head.weight", "head.bias"]
    other = rng.choice([2, 3, 4, 5])
    modules = rng.sample(["layers.1", f"layers.{other}.{rng.choice(['attn', 'mlp', 'attn.query'])}"], 2)
    return {"names": names, "parts": [modules[0], *rng.sample([modules[1], rng.choice(names[-3:])], 2)]}

# %% wrong without_the_dot
# You compare beginnings without the dot, so layers.1 also catches layers.10 and layers.11. Put a dot behind both the
# part and the name before you compare.
def trained_names(names, parts):
    return [name for name in names if any(name.startswith(part) for part in parts)]

# %% wrong anywhere_in_the_name
# You look for the part anywhere in the name, without its dots. Then layers.1 is found in layers.10 and layers.11, and
# weight would be found nearly everywhere. Compare whole parts, from the beginning.
def trained_names(names, parts):
    return [name for name in names if any(part.split(".")[0] in name and part.split(".")[1] in name for part in parts)]

# %% wrong exact_names_only
# You train only what has exactly a part's name. A module is no parameter, so layers.1 matches nothing and the whole
# layer stays frozen, without any error. Take all that lies in it, too.
def trained_names(names, parts):
    return [name for name in names if name in parts]

# %% wrong modules_only
# You add a dot to the part and not to the name. So modules are found, and a part that is itself a parameter, such as
# norm.weight, stays frozen.
def trained_names(names, parts):
    return [name for name in names if any(name.startswith(f"{part}.") for part in parts)]

# %% wrong the_frozen_ones
# You return the parameters that are frozen. Wanted are the others: those that lie in one of the parts.
def trained_names(names, parts):
    return [name for name in names if not any(f"{name}.".startswith(f"{part}.") for part in parts)]

# %% wrong in_every_part
# Your list is empty. Do you keep a name only if it lies in all the parts? No parameter lies in two layers at once: it
# has to lie in any one of them. Or does `return` stand inside of the loop, so that only the first name is looked at?
def trained_names(names, parts):
    return [name for name in names if all(f"{name}.".startswith(f"{part}.") for part in parts)]

# %% wrong first_part_only
# You look at the first part alone. All the parts that were named stay trained.
def trained_names(names, parts):
    return [name for name in names if f"{name}.".startswith(f"{parts[0]}.")]

# %% wrong part_after_part
# The names are the right ones, in the order of the parts. Asked for is the order in which they were given: go through
# the names in the outer loop, and ask of each whether it lies in any part.
def trained_names(names, parts):
    return [name for part in parts for name in names if f"{name}.".startswith(f"{part}.")]
