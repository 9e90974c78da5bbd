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
from course_lib.plots import interval, show_shares, wilson

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
# So an adapter costs a little, and LoRA nothing once it is merged. What can they **learn**? Take 640 short reviews
# with their labels, and read each once: under adapters, and under full fine-tuning. `orchard-s` had read thousands of
# reviews before, though no label. By how many **points** do the adapters fall short? (LoRA you have trained in lesson
# 06. Here it stands beside them from recorded runs: the same reviews, the same steps.)

# %% near-predict
from course_lib.quiz import predict, reveal

predict("07.near")

# %% near-methods
from course_lib.experiments.adapters import RATES        # chosen on validation, for each base
from course_lib.experiments.draws import brief            # reviews of at most 30 words
from course_lib.methods import FullFineTuning

reviews = load_task("reviews")
labelled, test = brief(reviews["train"], 640), brief(reviews["test"], 100)
NAMES = {"bare": "bare base", "head": "a head alone", "adapter": "adapters",
         "lora": "LoRA (recorded)", "full": "full fine-tuning"}


def methods_on(base):
    """Two ways to tune this base, not trained yet."""
    return {"adapter": Adapter(base, bottleneck=M), "full": FullFineTuning(base)}


def train(base, method, rate, rows=labelled, **options):
    """80 steps of 8 reviews: with all 640 rows, each is read once."""
    fit(base, tokenizer, {"train": rows}, method, steps=80, batch_size=8, learning_rate=rate,
        **options)

# %% near-adapter
near = methods_on(model)
train(model, near["adapter"], RATES["near"]["adapter"])

# %% near-full
train(model, near["full"], RATES["near"]["full"])
assert weights_hash(model) == hash_before            # the base keeps its bits under both

# %% near-measure
from course_lib.evaluation import answers


def marks(base, method):
    """For every test review a list with 1 (right) or 0."""
    return [[given == right] for given, right in zip(*answers(base, tokenizer, test, method))]


share_right = lambda marked: wilson(sum(map(sum, marked)), len(test))
near_marks = {name: marks(model, method) for name, method in {"bare": None, **near}.items()}
found = {("near", name): share_right(marked) for name, marked in near_marks.items()}

# %% near-plot
from course_lib import claims

runs, GUESSING = claims.recorded("C20"), {"guessing": 0.5}
over_seeds = lambda figure: (figure.mean, min(figure.values), max(figure.values))
for where in ("near", "far"):
    found[where, "lora"] = over_seeds(runs[f"{where}_lora"])
show_shares({NAMES[name]: found["near", name] for name in ("bare", "adapter", "lora", "full")},
            "right answers", f"n = {len(test)} test reviews; one run. Lines: 95 % intervals; "
            "recorded: lowest to highest seed.", ["adapters"], GUESSING)

# %% near-reveal
def place(gap):
    """Where a method stands, in words; the gap is full fine-tuning's share minus its own."""
    points = round(100 * gap)
    if points == 0:
        return "level with"
    return f"{abs(points)} point{'s' * (abs(points) > 1)} {'behind' if points > 0 else 'ahead of'}"


pairs = zip(near_marks["full"], near_marks["adapter"])   # the same reviews, one by one
near_gap, low, high = interval([[a - b] for [a], [b] in pairs])
reveal("07.near", round(100 * near_gap))
say(f"The adapters are **{place(near_gap)}** full fine-tuning on the same reviews (95 % interval "
    f"of the gap: {100 * low:.0f} to {100 * high:.0f} points), with "
    f"{share_of(count(near['adapter']), count(near['full']))} of its parameters.")

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
from course_lib.methods import Frozen

bases = {"near": model, "far": load_model("orchard-s-early")[0],
         "untrained": load_model("orchard-s", random=True, seed=lesson.seed)[0]}
for where, base in bases.items():
    head = Frozen(base, train=(), num_labels=2)
    train(base, head, RATES[where]["head"], labelled.select(range(160)), reuse=True, progress=False)
    found[where, "head"] = share_right(marks(base, head))
show_shares({where: found[where, "head"] for where in bases}, "right answers",
            f"A head alone on each base, 160 reviews read four times; n = {len(test)} test reviews."
            " Lines: 95 % intervals.", ["near"], GUESSING)

# %% [markdown] far-same
# Now tune `orchard-s-early`, with the same reviews in as many steps. Nothing differs but the base, and the learning
# rates, which were chosen for it on validation. By how many points is the **better** of LoRA and adapters behind full
# fine-tuning?

# %% far-predict
from course_lib.quiz import predict, reveal

predict("07.far")

