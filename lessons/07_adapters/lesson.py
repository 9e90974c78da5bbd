# %% [markdown] title
# # Lesson 07 · Adapters, quantisation, and what parameter-efficient tuning buys
#
# **What this lesson claims:** training fewer parameters saves some costs and leaves others as they were. You
# need nothing but Python, [lesson 00](00_start_here.ipynb), which opened a model, and
# [lesson 06](06_lora.ipynb), which built LoRA. After it you can
#
# - build an adapter by hand, in series and in parallel, and say why it cannot be merged;
# - measure how far behind full fine-tuning a small part falls, near to what a model knows and far from it;
# - say which costs fall by much, which by a third at most, and which not at all;
# - round a matrix to four bits, and train LoRA on top of what is left.

# %% setup
from course_lib.lesson import start

lesson = start("07")

# %% [markdown] adapters
# ## A small network behind every sub-layer
#
# A block has two parts, attention and feed-forward, the *sub-layers*. What each of them gives is added to a
# stream that runs through the model. An **adapter** stands just before that sum: it takes the sub-layer's output
# $y$, of width $d$, squeezes it through a *bottleneck* of $m$ numbers, and adds what comes out:
#
# $$y + \mathrm{Up}\;\mathrm{relu}(\mathrm{Down}\;y)$$

# %% helpers
import torch

from course_lib import fit, load_model, load_task
from course_lib.display import fold, percent, say, show_source
from course_lib.models import weights_hash
from course_lib.plots import in_points, interval, show_shares, wilson

model, tokenizer = load_model("orchard-s")
hash_before = weights_hash(model)                    # a fingerprint of every parameter
share_of = lambda part, whole: f"{100 * part / whole:.1f} %"

# %% [markdown] adapters-scratch
# From scratch it is again one hook. Read the shapes. `relu` keeps what is above zero and cuts off the rest: it is
# the one thing here that LoRA does not have.

# %% adapters-hook
def adapter_hook(layer, Down, down_bias, Up, up_bias):
    """Adds Up relu(Down y) to what `layer` says, until the hook that it returns is removed."""
    def hook(module, inputs, y):                     # y (B, T, d): what the sub-layer gives
        low = y @ Down.T + down_bias                 # (B, T, d) @ (d, m) -> (B, T, m)
        return y + low.relu() @ Up.T + up_bias       # (B, T, m) @ (m, d) -> (B, T, d)

    return layer.register_forward_hook(hook)

# %% adapters-sites
M, d = 16, 128                                       # the bottleneck, and the model's width
sites = [name for name, _ in model.named_modules() if name.endswith(("o_proj", "down_proj"))]
layers = [model.get_submodule(name) for name in sites]   # the last layer of each sub-layer
rows = load_task("reviews")["test"].select(range(8))
texts = tokenizer(rows["prompt"][:], return_tensors="pt", padding=True)
batch = {name: texts[name] for name in ("input_ids", "attention_mask")}  # each (8, T)


@torch.no_grad()
def logits_with(parts):
    """The model's logits with an adapter at every site; they are gone again afterwards."""
    hooks = [adapter_hook(layer, *part) for layer, part in zip(layers, parts)]
    try:
        return model(**batch).logits                 # (8, T, V)
    finally:
        for hook in hooks:
            hook.remove()

# %% [markdown] adapters-zero
# At the start `Up` and its bias are zero, so nothing changes, to the last bit. Then the course's own `Adapter`,
# filled with the same random numbers, must say what ours says.

# %% adapters-zero-assert
from course_lib.methods import Adapter

ours = Adapter(model, bottleneck=M)
parts = lambda: [(down.weight, down.bias, up.weight, up.bias)
                 for down, up in zip(ours.down, ours.up)]
with torch.no_grad():
    bare = model(**batch).logits
    assert ours.sites == tuple(sites)
    assert torch.equal(logits_with(parts()), bare)   # Up is zero: not one bit has changed
    for up in ours.up:
        torch.nn.init.normal_(up.weight, std=0.1)
    by_hand = logits_with(parts())
    with ours.on(model):                             # attached inside this block, nowhere else
        assert torch.allclose(model(**batch).logits, by_hand, atol=1e-3)
show_source(Adapter)

# %% [markdown] adapters-parallel
# There are two ways to place it. In **series**, as above, it reads what the sub-layer gives. In **parallel** it
# reads what the sub-layer *reads*, $y + \mathrm{Up}\;\mathrm{relu}(\mathrm{Down}\;x)$, so that both can
# be computed at the same time. Same size, other input:

# %% adapters-parallel-run
count = lambda method: sum(parameter.numel() for parameter in method.parameters())
beside = Adapter(model, bottleneck=M, parallel=True)
beside.load_state_dict(ours.state_dict())            # the same numbers in the other place
with torch.no_grad(), beside.on(model):
    elsewhere = (model(**batch).logits - by_hand).abs().max().item()
