"""One loop for every method. It asks a method for its logits and its parameters, and knows no more of it.

Shapes as in batches.py.
"""
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import torch
from tqdm.auto import tqdm

from course_lib.architecture import evaluating
from course_lib.errors import CourseError, shown
from course_lib.models import weights_hash
from course_lib.models.seeding import seeded
from course_lib.training.batches import Batches, check_loss, check_method, loss_of
from course_lib.training.checkpoint import checkpoint_path, load_run, save_run
from course_lib.training.plan import History, Plan, make_plan
from course_lib.training.reuse import FrozenWork

VALIDATION_ROWS = 64  # in one forward pass
ALSO_CALLED = ("validation", "val", "valid", "dev", "development", "eval", "evaluation")  # what others call that split


def fit(model, tokenizer, task, method, epochs: int = 3, learning_rate: float = 2e-3, seed: int = 0, *,
        steps: int | None = None, batch_size: int = 32, warm_up: float = 0.1, weight_decay: float = 0.0,
        clip: float = 1.0, validate_every: int | None = None, patience: int | None = None, reuse: bool = False,
        checkpoint: str | Path | None = None, watch: Callable[[History], None] | None = None,
        progress: bool = True, loss: Callable | None = None) -> History:
    """Trains `method` on `task["train"]`; the model keeps its bits.

    The same seed gives the same bits again. AdamW; the learning rate rises over the share `warm_up`
    of the steps, then falls to 0 in a straight line; the model's own dropout is off. Where the task
    has a validation split, the loss on it is measured every `validate_every` steps and at the end,
    and the method ends with the parameters that did best there. Stopping by hand
    (Kernel, Interrupt) keeps what was learned: the best that was measured, or, before any
    measurement, what there is.

    Args:
        model: the base, on which the method was built.
        tokenizer: the tokenizer of that model.
        task: {split: rows}, such as load_task("reviews"): train, and validation if there is one.
        method: what is trained, in place.
        epochs: how often all rows are read, 1 or more.
        learning_rate: the highest of the run, above 0 and at most 10.
        seed: of the order of the rows and of the method's dropout, from 0 to 2**32 - 1.
        steps: how many steps to take; if given, it stands in for the epochs.
        batch_size: rows in one step.
        warm_up: the share of the steps over which the learning rate rises, from 0 to 1.
        weight_decay: AdamW's, from 0 to 10.
        clip: the norm to which gradients are clipped, above 0.
        validate_every: steps between two measurements on validation; None: every epoch.
        patience: stops after so many measurements that were no better than the best; None: never.
        reuse: whether frozen blocks are computed once (reuse.py).
        checkpoint: a file that is written at every measurement. The same call goes on from it after
            a kill, with the same bits (under `reuse`, up to rounding), with a method that is built
            as it was.
        watch: called with the history after every step, and its `finish`, if it has one, at the
            end: `watch=plots.LiveCurve()` draws the losses in a notebook.
        progress: whether to show a bar.
        loss: loss(logits, batch, keys) -> (), in place of the cross entropy of the labels; a key
            names a row, such as ("train", 17). So that a checkpoint knows it from other losses, it
            has `settings`: see distillation/loop.py.

    Returns:
        The history of the run: the loss (nats) and learning rate of each step, the validations, and
        which step was best.

    Raises:
        CourseError: if the method was not built on this model or has nothing to train, if the task,
            its rows or a number cannot be used, if `patience` has no validation split, if the
            checkpoint cannot be written or is that of another run, if `reuse` finds nothing frozen,
            or if the loss is no number any more. After any error the method is what it was before.
    """
    check_method(model, method)
    if not list(method.parameters()):
        raise CourseError(f"This {method.name} has nothing to train: it is used as it is, in `with method.on(model):`, "
                          "or as `method=`.")
    parts = batches_of(model, tokenizer, task, method)
    check_loss(loss, task["train"])
    plan = make_plan(len(parts["train"]), epochs=epochs, learning_rate=learning_rate, seed=seed, steps=steps,
                     batch_size=batch_size, warm_up=warm_up, weight_decay=weight_decay, clip=clip,
                     validate_every=validate_every, patience=patience)
    if patience is not None and "validation" not in parts:
        raise CourseError("patience stops on the validation loss, and this task has no split called validation. Leave "
                          "patience out, or give the task one.")
    before, classes = copied(method), method.classes
    try:
        method.classes = parts["train"].names or None
        with torch.enable_grad(), evaluating(model), method.on(model):
            for split, part in parts.items():
                check_longest(method, part, split)
            logits = FrozenWork(model, method).logits if reuse else lambda batch, keys: method.logits(model, batch)
            run = Run(method, parts, plan, logits, None if checkpoint is None else checkpoint_path(checkpoint), loss)
            run.go(watch, progress)
            if checkpoint is not None:
                method.last_run = run.start, weights_hash(method)
    except Exception:
        method.load_state_dict(before)
        method.classes = classes
        raise
    finally:
        method.eval()
    if hasattr(watch, "finish"):
        watch.finish(run.history)
    return run.history


