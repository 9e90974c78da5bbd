"""The one mechanism by which a method attaches to a frozen model.

Hooks for what changes the model, `prepare` for what changes its input; new parameters live outside the model. So the
base keeps its names and its bits, what is trained is `method.parameters()`, and the small file needs no name filter.

Shapes: B rows, T tokens, P virtual positions, d width, V vocabulary, N labels.
"""
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from course_lib.architecture import check_model, first_position, is_decoder, pool, width_of, with_positions
from course_lib.errors import LARGEST_SEED, CourseError, whole_number
from course_lib.files import user_path, write_bytes
from course_lib.models import weights_hash

_ATTACHED: WeakKeyDictionary = WeakKeyDictionary()   # model -> the method that edits it now
_MERGED: WeakKeyDictionary = WeakKeyDictionary()     # model -> (the method folded into it, [(parameter, what it was)])


def check_free(model, before: str) -> None:
    """CourseError where a method is attached to the model, which must be undone `before` something."""
    if model in _ATTACHED:
        raise CourseError(f"{_ATTACHED[model].name} is attached to this model; leave its `with` block before you "
                          f"{before}.")


class Method(nn.Module):
    """What all methods share. A method says in `settings` how to build it again; it defines `edits`, `prepare` or both.

    `parameters()` is what is trained; `state_dict()` is the small file. The model is never a part of the method.
    With `num_labels` the method owns a head on the last hidden state: N logits from one position, the last real
    one of a decoder's text, the first of an encoder's.
    """

    why_not_merged = ""  # for a method that cannot be folded into the model's own weights: the reason
    takes_source = False  # whether every row of a batch needs another text beside it, in the batch's `source`
    classes: list[str] | None = None  # the names of the head's outputs, in their order, once `fit` has trained it
    last_run: tuple[str, str] | None = None  # where the last run with a checkpoint began and ended, as weights_hash

    def __init__(self, model, settings: dict, num_labels: int | None = None, seed: int = 0):
        super().__init__()
        self.eval()  # as loaded models are; `fit` puts it in training mode
        check_model(model, self.name)
        check_free(model, f"build {self.name} on it")
        seed = whole_number("seed", seed, 0, LARGEST_SEED)
        labels = None if num_labels is None else whole_number("num_labels", num_labels, 2)
        self.settings = {**settings, "num_labels": labels, "seed": seed}
        self.base = weights_hash(model)
        self.decoder = is_decoder(model)
        self.generator = torch.Generator().manual_seed(seed)
        self.head = None
        if labels is not None:
            self.head = nn.Linear(width_of(model), labels, device="meta").to_empty(device="cpu")
            nn.init.normal_(self.head.weight, std=0.02, generator=self.generator)
            nn.init.zeros_(self.head.bias)

    @property
    def name(self) -> str:
        """The name of the class."""
        return type(self).__name__

    # what a method may define

    def edits(self, model) -> Iterator:
        """Edits the model at every site and yields, for each, a handle whose `remove()` undoes it."""
        return iter(())

    def prepare(self, batch: dict) -> dict:
        """What the method does to the inputs.

        Call it inside `on`, once for every call of the model. It fills in the mask, and positions
        that count the text only. The batch itself is left alone.

        Args:
            batch: `input_ids` (B, T) and what else the model takes; `attention_mask` (B, T) may be
                left out.

        Returns:
            The inputs for the model, `model(**inputs)`.

        Raises:
            CourseError: if the method is attached to no model now, or if what stands in the batch
                does not go with the method, such as a text that leaves no room for its vectors.
        """
        model = self.model  # only inside `on`
        batch = {"attention_mask": torch.ones_like(batch["input_ids"]), **batch}
        return with_positions(batch, first_position(model))

    def first_block(self, model) -> int:
        """The first block that the method changes; all that lies below is frozen work."""
        return 0

    def changed_weights(self, model) -> Iterator[tuple[nn.Parameter, torch.Tensor]]:
        """For each weight that the method changes: the model's parameter, and the value that holds the change."""
        raise CourseError(f"{self.name} cannot be merged: {self.why_not_merged}")

    # what every method has

    @contextmanager
    def on(self, model):
        """The block in which this method edits the model.

        All of the model is frozen, and nothing is left once the block ends.

        Args:
            model: the model on which the method was built.

        Yields:
            The method.

        Raises:
            CourseError: if a method is attached to or merged into this model already, if this
                method is attached to another one, or if it was built on another base or in another
                precision.
        """
        if model in _MERGED:
            raise CourseError(f"{_MERGED[model][0].name} is merged into this model, so attaching would change it "
                              "twice. Call its `unmerge(model)` first, or load the model again.")
        if model in _ATTACHED:
            raise CourseError(f"{_ATTACHED[model].name} is attached to this model already; one method at a time.")
        if self in _ATTACHED.values():
            raise CourseError(f"This {self.name} is attached to another model already; one model at a time.")
        self.check_base(model)
        with ExitStack() as undo:
            _ATTACHED[model] = self
            undo.callback(_ATTACHED.pop, model)
            for parameter in model.parameters():
                undo.callback(parameter.requires_grad_, parameter.requires_grad)
                parameter.requires_grad_(False)
            for handle in self.edits(model):
                undo.callback(handle.remove)
            yield self

    def check_base(self, model) -> None:
        """CourseError where this method was not built on this model."""
        check_model(model, self.name)
        kinds = [sorted({str(one.dtype).removeprefix("torch.") for one in [*module.parameters(), *module.buffers()]
                         if one.is_floating_point()}) for module in (model, self)]
        if kinds[1] and kinds[0] != kinds[1]:
            raise CourseError(f"This {self.name} holds {' and '.join(kinds[1])}, and the model "
                              f"{' and '.join(kinds[0])}, which do not go together. Build it on `model.float()`; "
                              "load_model gives float32, too.")
        if weights_hash(model) != self.base:
            raise CourseError(f"This {self.name} was built on another base model: the hash of its weights differs. "
                              f"Load that base again, or build a new {self.name} on this model.")

    @property
    def model(self):
        """The model that this method edits now; CourseError outside of `on`."""
        for model, method in _ATTACHED.items():
            if method is self:
                return model
        raise CourseError(f"{self.name} is attached to no model now. Work inside `with method.on(model):`.")

    def logits(self, model, batch: dict) -> torch.Tensor:
        """With a head (B, N); else the language model's logits for the batch's own tokens, (B, T, V).

        A batch may hold `labels`, which the model does not see, and `logits_to_keep`, a number: then the language
        model's logits are those for the last tokens only.
        """
        T = batch["input_ids"].shape[1]
        inputs = self.prepare(batch)
        inputs.pop("labels", None)
        if self.head is None:
            said = getattr(model(**inputs), "logits", None)                      # (B, P + T, V)
            if said is None or said.dim() != 3:
                raise CourseError(f"{type(model).__name__} says nothing about the tokens of a text, so {self.name} "
                                  "needs a head of its own: build it with num_labels.")
            return said[:, -T:]                                                  # (B, T, V)
        inputs.pop("logits_to_keep", None)
        hidden = model.base_model(**inputs).last_hidden_state                    # (B, P + T, d)
        mask = batch.get("attention_mask", torch.ones_like(batch["input_ids"]))  # of the text alone
        return self.head(pool(hidden[:, -T:], mask, self.decoder))

    # the small file

    def save(self, path: str | Path) -> None:
        """Writes what is trained, and how to build the method again, as one safetensors file.

        Args:
            path: the file; its folder is made.

        Raises:
            CourseError: if nothing can be written there.
        """
        facts = {"method": self.name, "settings": json.dumps(self.settings), "base": self.base}
        if self.classes:
            facts["classes"] = json.dumps(self.classes)
        state = {name: tensor.detach().cpu().contiguous() for name, tensor in self.state_dict().items()}
        target = user_path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(target, save(state, facts))
        except OSError as error:
            raise CourseError(f"The method cannot be saved as {target}: {error.strerror or error}. Name a file in a "
                              "folder that you can write to, such as methods/reviews.safetensors.") from None

    @classmethod
    def load(cls, path: str | Path, model, allow_other_base: bool = False) -> "Method":
        """The method in this file, for `model`.

        Args:
            path: a file that `save` wrote.
            model: the base on which the method was trained.
            allow_other_base: whether a model with other weights will do.

        Returns:
            A method of this class, attached to nothing.

        Raises:
            CourseError: if the file cannot be read or is damaged, if it holds another method or
                none, if it does not fit the model, or if it was trained on another base and that is
                not allowed.
        """
        name = cls.__name__
        check_model(model, name)
        try:
            with safe_open(user_path(path), "pt") as file:
                facts = file.metadata() or {}
                state = {key: file.get_tensor(key) for key in file.keys()}
        except (OSError, SafetensorError) as error:
            raise CourseError(f"{path} cannot be read as a saved method: {error}. Save it again, or look whether the "
                              "path is right.") from None
        if facts.get("method") != name:
            held = f"holds {facts['method']}" if "method" in facts else "holds no method of the course"
            raise CourseError(f"{path} {held}, and you asked for {name}.")
        if facts.get("base") != weights_hash(model) and not allow_other_base:
            raise CourseError(f"{path} was trained on another base model: the hash of its weights differs. Load the "
                              "base that it belongs to; or, if you mean it, say allow_other_base=True.")
        try:
            method = cls(model, **json.loads(facts["settings"]))
            method.load_state_dict(state)
            method.classes = json.loads(facts.get("classes", "null"))
        except (KeyError, TypeError, RuntimeError, ValueError) as error:
            raise CourseError(f"{path} does not fit {name} on this model: {error}") from None
        return method

    # folding the change into the model's own weights

    @torch.no_grad()
    def merge(self, model) -> None:
        """Folds the change into the model's own weights, in place.

        What they were is kept for `unmerge`.

        Args:
            model: the model on which the method was built.

        Raises:
            CourseError: if the change is none of weights, as that of soft prompts, if a method is
                merged into or attached to this model already, if the method was built on another
                base, or if the weights are 4-bit codes or shared with another part of the model.
        """
        for states, what in ((_MERGED, "merged into"), (_ATTACHED, "attached to")):
            if model in states:
                raise CourseError(f"{self.name} cannot be merged now: a method is {what} this model. Undo that first.")
        self.check_base(model)
        changes = list(self.changed_weights(model))
        if not all(isinstance(parameter, nn.Parameter) for parameter, _ in changes):
            raise CourseError(f"{self.name} cannot be merged here: the model's matrices are 4-bit codes, and rounding "
                              "the sum anew would lose much of the change. Use it without merging, or load it onto the "
                              "model before `quantise`, with allow_other_base=True, and merge it there.")
        _MERGED[model] = self, [(parameter, parameter.detach().clone()) for parameter, _ in changes]
        for parameter, value in changes:
            parameter.copy_(value)

    @torch.no_grad()
    def unmerge(self, model) -> None:
        """Puts the kept weights back, bit for bit.

        Subtracting the change again would leave rounding errors.

        Args:
            model: the model into which this method is merged.

        Raises:
            CourseError: if it is not.
        """
        if model not in _MERGED or _MERGED[model][0] is not self:
            raise CourseError(f"This {self.name} is not merged into this model.")
        for parameter, before in _MERGED.pop(model)[1]:
            parameter.copy_(before)
