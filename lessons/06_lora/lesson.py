# %% [markdown] title
# # Lesson 06 · LoRA: a small change in a few directions
#
# **What this lesson claims:** the change that fine-tuning makes can be written as a product of two thin
# matrices. You need nothing but Python and [lesson 00](00_start_here.ipynb), which opened a model and named
# its layers, `q_proj` and `v_proj` among them. After it you can
#
# - look into what fine-tuning changed in a matrix, and say how many directions carry it;
# - write LoRA by hand, count what it trains, and say why one of its matrices starts at zero;
# - tell rank, alpha and learning rate apart, and test fairly where LoRA falls behind;
# - merge LoRA into a model, take it out again to the last bit, and swap it while the model runs.

# %% setup
from course_lib.lesson import start

lesson = start("06")

# %% [markdown] change
# ## What does fine-tuning change?
#
# Full fine-tuning may move every number of every matrix. It did so here: `orchard-s` was trained on labelled
# reviews, and one matrix before and after is shipped with the course. Take the difference, and ask in how
# many **directions** it changed.

# %% load
import torch

from course_lib import load_model, load_task
from course_lib.explore.recorded.ranks import LABELS, SHIPPED, STEPS, TEST, update
from course_lib.models import weights_hash

model, tokenizer = load_model("orchard-s")
hash_before = weights_hash(model)                    # a fingerprint of every parameter
recorded_change = update("orchard-s")
W0 = model.get_submodule(SHIPPED).weight.detach()    # (128, 128): before
W = W0 + recorded_change.delta                       # (128, 128): after full fine-tuning

# %% helpers
from course_lib.display import decimal, fold, percent, say, show_source
from course_lib.plots import curve, in_points, interval, new_axes, show, show_shares

# %% change-size
delta = W - W0                                       # (128, 128): what training changed
say(f"`{SHIPPED}`, after {STEPS} steps on {LABELS:,} reviews: "
    f"{percent((delta != 0).float().mean().item())} of its numbers moved. The change has "
    f"{percent((delta.norm() / W0.norm()).item())} of the matrix's own size. (To make it again, "
    f"in a terminal in the course's folder: `{recorded_change.command}`; it takes some minutes.)")

# %% [markdown] change-svd
# Every matrix is a sum of *directions*. Each reads one pattern of the input and writes one pattern of the output,
# with a strength of its own. The **singular values** are these strengths, the largest first. A square matrix of
# this width has 128 of them. If the change were spread evenly, you would need nearly all of them.

# %% change-predict
from course_lib.quiz import predict, reveal

predict("06.directions")

# %% change-run
def kept_by_rank(matrix):
    """The share of a matrix's squared size in its strongest 0, 1, 2, … directions."""
    squares = torch.linalg.svdvals(matrix).square()  # (S,): largest first
    return [0.0, *(squares.cumsum(0) / squares.sum()).tolist()]


def directions(kept, wanted=0.9):
    """How many directions carry this share."""
    return next(rank for rank, share in enumerate(kept) if share >= wanted)


noise = torch.randn(delta.shape)
noise *= delta.norm() / noise.norm()                 # the control: the same size, no structure
kept = {"the change": kept_by_rank(delta), "random matrix": kept_by_rank(noise)}
reveal("06.directions", directions(kept["the change"]))

# %% change-plot
few, many = (directions(shares) for shares in kept.values())
show(curve(list(range(len(delta) + 1)), {name: (shares,) for name, shares in kept.items()},
           x_label="strongest directions kept", y_label="share of the change", y_limits=(0, 1),
           baselines={"90 %": 0.9}, markers=False),
     alt=f"Two rising curves over the number of directions kept. The change reaches 90 % with "
         f"{few}, the random matrix with {many}.",
     caption=f"One matrix, {tuple(delta.shape)}, one training run. Share of the squared size. The "
             "random matrix has the same size.")

# %% change-explain
ranks_90 = sorted(directions([0.0, *(s.square().cumsum(0) / s.square().sum()).tolist()])
                  for s in recorded_change.singular)
say(f"**{few} of {len(delta)} directions** carry 90 % of the change; a random matrix of the same "
    f"size needs {many}. In all {len(ranks_90)} matrices of the blocks it is {ranks_90[0]} to "
    f"{ranks_90[-1]}, in half of them at most {ranks_90[len(ranks_90) // 2]}. Every number moved, "
    "and yet the matrix changed in few directions.")

# %% [markdown] change-beside
# Beside it, from large models on harder tasks (code and mathematics), where the change is not as thin:
#
# > Finally, we show that full finetuning learns perturbations with a rank that is 10-100X greater than typical
# > LoRA configurations, possibly explaining some of the reported gaps.
# >
# > — [Biderman et al. 2024, abstract](https://arxiv.org/abs/2405.09673)

# %% [markdown] thin
# ## Two thin matrices
#
# So do not train a whole matrix. **Write the change as a product of two thin ones**, $\Delta W = B A$, and
# train only those. $A$ reads $r$ patterns of the input, $B$ writes $r$ patterns of the output.

# %% thin-draw
from matplotlib.patches import Rectangle

axes, d, k, r = new_axes(2.3), 128, 128, 12          # drawn with r = 12, or you would not see it
shapes = {"ΔW (d, k)": (0, 0, k, d), "B (d, r)": (185, 0, r, d), "A (r, k)": (245, d - r, k, r)}
for (name, (x, y, width, height)), colour in zip(shapes.items(), ("#8C8C8C", "#0072B2", "#D55E00")):
    axes.add_patch(Rectangle((x, y), width, height, color=colour))
    axes.annotate(name, (x + width / 2, y - 6), ha="center", va="top")
for x, sign in ((156, "="), (221, "×")):
    axes.annotate(sign, (x, d / 2), ha="center", va="center", fontsize=18)
