# %% [markdown] title
# # Lesson 02 · Full fine-tuning and the six-step process
#
# **What this lesson claims:** fine-tuning goes on with training, on your task, and moves every parameter the
# model has. You need Python, [lesson 00](00_start_here.ipynb) for the loss, and
# [lesson 01](01_prompting.ipynb) for the task that prompts could not solve. After it you can
#
# - take one training step by hand, and say which parameters it moves and which not;
# - carry a task through the six steps: prepare, split, choose, train, evaluate, deploy;
# - read a training curve, and stop before the model learns its examples by heart;
# - say what full fine-tuning costs in operations, in memory and on disk.

# %% setup
from course_lib.lesson import start

lesson = start("02")

# %% [markdown] one-step
# ## What is one training step?
#
# Take sixteen labelled reviews. Compute the loss, then its gradient: for each parameter the direction in
# which the loss rises. Move every parameter a little the other way. That is all, and training repeats it.
# How many of the parameters does **one** such step change? Guess first.

# %% one-step-predict
from course_lib.quiz import predict, reveal

predict("02.moved")

# %% load
from course_lib import load_model, load_task

model, tokenizer = load_model("orchard-s")
task = load_task("reviews")
rows = task["train"].select(range(16))
print(rows[0]["prompt"], "->", rows[0]["answer"])

# %% helpers
from course_lib.display import decimal, fold, percent, say, show_source
from course_lib.plots import bars, curve, show, show_shares

# %% [markdown] loss
# The loss is the one of lesson 00: minus the logarithm of the probability of each token that should have
# come. But here only the **answer** counts, its word and the newline that ends it; the review is only read.

# %% loss-by-hand
import copy

import torch

tuned_by_hand = copy.deepcopy(model)                    # the base itself stays as it is


def answer_losses(prompt, answer):
    """-ln p of each token of the answer, given everything before it."""
    head = tokenizer(prompt)["input_ids"]                                           # P tokens
    tail = tokenizer(f" {answer}\n")["input_ids"]                                   # A tokens
    logits = tuned_by_hand(torch.tensor([head + tail])).logits[0]                   # (P + A, V)
    before = range(len(head) - 1, len(head) + len(tail) - 1)                        # A places
    return -logits[before].log_softmax(-1)[range(len(tail)), tail]                  # (A,)


loss = torch.cat([answer_losses(*pair) for pair in zip(rows["prompt"], rows["answer"])]).mean()
loss.backward()                                         # each parameter now has its gradient
print(f"Loss before the step: {loss.item():.3f} nats.")

# %% [markdown] step
# Now move. The plainest rule is $w - \eta\,g$, with the learning rate $\eta$ and the gradient $g$. The usual
# one, *AdamW*, divides the gradient by its own typical size. At the very first step that size is $|g|$
# itself, so every parameter moves by nearly the same distance, the rate. By hand, then with the library:

# %% step-by-hand
RATE, EPS = 3e-4, 1e-8
tuned_by_hand.load_state_dict(model.state_dict())       # the first step, however often you run this
moves = {name: -RATE * p.grad / (p.grad.abs() + EPS)    # the first step of AdamW, in one line
         for name, p in tuned_by_hand.named_parameters()}
torch.optim.AdamW(tuned_by_hand.parameters(), lr=RATE, weight_decay=0.0, eps=EPS).step()

originals = dict(model.named_parameters())
for name, p in tuned_by_hand.named_parameters():
    assert torch.allclose(p, originals[name] + moves[name], atol=1e-7), name

total = sum(p.numel() for p in originals.values())
moved = sum((p != originals[name]).sum().item() for name, p in tuned_by_hand.named_parameters())
reveal("02.moved", 100 * moved / total)
say(f"**{moved:,} of {total:,}** parameters have another value after one step on sixteen reviews.")

# %% [markdown] far
# How far did they go? Measure it against the size of what was there: the mean distance of a parameter over
# the mean size of the parameters around it.

# %% far-picture
groups = {"embeddings (tied)": "embed_tokens"} | {
    f"block {n + 1}, {part}": f"layers.{n}.{key}" for n in range(len(model.model.layers))
    for part, key in (("attention", "self_attn"), ("feed-forward", "mlp"))}
share_moved = {}
for label, key in groups.items():
    pairs = [(moves[name], originals[name]) for name in moves if key in name]
    share_moved[label] = (sum(m.abs().sum() for m, _ in pairs)
                          / sum(w.abs().sum() for _, w in pairs)).item()
told = ", ".join(f"{label} {100 * value:.2f} %" for label, value in share_moved.items())
show(bars(list(share_moved), list(share_moved.values()), number=lambda x: f"{100 * x:.2f} %",
          x_label="distance of one step, against the parameters' size"),
     alt=f"Bars with the relative distance of one step: {told}.",
     caption=f"One AdamW step at the rate {RATE:g}, on 16 reviews. Norm vectors are left out.")

