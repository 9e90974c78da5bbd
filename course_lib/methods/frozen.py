"""Frozen layers: only some parts of the model are trained, all else stays as it is."""
from course_lib.architecture import blocks_of, check_model, names_in
from course_lib.errors import CourseError, unknown
from course_lib.methods.base.copies import Copies


class Frozen(Copies):
    """Full fine-tuning of the parts in `train` alone.

    `train` is "last block", or names of modules or parameters: ("model.layers.3", "model.norm"). An
    empty one, (), with `num_labels` trains the head alone: the linear probe. With tied embeddings
    "lm_head" is the input embedding, too. CourseError for a name that is no part of the model.
    """

    def __init__(self, model, train: str | tuple[str, ...] = "last block",
                 num_labels: int | None = None, seed: int = 0):
        check_model(model, "Frozen")
        parts = list(blocks_of(model))[-1:] if train == "last block" else names_in("train", train)
        known = list(model.state_dict())
        within = lambda name, part: f"{name}.".startswith(f"{part}.")
        for part in parts:
            if not any(within(name, part) for name in known):
                raise unknown("part of the model with parameters", part,
                              {name.rpartition(".")[0] for name in known})
        if not parts and num_labels is None:
            raise CourseError("train=() trains nothing but a head, so it needs num_labels, such as "
                              "num_labels=2.")
        super().__init__(model, lambda name: any(within(name, part) for part in parts),
                         {"train": train if train == "last block" else parts}, num_labels, seed)