axes.set(xlim=(-5, 390), ylim=(-28, d + 5), aspect="equal")
axes.axis("off")
show(axes, alt="A square, delta W with d rows and k columns, equals a tall thin matrix B, d by r, "
               "times a flat one A, r by k.", caption="To scale for d = k = 128 and r = 12.")

# %% [markdown] thin-count
# Count what is trained: the matrix has $d \cdot k$ numbers, the two thin ones $r \cdot (d + k)$. The last
# rows are for a matrix of GPT-3, which has a width of 12,288.

# %% thin-count-run
def share_of(part, whole):
    """A share in per cent, with two places: it may be small."""
    return f"{100 * part / whole:.2f} %"


table = "".join(
    f"\n| {name} | {d:,} × {k:,} | {d * k:,} | {r} | {r * (d + k):,} | "
    f"{share_of(r * (d + k), d * k)} |" for name, d, k in (
        ("`q_proj`", 128, 128), ("`gate_proj`", 344, 128), ("GPT-3's query", 12288, 12288))
    for r in (1, 4, 16))
say("| matrix | d × k | whole | r | two thin ones | share |\n|---|---|---|---|---|---|" + table)
say(f"In GPT-3, query and value of 96 layers at r = 1 are {96 * 2 * 1 * (12288 + 12288):,} "
    "numbers, of 175 billion. The thinner the two are against the matrix, the more they save: it "
    "is large models for which LoRA pays most.")

# %% [markdown] scratch
# From scratch it is one function: a *hook* that adds the change to what a layer says. Read the shapes. The
# factor `alpha / r` is a scale; we come back to it.

# %% scratch-draw
from course_lib.plots.drawings import lora_beside_a_layer

show(lora_beside_a_layer(), alt="x goes into the frozen layer W, and also into A and from there "
     "into B. What B says, times alpha over r, is added to what W says.",
     caption="Grey is frozen, A and B are trained. On the arrows (B, T, d): batch, tokens, width.")

# %% scratch-run
def lora_hook(layer, A, B, alpha):
    """Adds (alpha / r) B A x to what `layer` says, until the hook that it returns is removed."""
    scale = alpha / len(A)                           # A has r rows

    def hook(module, inputs, y):                     # y (B, T, d): what the frozen layer says
        low = inputs[0] @ A.T                        # (B, T, k) @ (k, r) -> (B, T, r)
        return y + scale * low @ B.T                 # (B, T, r) @ (r, d) -> (B, T, d)

    return layer.register_forward_hook(hook)

# %% scratch-sites
RANK, ALPHA = 4, 8
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
sites = [name for name, _ in model.named_modules() if name.endswith(TARGETS)]
layers = [model.get_submodule(name) for name in sites]

# %% [markdown] scratch-zero
# How to start? LoRA draws $A$ at random and sets $B$ to zero. Then $B A$ is zero, whatever $A$ is, and the
# model must say exactly what it said before, to the last bit. Assert it.

# %% scratch-zero-run
task = load_task("reviews")
texts = tokenizer(task["test"]["prompt"][:8], return_tensors="pt", padding=True)
batch = {name: texts[name] for name in ("input_ids", "attention_mask")}  # each (8, T)


@torch.no_grad()
def logits_with(A, B):
    """The model's logits with LoRA at every site; it is gone again afterwards."""
    hooks = [lora_hook(layer, *pair, ALPHA) for layer, *pair in zip(layers, A, B)]
    try:
        return model(**batch).logits                 # (8, T, V)
    finally:
        for hook in hooks:
            hook.remove()

# %% scratch-zero-assert
random_like = lambda *shape: torch.empty(shape).uniform_(-1, 1) / shape[-1] ** 0.5
A = [random_like(RANK, layer.in_features) for layer in layers]       # each (r, k)
zeros = [torch.zeros(layer.out_features, RANK) for layer in layers]  # each (d, r)
with torch.no_grad():
    bare = model(**batch).logits
start_difference = (logits_with(A, zeros) - bare).abs().max().item()
assert start_difference == 0.0                       # not one bit
print("largest difference at the start:", start_difference)

# %% both-random-predict
from course_lib.quiz import predict, reveal

predict("06.both_random")

# %% both-random-run
from course_lib.evaluation import old_domain_loss

def loss_with(B):
    """The loss on old text, in nats a token, with A as above and this B."""
    hooks = [lora_hook(layer, *pair, ALPHA) for layer, *pair in zip(layers, A, B)]
    try:
        return old_domain_loss(model, tokenizer, n_documents=40)
    finally:
        for hook in hooks:
            hook.remove()


B_wide = [random_like(layer.out_features, RANK) for layer in layers]         # ±1/√r
B_random = [wide * (RANK / layer.in_features) ** 0.5                         # ±1/√k, as A
            for wide, layer in zip(B_wide, layers)]
loss_base, loss_random, loss_wide = map(loss_with, (zeros, B_random, B_wide))

# %% both-random-reveal
guessing = torch.tensor(float(model.config.vocab_size)).log().item()  # every token alike
rise = loss_random - loss_base
way = rise / (guessing - loss_base)                  # 1: all the way to guessing
reveal("06.both_random", "same" if rise < 0.05 else "little" if way <= 0.5 else "far")

# %% both-random-explain
wider = B_wide[0].abs().max() / B_random[0].abs().max()
say(f"On ordinary text of its world the loss goes from {loss_base:.2f} to **{loss_random:.2f}** "
    f"nats a token, before a single step. Now draw B {wider:.0f} times as wide (from ±1/√r instead "
    f"of A's ±1/√k): **{loss_wide:.2f}**; guessing, every token alike, has {guessing:.2f}. It is "
    "not that both are random: **the scale of B decides at the start**, and zero is the one that "
    "is always safe.")