# %% [markdown] still
# Nothing stayed behind, and nothing jumped. But why did the rows of the embedding table move whose tokens
# are in none of the sixteen reviews? Because this model uses the table **twice**: to read, and to compare
# with at the end, where every token of the vocabulary takes part in the softmax. The control is the same
# model with two separate tables.

# %% still-run
from course_lib.experiments.one_step import moved_by_one_step, untied_copy

untied = untied_copy(model)  # the table for reading is no longer the one at the end
after_step = {"tied": moved_by_one_step(model, tokenizer, rows, decay=0.0),
              "untied": moved_by_one_step(untied, tokenizer, rows, decay=0.0),
              "untied_decay": moved_by_one_step(untied, tokenizer, rows, decay=0.01)}
seen = len({i for ids in tokenizer(rows["prompt"][:])["input_ids"] for i in ids})
say("| embeddings | weight decay | share moved |\n|---|---|---|\n" + "\n".join(
    f"| {kind} | {decay} | {100 * after_step[key]:.2f} % |" for key, kind, decay in (
        ("tied", "one table, as here", "none"), ("untied", "two tables", "none"),
        ("untied_decay", "two tables", "some"))))
say(f"The reviews hold {seen} of {len(tokenizer):,} tokens. With two tables, the reading rows of "
    "the others get a gradient of exactly zero and stay. *Weight decay*, which shrinks every "
    "parameter a little at each step, moves those too.")

# %% [markdown] same
# ## The same, as the course does it
#
# `FullFineTuning` owns copies of all parameters and puts them in the originals' places while it works, so the
# base keeps its bits and you can compare before and after. `fit` is the loop around the step. Is its loss
# the one that you computed by hand? And how many parameters has the tuned model?

# %% same-run
from course_lib.training.batches import Batches, loss_of
from course_lib.methods import FullFineTuning
from course_lib.training.loop import Run

full = FullFineTuning(model)
batch = Batches(model, tokenizer, rows, full).batch(list(range(16)))  # padded: (B, T)
with full.on(model), torch.no_grad():
    theirs = loss_of(full.logits(model, batch), batch["labels"])
assert torch.isclose(loss, theirs, rtol=1e-4)
n_tuned = sum(p.numel() for p in full.parameters())
assert n_tuned == total
say(f"Both losses are {theirs:.3f} nats. The base has {total:,} parameters, the tuned model "
    f"{n_tuned:,}: fine-tuning changes their values and not their number.")
show_source(Run.take)

# %% [markdown] prepare
# ## Step 1: prepare the data
#
# The guide that this lesson tests gives six steps: prepare the data, split it, choose the hyperparameters,
# train with early stopping, evaluate, deploy and watch. We do them in order. First look: at the texts, at the
# balance of the labels, at the lengths. A model can only learn what stands there.

# %% prepare-run
for row in task["train"].select(range(3)):
    print(f"[{row['answer']}] {row['text']}\n")

table = []
for name, part in task.items():
    lengths = sorted(len(text.split()) for text in part["text"])
    positive = sum(part["label"][:]) / len(part)
    table.append(f"| {name} | {len(part):,} | {percent(positive)} | "
                 f"{lengths[len(lengths) // 2]} | {lengths[-1]} |")
say("| split | rows | positive | words, median | most |\n|---|---|---|---|---|\n"
    + "\n".join(table))

# %% [markdown] split
# ## Step 2: split it, without leaks
#
# You will judge the model on reviews that it was not trained on. Nobody is helped if those were trained on
# in other words, or in the same. So count the sentences that two splits share; the control shows that the
# counter can find some.

# %% split-run
import re


def sentences(rows):
    return {one for text in rows["text"] for one in re.split(r"(?<=[.!?])\s+", text)}


def shared(a, b):
    return len(sentences(a) & sentences(b))


train, test = task["train"], task["test"]
halves = shared(train.select(range(2048)), train.select(range(2048, 4096)))
say(f"Sentences that test shares with train: **{shared(test, train)}**, with validation: "
    f"**{shared(test, task['validation'])}**. Two halves of train share {halves:,}.")
assert not shared(test, train) and not shared(test, task["validation"])

# %% [markdown] words
# Before any training, the cheapest control: a **bag of words** sees which words occur in a review and
# nothing of their order. What it reaches needs no language model. It gets the same 128 labels as ours, of short
# reviews: every row of a batch is filled up to the length of its longest one.

# %% words-run
from course_lib import evaluate
from course_lib.bag_of_words import bag_of_words_accuracy
from course_lib.intervals import wilson


def short(rows, first, last):
    """Some of the reviews of at most 34 words, in their order: quick to train on."""
    places = [place for place, text in enumerate(rows["text"]) if len(text.split()) <= 34]
    return rows.select(places[first:last])