class Run:
    """One training run: `go` takes the steps that are left, and leaves the best parameters in the method."""

    def __init__(self, method, parts: dict[str, Batches], plan: Plan, logits, checkpoint: Path | None, loss=None):
        self.method, self.parts, self.plan, self.logits, self.checkpoint = method, parts, plan, logits, checkpoint
        self.loss_of = loss or (lambda logits, batch, keys: loss_of(logits, batch["labels"]))
        self.best, self.history = copied(method), History()
        self.optimizer = torch.optim.AdamW(method.parameters(), weight_decay=plan.weight_decay, fused=True)
        self.start = None if checkpoint is None else weights_hash(method)
        if checkpoint is not None and (found := load_run(checkpoint, method, self.optimizer, self.facts())):
            self.best, self.history, self.start = found

    def facts(self) -> dict:
        """What makes this run another one than others."""
        return {"method": self.method.name, "settings": self.method.settings, "base": self.method.base,
                **asdict(self.plan), "loss": getattr(self.loss_of, "settings", None), "start": self.start,
                "rows": {split: part.fingerprint() for split, part in self.parts.items()}}

    def go(self, watch, progress: bool) -> None:
        """Takes steps until the end, until validation says to stop, or until somebody does."""
        try:
            self.take_steps(watch, progress)
        except KeyboardInterrupt:
            self.history.stopped = "interrupted"
        if self.history.best_step is not None:
            self.method.load_state_dict(self.best)
        elif self.history.loss:  # nothing was measured: the last parameters stay
            self.history.best_step = len(self.history.loss)

    def take_steps(self, watch, progress: bool) -> None:
        """The steps that are left, with their measurements."""
        done, total = len(self.history.loss), self.plan.steps
        batches = islice(self.plan.batches(len(self.parts["train"])), done, total)
        self.method.train()
        with tqdm(total=total, initial=done, desc=self.method.name, unit="step", disable=not progress) as bar:
            for step, rows in enumerate(batches, done + 1):
                if self.stops_early():
                    self.history.stopped = "early"
                    return
                start = time.perf_counter()
                self.take(step, rows)
                if step % self.plan.validate_every == 0 or step == total:
                    self.measure(step)
                self.history.seconds += time.perf_counter() - start
                bar.set_postfix_str(f"loss {self.history.loss[-1]:.3f}", refresh=False)
                bar.update()
                if watch:
                    watch(self.history)

    def take(self, step: int, rows: list[int]) -> None:
        """One step of AdamW on these rows."""
        rate, where = self.plan.rate(step - 1), f"in the batch of the rows {shown(rows)}"
        # dropout depends on the step alone, so that a run can be gone on with
        with seeded(self.plan.seed + step):
            loss = self.loss("train", rows)
        value = self.finite("loss", loss.item(), step, where)
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.method.parameters(), self.plan.clip)
        self.finite("size of the gradient", norm.item(), step, where)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.history.loss.append(value)
        self.history.learning_rate.append(rate)

    def loss(self, split: str, rows: list[int]) -> torch.Tensor:
        """The mean loss of these rows, in nats, or what the given loss says."""
        batch, keys = self.parts[split].batch(rows), [(split, row) for row in rows]
        return self.loss_of(self.logits(batch, keys), batch, keys)

    def measure(self, step: int) -> None:
        """Measures the loss on validation, keeps the best parameters, and writes the checkpoint."""
        if "validation" in self.parts:
            n, total = len(self.parts["validation"]), 0.0
            with evaluating(self.method), torch.no_grad():
                for rows in torch.arange(n).split(VALIDATION_ROWS):
                    total += len(rows) * self.loss("validation", rows.tolist()).item()
            loss = self.finite("loss", total / n, step, "on the validation split")
            if loss < self.history.best_loss:
                self.best, self.history.best_step = copied(self.method), step
            self.history.validation.append({"step": step, "loss": loss})
        if self.checkpoint is not None:
            save_run(self.checkpoint, self.method.state_dict(), self.best, self.optimizer,
                     {**self.facts(), "history": asdict(self.history)})

    def stops_early(self) -> bool:
        """Whether the last `patience` measurements were no better than the best before them."""
        if self.plan.patience is None or not self.history.validation:
            return False
        places = [point["step"] for point in self.history.validation]
        return len(places) - 1 - places.index(self.history.best_step) >= self.plan.patience

    def finite(self, what: str, value: float, step: int, where: str) -> float:
        """The value; CourseError where it is no number any more."""
        if math.isfinite(value):
            return value
        cause = ("Most often that rate is too high: try a tenth of it" if step > 1 else
                 "Nothing was learned before it, so the method or the model holds nan, or far too "
                 "large numbers: build it, or load it, again")
        raise CourseError(f"The {what} is {value} at step {step}, {where}, at the learning rate "
                          f"{self.plan.rate(step - 1):.2g}. {cause}. The method is what it was before this run, and "
                          "so is the model.")


