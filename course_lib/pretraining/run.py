"""One pretraining run, from nothing to a model folder.

A run lives in one folder. Stop it or kill it whenever you like: it goes on where its last checkpoint was, with the
same text and to the same bits as if it had never stopped (on one machine, with the same number of threads).
"""
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from tqdm.auto import tqdm
from transformers import PreTrainedTokenizerFast

from course_lib.display import course
from course_lib.errors import CourseError, shown
from course_lib.files import write_text
from course_lib.models.card import make_card
from course_lib.models.configs import Recipe, build_model
from course_lib.models.tokenizer import tokenizer_for
from course_lib.pretraining.checkpoint import export_model, load_checkpoint, save_checkpoint, whole_folder
from course_lib.pretraining.log import Log
from course_lib.pretraining.optimise import Batch, Step, compiled, make_optimizer, mean_loss, train_steps
from course_lib.pretraining.packing import Batches, Documents

VALIDATION_ROWS, VALIDATION_SEED = 200, 1
TOKENIZER_SEED = 0       # of the documents that the merges are learned from: the same for every model
LOG_STEPS, VALIDATE_TOKENS, CHECKPOINT_SECONDS = 50, 500_000, 120


class Pretraining:
    """One run in the folder `out`; `run()` starts it or goes on with it. Set `stop` to end it early."""

    def __init__(self, recipe: Recipe, documents: Documents, out: Path, command: str, device: str = "cpu",
                 compile_loss: bool | None = None, workers: int = 0, keep_every: int | None = None):
        self.recipe, self.documents, self.out, self.command = recipe, documents, out, command
        self.device, self.compile_loss = device, compile_loss
        self.workers, self.keep_every = workers, keep_every
        self.stop = False      # set it (a signal handler does) and the run saves itself after the current step

    def run(self) -> bool:
        """Train to the end and export the model into `out/final`; False if it was stopped and saved before that.

        Raises CourseError for a folder that cannot be written, is somebody else's, or holds another recipe's run.
        """
        recipe = self.recipe
        self.open_folder()
        tokenizer = self.the_tokenizer()
        model = build_model(recipe, tokenizer).to(self.device)
        optimizer = make_optimizer(model, recipe)
        first, spent = load_checkpoint(self.out, model, optimizer)
        log = Log(self.out / "log.jsonl", first)
        validation = list(validation_batches(recipe, self.documents, tokenizer))
        batches = self.training_batches(tokenizer, first)
        loss_function = self.loss_function(model, tokenizer, recipe.steps - first)
        began = saved = time.monotonic()
        bar = tqdm(total=recipe.steps * recipe.tokens_per_step, initial=first * recipe.tokens_per_step,
                   unit=" tokens", unit_scale=True, desc=recipe.name, mininterval=1.0, dynamic_ncols=True)
        recent: list[torch.Tensor] = []
        for step in train_steps(model, recipe, batches, optimizer, first, loss_function):
            recent = [*recent[1 - LOG_STEPS:], step.loss]
            self.log_step(log, bar, step, recent, spent + time.monotonic() - began, model, validation)
            self.keep_copies(model, tokenizer, log, step.number * recipe.tokens_per_step)
            if self.stop or time.monotonic() - saved > CHECKPOINT_SECONDS:
                save_checkpoint(self.out, model, optimizer, step.number, spent + time.monotonic() - began)
                saved = time.monotonic()
            if self.stop and step.number < recipe.steps:
                bar.close()
                return False
        bar.close()
        tokens = recipe.steps * recipe.tokens_per_step
        self.export(self.out / "final", model, tokenizer, log, recipe.name, tokens)
        return True

    def log_step(self, log: Log, bar: tqdm, step: Step, recent: list[torch.Tensor], seconds: float, model,
                 validation: list[Batch]) -> None:
        """Show the step; log the mean of the recent losses, and the loss on held-back text, from time to time."""
        recipe, tokens = self.recipe, step.number * self.recipe.tokens_per_step
        bar.update(recipe.tokens_per_step)
        if step.number % LOG_STEPS == 0 or step.number == recipe.steps:
            train_loss = torch.stack(recent).mean().item()
            bar.set_postfix(loss=f"{train_loss:.3f}")
            log.add(step=step.number, tokens=tokens, train_loss=round(train_loss, 5),
                    learning_rate=step.learning_rate, seconds=round(seconds, 1))
        if crossed(tokens, recipe, VALIDATE_TOKENS) or step.number == recipe.steps:
            log.add(step=step.number, tokens=tokens, validation_loss=round(mean_loss(model, recipe, validation), 4))

    def keep_copies(self, model, tokenizer, log: Log, tokens: int) -> None:
        """Export the early copy at the step that reaches its tokens, and a snapshot every `keep_every` tokens."""
        recipe = self.recipe
        if recipe.early and tokens - recipe.tokens_per_step < recipe.early <= tokens:
            self.export(self.out / "early", model, tokenizer, log, f"{recipe.name}-early", tokens)
        if self.keep_every and crossed(tokens, recipe, self.keep_every):
            folder = self.out / "snapshots" / str(tokens)
            self.export(folder, model, tokenizer, log, f"{recipe.name}-{tokens}", tokens)

    def open_folder(self) -> None:
        """Make the folder, or see that it holds an unfinished run of this very recipe."""
        kept, now = self.out / "recipe.json", asdict(self.recipe)
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            if all(name.endswith(".part") for name in os.listdir(self.out)):     # new, or killed while it was begun
                write_text(kept, json.dumps(now, indent=1))
            before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else None
        except (OSError, ValueError) as error:
            reason = "it is a file" if os.path.isfile(self.out) else error
            raise CourseError(f"{shown(str(self.out))} cannot be the folder of a run: {reason}. "
                              "Give another with --out.") from error
        if not isinstance(before, dict):
            raise CourseError(f"The folder {self.out} is not empty and holds no run of {course('pretrain NAME')}. "
                              "Give a new or an empty folder with --out.")
        if (self.out / "final").exists():
            raise CourseError(f"The run in {self.out} is finished: its model is in {self.out / 'final'}. "
                              "Give another folder with --out, or delete this one to train again.")
        changed = [f"{key} {before.get(key)} -> {value}" for key, value in now.items() if before.get(key) != value]
        if changed:
            raise CourseError(f"The run in {self.out} was started with another recipe ({'; '.join(changed)}). "
                              "Give the same options to go on with it, or another folder with --out.")

    def the_tokenizer(self) -> PreTrainedTokenizerFast:
        """The run's tokenizer: trained once, then kept in its folder."""
        folder = self.out / "tokenizer"
        if not folder.exists():
            with whole_folder(folder) as scratch:
                tokenizer_for(self.recipe.kind, self.documents("train", TOKENIZER_SEED)).save_pretrained(scratch)
        return PreTrainedTokenizerFast.from_pretrained(folder)

    def training_batches(self, tokenizer, first: int) -> torch.utils.data.DataLoader:
        """The batches from number `first` on, prepared by `workers` processes."""
        r = self.recipe
        batches = Batches(self.documents, tokenizer, "train", r.seed, r.rows, r.length, r.steps, r.short_steps)
        return torch.utils.data.DataLoader(batches, batch_size=None, sampler=range(first, r.steps),
                                           num_workers=self.workers)

    def loss_function(self, model, tokenizer, steps: int) -> Callable | None:
        """A compiled loss where it is asked for, or (by default) where it works and the run is long enough."""
        r = self.recipe
        if self.compile_loss is False or (self.compile_loss is None and steps < 400):
            return None
        batch = Batches(self.documents, tokenizer, "train", r.seed, r.rows, r.length, 1)[0]
        print("compiling the loss (about a minute; --no-compile leaves it out) …", flush=True)
        try:
            return compiled(r, model, batch)
        except Exception as error:      # many kinds: no compiler, no headers, no support
            if self.compile_loss:
                raise CourseError(f"Compiling failed here ({type(error).__name__}). It needs a C++ compiler and "
                                  "Python's headers; without --compile the run is slower but works.") from error
            print(f"compiling does not work here ({type(error).__name__}); going on without it.", flush=True)
            model.zero_grad(set_to_none=True)
            return None

    def export(self, folder: Path, model, tokenizer, log: Log, name: str, tokens: int) -> None:
        """Write the model as it is now, `tokens` read, with its card."""
        card = make_card(name, self.recipe, model, self.command, tokens, log.last_train_loss(), log.curve())
        export_model(folder, model, tokenizer, card)


def validation_batches(recipe: Recipe, documents: Documents, tokenizer) -> Batches:
    """200 rows of held-back text, the same for every seed."""
    rows = next(n for n in (20, 10, 5, 1) if n <= recipe.rows)
    return Batches(documents, tokenizer, "validation", VALIDATION_SEED, rows, recipe.length, VALIDATION_ROWS // rows)


def crossed(tokens: int, recipe: Recipe, every: int) -> bool:
    """Whether the step that ended at `tokens` passed a multiple of `every`."""
    return tokens // every > (tokens - recipe.tokens_per_step) // every