assert count(beside) == count(ours) == len(sites) * (2 * M * d + M + d)
say(f"Both train {count(ours):,} parameters: at each of {len(sites)} places 2 · m · d, and the two "
    f"biases, m + d. With the same numbers in both, the logits differ by up to {elsewhere:.1f}.")

# %% [markdown] meanings
# ## Two things called adapter
#
# Our texts use one word for two things. Wikipedia's *adapters* are low-rank matrices, LoRA; in both texts of
# Unite.AI an adapter is the bottleneck above, and libraries such as `peft` call any small trained file an
# adapter. Take a bottleneck and a rank that train about as much. **Which of the two changes can be
# folded into the model's matrices**, so that nothing is left to compute?

# %% meanings-predict
from course_lib.quiz import predict, reveal

predict("07.fold")

# %% [markdown] meanings-test
# A matrix treats a sum fairly: what it makes of $x + y$ is what it makes of $x$ plus what it makes of $y$. A change
# that does not, fits into no matrix. So test it, with random inputs, and leave constant terms out.

# %% meanings-run
from course_lib.experiments.folding import Products, bend, changes, overhead

with torch.no_grad():
    of_adapter, of_lora, x, y = changes(model, lesson.seed)             # (8, d) -> (8, d), twice
    zero = torch.zeros_like(x)
    bends = {}
    for name, change in (("adapter", of_adapter), ("LoRA", of_lora)):
        whole, each = change(x + y), change(x) + change(y) - change(zero)
        bends[name] = bend(change, x, y)
        for what, values in (("c(x + y)", whole), ("c(x) + c(y)", each)):
            print(f"{name:8} {what:12}", *(f"{value:6.2f}" for value in values[0, :6]))

# %% meanings-reveal
straight = {name for name, off in bends.items() if off < 1e-4}
reveal("07.fold", "both" if len(straight) == 2 else "neither" if not straight else
       "lora" if "LoRA" in straight else "adapter")
say(f"The sum comes out wrong by {share_of(bends['adapter'], 1)} with the adapter, and by "
    f"{bends['LoRA']:.0e} with LoRA, which is rounding. **`relu` stands between the adapter's two "
    "matrices**, and what it cuts off depends on the input. Ask the course to merge it anyway:")

# %% meanings-refused
from course_lib.errors import CourseError

try:
    ours.merge(model)
except CourseError as error:
    print(f"CourseError: {error}")
else:
    raise AssertionError("it was merged: then it is linear now")

# %% [markdown] use
# ## What using it costs
#
# LoRA, merged, costs nothing when the model is used (lesson 06). An adapter stays. By how many per cent do the
# operations of one pass grow, with our bottleneck at every sub-layer?

# %% use-predict
from course_lib.quiz import predict, reveal

predict("07.overhead")

# %% use-run
from course_lib.methods import LoRA

used = overhead(lesson.seed)                         # counted: operations, products of matrices
reveal("07.overhead", round(100 * (used["operations"] - 1), 1))
say("| | operations | products of matrices, one after the other |\n|---|---|---|"
    + "".join(f"\n| {name} | +{100 * (used[f'{key}operations'] - 1):.1f} % | "
              f"+{100 * (used[f'{key}products'] - 1):.0f} % |"
              for name, key in (("adapters", ""), ("LoRA, merged", "lora_"))))
show_source(Products)

# %% [markdown] use-why
# Few operations more, and yet many more *steps*: a processor that could do thousands of products at once has to
# wait for one small product after the other. So what is waited for depends on how much is computed at once. For
# GPT-2 medium, two kinds of adapters against merged LoRA:
#
# > one text of 128 tokens: +20.7 % and +30.3 %; 32 texts of 512 tokens: +2.2 % and +3.0 %
# >
# > — [Hu et al. 2021, Table 1](https://arxiv.org/abs/2106.09685)

# %% [markdown] near
# ## Near to what the model knows
#
# So an adapter costs a little, and LoRA nothing once it is merged. What can such a part **learn**? Take 1,000 short
# reviews with their labels, and 80 steps of 16: under adapters, and under full fine-tuning. `orchard-s` had read
# thousands of reviews before, though no label. By how many **points** do the adapters fall short?

# %% near-predict
from course_lib.quiz import predict, reveal

predict("07.near")

# %% near-methods
from course_lib.experiments import tuned                # the rate that one search found
from course_lib.experiments.near_and_far import FULL, NEAR, adapter