say("And both at zero? Then nothing would ever move: the gradient of each is a product with the "
    "other one. One of them must be random, and which is not the same: with A random and B zero, "
    "higher learning rates can be borne "
    "([Hayou et al. 2024](https://arxiv.org/abs/2406.08447)); with both random, and small, a rate "
    "that is too low does less harm ([Li et al. 2025](https://arxiv.org/abs/2505.23194)).")

# %% [markdown] same-class
# The course's own LoRA does the same at every place. Assert that, with a $B$ that is not zero, and read its
# source: the formula stands in its first line.

# %% same-class-run
from course_lib.methods import LoRA

ours = LoRA(model, TARGETS, rank=RANK, alpha=ALPHA)
assert ours.sites == sites
with torch.no_grad():
    for B, filled in zip(ours.B, B_wide):
        B.copy_(filled)
    with ours.on(model):                             # attached inside this block, and nowhere else
        attached = model(**batch).logits
assert torch.allclose(attached, logits_with(ours.A, ours.B), atol=1e-5)
show_source(LoRA)

# %% [markdown] train
# ## Train it
#
# Labelled reviews, positive or negative, as in lesson 02, but short ones, so that a step is quick. LoRA trains two
# thin matrices beside every linear layer of the blocks; full fine-tuning trains everything. Each has the learning
# rate that one search, the same for both, found on validation, for runs longer than yours. How many **points** of
# accuracy does LoRA lose?

# %% train-predict
from course_lib.quiz import predict, reveal

predict("06.gap")

# %% train-lora
from course_lib import evaluate, fit
from course_lib.experiments import draws, near_and_far, tuning
from course_lib.plots import LiveCurve

NEAR = near_and_far.NEAR                             # of the recorded runs: more labels and steps
few_labels = {"train": NEAR.train_rows(tokenizer, lesson.seed).select(range(512))}
rows = draws.short(task["test"], 120, seed=lesson.seed)
short = {"steps": 48, "batch_size": NEAR.batch}
LORA_RATE, FULL_RATE = (tuning.tuned(NEAR, one).rate          # found by one search for all
                        for one in (near_and_far.lora(), near_and_far.FULL))

lora = LoRA(model, TARGETS, rank=RANK, alpha=ALPHA)
history = fit(model, tokenizer, few_labels, lora, **short, learning_rate=LORA_RATE,
              watch=LiveCurve())

# %% train-full
from course_lib.methods import Frozen, FullFineTuning

full = FullFineTuning(model)
fit(model, tokenizer, few_labels, full, **short, learning_rate=FULL_RATE, progress=False)
probe = Frozen(model, train=(), num_labels=2)        # a new head on the frozen model: linear probe
probe_rate = tuning.tuned(NEAR, near_and_far.HEAD).rate
fit(model, tokenizer, few_labels, probe, **short, learning_rate=probe_rate, reuse=True,
    progress=False)
assert weights_hash(model) == hash_before            # the base keeps its bits under all of them

# %% [markdown] train-reuse
# The probe was trained with `reuse=True`. Everything below its head is frozen, so a review gives the same hidden
# state in every epoch: the frozen work can be done **once** and kept. Is the result the same, and what does it
# save? Train a head for five epochs, with and without, in turns.

# %% train-reuse-run
import time
from statistics import median


def head_trained(reuse):
    """(processor seconds, last loss) of five epochs on 16 reviews."""
    head = Frozen(model, train=(), num_labels=2)
    start = time.process_time()
    run = fit(model, tokenizer, {"train": few_labels["train"].select(range(16))}, head, epochs=5,
              batch_size=8, learning_rate=probe_rate, reuse=reuse, progress=False)
    return time.process_time() - start, run.loss[-1]


runs_of = {reuse: [] for reuse in (False, True)}
for _ in range(3):
    for reuse, measured in runs_of.items():
        measured.append(head_trained(reuse))

# %% train-reuse-explain
(plain, plain_loss), (kept_once, kept_loss) = (
    (median(seconds for seconds, _ in measured), measured[-1][1]) for measured in runs_of.values())
assert abs(plain_loss - kept_loss) < 1e-3            # the same training
say(f"The same last loss, {kept_loss:.3f}, in **{percent(kept_once / plain)}** of the time: five "
    "epochs for the price of little more than one. It works only where nothing below is trained. "
    "LoRA sits in every block, so for LoRA there is nothing to keep.")

# %% [markdown] train-control
# The controls: the bare base, which never saw a label, and the same LoRA on a model with random weights (with
# half the steps, to save your time). If that one learned the task as well, pretraining would have had no part
# in it.

# %% train-control-run
untrained, _ = load_model("orchard-s", random=True, seed=lesson.seed)
blank = LoRA(untrained, TARGETS, rank=RANK, alpha=ALPHA)
blank_history = fit(untrained, tokenizer, few_labels, blank, steps=short["steps"] // 2,
                    batch_size=16, learning_rate=LORA_RATE, progress=False)

# %% train-measure
from course_lib.evaluation import answers
from course_lib.plots import wilson


def marks(base, method):
    """For every test review a list with 1 (right) or 0."""
    return [[given == right] for given, right in zip(*answers(base, tokenizer, rows, method))]


tried = {"bare base": (model, None), "LoRA on random weights": (untrained, blank),
         "linear probe": (model, probe), "LoRA": (model, lora), "full fine-tuning": (model, full)}
marked = {name: marks(*one) for name, one in tried.items()}
found = {name: wilson(sum(map(sum, one)), len(rows)) for name, one in marked.items()}

# %% train-plot
GUESSING = {"guessing": 0.5}
ends = lambda one: (one["accuracy"], one["low"], one["high"])
show_shares(found, "right answers",
            f"n = {len(rows)} short test reviews; {len(few_labels['train'])} labels, "
            f"{short['steps']} steps, one run. Lines: 95 % intervals.", ["LoRA"], GUESSING)