few, exam = short(train, 0, 128), short(test, 0, 150)
words = bag_of_words_accuracy(few, exam)
base = evaluate(model, tokenizer, exam)  # {"accuracy", "low", "high", "n"}
show_source(bag_of_words_accuracy)
say(f"On {len(exam)} test reviews the bag of words is right in {percent(words)}, the bare base "
    f"model in {percent(base['accuracy'])}; guessing gives {percent(0.5)}.")

# %% [markdown] choose
# ## Step 3: choose the hyperparameters
#
# How large should a step be? Too small, and nothing is learned in the time; too large, and each step undoes
# the last. Nobody can compute the right rate. So one tries some, on **validation**: rows that are neither
# trained on nor kept for the verdict. Short runs will do.

# %% choose-run
from course_lib import fit

RATES = (1e-4, 3e-4, 1e-3, 3e-3)
check = short(task["validation"], 0, 48)
tried, runs = {}, {}
for rate in RATES:
    tried[rate] = FullFineTuning(model)
    runs[rate] = fit(model, tokenizer, {"train": few, "validation": check}, tried[rate], steps=12,
                     batch_size=8, learning_rate=rate, progress=False)
rate = min(RATES, key=lambda one: runs[one].best_loss)
say("| learning rate | last training losses | validation loss |\n|---|---|---|\n" + "\n".join(
    f"| {one:g} | {sum(run.loss[-5:]) / 5:.3f} | {run.best_loss:.3f} |"
    for one, run in runs.items()))
ahead = sorted(run.best_loss for run in runs.values())[1] - runs[rate].best_loss
say(f"Chosen on validation: **{rate:g}**, {ahead:.3f} nats ahead of the next best. What follows "
    "uses it where nothing else is said.")

# %% [markdown] sweep
# ### Explore: the learning-rate sweep
#
# **Question: which rate would you choose after ten steps, and which after forty? Do training and validation
# agree?** These are recorded runs, of more rates and more steps than yours.

# %% sweep-run
from course_lib.explore.learning_rate_sweep import State as SweepState
from course_lib.explore.learning_rate_sweep import compute as sweep_at
from course_lib.explore.learning_rate_sweep import learning_rate_sweep

learning_rate_sweep()

# %% sweep-found
lines = []
for step in (10, 20, 40):
    at = sweep_at(SweepState(step=step))
    lines.append(f"At step {step} the lowest training loss has the rate {at.best(0)}, the lowest "
                 f"validation loss {at.best(1)}.")
smallest, *_, largest = (validation for _, validation in at.all_rates.values())
best = at.all_rates[at.best(1)][1]
lines.append(f"The best ends at {best:.2f} nats on validation, the smallest at {smallest:.2f}, "
             f"the largest at {largest:.2f}.")
if sweep_at(SweepState(step=10)).best(1) != at.best(1):
    lines.append("What looks best after a few steps need not be best at the end.")
fold("What did you find?", " ".join(lines))

# %% [markdown] pick
# ### What if you choose on test?
#
# It is tempting: the test set is what counts, so why not choose by it? Take your four runs, and pretend that
# you have 30 reviews for the test. Pick the best run on them, report its score, and look what it has on
# fresh reviews. Do that a thousand times. Beside it: pick on 30 *other* reviews, then report on the test.

# %% pick-run
from course_lib.experiments.picking import picked
from course_lib.evaluation import answers

pool = short(test, 150, 250)  # not those of the verdict at the end
marks = []
for method in tried.values():
    given, right = answers(model, tokenizer, pool, method)
    marks.append([a == b for a, b in zip(given, right)])
fair = picked(marks, draws=1000, seed=lesson.seed, n=30)
flips = torch.randint(2, (20, 100), generator=torch.Generator().manual_seed(0)).tolist()
coins = picked(flips, draws=1000, seed=lesson.seed, n=30)
show_source(picked)

# %% pick-explain
from course_lib import claims

say("| candidates | picked on | reported | on fresh rows |\n|---|---|---|---|\n" + "\n".join(
    f"| {name} | {how} | {percent(one[key])} | {percent(one[key + '_fresh'])} |"
    for name, one in (("your four runs", fair), ("20 that toss a coin", coins))
    for how, key in (("test", "on_test"), ("validation", "on_validation"))))
if fair["on_test"] - fair["on_test_fresh"] < 0.01:
    say("Your runs differ so much that luck decides little between them.")
say("The coins know nothing, and yet the best of them on the test looks like a model: among many "
    "candidates, one is lucky. What was chosen on a test set is no longer tested by it. Recorded, "
    "for candidates that are alike: " + claims.get("C75").judge(claims.recorded("C75")).because)