labelled = NEAR.train_rows(tokenizer, lesson.seed)       # 1,000 short reviews
test = NEAR.test_rows(tokenizer, lesson.seed).select(range(200))
NAMES = {"bare": "bare base", "adapter": "adapters", "full": "full fine-tuning"}
arms = {"adapter": adapter(M), "full": FULL}             # a method with its options
near = {name: one.build(model, tokenizer, lesson.seed) for name, one in arms.items()}

# %% near-train
for name, method in near.items():
    fit(model, tokenizer, {"train": labelled}, method, steps=NEAR.steps, batch_size=NEAR.batch,
        learning_rate=tuned(NEAR, arms[name]).rate, seed=lesson.seed)
assert weights_hash(model) == hash_before            # the base keeps its bits under both

# %% near-measure
from course_lib.evaluation import answers


def marks(base, method):
    """For every test review a list with 1 (right) or 0."""
    return [[given == right] for given, right in zip(*answers(base, tokenizer, test, method))]


share_right = lambda marked: wilson(sum(map(sum, marked)), len(test))
near_marks = {name: marks(model, method) for name, method in {"bare": None, **near}.items()}

# %% near-plot
GUESSING = {"guessing": 0.5}
show_shares({NAMES[name]: share_right(marked) for name, marked in near_marks.items()},
            "right answers", f"n = {len(test)} test reviews; one run. Lines: 95 % intervals.",
            ["adapters"], GUESSING)

# %% near-reveal
pairs = zip(near_marks["full"], near_marks["adapter"])   # the same reviews, one by one
near_gap, low, high = interval([[a - b] for [a], [b] in pairs])
reveal("07.near", round(100 * near_gap))
say("Full fine-tuning minus adapters, on the same reviews: "
    f"**{in_points(near_gap, low, high)}**. The adapters have "
    f"{share_of(count(near['adapter']), count(near['full']))} of the model's parameters.")

# %% [markdown] near-beside
# Beside it, from BERT, a far larger model, on the tasks of GLUE:
#
# > Adapters within 0.4 % of full fine-tuning on GLUE, adding 3.6 % parameters per task
# >
# > — [Houlsby et al. 2019, abstract](https://arxiv.org/abs/1902.00751)

# %% [markdown] far
# ## Far from it
#
# How far is a task from what a model knows? A ruler is the *linear probe*, a new head on the frozen model:
# what it finds is inside already. Lay it on three bases: `orchard-s`; `orchard-s-early`, the same
# training run, stopped early; and the same architecture with random weights.

# %% far-ruler
from course_lib.experiments.near_and_far import HEAD, RULER     # RULER: 160 labels, read four times

bases = {"near": model, "far": load_model("orchard-s-early")[0],
         "untrained": load_model("orchard-s", random=True, seed=lesson.seed)[0]}
ruler = {}
for where, base in bases.items():
    head = HEAD.build(base, tokenizer, lesson.seed)
    fit(base, tokenizer, {"train": labelled.select(range(RULER.labels))}, head, steps=RULER.steps,
        batch_size=RULER.batch, learning_rate=tuned(RULER, HEAD).rate, reuse=True, progress=False)
    ruler[where] = share_right(marks(base, head))
show_shares(ruler, "right answers", f"A head alone on each base, {RULER.labels} reviews read four "
            f"times; n = {len(test)} test reviews. Lines: 95 % intervals.", ["near"], GUESSING)

# %% far-ruler-told
adapted = share_right(near_marks["adapter"])[0]
say(f"On `orchard-s` a head alone is right in {percent(ruler['near'][0])}, with {RULER.labels} "
    f"labels; the adapters, with {NEAR.labels:,}, in {percent(adapted)}. " + (
        "Where a head finds the answer, more need not be trained." if ruler["near"][0] >= adapted
        else "A head finds most of it, and forgets nothing: try it first."))

# %% [markdown] far-longer
# Now tune all of it, with 1,000 labels: `orchard-s` for few steps, `orchard-s-early` for four times as many, and there
# LoRA and adapters are wider, too. Each has the learning rate that one search found for it. It takes minutes, so it is
# recorded, over several seeds. Far from what the base knows, by how many points is the **better** of the two small
# parts behind full fine-tuning?

# %% far-predict
from course_lib.quiz import predict, reveal

predict("07.far")

# %% far-reveal
from course_lib import claims
from course_lib.experiments.near_and_far import RUNS, in_words

matching, lagging = claims.recorded("C19"), claims.recorded("C20")
runs = {name: figure for name, figure in {**lagging, **matching}.items() if name in RUNS}
place_of = lambda run: "near" if run.startswith("near") else "far"
bars = {run: f"{place_of(run)}, {RUNS[run][0].steps} steps: {in_words(run)}"
        for run in RUNS if run in runs}