# %% train-reveal
pairs = zip(marked["full fine-tuning"], marked["LoRA"])  # the same reviews, so compare one by one
gap, low, high = interval([[a - b] for [a], [b] in pairs])
reveal("06.gap", round(100 * gap))
say(f"Full fine-tuning minus LoRA, on the same reviews: **{in_points(gap, low, high)}**. "
    + ("These reviews cannot tell them apart." if low <= 0 <= high else
       f"LoRA is {'behind' if low > 0 else 'ahead'} in this run. Other seeds follow below."))

# %% train-rates
say(f"The search gave it {LORA_RATE / FULL_RATE:.0f} times the learning rate of full fine-tuning. "
    "In large models it wanted about ten times the rate, and a place in all layers "
    "([Schulman et al. 2025](https://thinkingmachines.ai/blog/lora/)); for the place here, see C23 "
    "in the ledger.")

# %% [markdown] train-cost
# And what does it save? Counts are exact, so count: trained parameters, the file, what the optimizer keeps in
# memory, and the operations of one training step.

# %% train-cost-run
from course_lib.cost import cost

costs = {name: cost(model, tokenizer, task["train"].select(range(8)), method)
         for name, method in (("full fine-tuning", full), ("LoRA", lora))}
whole, small = costs.values()
say("| | full fine-tuning | LoRA | LoRA needs |\n|---|---|---|---|" + "".join(
    f"\n| {what} | {getattr(whole, field) / unit:,.0f} | {getattr(small, field) / unit:,.0f} | "
    f"{share_of(getattr(small, field), getattr(whole, field))} |" for what, field, unit in (
        ("trained parameters", "parameters", 1), ("file (KB)", "bytes_on_disk", 1e3),
        ("optimizer's memory (KB)", "optimizer_bytes", 1e3),
        ("million operations a step", "step", 1e6))))
say(f"Space shrinks to {share_of(small.bytes_on_disk, whole.bytes_on_disk)}, work only to "
    f"{share_of(small.step, whole.step)}: every token still goes through the whole frozen model, "
    "forward and back. Lesson 07 takes that up.")

# %% [markdown] lab
# ## Explore: the rank lab
#
# **Question: what is the smallest rank that keeps the accuracy?** The lab takes what full fine-tuning changed
# in *every* matrix of the blocks and cuts all of it to the rank you set. Then choose the other model, and
# look again.

# %% lab-run
from course_lib.explore.rank_lab import RANKS, State, compute, rank_lab, size

rank_lab()

# %% lab-found
told = ""
for name, close in (("orchard-s", 0.02), ("orchard-s-early", 0.02)):
    lab = compute(State(model=name))
    enough = min(rank for rank in RANKS if lab.accuracy[rank] >= lab.full - close)
    chance = min((rank for rank in RANKS if lab.control[rank] >= lab.full - close), default=None)
    weight = size(compute(State(model=name, rank=enough)).bytes)
    told += (f"<p><b>{name}</b>: rank {enough} is within two points of all that training changed "
             f"({percent(lab.full)}), and weighs {weight} of {size(lab.full_bytes)}. With random "
             f"directions it takes {f'rank {chance}' if chance else 'more than all of them'}.</p>")
fold("What did you find?", told + "<p>What is cut off is most of the directions, and little of "
     "what they do: the answers hang on the strongest ones. It is one training run, judged by "
     f"{TEST} reviews, and a rank can do worse than a smaller one: what is cut off may have "
     "balanced what is kept.</p>")

# %% [markdown] far
# ## Near and far
#
# `orchard-s` had read thousands of reviews before it saw a label. `orchard-s-early` is the same training run,
# stopped early: it does not know yet what makes a review favourable. For it the task is **far**. A linear probe
# shows it. It trains a new head on the frozen model, so it finds only what is inside already.

# %% far-live
early, _ = load_model("orchard-s-early")
early_probe = Frozen(early, train=(), num_labels=2)
fit(early, tokenizer, few_labels, early_probe, **short, reuse=True, progress=False,
    learning_rate=tuning.tuned(near_and_far.SOON, near_and_far.HEAD).rate)
mean, low, high = ends(evaluate(early, tokenizer, rows, early_probe))
say(f"The same probe as above: on `orchard-s` it was right in {percent(found['linear probe'][0])} "
    f"(LoRA in {percent(found['LoRA'][0])}), on `orchard-s-early` in **{percent(mean)}** (95 % "
    f"interval {percent(low)} to {percent(high)}; guessing in 50 %). "
    + ("Too little is inside to tell it from guessing." if low <= 0.5 else "A little is inside."))

# %% [markdown] far-longer
# So this model has more to learn. In recorded runs it got four times the steps of the near one, LoRA a higher
# rank, and both a learning rate for *this* task. By how many points is LoRA behind?

# %% far-predict
from course_lib.quiz import predict, reveal

predict("06.far")

# %% far-plot
from course_lib import claims

runs = claims.recorded("C25")                        # too long for a lesson, so it is recorded
over_seeds = lambda figure: (figure.mean, min(figure.values), max(figure.values))
bar_names = {name: f"{name.split('_')[0]}: {near_and_far.in_words(name)}"
             for name in ("near_lora", "near_full", "far_lora", "far_full")}
show_shares({name: over_seeds(runs[key]) for key, name in bar_names.items()}, "right answers",
            f"Recorded, seeds: {len(runs['far_full'].values)}; n = {NEAR.test} test reviews each; "
            f"lines from the lowest to the highest seed. Near: {NEAR.steps} steps, far: "
            f"{near_and_far.FAR.steps}. The rates are from one search on validation.",
            [bar_names["near_lora"], bar_names["far_lora"]], GUESSING)

