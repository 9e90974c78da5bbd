"""Fine-tuning of the model's own weights, as a method: it trains copies, and puts them in the originals' places."""
from collections.abc import Callable

from torch import nn

from course_lib.architecture import blocks_below, blocks_of
from course_lib.errors import CourseError
from course_lib.methods.base.method import Method


class Swap:
    """Puts a method's parameter in a model's place until `remove`: the same as what a hook gives back."""

    def __init__(self, module: nn.Module, name: str, parameter: nn.Parameter):
        self.module, self.name, self.before = module, name, getattr(module, name)
        setattr(module, name, parameter)

    def remove(self) -> None:
        """Puts the model's own parameter back."""
        setattr(self.module, self.name, self.before)


class Copies(Method):
    """Trains copies of the model's parameters whose names are `chosen`; inside `on` they stand in for the originals.

    A tensor that the model uses under two names (tied embeddings) is one parameter here, and is put in under both.
    So the base keeps its bits while it is fine-tuned, and the same model shows before and after. CourseError where the
    chosen lie in a quantised layer.
    """

    def __init__(self, model, chosen: Callable[[str], bool], settings: dict, num_labels: int | None, seed: int):
        super().__init__(model, settings, num_labels, seed)
        for path, module in model.named_modules():
            untrainable = getattr(module, "untrainable", "")  # a layer of `quantise` says so
            if untrainable and any(chosen(f"{path}.{name}") for name in module.state_dict()):
                raise CourseError(f"{self.name} trains the model's own weights, and those of {path} are {untrainable}")
        names: dict[nn.Parameter, list[str]] = {}
        for name, parameter in model.named_parameters(remove_duplicate=False):
            names.setdefault(parameter, []).append(name)
        kept = {parameter: all_names for parameter, all_names in names.items() if any(map(chosen, all_names))}
        self.names = list(kept.values())               # of each copy: all names that it has in the model
        self.copies = nn.ParameterList(parameter.detach().clone() for parameter in kept)

    def edits(self, model):
        for names, copy in zip(self.names, self.copies):
            for name in names:
                path, _, last = name.rpartition(".")
                yield Swap(model.get_submodule(path), last, copy)

    def first_block(self, model):
        below = [blocks_below(model, name) for names in self.names for name in names]
        return min(below, default=len(blocks_of(model)))

    def changed_weights(self, model):
        for names, copy in zip(self.names, self.copies):
            yield model.get_parameter(names[0]), copy