# %% [markdown] train
# ## Step 4: train, and stop in time
#
# Now the real run, with 128 labels. The picture grows while it runs: grey, each batch; blue, a mean that lags
# behind where the loss falls fast; red, the loss on validation. `fit` keeps the parameters that did best there.
# **Predict** what it will reach on the test reviews, of which the bare model gets about half.

# %% train-predict
from course_lib.quiz import predict, reveal

predict("02.accuracy")

# %% train-run
from course_lib.plots import LiveCurve

method = FullFineTuning(model)
history = fit(model, tokenizer, {"train": few, "validation": check}, method, steps=40,
              batch_size=16, learning_rate=rate, validate_every=10, watch=LiveCurve())
say(f"Training loss: {history.loss[0]:.2f} nats at the first step, "
    f"{sum(history.loss[-5:]) / 5:.3f} over the last five. Validation: lowest at step "
    f"{history.best_step}, {history.best_loss:.3f} nats, and these parameters were kept.")

# %% [markdown] fewer
# What if there are only **sixteen** labels? They come round again and again, and the training loss will
# fall to nothing. What will the validation loss do? (The rate is rather large, so that thirty steps show it.)

# %% fewer-predict
from course_lib.quiz import predict, reveal

predict("02.overfit")

# %% fewer-run
sixteen = few.select(range(16))
best, last = FullFineTuning(model), FullFineTuning(model)


def keep_the_last(history):
    """fit calls it after every step; at the end fit itself puts the best parameters back."""
    last.load_state_dict(best.state_dict())


overfit = fit(model, tokenizer, {"train": sixteen, "validation": check}, best, steps=30,
              batch_size=8, learning_rate=1e-3, validate_every=5, watch=keep_the_last,
              progress=False)