# %% far-explain
near_gap, far_gap = claims.get("C25").judge(runs).answers.values()
reveal("06.far", round(-100 * far_gap.mean))
say(f"LoRA against full fine-tuning (95 % interval over seeds). Near to what the base knows: "
    f"{near_gap}. Far from that: **{far_gap}**.")
say({"holds": "So even here, where the probe found little, the thin matrices had room for what was "
     "learned. On larger tasks, such as the code and mathematics above, it need not be so.",
     "does not hold": "So it did not come out alike, though both had their own rate and LoRA a "
     "higher rank.", "cannot be told": "These seeds cannot tell a gap from none."}[far_gap.word])
thin = list(claims.get("C20").judge(claims.recorded("C20")).answers.values())[1]  # far, r = 4
say("Before you say what a method cannot do, give it a rank and a rate of its own. Full "
    f"fine-tuning minus LoRA with r = 4: {in_points(thin.mean, thin.low, thin.high)}.")

# %% [markdown] far-forget
# What did it cost? Look at the loss on ordinary text of the old world, before and after. What it rises by has
# been forgotten.

# %% far-forget-run
after = {name: old_domain_loss(model, tokenizer, method, n_documents=40)
         for name, method in (("LoRA", lora), ("full", full))}
recorded_old = {where: [runs[f"{where}_{what}"].mean for what in ("before", "lora_old", "full_old")]
                for where in ("near", "far")}
say("| loss on old text, nats a token | before | after LoRA | after full |\n|---|---|---|---|\n"
    f"| near, this run | {loss_base:.2f} | {after['LoRA']:.2f} | {after['full']:.2f} |"
    + "".join(f"\n| {where}, recorded | " + " | ".join(f"{loss:.2f}" for loss in losses) + " |"
              for where, losses in recorded_old.items()))

# %% far-forget-explain
from course_lib.experiments.near_and_far_told import lower_rates, told_lower_rates
from course_lib.intervals import students_t

for where in ("near", "far"):
    rise, low, high = students_t((runs[f"{where}_lora_old"] - runs[f"{where}_full_old"]).values)
    say(f"On the {where} base LoRA ends **{rise:+.2f}** nats from full fine-tuning ({low:+.2f} to "
        f"{high:+.2f}): " + ("LoRA forgot more." if low > 0 else "LoRA forgot less." if high < 0
                             else "these seeds cannot tell which forgot more."))
say("In large models LoRA forgot less (Biderman et al.). Is it the method? Each rate was chosen "
    "for the answers alone. Full fine-tuning at lower ones, less LoRA, in right answers and on "
    "old text:\n\n" + told_lower_rates(lower_rates({name: runs[name].values for name in runs})))

# %% [markdown] far-intruders
# What LoRA forgot in large models was found to hang on a few strong *new* directions, which full fine-tuning does not
# make ([Shuttleworth et al. 2024](https://arxiv.org/abs/2410.21228)). Does it make them here? Of the ten strongest
# directions of each tuned matrix, count those that lie near to none of before.

# %% far-intruders-count
def intruders(new, old):
    """How many of the ten strongest of `new` (d, k) have a cosine of 0.6 to none of `old`."""
    U_new, U_old = (torch.linalg.svd(W, full_matrices=False).U for W in (new, old))  # (d, S) each
    return ((U_old.T @ U_new[:, :10]).abs().amax(0) < 0.6).sum().item()  # (S, d) @ (d, 10) -> (10,)


def by_site(method):
    """[(the tuned matrix, the one before)] of each site."""
    changed = load_model("orchard-s")[0]
    method.merge(changed)
    return [[one.get_submodule(site).weight.detach() for one in (changed, model)] for site in sites]


made = {name: sum(intruders(new, old) for new, old in by_site(method))
        for name, method in (("full fine-tuning", full), ("LoRA", lora))}

# %% far-intruders-control
def shaken(new, old):
    """`old` with a random change as large as that to `new`."""
    shake = torch.randn(old.shape)
    return old + shake * (new - old).norm() / shake.norm()


made["random changes as large as LoRA's"] = sum(
    intruders(shaken(new, old), old) for new, old in by_site(lora))
say(f"New among {10 * len(sites)} directions, near task, one run: "
    + ", ".join(f"{name} **{count}**" for name, count in made.items()) + ". In this run LoRA makes "
    + ("more" if made["LoRA"] > made["full fine-tuning"] else "no more") + " of them.")

# %% [markdown] alpha
# ## Alpha and the learning rate
#
# Two numbers make the change stronger: `alpha`, which scales it, and the learning rate. Suppose you double
# alpha and halve the learning rate. Is that the same training?

# %% alpha-predict
from course_lib.quiz import predict, reveal

predict("06.alpha")

# %% alpha-run
def trained(alpha, rate, steps):
    """A LoRA of this alpha after so many steps at this rate."""
    method = LoRA(model, TARGETS, rank=RANK, alpha=alpha)     # the same seed, so the same A
    fit(model, tokenizer, few_labels, method, learning_rate=rate, **short | {"steps": steps},
        progress=False)
    return method


def change_of(method):
    """The whole change (alpha / r) B A of every site, as one vector."""
    return torch.cat([(method.scale * B @ A).detach().flatten()
                      for A, B in zip(method.A, method.B)])

# %% alpha-first-step
step, traded_step, doubled_step = (change_of(trained(alpha, rate, 1)) for alpha, rate in (
    (ALPHA, LORA_RATE), (2 * ALPHA, LORA_RATE / 2), (2 * ALPHA, LORA_RATE)))
apart = lambda a, b: ((a - b).norm() / a.norm()).item()
first = apart(step, traded_step)
say(f"After **one step**, doubling alpha at the same rate makes the change "
    f"{(doubled_step.norm() / step.norm()).item():.2f} times as large. At half the rate it differs "
    f"from the first by {percent(first)}.")