over_seeds = lambda figure: (figure.mean, min(figure.values), max(figure.values))
best = max(("far_lora", "far_adapter"), key=lambda run: runs[run].mean)
reveal("07.far", round(100 * (runs["far_full"].mean - runs[best].mean)))
seeds = sorted({len(runs[run].values) for run in bars})
show_shares({bars[run]: over_seeds(runs[run]) for run in bars}, "right answers",
            f"Recorded, seeds: {' or '.join(map(str, seeds))}; n = {RUNS[best][0].test} reviews. "
            "Lines: lowest to highest seed.",
            [bars[run] for run in bars if run.endswith("full")], GUESSING)

# %% [markdown] far-intervals
# *m* is an adapter's bottleneck, *r* LoRA's rank. A difference within five points counts as none here. Each of these is
# a part's share less that of full fine-tuning, on the same base in as many steps, with its interval over seeds:

# %% far-told
matches = claims.get("C19").judge(matching).answers
lags = claims.get("C20").judge(lagging).answers
say("\n".join(f"- {where}: {answer}" for where, answer in matches.items()))
say("And full fine-tuning's share less that of a part, where we suspected that it lags:\n\n"
    + "\n".join(f"- {where}: {answer}" for where, answer in lags.items()
                if where not in matches))

# %% [markdown] far-table
# And what was lost? Ask each for its loss on ordinary text of the old world, in nats a token. What it rises by has
# been forgotten.

# %% far-table-run
told = {**lagging, **matching}
before = claims.recorded("C25")
say("| | right | old text | before |\n|---|---|---|---|" + "".join(
    f"\n| {bars[run]} | **{claims.share(runs[run])}** | {told[f'{run}_old'].mean:.2f} | "
    f"{before[f'{place_of(run)}_before'].mean:.2f} |" for run in bars))

# %% far-forgot
from course_lib.experiments.near_and_far_told import conclusion, lower_rates
from course_lib.intervals import students_t

for run in ("far_lora", "far_adapter"):
    more, low, high = students_t((told[f"{run}_old"] - told["far_full_old"]).values)
    say(f"{bars[run]}: **{more:+.2f}** nats from full fine-tuning ({low:+.2f} to {high:+.2f}): it "
        + ("forgot more." if low > 0 else "forgot less." if high < 0 else "cannot be told which "
           "forgot more."))
slower = lower_rates({name: one.values for name, one in before.items()})
say("Each rate was chosen for the answers alone. In lesson 06 we tried lower ones of full "
    f"fine-tuning. {conclusion(slower)} A frozen base does not save the model from forgetting: it "
    "says other things as long as the part is attached. It saves **you**: take the part off, and "
    "the base is back.")

# %% [markdown] buys
# ## What it buys
#
# One of our texts promises up to a hundred times less compute. Count it: operations of one training step, forward and
# backward, of full fine-tuning and of five small parts: LoRA, adapters, a prompt of 20 vectors (lesson 05), a head
# alone, and **(IA)³**, which multiplies keys, values and the input of the last feed-forward layer by trained vectors,
# the smallest part that still sits inside the model. How many **times** fewer does LoRA take?

# %% buys-predict
from course_lib.quiz import predict, reveal

predict("07.compute")

# %% buys-run
from course_lib.cost import cost
from course_lib.experiments.near_and_far import lora
from course_lib.methods import Frozen, PromptTuning, ScaleShift

low_rank = lora().build(model, tokenizer, lesson.seed)  # rank 4, every matrix of the blocks
small_parts = {"LoRA": low_rank, "adapters": near["adapter"], "(IA)³": ScaleShift(model),
               "prompt, 20": PromptTuning(model, 20), "head": Frozen(model, (), num_labels=2)}
some = labelled.select(range(4))
costs = {name: cost(model, tokenizer, some, method)
         for name, method in {"full fine-tuning": near["full"], **small_parts}.items()}
whole = costs["full fine-tuning"]
reveal("07.compute", round(whole.step / costs["LoRA"].step, 1))

# %% buys-table
times = lambda field, name: getattr(whole, field) / getattr(costs[name], field)
say("How many times less than full fine-tuning:\n\n"
    "| | trained parameters | file | optimizer's memory | operations of a step |\n"
    "|---|---|---|---|---|" + "".join(
        f"\n| {name} | {times('parameters', name):,.0f} | {times('bytes_on_disk', name):,.0f} | "
        f"{times('optimizer_bytes', name):,.0f} | **{times('step', name):.1f}** |"
        for name in small_parts))

# %% [markdown] buys-why
# What is trained shrinks, and with it the file and what the optimizer keeps. The work hardly does. A step is three
# products for every matrix: forward; the gradient for what lies below; and the gradient for the matrix itself.
# A frozen matrix saves the last one, at most a **third**. A prompt saves it as well, and pays with 20 more tokens
# in every row. Only what needs no way back through the model, a head, saves the second, too.
#
# Be fair to the text, which says *up to*: what could save most? A head again, if its rows are read often. What the
# frozen model says to them is always the same, so it can be computed once and kept.