# %% far-small
early = bases["far"]
far = methods_on(early)
train(early, far["adapter"], RATES["far"]["adapter"])

# %% far-full
train(early, far["full"], RATES["far"]["full"])
tuned, TABLE = {"near": near, "far": far}, ("adapter", "lora", "full")
found |= {("far", name): share_right(marks(early, method))
          for name, method in {"bare": None, **far}.items()}

# %% far-reveal
best = lambda where: max(found[where, name][0] for name in ("lora", "adapter"))
behind = {where: found[where, "full"][0] - best(where) for where in tuned}
reveal("07.far", round(100 * behind["far"]))
show_shares({f"{where}: {NAMES[name]}": found[where, name] for where in tuned for name in TABLE},
            "right answers", f"The same reviews, the same steps, two bases; n = {len(test)}; one "
            "run each. Lines: 95 % intervals; recorded: lowest to highest seed.",
            [f"{where}: {NAMES['full']}" for where in tuned], GUESSING)

# %% [markdown] far-table
# And what was lost? Ask each for its loss on ordinary text of the old world, in nats a token. What it rises by has
# been forgotten. Here is all of it in one table, the heart of this lesson.

# %% far-table-run
from course_lib.evaluation import old_domain_loss

old = {(where, name): old_domain_loss(bases[where], tokenizer, method, n_documents=30)
       for where in tuned for name, method in {"bare": None, **tuned[where]}.items()}
for where in tuned:
    old[where, "lora"] = runs[f"{where}_lora_old"].mean
    old[where, "head"] = old[where, "bare"]          # a head beside the model leaves its text alone
cell = lambda where, name: "**{}** ({} to {}) | {:.2f}".format(
    *map(percent, found[where, name]), old[where, name])
say("| | near: right | old text | far: right | old text |\n|---|---|---|---|---|" + "".join(
    f"\n| {shown} | {cell('near', name)} | {cell('far', name)} |" for name, shown in NAMES.items()))
say("In brackets: 95 % intervals; recorded, the lowest and the highest seed.")
better = [where for where in tuned if found[where, "head"][0] > found[where, "adapter"][0]]
if better:
    say(f"And the **head alone** answers better than the adapters ({' and '.join(better)}), and "
        "forgets nothing: where a head finds the answer, more need not be trained.")

# %% far-explain
from course_lib.experiments.adapters import gap

longer = claims.recorded("C25")
seeds = len(runs["far_full"].values)
say(f"Near, the better of the two small parts is {place(behind['near'])} full fine-tuning; far, "
    f"**{place(behind['far'])}** it. (In the mean of recorded runs, seeds: {seeds}, it is "
    f"{place(gap(runs, 'near'))} it and {place(gap(runs, 'far'))} it. So short a training hangs on "
    f"chance: far, full fine-tuning is right in {percent(min(runs['far_full'].values))} to "
    f"{percent(max(runs['far_full'].values))}, by seed.) "
    + ("A small part brings out what the base knows already. What it does not know must be built, "
       "and in so many steps little was built with so little." if gap(runs, "far") > 0.05 else
       "So here the small parts had room enough for what was to be learned."))
late_gap = longer["far_full"].mean - longer["far_lora"].mean
say(f"With 1,000 labels and 200 steps of 16, in lesson 06, LoRA is {place(late_gap)} full "
    "fine-tuning" + (": part of the gap is patience." if late_gap < gap(runs, "far") - 0.02 else
                     ", still."))

# %% far-forgot
for where in tuned:
    rises = {name: old[where, name] - old[where, "bare"] for name in TABLE}
    most = max(rises, key=rises.get)
    learner = max(TABLE, key=lambda name: found[where, name][0])
    say(f"On the {where} base {NAMES[most]} forgot most, {rises[most]:+.2f} nats a token, and "
        "learned " + ("most, too." if most == learner else "less than others."))
say("A frozen base does not save the model from forgetting: it says other things as long as the "
    "part is attached. It saves **you**: take the part off, and the base is back. Lesson 09 "
    "compares methods at the same success.")

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
from course_lib.experiments.lora import MODULES      # every matrix of a block
from course_lib.methods import PromptTuning, ScaleShift