# %% alpha-more-steps
traded = trained(2 * ALPHA, LORA_RATE / 2, short["steps"])
last = apart(change_of(lora), change_of(traded))
traded_found = evaluate(model, tokenizer, rows, traded)
reveal("06.alpha", "same" if last < 0.01 else "alike" if last < 0.8 else "different")
say(f"After **{short['steps']} steps** the two changes differ by {percent(last)} of their size, "
    f"and {percent(found['LoRA'][0])} against {percent(traded_found['accuracy'])} of the answers "
    f"are right (95 % interval of the second: {percent(traded_found['low'])} to "
    f"{percent(traded_found['high'])}).")

# %% [markdown] alpha-why
# What is the same, and what is not? At the first step $B$ is zero, so $A$ has no gradient, and AdamW moves
# each number of $B$ by the learning rate. The change is alpha times that: only their product counts. From the
# second step on $A$ moves too, and it moves by the learning rate **alone**. So alpha acts like a learning
# rate for $B$ and not for $A$: *roughly* interchangeable, never equal.
#
# Why divide by $r$? With a higher rank more products add up. Does dividing keep the size of their sum alike, so
# that a rate found at one rank serves at another? One step at one rate, with one alpha, by rank:

# %% alpha-ranks
def first_size(rank):
    """The size of the change after one step of LoRA of this rank."""
    method = LoRA(model, TARGETS, rank=rank, alpha=ALPHA)
    fit(model, tokenizer, {"train": few_labels["train"].select(range(16))}, method, steps=1,
        batch_size=16, learning_rate=LORA_RATE, progress=False)
    return change_of(method).norm().item()


sizes = {rank: first_size(rank) for rank in (1, 4, 16, 64)}   # with LoRA's own scale, alpha / r
by_rank = {f"alpha / {name}": [norm * rank / over(rank) for rank, norm in sizes.items()]
           for name, over in {"r": lambda r: r, "√r": lambda r: r**0.5, "1": lambda r: 1}.items()}

# %% alpha-ranks-table
say(f"| size of the change, scaled by | {' | '.join(f'r = {rank}' for rank in sizes)} |\n"
    + "|---" * (len(sizes) + 1) + "|" + "".join(
        f"\n| {name} | " + " | ".join(f"{norm:.2f}" for norm in row) + " |"
        for name, row in by_rank.items()))
times = {name: row[-1] / row[0] for name, row in by_rank.items()}
say(f"From the lowest to the highest rank the change becomes {times['alpha / r']:.2f} times as "
    f"large with alpha / r, and {times['alpha / 1']:.1f} times with alpha alone. **What keeps it "
    f"is {min(times, key=lambda name: abs(times[name] - 1))}**: so many random products add up "
    "like √r, not like r ([Kalajdzievski 2023](https://arxiv.org/abs/2312.03732)). So with LoRA's "
    "own scale a higher rank begins more slowly at the same rate. Give every rank a rate of its "
    "own.")

# %% [markdown] alpha-book-why
# A well-known book on language models scaled by alpha alone, until a [reader
# noticed](https://github.com/rasbt/LLMs-from-scratch/issues/821). Give our trained matrices that wrong scale:

# %% alpha-book
book = LoRA(model, TARGETS, rank=RANK, alpha=ALPHA * RANK)  # its scale: alpha, not alpha / r
book.load_state_dict(lora.state_dict())
wrong = evaluate(model, tokenizer, rows, book)
loss_book = old_domain_loss(model, tokenizer, book, n_documents=40)
say(f"The same A and B, r = {RANK}: scaled by alpha / r, {percent(found['LoRA'][0])} right and "
    f"a loss of {after['LoRA']:.2f} on old text. Scaled by alpha, "
    f"**{percent(wrong['accuracy'])}** right (95 % interval {percent(wrong['low'])} to "
    f"{percent(wrong['high'])}) and a loss of **{loss_book:.2f}**.")
say("With r = 1 both formulas agree, so a test with r = 1 finds nothing. Always test LoRA with an "
    "alpha that is neither the rank nor one.")

# %% [markdown] merge
# ## Merge
#
# While it is on a hook, LoRA is extra work: two thin products at every site. But the change has the shape of
# the matrix. So add it: $W = W_0 + \frac{\alpha}{r} B A$. What does a *merged* model cost?

# %% merge-predict
from course_lib.quiz import predict, reveal

predict("06.merge")

# %% merge-run
from torch.utils.flop_counter import FlopCounterMode

from course_lib.cost import eager_attention


@torch.no_grad()
def operations(model):
    """(the logits of the batch, the floating-point operations that they took)"""
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        return model(**batch).logits, counter.get_total_flops()


base_logits, base_flops = operations(model)
with lora.on(model):
    lora_logits, lora_flops = operations(model)
merged = load_model("orchard-s")[0]                  # the same base once more
lora.merge(merged)                                   # in place; what W was is kept
merged_logits, merged_flops = operations(merged)

# %% merge-reveal
reveal("06.merge", "same" if merged_flops == base_flops else "less" if merged_flops < base_flops
       else "lora" if merged_flops >= lora_flops else "between")
merge_difference = (merged_logits - lora_logits).abs().max().item()
effect = (lora_logits - base_logits).abs().max().item()
say("| | million operations | against the base |\n|---|---|---|" + "".join(
    f"\n| {name} | {flops / 1e6:,.1f} | +{100 * (flops / base_flops - 1):.1f} % |"
    for name, flops in (("base", base_flops), ("LoRA on hooks", lora_flops),
                        ("LoRA merged", merged_flops))))
say(f"LoRA moved the logits by up to {effect:.1f}. Merging moved them by {merge_difference:.0e} "
    "more: rounding. One of our texts says that LoRA's outputs must be changed by a merge layer. "
    "**No layer was added**, and none is needed: merging is a sum of two matrices.")