# %% buys-kept
from torch.utils.flop_counter import FlopCounterMode

from course_lib.cost import eager_attention

kept = {}
for epochs in (10, 100):
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        fit(model, tokenizer, {"train": some}, Frozen(model, (), num_labels=2), epochs=epochs,
            reuse=True, progress=False)
    kept[f"kept_{epochs}"] = epochs * whole.step / counter.get_total_flops()
told = " and ".join(f"**{saved:.0f} times** fewer operations over {name.split('_')[1]} epochs"
                    for name, saved in kept.items())
say(f"A head takes {told}: whether a hundredfold is true depends on how often it reads. A part "
    "inside the model cannot have that: what it changes, changes all that lies above it. Where the "
    f"text's large numbers belong is memory: of the optimizer's, LoRA takes "
    f"{times('optimizer_bytes', 'LoRA'):,.0f} times less, and more in a wider model.")

# %% [markdown] buys-then-time
# And in time? Processor time of a step, in turns with full fine-tuning, recorded:

# %% buys-time
timed = claims.recorded("C16")
time_saved = claims.get("C16").judge(timed).answers["processor time of a step"]
say(f"LoRA takes {percent(timed['operations'].mean)} of the operations of full fine-tuning. Its "
    f"processor time against that of full fine-tuning (seeds: {time_saved.n}): **{time_saved}**. "
    + "Many little products have a price of their own; the wider the matrices, the less it weighs."
    * (time_saved.word != claims.HOLDS))

# %% [markdown] buys-gpt3
# Beside it, from a model with matrices nearly a hundred times as wide, LoRA with r = 4:
#
# > GPT-3, 175 billion parameters: 10,000 times fewer are trained; training memory falls from 1.2 TB to 350 GB, the file
# > from 350 GB to 35 MB; training is 25 % faster
# >
# > — [Hu et al. 2021, abstract and § 4.2](https://arxiv.org/abs/2106.09685)

# %% [markdown] grows
# ### What still grows with the model
#
# Small parts leave the model as large as it was: its weights must be in memory, and every token goes through all of
# them. Three sizes of our base, counted:

# %% grows-run
grown = claims.recorded("C104")
sizes = ("xs", "s", "m")
say("| | LoRA trains | operations of one pass (million) | the base (KB) | LoRA's step / full |\n"
    "|---|---|---|---|---|" + "".join(
        f"\n| orchard-{size} | {grown[f'trained_{size}'].mean:,.0f} | "
        f"{grown[f'forward_{size}'].mean / 1e6:,.0f} | {grown[f'base_{size}'].mean / 1e3:,.0f} | "
        f"{percent(grown[f'step_{size}'].mean)} |" for size in sizes))
from_to = lambda what: grown[f"{what}_m"].mean / grown[f"{what}_xs"].mean
say(f"From the smallest to the largest, what LoRA trains grows {from_to('trained'):.0f} times, the "
    f"work of one pass {from_to('forward'):.0f} times and the base's memory {from_to('base'):.0f} "
    "times. Of these three, it is the base's memory that one can still do something about.")

# %% [markdown] four-bits
# ## Four bits a number
#
# A weight is kept in 32 bits, and most of them say little. **Quantisation** rounds it to one of 16 levels, so that 4
# bits are enough to name the level. Numbers share a scale in *blocks* of 64: the largest of the block. Which
# levels? **int4** spaces them evenly. **NF4** puts them where the numbers are: weights are spread like a bell, so
# it takes quantiles of the bell curve (cut it into parts of equal area), close together around zero.

# %% four-bits-levels
from course_lib.quantise import decode, encode, int4_levels, nf4_levels

for name, levels in (("NF4", nf4_levels()), ("int4", int4_levels())):
    print(f"{name:5}", " ".join(f"{level:5.2f}" for level in levels.tolist()))

# %% four-bits-hand
def rounded(numbers, levels, block):
    """The code of each number, and the number that the code stands for: (n,) -> (n,), (n,)."""
    blocks = numbers.view(-1, block)                 # (n,) -> (blocks, block)
    scale = blocks.abs().amax(1, keepdim=True)       # (blocks, 1): the largest of each block
    away = (blocks / scale)[..., None] - levels      # (blocks, block, 1) - (16,) -> (…, 16)
    code = away.abs().argmin(-1)                     # (blocks, block): the nearest level
    return code.view(-1), (levels[code] * scale).view(-1)