lora = LoRA(model, MODULES, rank=4, alpha=8)
small_parts = {"LoRA": lora, "adapters": near["adapter"], "(IA)³": ScaleShift(model),
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
say(f"LoRA takes {percent(timed['operations'].mean)} of the operations of full fine-tuning, and "
    f"**{percent(timed['time'].mean)}** of its processor time (from "
    f"{percent(min(timed['time'].values))} to {percent(max(timed['time'].values))}; seeds: "
    f"{len(timed['time'].values)}). "
    + ("In a model this small, many little products cost more than they save."
       if timed["time"].mean > 0.95 else "So some time is saved.")
    + " The wider the matrices, the less that weighs.")

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
# > — [Dettmers et al. 2023](https://arxiv.org/abs/2305.14314)

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
qlora = LoRA(nf4, MODULES, rank=4, alpha=8)
history = fit(nf4, tokenizer, {"train": labelled}, qlora, steps=12, batch_size=8,
              learning_rate=RATES["near"]["lora"])
assert weights_hash(nf4) == hash_codes != hash_before  # the codes kept every bit
say(f"It trains: in {len(history.loss)} steps the loss goes from {history.loss[0]:.2f} to "
    f"{history.loss[-1]:.2f} nats, and the codes keep every bit.")

# %% [markdown] qlora-recorded
# The whole training, over several seeds, is recorded, and int4 with it. And the text, which rounding made worse? How
# much of that does LoRA win back, if it is trained on ordinary text? In blocks of 64, and of 1,024, where rounding
# hurts more.

# %% qlora-reveal
mended = claims.recorded("C32")
qlora_gap = mended["full_task"].mean - mended["nf4_task"].mean
reveal("07.qlora", round(100 * qlora_gap))
say(f"On reviews LoRA is right in {claims.share(mended['full_task'])} on 32 bits, "
    f"**{claims.share(mended['nf4_task'])}** on NF4, {claims.share(mended['int4_task'])} on int4 "
    f"(seeds: {len(mended['nf4_task'].values)}). "
    + ("Four bits cost the task next to nothing." if abs(qlora_gap) <= 0.02 else
       "Four bits cost something here." if qlora_gap > 0 else "Four bits did not hurt here."))

# %% qlora-recorded-run
from course_lib.experiments.quantised_base import BLOCKS, CODES, MOST, rounding_costs, won_back

lost = {(scheme, blocks): rounding_costs(mended, scheme, blocks)
        for scheme in CODES for blocks in BLOCKS}
back_share = {key: won_back(*both) for key, both in lost.items()}
say("| base | numbers in a block | behind 32 bits | with LoRA on text | won back |\n"
    "|---|---|---|---|---|" + "".join(
        f"\n| {CODES[scheme]} | {BLOCKS[blocks]:,} | {before:+.3f} | {after:+.3f} | "
        f"{percent(back_share[scheme, blocks])} |"
        for (scheme, blocks), (before, after) in lost.items()))

# %% qlora-recorded-explain
ahead = [lost["nf4", blocks][when] < lost["int4", blocks][when]
         for blocks in BLOCKS for when in (0, 1)]
most = [f"{size:,}" for blocks, size in BLOCKS.items() if back_share["nf4", blocks] >= MOST]
say(f"In nats a token, each against 32 bits **after the same training**. NF4 is ahead of int4 in "
    f"{sum(ahead)} of {len(ahead)} comparisons. LoRA wins back most of what NF4 lost "
    + (f"in blocks of {' and '.join(most)}." if most else "in neither kind of block: what rounding "
       "does to a matrix goes in all of its directions, and LoRA has a few."))

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
    + memory_row("LoRA", model, count(lora)) + memory_row("LoRA on NF4", nf4, count(qlora)))

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
# The statements are from three texts, named below under Sources. The figures are yours, from this run, but for LoRA
# in C19 and C20, two of the three settings of C19, and C32, which are recorded. Code draws the verdict from them.

# %% verdicts-figures
mean_of = lambda figures: {name: figure.mean for name, figure in figures.items()}
keys = {"lora": "LoRA", "adapter": "adapters", "ia3": "(IA)³", "prompt": "prompt, 20",
        "head": "head"}
settings_found = {**mean_of(claims.recorded("C19")),
                  **{f"once_{name}": found["near", name][0] for name in TABLE}}
distance_found = {f"{where}_probe": found[where, "head"][0] for where in bases}
for where in tuned:
    distance_found |= {f"{where}_before": old[where, "bare"],
                       **{f"{where}_{name}": found[where, name][0] for name in TABLE},
                       **{f"{where}_{name}_old": old[where, name] for name in TABLE}}

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

says_measured_verdict({
    "C17": {**{key: times("step", name) for key, name in keys.items()},
            **kept, "state": times("optimizer_bytes", "LoRA")},
    "C19": settings_found, "C20": distance_found, "C32": mean_of(mended),
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
# 2. Near to what a base knows, small parts come close to full fine-tuning; far from it they fell behind. What they save
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