def batches_of(model, tokenizer, task, method) -> dict[str, Batches]:
    """The batches of train and, where there is one, validation; CourseError for what is no task, or has no train."""
    if not isinstance(task, dict):
        raise CourseError("A task is a dictionary of splits, such as load_task('reviews') or {'train': rows}; you gave "
                          f"{shown(task)}.")
    if "train" not in task:
        raise CourseError(f"The task has no split called train; it has {', '.join(map(str, task)) or 'none'}.")
    meant = [split for split in task if str(split).lower() in ALSO_CALLED]
    if meant and "validation" not in task:
        raise CourseError(f"The split {shown(meant[0])} would not be read. If it is for validation, call it so: "
                          "{'train': rows, 'validation': other_rows}; if not, leave it out.")
    parts: dict[str, Batches] = {}
    for split in ("train", "validation"):
        classes = parts["train"].names if parts else None
        if split in task:
            try:
                parts[split] = Batches(model, tokenizer, task[split], method, classes)
            except CourseError as error:
                raise CourseError(f"The split {split}: {error}") from None
    return parts


def check_longest(method, part: Batches, split: str) -> None:
    """CourseError, with the text, where the method leaves no room for the longest one."""
    try:
        method.prepare(part.batch([part.longest]))
    except CourseError as error:
        where = f"The split {split}, row {part.longest}, {shown(part.texts[part.longest])}"
        raise CourseError(f"{where}: {error}") from None


def copied(method) -> dict[str, torch.Tensor]:
    """The method's parameters as they are now."""
    return {name: tensor.clone() for name, tensor in method.state_dict().items()}