W = model.get_submodule("model.layers.2.self_attn.v_proj").weight.detach().flatten()
codes, back = rounded(W, nf4_levels(), 64)
their_codes, scales = encode(W, nf4_levels(), 64)    # the course's own does the same
assert torch.equal(codes, their_codes.long())
assert torch.equal(back, decode(their_codes, scales, nf4_levels(), 64))

# %% four-bits-table
say("The first numbers of a real matrix, block of 64:\n\n| number | / scale | code | level | "
    "× scale |\n|---|---|---|---|---|" + "".join(
        f"\n| {W[i]:.4f} | {W[i] / scales[0]:.2f} | {int(codes[i]):04b} | "
        f"{nf4_levels()[codes[i]]:.2f} | {back[i]:.4f} |" for i in range(5)))
bits = 4 + 32 / 64
say(f"Four bits for the code, and {32 / 64} for each number's part of the scale: **{bits} bits "
    f"instead of 32**. The matrix moved by {share_of((back - W).norm(), W.norm())} of its size.")

# %% [markdown] lab
# ## Explore: NF4 against int4
#
# **Question: when is int4 the better choice?** The lab shows the numbers of a real matrix with the levels, and how
# far rounding moves it, for every size of block. Look at several matrices, then at the two controls.

# %% lab-run
from course_lib import load_model
from course_lib.explore.quantise_lab import BLOCK_SIZES, quantise_lab
from course_lib.explore.quantise_lab import State, compute, layers as matrices

quantise_lab(load_model("orchard-s")[0])

# %% lab-found
wins, names = dict.fromkeys(BLOCK_SIZES, 0), [*matrices(model)]
for name in names:
    errors = compute(model, State(name)).errors
    for size in BLOCK_SIZES:
        wins[size] += errors["nf4"][size] < errors["int4"][size]
sure = [size for size, won in wins.items() if won == len(names)]
told = ", ".join([f"all {len(names)} with blocks of {min(sure):,} or more"] * bool(sure)
                 + [f"{wins[size]} with blocks of {size:,}" for size in wins if size not in sure])
even, bell = (compute(model, State(name)).errors for name in ("even", "bell"))
ahead = lambda errors: "NF4" if errors["nf4"][64] < errors["int4"][64] else "int4"
fold("What did you find?", f"<p>Of {len(names)} matrices NF4 is ahead in {told}. In very small "
     "blocks the largest number is never far away, so little is left of the bell.</p>"
     f"<p>The controls say why. With numbers drawn from a bell curve {ahead(bell)} wins, with "
     f"numbers drawn evenly {ahead(even)}: NF4 is no better rounding, it is a good guess about how "
     "weights are spread.</p>")

# %% lab-codes
by_code = torch.bincount(codes, minlength=16) / len(codes)  # by code, in blocks of 64
say("Parts of equal area would be used equally often. But each block is divided by its largest "
    f"number first, and so a code names from {percent(by_code.min().item())} to "
    f"{percent(by_code.max().item())} of our matrix's numbers: which levels are best depends on "
    "the size of the block ([Yoshida 2023](https://arxiv.org/abs/2306.06965)).")

# %% [markdown] whole
# Now the whole model: `quantise` gives a **new** base in which every matrix of the blocks is codes and scales, and
# made anew whenever it is read. What becomes of its loss on ordinary text?

# %% whole-predict
from course_lib.quiz import predict, reveal

predict("07.rounding")

# %% whole-run
from course_lib.evaluation import old_domain_loss
from course_lib.quantise import quantise, size_in_bytes

nf4, int4 = quantise(model, "nf4"), quantise(model, "int4")
old_loss = {name: old_domain_loss(base, tokenizer, n_documents=40)
            for name, base in (("32 bits", model), ("NF4", nf4), ("int4", int4))}
guessing = torch.tensor(float(model.config.vocab_size)).log().item()
rise = {name: loss - old_loss["32 bits"] for name, loss in old_loss.items()}
reveal("07.rounding", "same" if rise["NF4"] < 0.01 else
       "little" if rise["NF4"] < (guessing - old_loss["32 bits"]) / 2 else "far")
say("| | KB | loss on old text, nats a token |\n|---|---|---|" + "".join(
    f"\n| {name} | {size_in_bytes(base) / 1e3:,.0f} | {old_loss[name]:.3f} |"
    for name, base in (("32 bits", model), ("NF4", nf4), ("int4", int4))))

# %% whole-source
from course_lib.quantise import QuantisedLinear

show_source(QuantisedLinear)

# %% [markdown] whole-beside
# Beside it, from large models, the measure being perplexity (lower is better):
#
# > int4 34.34, FP4 31.07, NF4 with double quantisation 27.41
# >
# > — [Dettmers et al. 2023, Table 2](https://arxiv.org/abs/2305.14314)

# %% [markdown] whole-time
# The embeddings stay as they are, and in so small a model they weigh much; in a large one nearly everything is in
# the blocks. And time? Making each matrix from its codes is work. One pass, in turns:

# %% whole-time-run
import time
from statistics import median


@torch.no_grad()
def seconds(base):
    """Processor seconds of one pass."""
    start = time.process_time()
    base(**batch)
    return time.process_time() - start


pass_pairs = [(seconds(model), seconds(nf4)) for _ in range(8)]
slower = median(coded / plain for plain, coded in pass_pairs[2:])
say(f"A pass on codes takes **{slower:.1f} times** as long. This is for understanding: it saves "
    "memory and no time. (Libraries for GPUs have special programs for this step; ours shows the "
    "idea.)")

# %% [markdown] qlora
# ## LoRA on four bits
#
# Codes cannot be trained: a small step would not change them. But nobody has to. Keep the codes frozen, and train LoRA
# beside them in full precision: that is **QLoRA**. The same LoRA, the same reviews, on the NF4 base: how many
# points does it lose against LoRA on 32 bits?

# %% qlora-predict
from course_lib.quiz import predict, reveal

predict("07.qlora")

# %% qlora-train
hash_codes = weights_hash(nf4)
qlora = lora().build(nf4, tokenizer, lesson.seed)
history = fit(nf4, tokenizer, {"train": labelled}, qlora, steps=12, batch_size=8,
              learning_rate=tuned(NEAR, lora()).rate)
assert weights_hash(nf4) == hash_codes != hash_before  # the codes kept every bit
say(f"It trains: in {len(history.loss)} steps the loss goes from {history.loss[0]:.2f} to "
    f"{history.loss[-1]:.2f} nats, and the codes keep every bit.")

# %% [markdown] qlora-recorded
# The whole training, over several seeds, is recorded. And the text, which rounding made worse? How much of that is
# gone after LoRA was trained on ordinary text, on the codes and on 32 bits alike? In blocks of 64, and of 1,024, where
# rounding hurts more.

# %% qlora-reveal
recorded = claims.recorded("C32")
answered, *written = claims.get("C32").judge(recorded).answers.values()
reveal("07.qlora", round(-100 * answered.mean))
say(f"On reviews LoRA is right in {claims.share(recorded['full_task'])} on 32 bits, "
    f"**{claims.share(recorded['nf4_task'])}** on NF4 (seeds: {answered.n}). NF4 less 32 bits: "
    f"{answered}.")

# %% qlora-text
from course_lib.experiments.quantised_base import BLOCKS, rounding_costs

cost_of = {size: rounding_costs(recorded, blocks) for blocks, size in BLOCKS.items()}
say("| numbers in a block | NF4 behind 32 bits | after LoRA on text, on both |\n|---|---|---|"
    + "".join(f"\n| {size:,} | {before:+.3f} | {after:+.3f} ({one.low:+.3f} to {one.high:+.3f}) |"
              for (size, (before, after)), one in zip(cost_of.items(), written)))
say("In nats a token, with 95 % intervals over seeds. " + (
    "What rounding does to a matrix goes in all of its directions, and LoRA has a few: some of it "
    "stays." if all(one.low > 0 for one in written) else "Of what it costs, some is won back."))

# %% [markdown] memory
# ### What training keeps in memory
#
# Put it together. For every number that is trained: the number, its gradient, and two for the optimizer. For every
# number that is not: itself. (What a batch needs on its way comes on top, for all alike.)

# %% memory-run
def memory_row(name, base, trained, beside=True):
    """A row of the table: KB of the base, of what is trained beside it, of gradients, of AdamW."""
    own = 4 * trained                                # bytes: 32 bits a number
    parts = [size_in_bytes(base), own if beside else 0, own, 2 * own]
    cells = " | ".join(f"{part / 1e3:,.0f}" for part in [*parts, sum(parts)])
    return f"\n| {name} | {cells} |"


say("| KB | base | trained beside it | gradients | optimizer | all |\n|---|---|---|---|---|---|"
    + memory_row("full fine-tuning", model, count(near["full"]), beside=False)
    + memory_row("LoRA", model, count(low_rank)) + memory_row("LoRA on NF4", nf4, count(qlora)))

# %% [markdown] library
# ## The same with the library
#
# `peft` has (IA)³ and LoRA. Give it our numbers: (IA)³ at the places that peft chooses itself, and LoRA on our own
# quantised base, which to peft is a model with linear layers like any other. Logits must be equal.

# %% library-ia3
import warnings

from peft import IA3Config, LoraConfig, get_peft_model

warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing")  # no concern of ours
ia3 = ScaleShift(model, "ia3")
theirs = get_peft_model(load_model("orchard-s")[0], IA3Config(task_type="CAUSAL_LM")).eval()
with torch.no_grad():
    for site, scale in zip(ia3.sites, ia3.scale):
        torch.nn.init.uniform_(scale, 0.5, 1.5)
        own = theirs.get_parameter(f"base_model.model.{site}.ia3_l.default")
        own.copy_(scale.view_as(own))
    with ia3.on(model):
        assert torch.allclose(model(**batch).logits, theirs(**batch).logits, atol=1e-4)
print("(IA)³:", sum(p.numel() for p in theirs.parameters() if p.requires_grad), count(ia3))

# %% library-qlora
from course_lib.experiments.near_and_far import MODULES

config = LoraConfig(r=4, lora_alpha=8, target_modules=list(MODULES))
theirs = get_peft_model(quantise(model), config).eval()
with torch.no_grad():
    for site, A, B in zip(qlora.sites, qlora.A, qlora.B):
        for part, ours_here in (("A", A), ("B", B)):
            name = f"base_model.model.{site}.lora_{part}.default.weight"
            theirs.get_parameter(name).copy_(ours_here)
    with qlora.on(nf4):
        assert torch.allclose(nf4(**batch).logits, theirs(**batch).logits, atol=1e-4)
print("LoRA on codes: logits equal")

# %% [markdown] exercise
# ## Now you
#
# In [exercise 07](../exercises/07_adapters.ipynb) you count what a step saves, write the series adapter, round a
# matrix to NF4 with its block scales, and pack the codes into bytes. Each task has a check that names the
# likely mistake.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-parameters
from course_lib.quiz import quiz

quiz("07.parameters")

# %% quiz-word
from course_lib.quiz import quiz

quiz("07.word")

# %% quiz-third
from course_lib.quiz import quiz

quiz("07.third")

# %% quiz-far
from course_lib.quiz import quiz

quiz("07.gap")

# %% quiz-levels
from course_lib.quiz import quiz

quiz("07.levels")

# %% quiz-bytes
from course_lib.quiz import quiz

quiz("07.bytes")

# %% quiz-scaling
from course_lib.quiz import quiz

quiz("07.scaling")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The statements are from three texts, named below under Sources. The figures are yours, from this run. Code draws the
# verdict from them.

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

keys = {"lora": "LoRA", "adapter": "adapters", "ia3": "(IA)³", "prompt": "prompt, 20",
        "head": "head"}
says_measured_verdict({
    "C17": {**{key: times("step", name) for key, name in keys.items()},
            **kept, "state": times("optimizer_bytes", "LoRA")},
    "C35": {"bend": bends["adapter"], "lora_bend": bends["LoRA"], **used},
})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all the claims of this lesson, over several seeds.

# %% ledger-run
ledger("07")

# %% [markdown] recap
# ## What we know now
#
# 1. An adapter is a small network behind a sub-layer. Between its two matrices stands a non-linearity, so it cannot
#    be merged, and whoever uses the model pays for it; the word also names low-rank matrices, which can.
# 2. Near to what a base knows and far from it, small parts came close to full fine-tuning, once they had a size
#    and a rate of their own; they differed more in what they forgot, and that hangs on the rate, too. What they save
#    belongs to what is trained: the file, the gradients, the optimizer's memory. The passes through the frozen model
#    stay, so with parts inside it the work falls by a third at most, and the base is as large as before.
# 3. Four bits a number, with a scale for each block, shrink the base as well, and LoRA on top of the codes learns
#    a task much as it does on full precision.
#
# **What remains unexplained:** all of this changed weights, or added some. But a model's hidden states can be
# edited, too, and that takes fewer numbers still. Lesson 08 does it. Which method forgets less at the same success is a
# question for lesson 09.

# %% [markdown] sources
# ## Sources
#
# - Unite.AI, Complete guide to fine-tuning large language models: less compute, far tasks, the scaling challenge.
# - Unite.AI, LoReFT: representation fine-tuning for language models: adapters, and QLoRA.
# - Wikipedia, [Fine-tuning (deep learning)](https://en.wikipedia.org/wiki/Fine-tuning_(deep_learning)): the other
#   meaning of adapter.
# - Houlsby et al. 2019, [Parameter-efficient transfer learning for NLP](https://arxiv.org/abs/1902.00751).
# - He et al. 2022, [Towards a unified view of parameter-efficient transfer
#   learning](https://arxiv.org/abs/2110.04366): the parallel adapter.
# - Liu et al. 2022, [Few-shot parameter-efficient fine-tuning is better and cheaper than in-context
#   learning](https://arxiv.org/abs/2205.05638): (IA)³.
# - Hu et al. 2021, [LoRA: low-rank adaptation of large language models](https://arxiv.org/abs/2106.09685).
# - Dettmers et al. 2023, [QLoRA: efficient finetuning of quantized LLMs](https://arxiv.org/abs/2305.14314).