assert merged_flops == base_flops and merge_difference < 1e-3

# %% [markdown] merge-back
# And back again? Subtract what you added, one would think. Try it on one matrix, and then the way that the
# course does it.

# %% merge-back-run
with torch.no_grad():
    change = lora.scale * lora.B[0] @ lora.A[0]      # (d, r) @ (r, k) -> (d, k)
    weight = model.get_submodule(sites[0]).weight    # the base's own
    off = ((weight + change) - change != weight).sum().item()
merged = load_model("orchard-s")[0]
lora.merge(merged)
assert weights_hash(merged) != hash_before
lora.unmerge(merged)                                 # puts the kept copy back
exact = weights_hash(merged) == hash_before
assert exact                                         # every bit of every matrix
say(f"By subtraction, **{off:,} of {weight.numel():,} numbers** of one matrix do not come back: "
    "adding rounded them. With the kept copy, the hash of the whole model is the one from the "
    "beginning.")

# %% [markdown] swap
# One base, many tasks: since nothing in the base changes, you can keep it loaded and swap small files. Train a
# second LoRA for a critic who calls everything the other way round, save both, and load them into the running
# model.

# %% swap-train
from pathlib import Path
from tempfile import mkdtemp

folder, words = Path(mkdtemp()), ["negative", "positive"]
turned = few_labels["train"].remove_columns(["answer", "label"]).add_column(
    "answer", [words[1 - label] for label in few_labels["train"]["label"]])
contrary = LoRA(model, TARGETS, rank=RANK, alpha=ALPHA)
fit(model, tokenizer, {"train": turned}, contrary, steps=20, batch_size=16,
    learning_rate=LORA_RATE, progress=False)
for name, method in (("reviews", lora), ("contrary", contrary)):
    method.save(folder / f"{name}.safetensors")
    print(name, f"{(folder / f'{name}.safetensors').stat().st_size / 1e3:.0f} KB")

# %% swap-run
rows, swapped = rows.select(range(100)), {}
for name in ("reviews", "contrary", "reviews again"):  # into the same model, one after the other
    loaded = LoRA.load(folder / f"{name.split()[0]}.safetensors", model)
    swapped[name] = marks(model, loaded)
shares = {name: wilson(sum(map(sum, one)), len(rows)) for name, one in swapped.items()}
show_shares(shares, "right answers",
            f"One base, never reloaded. n = {len(rows)} test reviews. Right is the review's own "
            "label, so the contrary critic should be wrong. Lines: 95 % intervals.",
            ["reviews", "reviews again"], GUESSING)
assert swapped["reviews"] == swapped["reviews again"] == marked["LoRA"][:len(rows)]
assert weights_hash(model) == hash_before

# %% [markdown] library
# ## The same with the library
#
# `peft` is the library that most people use for this. Give it our trained matrices, and compare everything:
# logits, gradients, and how many parameters are trained.

# %% library-run
import warnings

from peft import LoraConfig, get_peft_model

warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing")  # no concern of ours
config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(TARGETS))
theirs = get_peft_model(load_model("orchard-s")[0], config)  # a base of its own: peft changes it
theirs.eval()
their_pairs = [[theirs.get_parameter(f"base_model.model.{site}.lora_{part}.default.weight")
                for part in "AB"] for site in sites]
with torch.no_grad():
    for pair, *own in zip(their_pairs, lora.A, lora.B):
        for weight, copied in zip(pair, own):
            weight.copy_(copied)

# %% library-assert
labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
their_out = theirs(**batch, labels=labels)
their_grads = torch.autograd.grad(their_out.loss, sum(map(list, zip(*their_pairs)), []))
with lora.on(model):
    our_out = model(**batch, labels=labels)
    our_grads = torch.autograd.grad(our_out.loss, [*lora.A, *lora.B])
assert torch.allclose(our_out.logits, their_out.logits, atol=1e-4)
assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(our_grads, their_grads))
counts = (sum(p.numel() for p in lora.parameters()),
          sum(p.numel() for p in theirs.parameters() if p.requires_grad))
assert counts[0] == counts[1]
print(f"trained parameters: ours {counts[0]:,}, peft's {counts[1]:,}; logits and gradients equal")

# %% [markdown] snippet
# Now the snippet that one of our source texts prints: LoRA for `bert-base`, with target modules `q_lin` and
# `v_lin`. We run it on a BERT with random weights and few layers (the names are what counts), and read what
# happens.

# %% snippet-run
from peft import TaskType
from transformers import BertConfig, BertForSequenceClassification

tiny_bert = lambda: BertForSequenceClassification(BertConfig(
    hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128))
published = {"task_type": TaskType.SEQ_CLS, "r": 8, "lora_alpha": 16}
try:
    get_peft_model(tiny_bert(), LoraConfig(**published, target_modules=["q_lin", "v_lin"]))
except ValueError as error:
    print(f"ValueError: {error}")
else:
    raise AssertionError("it ran: then BERT has layers of these names now")

# %% [markdown] snippet-mend
# No modules were targeted: not one layer of BERT has such a name. Which names has it? Look, then mend the
# snippet in two ways: name the layers that are there, or take the model that has layers of those names,
# DistilBERT.

# %% snippet-mend-run
from transformers import DistilBertConfig, DistilBertForSequenceClassification

print([name for name, _ in tiny_bert().named_modules() if "attention.self" in name][1:4])
distil = DistilBertForSequenceClassification(
    DistilBertConfig(dim=64, n_layers=2, n_heads=2, hidden_dim=128))
mended = [get_peft_model(base, LoraConfig(**published, target_modules=targets))
          for base, targets in ((tiny_bert(), ["query", "value"]), (distil, ["q_lin", "v_lin"]))]
for one in mended:
    one.print_trainable_parameters()                 # the classifier's head is trained as well

