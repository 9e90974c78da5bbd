# %% [markdown] title
# # Exercise 02 · Fine-tuning, built by hand
#
# The tasks: one line, a loop, an honest choice, and a bill. You build from scratch what [lesson
# 02](../notebooks/02_fine_tuning.ipynb) used ready-made. Below each task stands a check. Run it as often as
# you like: it names the likely mistake, and what you have solved is kept. Below the check, your own code
# meets the model.

# %% start
import copy

import torch

from course_lib import load_model, load_task
from course_lib.training.batches import Batches, loss_of
from course_lib.checks import check, passed
from course_lib.methods import FullFineTuning

model, tokenizer = load_model("orchard-s")
task = load_task("reviews")
read = FullFineTuning(model)  # tells how its batches look


def batch_of(rows):
    """A batch of all these rows."""
    return Batches(model, tokenizer, rows, read).batch(list(range(len(rows))))

# %% loss
def loss_on(one_model, batch):
    """The loss of a model on a batch, in nats."""
    position_ids = (batch["attention_mask"].cumsum(1) - 1).clamp(0)  # (B, T), padded on the left
    inputs = {key: value for key, value in batch.items() if key != "labels"}
    return loss_of(one_model(**inputs, position_ids=position_ids).logits, batch["labels"])

# %% task 02.1

# %% [markdown] your-step-question
# With the real model: one plain step on eight reviews, with three rates. Which of them lowers the loss on
# these eight? And what does a rate do that is too large?

# %% your-step
if passed("02.1"):
    eight = batch_of(task["train"].select(range(8)))
    for rate in (0.001, 0.01, 1.0):
        pupil = copy.deepcopy(model)
        weights = list(pupil.parameters())
        before = loss_on(pupil, eight)
        moved = sgd_step([w.detach() for w in weights],
                         list(torch.autograd.grad(before, weights)), rate)
        with torch.no_grad():
            for w, new in zip(weights, moved):
                w.copy_(new)
            print(f"rate {rate:<6}  loss {before:.3f} -> {loss_on(pupil, eight):.3f}")

# %% task 02.2

# %% [markdown] your-loop-question
# With the real model and sixteen labels: your loop trains, and stops. Look at the two columns: which loss
# goes on falling, and which does not?

# %% your-loop-parts
sixteen, unseen = task["train"].select(range(16)), task["validation"].select(range(48))
batches = {"train": batch_of(sixteen), "validation": batch_of(unseen)}


def practice(pupil, training_losses):
    """(a function that takes a step of AdamW, a function that measures) for the loop."""
    optimizer = torch.optim.AdamW(pupil.parameters(), lr=5e-4, weight_decay=0.0)

    def train_step():
        optimizer.zero_grad()
        loss = loss_on(pupil, batches["train"])
        loss.backward()
        optimizer.step()
        training_losses.append(loss.item())

    return train_step, torch.no_grad()(lambda split: loss_on(pupil, batches[split]).item())

# %% your-loop
if passed("02.2"):
    pupil, training = copy.deepcopy(model), []
    train_step, measure = practice(pupil, training)
    validation = train_with_early_stopping(pupil, train_step, measure, 30, every=3, patience=2)
    print("step   training   validation")
    for place, loss in enumerate(validation, 1):
        mark = "  kept" if loss == min(validation) else ""
        print(f"{3 * place:4}   {training[3 * place - 1]:8.4f}   {loss:8.4f}{mark}")
    print(f"Stopped after {len(training)} steps; in the model now: {measure('validation'):.4f}.")

# %% task 02.3

# %% [markdown] your-choice-question
# With the real model: the lesson's four rates, 64 labels, short runs. Your function chooses and reports; every
# score that it asks for is printed. How far may the reported one lie off, with so few test rows? And would the
# highest rate have been a good guess?

# %% your-choice
from course_lib import evaluate, fit

parts = {split: task[split].select(range(n))
         for split, n in (("train", 64), ("validation", 64), ("test", 100))}


def train_at(rate):
    tuned = FullFineTuning(model)
    fit(model, tokenizer, {"train": parts["train"]}, tuned, steps=20, batch_size=8,
        learning_rate=rate, progress=False)
    return tuned


def right_on(tuned, split):
    score = evaluate(model, tokenizer, parts[split], tuned)["accuracy"]
    print(f"right on {split}: {score:.2f}")
    return score


if passed("02.3"):
    chosen, reported = choose_and_report([1e-4, 3e-4, 1e-3, 3e-3], train_at, right_on)
    print(f"Chosen: {chosen:g}. Right answers on {len(parts['test'])} test rows: {reported:.2f}")

# %% task 02.4

# %% [markdown] your-bill-question
# The texts' own case: 175 billion parameters in 16 bits, and a soft prompt of 20 vectors of 12,288 numbers
# for each task. From how many tasks on is the difference more than a terabyte?

# %% your-bill
if passed("02.4"):
    for n_tasks in (1, 2, 3, 4, 5, 10, 100):
        full, shared = disk_gigabytes(175_000_000_000, 16, n_tasks, 20 * 12_288)
        print(f"tasks {n_tasks:3}: {full:8,.0f} GB in full copies, {shared:6.1f} GB with one base")

# %% [markdown] end
# You have built a step, a loop that stops in time, and a choice that does not fool itself. To see what you
# have solved so far, run `%run -m course_lib.cli progress` in a cell.
