# %% [markdown] statement
# ## Task 03.1 · Which parameters are trained?
#
# To freeze a model you name the parts that stay trained; everything else is frozen. A **part** is a parameter
# or a module, and a module means all that lies in it: `"layers.1"` means `layers.1.mlp.weight`, and it does not
# mean `layers.10.mlp.weight`.
#
# You get the names of all parameters, in order, and the names of the parts. Return a list with the names of those
# that are trained, in the same order, each once. One line is missing; write it.
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
DRAWS = 4


def draw(seed: int) -> dict:
    """A model of eleven layers or more, whose parts are by turns: layer 1, a module in another layer and, not first,
    one parameter; a layer, a module in it, and a name that layers hold, too; one parameter; nothing at all.
    """
    rng = random.Random(seed)
    root, other = rng.choice(["layers", "model.layers", "encoder.block"]), rng.randrange(2, 10)
    inside = ["attn.query.weight", "attn.query.bias", "attn.value.weight", "mlp.up.weight", "mlp.down.weight",
              "norm.weight"]
    layers = [f"{root}.{layer}.{part}" for layer in range(rng.choice([11, 12, 13])) for part in inside]
    names = ["embed.weight", *layers, "norm.weight", "norm_old.weight", "head.weight", "head.bias"]
    modules = rng.sample([f"{root}.1", f"{root}.{other}.{rng.choice(['attn', 'mlp', 'attn.query'])}"], 2)
    parts = [[modules[0], *rng.sample([modules[1], rng.choice(names[-2:])], 2)],
             rng.sample([f"{root}.{other}", f"{root}.{other}.mlp", "norm", "embed"], 4),
             ["norm.weight"], []]
    return {"names": names, "parts": parts[seed % 4]}

# %% wrong without_the_dot
# You compare beginnings without the dot, so layers.1 also catches layers.10 and layers.11. Put a dot behind both the
# part and the name before you compare.
def trained_names(names, parts):
    return [name for name in names if any(name.startswith(part) for part in parts)]

# %% wrong anywhere_in_the_name
# You look for the part anywhere in the name. Then layers.1 is found in layers.10 and layers.11, and norm is found in
# every layer that has a norm of its own. Compare whole parts, from the beginning.
def trained_names(names, parts):
    return [name for name in names if any(part in name for part in parts)]

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

# %% wrong pieces_anywhere
# You look for the part's pieces anywhere in the name. Then norm is found in every layer that has a norm of its own. A
# part says its way from the beginning: compare there.
def trained_names(names, parts):
    return [name for name in names if any(f".{part}." in f".{name}." for part in parts)]

# %% wrong once_for_each_part
# A name that lies in two of your parts, in a layer and in a module of this layer, stands twice in your list. Ask
# whether it lies in any of them, and add it once.
def trained_names(names, parts):
    return [name for name in names for part in parts if f"{name}.".startswith(f"{part}.")]

# %% wrong everything_where_no_part
# Where no part is named you train everything. Nothing is named, so nothing is trained.
def trained_names(names, parts):
    return [name for name in names if not parts or any(f"{name}.".startswith(f"{part}.") for part in parts)]

# %% equal in_any_part
# Whether a name lies in any of the parts has nothing to do with their order, nor with what follows the name's last dot.
LINE = "trained += [name] * any((f'{name}.'.startswith(f'{part}.') for part in parts))"
MUTANTS = [f"{LINE} -> {LINE.replace(old, new)}" for old, new in (
    ("in parts", "in turned(parts)"), ("in parts", "in mixed(parts)"), ("f'{name}.'", "f'{name}. '"))]