losses = [point["loss"] for point in overfit.validation]
turned = losses[-1] > 1.1 * min(losses)
reveal("02.overfit", "up" if turned else "level" if losses[-1] > 0.9 * losses[len(losses) // 2]
       else "down")

# %% fewer-picture
from course_lib.plots import training_curve

axes = training_curve(overfit.loss, overfit.validation)
axes.set_ylim(0, 1.1 * max(losses))
points = ", ".join(f"{point['loss']:.2f} at step {point['step']}" for point in overfit.validation)
show(axes, alt=f"Training loss falling to {overfit.loss[-1]:.3f}; validation {points}.",
     caption="16 labels, batches of 8: the same reviews return every second step. The first "
             f"training losses lie above the picture. Validation: {len(check)} reviews.")

# %% fewer-explain
at_best, at_last = (evaluate(model, tokenizer, pool, one)["accuracy"] for one in (best, last))
say(f"The training loss ends at {overfit.loss[-1]:.4f} nats. The validation loss is lowest at step "
    f"{overfit.best_step} ({min(losses):.2f}) and ends at {losses[-1]:.2f}. On {len(pool)} other "
    f"reviews the kept parameters are right in {percent(at_best)}, the last ones in "
    f"{percent(at_last)}.")
told = claims.recorded("C77")
say("That is one run. Recorded: " + claims.get("C77").judge(told).because)
pairs = list(zip(told["accuracy_best"].values, told["accuracy_last"].values))
more = sum(last > best for best, last in pairs)
say(f"In {more} of {len(pairs)} of these runs the last parameters are right more often than those "
    "with the lowest loss. A loss can rise without one wrong answer more: it punishes a mistake "
    "for being sure.")

# %% [markdown] fewer-why
# A training loss near zero says that the model knows its sixteen examples. It does not say that it got
# better at the task; only rows that it does not train on can say that. And loss and accuracy may part, for
# the loss also punishes a wrong answer for being *sure*. So stop by the measure that you care about.
#
# ### Explore: early stopping
#
# Nobody sees the end of a curve in advance. *Patience* p stops after p measurements in a row that were no
# better than the best. **Question: with which patience do you keep the lowest point of each run, and how
# many steps does stopping save?**

# %% stopping-run
from course_lib.explore.early_stopping import PATIENCE, early_stopping
from course_lib.explore.early_stopping import State as StopState
from course_lib.explore.early_stopping import compute as stopped_at
from course_lib.explore.recorded.histories import LABELS

early_stopping()

# %% stopping-found
lines = []
for n in LABELS:
    enough = next(p for p in range(1, PATIENCE + 1)
                  if (found := stopped_at(StopState(n, p))).kept == found.lowest)
    hasty = stopped_at(StopState(n, 1))
    lines.append(f"{n} labels: patience {enough} is the smallest that keeps the lowest point "
                 f"({found.lowest['loss']:.2f} nats at step {found.lowest['step']}); it stops at "
                 f"step {found.stop['step']} of {found.last['step']}. Patience 1 stops at step "
                 f"{hasty.stop['step']} with {hasty.kept['loss']:.2f}.")
lines.append("A curve on few validation rows is jagged: too little patience takes the first bump "
             "for the end, too much only costs steps.")
fold("What did you find?", "\n\n".join(lines))

# %% [markdown] evaluate
# ## Step 5: evaluate, once
#
# No choice so far has looked at the test set. Beside the tuned model stands what it has to beat: guessing,
# the bag of words, the bare base, and the **same training from random weights**. If that came as far,
# pretraining would be for nothing. Its rate is its own, too, the best on validation in recorded runs that were
# longer than this one. **Predict** what it reaches.

# %% evaluate-predict
from course_lib.quiz import predict, reveal

predict("02.random_start")

# %% evaluate-random
from course_lib.experiments.fine_tuning import random_start

untrained, _ = load_model("orchard-s", random=True, seed=lesson.seed)
newborn = FullFineTuning(untrained)
fit(untrained, tokenizer, {"train": few, "validation": check}, newborn, steps=40, batch_size=16,
    learning_rate=random_start(128).rate, validate_every=20, progress=False)
from_random = evaluate(untrained, tokenizer, exam, newborn)
tuned = evaluate(model, tokenizer, exam, method)
reveal("02.accuracy", 100 * tuned["accuracy"])
reveal("02.random_start", 100 * from_random["accuracy"])

# %% evaluate-picture
def three(found):
    """(share, low, high) of what evaluate gives."""
    return tuple(found.get(key, found.get("exact_match")) for key in ("accuracy", "low", "high"))

n = len(exam)
shares = {"bag of words": wilson(round(words * n), n), "bare base": three(base),
          "trained from random": three(from_random), "fine-tuned": three(tuned)}
show_shares(shares, "right labels",
            f"{n} short test reviews that nothing was chosen on; 128 labels for all but the bare "
            "base; 40 steps of 16. One run each. Lines: 95 % intervals.",
            ["fine-tuned"], {"guessing": 0.5})

# %% evaluate-explain
say(f"Fine-tuning takes the base from {percent(base['accuracy'])} to "
    f"**{percent(tuned['accuracy'])}** (95 % interval {percent(tuned['low'])} to "
    f"{percent(tuned['high'])}). The same labels and steps from random weights give "
    f"{percent(from_random['accuracy'])}"
    + (": what was learned in 40 steps was how to *say* what pretraining had learned."
       if tuned["low"] > from_random["high"] else "."))
starts = claims.get("C05").judge(claims.recorded("C05"))
say("Would more steps and more labels help the random ones? Recorded, with both, though not with "
    "all the steps that they could use: that a pretrained start needs fewer labels "
    f"**{starts.word}**. {starts.because}")

# %% [markdown] real
# ### The reviews that really come
#
# The test set is like the training set: films and restaurants, written by one grammar. What comes in use is
# not. Two harder tests: `shifted` holds reviews of **gadgets**, of which no label told anything; `natural`
# holds English sentences that **people** wrote, with words this model has hardly met. **Predict** the second.

# %% real-predict
from course_lib.quiz import predict, reveal

predict("02.natural")

# %% real-run
natural, gadget_rows = load_task("natural")["test"], short(task["shifted"], 0, 100)
print(*(f"[{row['answer']}] {row['text']}" for row in natural.select(range(3))), sep="\n")
harder = {"its own test": tuned,
          "shifted: gadgets": evaluate(model, tokenizer, gadget_rows, method),
          "natural: people's sentences": evaluate(model, tokenizer, natural, method)}
reveal("02.natural", 100 * harder["natural: people's sentences"]["accuracy"])
show_shares({name: three(one) for name, one in harder.items()}, "right labels",
            "The same tuned model; n = " + ", ".join(str(one["n"]) for one in harder.values())
            + ". Lines: 95 % intervals.", ["its own test"], {"guessing": 0.5})

# %% real-explain
own, gadgets, people = (one["accuracy"] for one in harder.values())
say(f"From its own test to gadgets: {percent(own)} to {percent(gadgets)}"
    + ("; the base had read about gadgets as well." if gadgets > own - 0.05 else ".")
    + f" To people's sentences: {percent(people)}"
    + (". **The test set did not tell you that.**" if people < own - 0.1 else ".")
    + " A test answers for rows that are drawn as its own were, and for no others.")

# %% [markdown] deploy
# ## Step 6: deploy, and watch
#
# Deploying means that another process, tomorrow, gives the same answers. So save, load the base **anew**,
# load the file, and ask again. Watching what comes in afterwards is the matter of lesson 11.

# %% deploy-run
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "reviews.safetensors"
    method.save(path)
    megabytes = path.stat().st_size / 1e6
    fresh, its_tokenizer = load_model("orchard-s")
    loaded = FullFineTuning.load(path, fresh)
asked = exam.select(range(50))
before, after = (answers(*given)[0] for given in (
    (model, tokenizer, asked, method), (fresh, its_tokenizer, asked, loaded)))
assert before == after
say(f"{len(asked)} of {len(asked)} answers are the same. The file has {megabytes:.1f} MB: every "
    "parameter of the model, once more.")

# %% [markdown] labels
# ## How many labels are enough?
#
# "Hundreds or thousands" of examples, says the course text. You have measured three points: none, sixteen,
# 128. The recorded runs, each number of labels at a rate of its own, go on to some thousands and show the
# spread over seeds.

# %% labels-picture
import math

from course_lib.experiments.fine_tuning import SIZES

recorded = [claims.recorded("C04")[f"labels_{count}"] for count in SIZES]
line = ([f.mean for f in recorded], [min(f.values) for f in recorded],
        [max(f.values) for f in recorded])
axes = curve([math.log2(count) for count in SIZES], {"recorded": line},
             x_label="labels (logarithmic scale)",
             y_label="share of right labels", y_limits=(0.4, 1),
             baselines={"bare base": base["accuracy"]})  # each doubling takes as much room

# %% labels-shown
axes.set_xticks([math.log2(count) for count in SIZES], [f"{count:,}" for count in SIZES])
axes.plot([math.log2(16), math.log2(128)], [at_last, tuned["accuracy"]], "k+", markersize=11,
          clip_on=False)
told = ", ".join(f"{count:,} labels {percent(f.mean)}" for count, f in zip(SIZES, recorded))
show(axes, alt=f"Curve: {told}. Crosses, from this run: {percent(at_last)} and "
     f"{percent(tuned['accuracy'])}.", caption="Line: mean of the recorded runs, band: lowest to "
     f"highest of {len(recorded[0].values)} seeds. Crosses: your runs on short reviews, with 16 "
     f"labels (a large rate) and with 128 (the rate {rate:g}).")
verdict = claims.get("C04").judge(claims.recorded("C04"))
say(f"That a few hundred or thousand are enough **{verdict.word}**. {verdict.because}")

# %% [markdown] cost
# ## What does it cost?
#
# Several texts say that full fine-tuning is slow and costly, as pretraining is. Cost has three sides:
# operations, memory and disk. **Predict** the first: the operations of pretraining this model, over those
# of the fine-tuning run you just did.

# %% cost-predict
from course_lib.quiz import predict, reveal

predict("02.cost")

# %% cost-run
from course_lib.experiments.one_step import against_pretraining, pretraining_operations
from course_lib.cost import cost

spent = cost(model, tokenizer, sixteen, method)              # one batch of 16, attention included
tuning, pretraining = 40 * spent.step, pretraining_operations(model)
times = pretraining / tuning
reveal("02.cost", "same" if times < 3 else "tens" if times < 100 else "hundreds")
say("| | operations |\n|---|---|\n"
    f"| pretraining | {pretraining / 1e12:,.0f} · 10¹² |\n"
    f"| your fine-tuning run, 40 steps | {tuning / 1e12:.2f} · 10¹² |\n"
    f"| one forward pass of a batch | {spent.forward / 1e12:.4f} · 10¹² |")
say(f"Pretraining took **{times:,.0f} times** as many operations as your 40 steps. That number is "
    "as much our choice as those are.")

# %% cost-alike
alike = against_pretraining(model, tokenizer, rows)          # what does not depend on our 40 steps
say(f"What is no choice: a token that is read takes {alike['token']:.2f} times the operations of "
    f"one in pretraining, and a step {alike['memory']:.0f} times its memory. One pass over all "
    f"labelled reviews takes {100 * alike['all_rows']:.1f} % of pretraining; as many operations "
    f"would take {alike['rows_alike']:,.0f} reviews.")

# %% [markdown] budget
# On disk, every task costs a whole model again: k tasks, k copies. For a large model that hurts most.
#
# ### Explore: the budget calculator
#
# **Questions: does a model with 175 billion parameters really take 350 GB? Two texts say that a soft prompt
# (lesson 05) of 20 vectors is "a few KB". For which widths d is that so?** The start has GPT-3's shape; ours
# is d 128, L 4, V 2048, 32 bit.

# %% budget-run
from course_lib.explore.budget_calculator import State as Budget
from course_lib.explore.budget_calculator import budget_calculator, size
from course_lib.explore.budget_calculator import compute as budget_of

budget_calculator()

# %% budget-found
large, ours = budget_of(Budget()), budget_of(Budget(128, 4, 2048, 10, "32 bit"))
fold("What did you find?",
     f"GPT-3's shape gives {large.parameters / 1e9:.0f} billion parameters. In 16 bits they are "
     f"{size(large.weights)}, so the text is right (in 32 bits it would be twice that). While it "
     f"is trained in full, {size(large.training)}; ten tasks, {size(large.copies)}.\n\n"
     f"A soft prompt of 20 vectors has {large.prompt_parameters:,} numbers there, "
     f"{size(large.prompt)} (of 1,000 bytes): 'a few KB' is wrong at d = 12,288. Here, at "
     f"d = 128, it has {ours.prompt_parameters:,} numbers, {size(ours.prompt)}.")

# %% [markdown] stars
# ## Two more kinds of task
#
# **A number.** How many stars, 1 to 5? Being wrong by one star is better than by three, so beside the share
# of right answers stands the *mean error* in stars. The control knows nothing: it always says 3.

# %% stars-run
star_task = load_task("stars")
star_rows = star_task["test"].select(range(100))
star_tuned = FullFineTuning(model)
fit(model, tokenizer, {"train": star_task["train"].select(range(320))}, star_tuned, steps=20,
    batch_size=16, learning_rate=rate, progress=False)


def in_stars(given, right):
    """(the share of right answers, the mean error in stars)."""
    misses = [abs(a - b) for a, b in zip(given, right)]
    return misses.count(0) / len(misses), sum(misses) / len(misses)


labels = star_rows["label"][:]
by_way = {"always 3": in_stars([2] * len(labels), labels)} | {
    name: in_stars(*answers(model, tokenizer, star_rows, one))
    for name, one in (("bare base", None), ("fine-tuned", star_tuned))}

# %% stars-explain
from course_lib.prompting import complete

print("What the bare base writes:", complete(model, tokenizer, star_rows["prompt"][:4], 3))
say(f"| n = {len(labels)} reviews | right | mean error in stars |\n|---|---|---|\n" + "\n".join(
    f"| {name} | {percent(right)} | {error:.2f} |" for name, (right, error) in by_way.items()))
n = len(labels)
right, low, high = wilson(round(n * by_way["fine-tuned"][0]), n)
say(f"The tuned model is right in {percent(right)} (95 % interval {percent(low)} to "
    f"{percent(high)}). "
    + ("The bare base does no better than a stopped clock."
       if by_way["bare base"][1] > 0.9 * by_way["always 3"][1] else ""))
verdict = claims.get("C98").judge(claims.recorded("C98"))
say("Would a better question do? Recorded: " + verdict.because)

# %% [markdown] facts
# **A text.** Nothing changes for a task whose answers are written out: the loss is still that of the
# answer's tokens. Questions about facts of the world; no key that is asked for in the test occurs in the
# training rows. An answer counts when it is right to the letter.

# %% facts-run
facts = load_task("facts")
questions = facts["test"].select(range(100))
fact_tuned = FullFineTuning(model)
fit(model, tokenizer, {"train": facts["train"].select(range(512))}, fact_tuned, steps=32,
    batch_size=16, learning_rate=rate, progress=False)
said = {name: answers(model, tokenizer, questions, one)[0]
        for name, one in (("bare base", None), ("fine-tuned", fact_tuned))}
for row, first, second in list(zip(questions, *said.values()))[:4]:
    print(f"{row['text']}\n    before: {first!r}, after: {second!r}, right: {row['answer']!r}")
n, right = len(questions), questions["answer"][:]
exact = {name: wilson(sum(a == b for a, b in zip(given, right)), n) for name, given in said.items()}
show_shares(exact, "exact answers", f"n = {n} questions about keys that no training row has; "
            "one run, 32 steps of 16. Lines: 95 % intervals.", ["fine-tuned"])
verdict = claims.get("C100").judge(claims.recorded("C100"))
say("Recorded, with summaries: " + verdict.because)

# %% [markdown] refresh
# ### New data later
#
# A tuned model can be tuned again. But what does it lose? These are recorded runs: first reviews, then one of
# two other tasks, spam or questions about facts, at the rate that is best for *it*; and, as control, the second
# task with the old reviews among its rows.

# %% refresh-run
told = claims.recorded("C06")
lines = ["| second task | right on | before | after | after, with old rows |",
         "|---|---|---|---|---|"]
for name, called in (("spam", "spam"), ("facts", "questions")):
    for asked, keys in ((called, (f"{name}_before", f"{name}_after", f"{name}_mixed")),
                        ("reviews", ("old", f"old_after_{name}", f"old_mixed_{name}"))):
        cells = " | ".join(percent(told[key].mean) for key in keys)
        lines.append(f"| {called} | {asked} | {cells} |")
say("\n".join(lines))

# %% refresh-told
verdict = claims.get("C06").judge(told)
say(f"That models can be refreshed by further fine-tuning **{verdict.word}**. After, against "
    "before:\n\n"
    + "\n".join(f"- {what}: {answer}" for what, answer in verdict.answers.items())
    + "\n\nLesson 09 is about what is lost, and how to keep it.")
prompted = claims.get("C105").judge(claims.recorded("C105"))
say("And a *prompt* for a tuned model? That lines of its training rows improve it further "
    f"**{prompted.word}**. {prompted.because}")

# %% [markdown] library
# ## The same with the library
#
# `transformers` has its own loop, the `Trainer`. Give it the same three batches, the same rate, the same
# clipping, and compare all parameters at the end.

# %% library-ours
steps, small = 3, train.select(range(12))
ours = FullFineTuning(model)
fit(model, tokenizer, {"train": small}, ours, steps=steps, batch_size=4, learning_rate=3e-4,
    warm_up=0, seed=1, progress=False)
order = torch.randperm(12, generator=torch.Generator().manual_seed(1)).split(4)  # as fit draws it
data = Batches(model, tokenizer, small, ours)
batches = [data.batch(part.tolist()) for part in order]
for batch in batches:  # without fit's hint to compute logits at the answers alone
    del batch["logits_to_keep"], batch["use_cache"]
    batch["position_ids"] = (batch["attention_mask"].cumsum(1) - 1).clamp(0)  # (B, T)

# %% library-run
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

library_model = copy.deepcopy(model)
with tempfile.TemporaryDirectory() as folder:
    arguments = TrainingArguments(folder, use_cpu=True, max_steps=steps, learning_rate=3e-4,
                                  lr_scheduler_type="linear", weight_decay=0.0, max_grad_norm=1.0,
                                  report_to=[], save_strategy="no", logging_strategy="no",
                                  disable_tqdm=True)
    trainer = Trainer(library_model, arguments, train_dataset=batches)
    trainer.get_train_dataloader = lambda: DataLoader(batches, batch_size=None)
    trainer.remove_callback(PrinterCallback)
    trainer.train()

# %% library-assert
apart = max((a - b).abs().max().item()
            for a, b in zip(ours.parameters(), library_model.parameters()))
assert apart < 1e-5
say(f"After {steps} steps no parameter differs by more than {apart:.1g}.")

# %% [markdown] exercise
# ## Now you
#
# In [exercise 02](../exercises/02_fine_tuning.ipynb) you write the step, the loop with early stopping, and
# an honest choice of the learning rate. Each task has a check that names the likely mistake.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-step
from course_lib.quiz import quiz

quiz("02.step")

# %% quiz-zero
from course_lib.quiz import quiz

quiz("02.zero_gradient")

# %% quiz-size
from course_lib.quiz import quiz

quiz("02.same_size")

# %% quiz-order
from course_lib.quiz import quiz

quiz("02.order")

# %% quiz-test
from course_lib.quiz import quiz

quiz("02.chosen_on_test")

# %% quiz-overfit
from course_lib.quiz import quiz

quiz("02.reading_curves")

# %% quiz-copies
from course_lib.quiz import quiz

quiz("02.copies")

# %% quiz-cost
from course_lib.quiz import quiz

quiz("02.what_costs")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The statements are from five texts; the titles stand below the table. These two are counted, and the figures
# are yours, from this run. Whatever could come out otherwise with another seed stands in the ledger.

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

says_measured_verdict({"C08": after_step, "C10": alike})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all claims of this lesson, over several seeds.

# %% ledger-run
ledger("02")

# %% [markdown] recap
# ## What we know now
#
# 1. A training step moves every parameter that has a gradient by about the learning rate, and with one table
#    for reading and writing that is all of them; their number stays the same.
# 2. Train, validation and test have three jobs: to learn from, to choose by, to report once. Whatever you
#    choose by a set is no longer measured by it, and even an honest test speaks only for rows of its kind.
# 3. A step of full fine-tuning costs what one of pretraining does, in operations and in memory; a run is cheap
#    because its labels are few. On disk each task is a whole model again.
#
# **What remains unexplained:** a few dozen steps were enough, for the base knew opinions already. Did *all*
# parameters have to move for that? Lesson 03 freezes most of them; lessons 05 and 06 train a few new ones.
# What the old tasks lost meanwhile, lesson 09 measures.

# %% [markdown] sources
# ## Sources
#
# - Google, Machine Learning Crash Course,
#   [LLMs: fine-tuning, distillation and prompt engineering](https://developers.google.com/machine-learning/crash-course/llm/tuning).
# - Unite.AI, Complete guide to fine-tuning large language models: the six steps.
# - Wikipedia, [Fine-tuning (deep learning)](https://en.wikipedia.org/wiki/Fine-tuning_(deep_learning)).
# - Loshchilov & Hutter 2019, [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101): AdamW.
# - Brown et al. 2020, [Language models are few-shot learners](https://arxiv.org/abs/2005.14165): GPT-3's shape.
# - Kaplan et al. 2020, [Scaling laws for neural language models](https://arxiv.org/abs/2001.08361): how
#   operations are counted.
