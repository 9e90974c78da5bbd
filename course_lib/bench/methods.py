"""`course bench methods`: a training step of ours next to the library's, and what the reuse of frozen work saves.

What is equal on both sides of a ratio: the weights of the base, the batch (32 reviews, padded on the left), the logits
that are computed (those of the answer's places alone), the loss, the optimizer, and the work: forward, backward, step.
Ours counts the positions from the mask in every step; the libraries are given them ready made, but for peft's prompt
tuning, which takes none. Full fine-tuning is the step of `fit` as it is, next to what Trainer does for each batch with
its defaults: training_step, clipping, optimizer, schedule. pyreft is measured where it is installed.

The two run in turns (pairs.py), and the clock is the processor's, on one thread. A ratio is that of the two medians.
"""
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import peft
import torch
from transformers import Trainer, TrainingArguments

from course_lib.architecture import with_positions
from course_lib.bench.pairs import PAIRS, WARM_UP, interleaved, one_thread, ratio
from course_lib.bench.rows import Gate, Measured, Table, at_least, at_most, exact, share
from course_lib.evaluation import evaluate
from course_lib.experiments.setting import whole
from course_lib.methods import Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.models import load_model
from course_lib.training.batches import Batches, loss_of
from course_lib.training.loop import Run, fit
from course_lib.training.plan import Plan
from course_lib.world import load_task

MODEL, ROWS, RATE = "orchard-s", 32, 1e-3
LENGTH, RANK, ALPHA = 20, 8, 16          # virtual tokens; LoRA's rank and alpha
EPOCH_ROWS, EPOCHS, REPEATS = 128, 5, 3  # of the reuse: the first epoch of each run is not measured
TEST_ROWS = 200
UNGATED: Gate = ("–", lambda figure: True)