# %% [markdown] real
# ## On a real model
#
# All of it runs unchanged on a model that read natural English: `minilm`, many times the size of ours. It is an
# encoder, so LoRA gets a head for the labels. Where it is not installed, the cell says how to get it, and you
# can go on without.

# %% real-load
from course_lib.errors import CourseError

natural = load_task("natural")       # or your own: load_task("my.csv"), columns text and label
training, testing = natural["train"].select(range(96)), natural["test"].select(range(60))
try:
    real, real_tokenizer = load_model("minilm")
    print(f"minilm has {sum(p.numel() for p in real.parameters()):,} parameters.")
except CourseError as error:
    real = None
    print(error)
print("\n".join(f"{row['answer']:9} {row['text']}" for row in testing.select(range(3))))

# %% real-run
if real:
    tuned = {"head alone": Frozen(real, train=(), num_labels=2),
             "LoRA and head": LoRA(real, rank=RANK, alpha=ALPHA, num_labels=2)}
    real_found = {}
    for name, method in tuned.items():
        fit(real, real_tokenizer, {"train": training}, method, steps=6, batch_size=16,
            learning_rate=1e-2, reuse=name == "head alone", progress=False)
        real_found[name] = ends(evaluate(real, real_tokenizer, testing, method))
    show_shares(real_found, "right answers",
                f"minilm, {len(training)} sentences to learn from, n = {len(testing)} to test; "
                "one short run. Lines: 95 % intervals.", ["LoRA and head"], GUESSING)

# %% real-explain
if real:
    told = {name: low > 0.5 for name, (_, low, _) in real_found.items()}
    say("; ".join(f"**{name}** {'is better than' if better else 'cannot be told from'} guessing"
                  for name, better in told.items())
        + f". {len(training)} sentences of such variety are few, and so short a training is "
        "little; the lesson has no time for more. The command below takes it.")

# %% [markdown] real-own
# To try your own sentences, put the path of a CSV file with the columns `text` and `label` into `load_task`,
# and run the two cells again. In a terminal in the course's folder, `.venv/bin/course bench minilm FILE.csv`
# compares several methods on it.

# %% [markdown] exercise
# ## Now you
#
# In [exercise 06](../exercises/06_lora.ipynb) you count, write the forward pass, build the layer and put it
# into the real model, and merge it. Each task has a check that names the likely mistake.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-low-rank
from course_lib.quiz import quiz

quiz("06.low_rank")

# %% quiz-count
from course_lib.quiz import quiz

quiz("06.count")

# %% quiz-start
from course_lib.quiz import quiz

quiz("06.start")

# %% quiz-alpha
from course_lib.quiz import quiz

quiz("06.alpha_rate")

# %% quiz-near-far
from course_lib.quiz import quiz

quiz("06.near_far")

# %% quiz-merge
from course_lib.quiz import quiz

quiz("06.merged")

# %% quiz-snippet
from course_lib.quiz import quiz

quiz("06.snippet")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The statements are from three texts, named below under Sources. The figures are yours, from
# this run. Code draws the verdict from them.

# %% verdicts-figures
with torch.no_grad():                # W = W0 + BA by hand, for C21
    for site, A_site, B_site in zip(sites, lora.A, lora.B):
        model.get_submodule(site).weight.add_(lora.scale * B_site @ A_site)
    product = (model(**batch).logits - lora_logits).abs().max().item()
model, _ = load_model("orchard-s")   # a fresh base again
rank_found = torch.linalg.matrix_rank(change, rtol=1e-5).item()

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

says_measured_verdict({
    "C21": {"start": start_difference, "changed": not exact, "product": product},
    "C26": {"difference": merge_difference, "base": base_flops, "unmerged": lora_flops,
            "merged": merged_flops, "restored": exact},
    "C28": {"rank": rank_found, "scale": (doubled_step.norm() / step.norm()).item(), "first": first,
            "last": last, "accuracy": found["LoRA"][0], "traded": traded_found["accuracy"]},
    "C29": {"as_published": 0, "names_mended": 1, "model_mended": 1},
    "C31": {"effect": effect, "difference": merge_difference, "added_layers": 0},
})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all the claims of this lesson, over several
# seeds.

# %% ledger-run
ledger("06")

# %% [markdown] recap
# ## What we know now
#
# 1. What full fine-tuning changes in a matrix lies mostly in far fewer directions than it has. So it can be
#    written as two thin matrices, and trained so from the start, beside a base that keeps every bit.
# 2. It takes a small part of the space. Before one says what it cannot do far from what the base knows, it needs
#    a rank and a rate of its own; what it forgot must be counted beside what it learned, at more than one rate.
# 3. Alpha is a scale and no learning rate, though the two trade for each other roughly; merged, LoRA costs
#    nothing at inference, and a kept copy brings the base back to the last bit.
#
# **What remains unexplained:** LoRA shrank the file and the optimizer, and the work far less. What exactly does
# training fewer parameters buy, and would another small part, such as an adapter, buy more? Lesson 07
# compares them. Which methods forget less at the same success is a question for lesson 09.

# %% [markdown] sources
# ## Sources
#
# - Unite.AI, Complete guide to fine-tuning large language models: the formula and the snippet.
# - Unite.AI, LoReFT: representation fine-tuning for language models: the statement on merging.
# - Wikipedia, [Fine-tuning (deep learning)](https://en.wikipedia.org/wiki/Fine-tuning_(deep_learning)).
# - Hu et al. 2021, [LoRA: low-rank adaptation of large language models](https://arxiv.org/abs/2106.09685).
# - Biderman et al. 2024, [LoRA learns less and forgets less](https://arxiv.org/abs/2405.09673).
# - Raschka, Build a large language model from scratch, [the issue about alpha and the
#   rank](https://github.com/rasbt/LLMs-from-scratch/issues/821).
