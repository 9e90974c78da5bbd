"""A training run kept in one safetensors file, so that it can go on after a kill."""
import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from course_lib.errors import CourseError
from course_lib.files import user_path, write_bytes
from course_lib.models import weights_hash
from course_lib.training.plan import History


def checkpoint_path(given: str | Path) -> Path:
    """The path of a file that can be written; CourseError, before a step is taken, where it is none."""
    path = user_path(given)
    if os.path.isdir(path) or not os.path.isdir(path.parent) or not os.access(path.parent, os.W_OK):
        raise CourseError(f"checkpoint is a file in a folder that you can write to; you gave {str(given)!r}. Make the "
                          "folder first, and add a name such as run.safetensors.")
    return path


def save_run(path: Path, now: dict, best: dict, optimizer: torch.optim.Optimizer, facts: dict) -> None:
    """Writes the parameters as they are and as they were best, the optimizer's state, and the facts of the run."""
    tensors = {f"now.{name}": tensor for name, tensor in now.items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    for place, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{key}": tensor for key, tensor in state.items()}
    content = save({name: tensor.detach().clone() for name, tensor in tensors.items()}, {"run": json.dumps(facts)})
    try:
        write_bytes(path, content)
    except OSError as error:
        raise CourseError(f"The checkpoint {path} cannot be written: {error.strerror}. Name another file.") from None


def read_run(path: Path) -> tuple[dict[str, dict[str, torch.Tensor]], dict]:
    """What `save_run` wrote: ({"now", "best", "optimizer": tensors by name}, the facts). CourseError if damaged."""
    parts: dict[str, dict[str, torch.Tensor]] = {"now": {}, "best": {}, "optimizer": {}}
    try:
        with safe_open(path, "pt") as file:
            for name in file.keys():
                part, _, rest = name.partition(".")
                parts[part][rest] = file.get_tensor(name)
            return parts, dict(json.loads(file.metadata()["run"]))
    except (OSError, SafetensorError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from None


def put_state(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    """Puts a kept state into the optimizer; ValueError where it does not fit."""
    state: dict[int, dict] = {}
    for name, tensor in tensors.items():
        place, key = name.split(".", 1)
        state.setdefault(int(place), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def load_run(path: Path, method, optimizer: torch.optim.Optimizer,
             facts: dict) -> tuple[dict, History, str] | None:
    """Puts a kept run into method and optimizer: (its best parameters, its history, its start); None without a file.

    CourseError for a file that is damaged, or of another run: one of the `facts` differs, or the method is neither
    where that run began nor anywhere that the run itself has brought it.
    """
    if not os.path.exists(path):
        return None
    parts, kept = read_run(path)
    try:
        history = History(**kept.pop("history"))
    except (KeyError, TypeError) as error:
        raise damaged(path, error) from None
    other = [name for name, value in json.loads(json.dumps(facts)).items() if kept.get(name) != value]
    if other == ["start"] and not brought_here(method, kept.get("start"), (parts["best"], parts["now"])):
        raise CourseError(f"{path} is the checkpoint of another run, which differs in start: the method began with "
                          "other numbers than this one holds (another init, or what was loaded or learned before). "
                          "Delete it, name another file, or build the method as it was.")
    if differs := [name for name in other if name != "start"]:
        raise CourseError(f"{path} is the checkpoint of another run, which differs in {' and '.join(differs)}. Delete "
                          "it, or name another file.")
    try:
        method.load_state_dict(parts["best"])  # both must fit
        method.load_state_dict(parts["now"])
        put_state(optimizer, parts["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise damaged(path, error) from None
    return parts["best"], history, kept.get("start")


def brought_here(method, start: str | None, states: tuple[dict, dict]) -> bool:
    """Whether a run that began at `start` brought the method where it is: to a kept state, or where it was stopped.

    The projections of hidden states, which distillation draws anew for every call, do not count.
    """
    own = {name: tensor for name, tensor in method.state_dict().items() if not name.startswith("projections.")}
    stands = lambda state: all(name in state and torch.equal(tensor, state[name]) for name, tensor in own.items())
    return method.last_run == (start, weights_hash(method)) or any(map(stands, states))


def damaged(path: Path, error: Exception) -> CourseError:
    """What is said of a file that holds no run, or not all of one."""
    return CourseError(f"{path} cannot be read as the checkpoint of a run ({' '.join(str(error).split())}). Delete "
                       "it, or name another file.")