def step_of(parameters, logits: Callable[[], torch.Tensor], labels: torch.Tensor) -> Callable[[], None]:
    """One training step: forward, backward, AdamW."""
    optimizer = torch.optim.AdamW(parameters, RATE, fused=True)

    def step() -> None:
        loss = loss_of(logits(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return step


def trained(module) -> list[torch.nn.Parameter]:
    """The parameters that a library trains."""
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def first_reviews(model, tokenizer, method) -> Batches:
    """The first 32 reviews of the training split."""
    return Batches(model, tokenizer, load_task("reviews")["train"].select(range(ROWS)), method)


def over_library(build: Callable, library_logits: Callable) -> Measured:
    """A step of our method over that of a library: library_logits(its base, batch) gives (its model, a function of no
    argument that computes its logits).
    """
    (model, tokenizer), (other, _) = load_model(MODEL), load_model(MODEL)
    method = build(model)
    batch = first_reviews(model, tokenizer, method).batch(list(range(ROWS)))
    with warnings.catch_warnings(action="ignore"):  # the libraries use names that others will drop
        library, theirs = library_logits(other, batch)
    with method.on(model):
        return ratio(interleaved(step_of(method.parameters(), lambda: method.logits(model, batch), batch["labels"]),
                                 step_of(trained(library), theirs, batch["labels"])))


def by_peft(config: peft.PeftConfig) -> Callable:
    """peft's side, for `over_library`."""
    def library_logits(other, batch) -> tuple:
        library = peft.get_peft_model(other, config).train()
        given = {name: value for name, value in batch.items() if name != "labels"}
        given = given if config.peft_type == "PROMPT_TUNING" else with_positions(given)
        return library, lambda: library(**given).logits
    return library_logits


def by_pyreft(other, batch) -> tuple:
    """pyreft's side: LoReFT of rank 4 on every block, on the prompt's first and last position."""
    import pyreft

    layers, d = [layer for layer in range(other.config.num_hidden_layers) for _ in range(2)], other.config.hidden_size
    edit = lambda: pyreft.LoreftIntervention(embed_dim=d, low_rank_dimension=4, dtype=torch.float32)
    library = pyreft.get_reft_model(other, pyreft.ReftConfig(representations=[
        {"layer": layer, "component": "block_output", "low_rank_dimension": 4, "intervention": edit()}
        for layer in layers]), set_device=False)
    prompt = batch["attention_mask"] * (batch["labels"] == -100)                             # (B, T)
    first, last = prompt.argmax(1), prompt.shape[1] - 1 - prompt.flip(1).argmax(1)           # (B,)
    places = [[[place] for place in side.tolist()] for side in (first, last)] * other.config.num_hidden_layers
    given = with_positions({name: value for name, value in batch.items() if name != "labels"})
    return library, lambda: library(given, unit_locations={"sources->base": (None, places)})[1].logits


def over_trainer() -> Measured:
    """A step of `fit` under full fine-tuning over that of transformers.Trainer."""
    (model, tokenizer), (other, _) = load_model(MODEL), load_model(MODEL)
    method, rows, steps = FullFineTuning(model), list(range(ROWS)), WARM_UP + PAIRS
    data = first_reviews(model, tokenizer, method)
    batch = data.batch(rows)
    data.batch = lambda index: batch  # made already, on both sides
    plan = Plan(steps, RATE, seed=0, batch_size=ROWS, warm_up=0.0, weight_decay=0.0, clip=1.0, validate_every=steps,
                patience=None)
    run = Run(method, {"train": data}, plan, lambda given, keys: method.logits(model, given), None)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(folder, use_cpu=True, max_steps=steps, learning_rate=RATE, report_to=[])
        trainer = Trainer(other, arguments,
                          compute_loss_func=lambda out, labels, num_items_in_batch: loss_of(out.logits, labels))
    trainer.create_optimizer_and_scheduler(steps)
    given = with_positions(batch)

    def theirs() -> None:
        trainer.training_step(other, dict(given))
        trainer.accelerator.clip_grad_norm_(other.parameters(), arguments.max_grad_norm)
        trainer.optimizer.step()
        trainer.lr_scheduler.step()
        other.zero_grad()

    with method.on(model):
        return ratio(interleaved(lambda: run.take(len(run.history.loss) + 1, rows), theirs))


def epochs(model, tokenizer, task, method, reuse: bool) -> tuple[list[float], float]:
    """Seconds of every epoch after the first, and the last step's loss, of one run."""
    marks = []
    history = whole(fit(model, tokenizer, task, method, EPOCHS, RATE, batch_size=ROWS, reuse=reuse, progress=False,
                        watch=lambda history: marks.append(time.process_time())))
    steps = EPOCH_ROWS // ROWS
    ends = marks[steps - 1 :: steps]
    return [after - before for before, after in zip(ends, ends[1:])], history.loss[-1]


def reuse(table: Table, name: str, build: Callable, gate: Gate) -> None:
    """The rows of one method: how many times as fast, and what it has learned without and with reuse."""
    model, tokenizer = load_model(MODEL)
    task, pairs = load_task("reviews"), []
    train, test = {"train": task["train"].select(range(EPOCH_ROWS))}, task["test"].select(range(TEST_ROWS))
    for _ in range(REPEATS):
        plain, kept = build(model), build(model)
        seconds, loss = epochs(model, tokenizer, train, plain, reuse=False)
        seconds_kept, loss_kept = epochs(model, tokenizer, train, kept, reuse=True)
        pairs += zip(seconds, seconds_kept)
    table.add(MODEL, f"{name}: times as fast with reuse", ratio(pairs), gate)
    right, right_kept = (evaluate(model, tokenizer, test, method)["accuracy"] for method in (plain, kept))
    add = lambda what, figure, must=UNGATED: table.add(MODEL, f"{name}: {what} reuse", figure, must)
    add("last loss without", exact(loss))
    add("last loss with", exact(loss_kept), ("the same ± .001", lambda figure: abs(figure.value - loss) <= 1e-3))
    add("accuracy without", share(right, TEST_ROWS))
    add("accuracy with", share(right_kept, TEST_ROWS), ("the same", lambda figure: right_kept == right))


def methods() -> bool:
    """Prints the table; whether every row holds."""
    table = Table()
    virtual = {"task_type": "CAUSAL_LM", "num_virtual_tokens": LENGTH}
    low_rank = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=["q_proj", "v_proj"])
    add = lambda what, figure, gate: table.add(MODEL, f"a step of {what}", figure, gate)
    with one_thread():
        add("LoRA over peft's", over_library(lambda m: LoRA(m, rank=RANK, alpha=ALPHA), by_peft(low_rank)), at_most(1))
        add("prompt tuning over peft's", over_library(
            lambda m: PromptTuning(m, LENGTH), by_peft(peft.PromptTuningConfig(**virtual))), at_most(1.05))
        add("prefix tuning over peft's", over_library(
            lambda m: PrefixTuning(m, LENGTH), by_peft(peft.PrefixTuningConfig(**virtual))), at_most(1.05))
        if find_spec("pyreft"):
            add("LoReFT over pyreft's", over_library(LoReFT, by_pyreft), UNGATED)
        add("full fine-tuning over Trainer's", over_trainer(), at_most(1))
        reuse(table, "head only", lambda model: Frozen(model, (), num_labels=2), at_least(10))
        reuse(table, "last block", Frozen, at_least(1.7))
    return all(row.holds for row in table.rows)
