# %% [markdown] title
# # Lesson 08 · Editing representations: steering, interchange, LoReFT
#
# **What this lesson claims:** you can change what a model does by editing its hidden states, and leave every weight
# alone. You need Python, [lesson 00](00_start_here.ipynb), which followed a sentence through the blocks, and
# [lesson 06](06_lora.ipynb) for the comparison with LoRA. After it you can
#
# - read a concept out of hidden states with a linear probe, and say why that is no proof that the model uses it;
# - steer a model with one fixed vector, and find what that costs;
# - swap hidden states between two texts to see where a decision is made, and train the subspace that is swapped;
# - write LoReFT by hand, and compare it fairly with LoRA.

# %% setup
from course_lib.lesson import start

lesson = start("08")

# %% [markdown] inside
# ## Is the opinion inside?
#
# `orchard-s` has read thousands of reviews. Some of them closed with a line that sums them up: *In short: full
# marks.* Or *no marks.* Nobody gave it a label. Put `In short:` behind a review, and which of the two it finds
# more probable tells its own sense of that review.

# %% load
import torch

from course_lib import load_model
from course_lib.models import weights_hash
from course_lib.world.summing_up import PHRASES, batch_of, short_reviews

model, tokenizer = load_model("orchard-s")
hash_before = weights_hash(model)                    # a fingerprint of every parameter
texts, labels = short_reviews("train", 300)          # each with "\nIn short:" behind it
test_texts, test_labels = short_reviews("test", 150)
print(test_texts[0], "->", PHRASES[test_labels[0]])

# %% helpers
from course_lib.display import fold, percent, say, show_source
from course_lib.plots import curve, heat, in_points, interval, show, show_shares, wilson

average = lambda marks: sum(marks) / len(marks)

# %% own-sense
no, full = (tokenizer(f" {phrase}")["input_ids"][0] for phrase in PHRASES)  # their first tokens
margin = lambda logits: logits[:, -1, full] - logits[:, -1, no]             # (B, T, V) -> (B,)
favours = lambda logits: margin(logits) > 0

with torch.no_grad():
    own = favours(model(**batch_of(tokenizer, test_texts)).logits)
right = (own == torch.tensor(test_labels)).float().mean().item()
say(f"Its own sense agrees with the review's label in **{percent(right)}** of {len(own)} reviews "
    "(guessing: 50 %). So the opinion must be somewhere between the words and this answer.")

# %% [markdown] states
# Where? Every block hands on a *hidden state* for every token, a vector of 128 numbers. Record them all, with a *hook*
# on each block: a function that PyTorch calls with whatever the block gives. The last five places are the same for
# every review: its end, the line break, `In`, `short`, `:`.

# %% states-run
from course_lib.architecture import blocks_of

blocks = list(blocks_of(model).values())             # 4 of them


@torch.no_grad()
def states(network, batch, last=5):
    """What every block gives at the last places, (blocks, B, P, d), and the logits."""
    seen = []
    hooks = [block.register_forward_hook(lambda module, inputs, h: seen.append(h[:, -last:]))
             for block in blocks_of(network).values()]
    logits = network(**batch).logits
    for hook in hooks:
        hook.remove()
    return torch.stack(seen), logits

# %% states-library
batch = batch_of(tokenizer, test_texts[:8])
by_hand, _ = states(model, batch)                    # (4, 8, 5, 128)
theirs = model(**batch, output_hidden_states=True).hidden_states  # embeddings, then the blocks
assert all(torch.equal(ours, h[:, -5:]) for ours, h in zip(by_hand, theirs[1:-1]))
PLACES = ["end", "line break", "In", "short", ":"]
print(tuple(by_hand.shape), "the same as transformers' own recording")

# %% [markdown] probe
# Now a **linear probe**: one weight for each of the 128 numbers, chosen so that their sum tells the favourable
# reviews from the others. It sees one place after one block. The control is the same model with random weights: a
# probe can be right by its own skill, for even random weights mix the words into their states.

# %% probe-predict
from course_lib.quiz import predict, reveal

predict("08.probe")

# %% probe-scratch
def fit_probe(x, y, decay=0.1):
    """A weight for each number of x (B, d) by ridge regression on -1 and 1, and how x is scaled."""
    mean, size = x.mean(0), x.std(0) + 1e-6
    z = (x - mean) / size                            # (B, d)
    pull = decay * len(z) * torch.eye(z.shape[1])    # keeps the weights small
    return torch.linalg.solve(z.T @ z + pull, z.T @ (2.0 * y - 1)), mean, size


def probe_marks(x, y, x_new, y_new):
    """For each new review, whether a probe of x, y puts it on the right side."""
    weights, mean, size = fit_probe(x, y)
    return (((x_new - mean) / size @ weights > 0) == (y_new == 1)).tolist()

# %% probe-run
LAYER, SHORT = 2, 3                                  # the third of four blocks; the place "short"
untrained, _ = load_model("orchard-s", random=True, seed=lesson.seed)
y, y_test = torch.tensor(labels), torch.tensor(test_labels)
marks, readable = {}, {}
for name, network in (("random weights", untrained), ("orchard-s", model)):
    x, _ = states(network, batch_of(tokenizer, texts))            # (4, 300, 5, 128)
    x_test, _ = states(network, batch_of(tokenizer, test_texts))  # (4, 150, 5, 128)
    marks[name] = [[probe_marks(x[b, :, p], y, x_test[b, :, p], y_test) for p in range(5)]
                   for b in range(len(blocks))]
    readable[name] = [[average(one) for one in row] for row in marks[name]]
reveal("08.probe", round(100 * readable["orchard-s"][LAYER][SHORT]))

# %% [markdown] probe-answer
# One direction needs no search: the answer is read off at the end along what unembeds *full* less what unembeds *no*.
# After the last block, at `:`, it tells the side by its very job. Does it at “short”, too, where no answer is due yet?

# %% probe-answer-run
from course_lib.world.summing_up import answer_direction

along = (x_test - x.mean(1, keepdim=True)) @ answer_direction(model, tokenizer)    # (4, 150, 5)
told_by_answer = ((along > 0) == (y_test == 1)[:, None]).float().mean(1).tolist()  # 4 of 5

# %% probe-plot
from course_lib.bag_of_words import bag_of_words_accuracy
from course_lib.world.summing_up import rows_of

words = bag_of_words_accuracy(rows_of(labels, text=texts), rows_of(test_labels, text=test_texts))
lines = {"at “:”": [row[4] for row in readable["orchard-s"]],
         "at “short”": [row[3] for row in readable["orchard-s"]],
         "random weights, “short”": [row[3] for row in readable["random weights"]],
         "the answer's, “short”": [row[3] for row in told_by_answer]}
told = "; ".join(f"{name} {', '.join(map(percent, shares))}" for name, shares in lines.items())
show(curve(range(1, 5), {name: (shares,) for name, shares in lines.items()}, y_limits=(0, 1),
           x_label="after block", y_label="right, by a direction",
           baselines={"bag of words": words}),
     alt=f"Shares of reviews that a direction tells rightly, after blocks 1 to 4: {told}.",
     caption=f"One probe for each point, {len(texts)} reviews to learn from, n = {len(y_test)}.")

# %% probe-explain
read = marks["orchard-s"][LAYER][SHORT]
lucky = max(sum(marks["random weights"], []), key=sum)   # the best of all places and blocks
gap, low, high = interval([[a - b] for a, b in zip(read, lucky)])
backwards = 1 - told_by_answer[LAYER][SHORT]
say(f"At “short” after block {LAYER + 1} one weighted sum of 128 numbers tells "
    f"**{percent(average(read))}** of the reviews; with random weights the best of all places "
    f"{percent(average(lucky))}, a bag of words {percent(words)}. Lead over random weights: "
    f"{in_points(gap, low, high)}. " + (
        f"The answer's direction tells {percent(backwards)} there *the other way round*: the "
        "opinion stands there, and not yet as an answer.") * (backwards > 0.5))

# %% [markdown] steer
# ## A direction that steers
#
# If a direction stands for the opinion, push along it. Take the mean hidden state of favourable reviews, at “short”
# after the third block, less that of unfavourable ones: the **steering vector** $v$. Then add it after the same block,
# $h + s \cdot v$: at *every* position, or at *one place*, “short”. (Published work adds it after the prompt, or at a
# few places.) The strength $s$ is yours to choose. No gradient, no training.

# %% steer-scratch
good, bad = ([text for text, label in zip(texts, labels) if label == side][:64] for side in (1, 0))


def mean_state(reviews):
    """The mean over reviews of the hidden state at "short", after block LAYER: (d,)."""
    h, _ = states(model, batch_of(tokenizer, reviews))
    return h[LAYER, :, SHORT].mean(0)                # (blocks, B, 5, d) -> (B, d) -> (d,)


v = mean_state(good) - mean_state(bad)               # (128,)

# %% steer-same
from course_lib.methods import Steering

cut = lambda reviews: [text.removesuffix(":") for text in reviews]  # so that "short" is the last
steering = Steering.from_texts(model, tokenizer, cut(good), cut(bad), LAYER)
assert torch.allclose(steering.vector, v, atol=1e-4)
assert not list(steering.parameters())               # nothing to train
show_source(Steering)

# %% [markdown] steer-guess
# Now steer reviews that are unfavourable. *How strong a push?* Choose it on **validation** reviews, and look at the
# test reviews once. *Would any push do?* The control is eight random vectors of the same length: what counts is the
# gain over their mean. *Does it move each review the right way?* Look at the margin, the logit of *full* less that of
# *no*.

# %% steer-predict
from course_lib.quiz import predict, reveal

predict("08.steer")

# %% steer-push
@torch.no_grad()
def pushed(reviews, vector, place=slice(None)):
    """The margin of each review, with the vector added after block LAYER at these places: (B,)."""
    def hook(module, inputs, h):                     # h (B, T, d)
        h = h.clone()
        h[:, place] += vector
        return h

    handle = blocks[LAYER].register_forward_hook(hook)
    try:
        return margin(model(**reviews).logits)
    finally:
        handle.remove()

# %% steer-choose
from course_lib.experiments.hidden_states import STRENGTHS
from course_lib.world.summing_up import as_long

where, random_vectors = {"at “short”": -2, "everywhere": slice(None)}, as_long(v, lesson.seed)
turned = lambda margins: (margins > 0).float().mean().item()
by_chance = lambda reviews, s, place: average([turned(pushed(reviews, s * one, place))
                                               for one in random_vectors])
validation = batch_of(tokenizer, short_reviews("validation", 24, label=0)[0])
lines, chosen = {}, {}
for name, place in where.items():
    steered = [turned(pushed(validation, s * v, place)) for s in STRENGTHS]
    shaken = [by_chance(validation, s, place) for s in STRENGTHS]
    lines |= {name: (steered,), f"random, {name}": (shaken,)}
    gains = [mine - theirs for mine, theirs in zip(steered, shaken)]
    chosen[name] = STRENGTHS[gains.index(max(gains))]  # the weakest of those that gain most

# %% steer-plot
show(curve(STRENGTHS, lines, y_limits=(0, 1), x_label="strength", y_label="called favourable"),
     alt=f"Unfavourable reviews called favourable, at the strengths {STRENGTHS}: " + "; ".join(
         f"{name} {', '.join(map(percent, line))}" for name, (line,) in lines.items()) + ".",
     caption=f"n = {len(validation['input_ids'])} unfavourable validation reviews; random: mean of "
             f"{len(random_vectors)} vectors.")

# %% steer-test
grumbling = batch_of(tokenizer, short_reviews("test", 60, label=0)[0])
plain = pushed(grumbling, 0 * v)
wrong_way = lambda s, place: (pushed(grumbling, s * v, place) < plain).float().mean().item()
reveal("08.steer", round(100 * wrong_way(STRENGTHS[0], slice(None))))
say("| test reviews | strength | called favourable | by random vectors | moved the wrong way |\n"
    "|---|---|---|---|---|\n" + f"| as they are | 0 | {percent(turned(plain))} | | |" + "".join(
        f"\n| {name} | {s:g} | {percent(turned(pushed(grumbling, s * v, place)))} | "
        f"{percent(by_chance(grumbling, s, place))} | {percent(wrong_way(s, place))} |"
        for name, place in where.items() for s in sorted({STRENGTHS[0], chosen[name]})))

# %% [markdown] steer-rival
# The simplest rival is a **prompt**: say it in words. AxBench found prompting ahead of all methods that edit
# representations, on models that follow instructions. Ours follows none; words behind the review are all it gets.

# %% steer-rival-run
from course_lib.world.summing_up import OPENING

REMARKS = ["Full marks.", "It is superb.", "I was wrong: it is superb."]
remarked = lambda reviews, remark: turned(pushed(batch_of(tokenizer, [
    f"{text.removesuffix(OPENING)} {remark}{OPENING}" for text in reviews]), 0 * v))
remark = max(REMARKS, key=lambda one: remarked(short_reviews("validation", 24, label=0)[0], one))
found = remarked(short_reviews("test", 60, label=0)[0], remark)
say(f"“{remark}”, chosen on validation, turns {percent(found)} of the test reviews round.")

# %% [markdown] steer-cost
# And what does it cost? Added at one place of one prompt, it leaves all other text alone. Added everywhere it meets
# every text, whether it is a review or not. So measure the loss on ordinary text of the old world, too.

# %% steer-cost-run
from course_lib.evaluation import old_domain_loss

losses = {}
for strength in sorted({0.0, 0.5, 1.0, chosen["everywhere"]}):
    steering.strength = strength
    losses[strength] = old_domain_loss(model, tokenizer, steering, n_documents=20)
say("| strength | loss on old text, nats a token |\n|---|---|" + "".join(
    f"\n| {strength:g} | {loss:.2f} |" for strength, loss in losses.items()))
say(f"Everywhere with strength {chosen['everywhere']:g}, old text costs "
    f"{losses[chosen['everywhere']] - losses[0]:.2f} nats a token more. One vector for all "
    "positions and texts has no way of knowing where it is wanted.")

# %% [markdown] edit-lab
# ## Explore: the edit lab
#
# **Question: how strong a push turns a review round, and what does the model write when you push further?** Each dot
# is a review, drawn in the plane of the steering vector and of the direction in which reviews differ most otherwise.

# %% edit-lab-run
from course_lib import load_model
from course_lib.explore import edit_lab

edit_lab.edit_lab(*load_model("orchard-s"))

# %% edit-lab-found
def weakest_push(number):
    """The smallest strength from 0 on at which this review is called favourable, or None."""
    for strength in (s for s in edit_lab.STRENGTHS if s >= 0):
        if edit_lab.compute(model, tokenizer, edit_lab.State(number, strength)).favourable > 0.5:
            return strength


needed = {number: weakest_push(number) for number in range(edit_lab.REVIEWS)}
fold("What did you find?", "<p>The weakest push that makes the model prefer <i>full marks</i>: "
     + ", ".join(f"review {number + 1}: " + ("none of these" if push is None else f"{push:g}")
                 for number, push in needed.items())
     + ". Favourable reviews need none. Every dot moves by the same arrow: the push does not "
     "depend on where a review stands, so what is too little for one is too much for another.</p>")

# %% [markdown] swap
# ## What can be read is not yet what is used
#
# A probe reads. Does the *model* read there, too? To know that, change the state and see what follows. An
# **interchange intervention** takes the hidden state of another text, the *source*, and puts it into the run of this
# one, the *base*, at one place after one block. If the answer follows the source, what was swapped has a causal role.

# %% swap-scratch
@torch.no_grad()
def swapped(base, source_states, block, place):
    """The logits of `base` with the source's states (B, d) at this place after this block."""
    def hook(module, inputs, h):                     # h (B, T, d): what the block gives
        h = h.clone()
        h[:, place] = source_states
        return h

    handle = blocks[block].register_forward_hook(hook)
    try:
        return model(**base).logits                  # (B, 1, V)
    finally:
        handle.remove()

# %% [markdown] swap-guess
# The base reviews are unfavourable, the sources favourable. After the third block: at which place does the swap turn
# the answer round?

# %% swap-predict
from course_lib.quiz import predict, reveal

predict("08.place")

# %% swap-run
bases, sources = (batch_of(tokenizer, short_reviews("test", 40, label=side)[0]) for side in (0, 1))
h_source, _ = states(model, sources)                 # (4, B, 5, d)
effect = [[turned(margin(swapped(bases, h_source[b, :, p], b, p - 5)))
           for p in range(5)] for b in range(len(blocks))]
before = turned(pushed(bases, 0 * v))
strongest = max(range(5), key=lambda p: effect[LAYER][p])
reveal("08.place", "nowhere" if effect[LAYER][strongest] < 0.5 else
       ("end", "end", "in", "short", "colon")[strongest])

# %% swap-plot
rows = [f"after block {b + 1}" for b in range(len(blocks))]
told = "; ".join(f"{row} {', '.join(map(percent, shares))}" for row, shares in zip(rows, effect))
show(heat(effect, rows, PLACES, colour_label="share turned round"),
     alt=f"Share of answers turned round by a swap, at {', '.join(PLACES)}: {told}.",
     caption=f"n = {len(bases['input_ids'])} pairs of test reviews. Without a swap "
             f"{percent(before)} are called favourable.")

# %% swap-explain
where = [(b, p) for b in range(len(blocks)) for p in range(5)]
used = [(b, p) for b, p in where if effect[b][p] >= 0.5]
idle = [(b, p) for b, p in where if readable["orchard-s"][b][p] >= 0.8 and effect[b][p] <= 0.1]
places_of = lambda sites: ", ".join(f"“{PLACES[p]}” after block {b + 1}" for b, p in sites)
say(f"The swap turns most answers round at {places_of(used) or 'no place'}. The decision moves: it "
    "is gathered at one place, and the next block's attention carries it on.")
if idle:
    say("And here a probe is right in at least 80 % of the reviews, yet a swap changes at most 10 "
        f"% of the answers: {places_of(idle)}. **What can be read there is not what the answer is "
        "made from.**")

# %% [markdown] swap-control
# Is it the *favourable* state that does it, or would any other do? Three controls: the state of another unfavourable
# review; a step as long in a random direction; and the same favourable state one place further.

# %% swap-control-run
h_base, _ = states(model, bases)
other = batch_of(tokenizer, short_reviews("test", 40, seed=500, label=0)[0])
own_state = h_base[LAYER, :, SHORT]
step = h_source[LAYER, :, SHORT] - own_state         # (B, d): how far the swap moves it
shake = torch.randn(step.shape, generator=torch.Generator().manual_seed(lesson.seed))
shake *= step.norm(dim=1, keepdim=True) / shake.norm(dim=1, keepdim=True)
tries = {"no swap": own_state, "favourable source": h_source[LAYER, :, SHORT],
         "another unfavourable": states(model, other)[0][LAYER, :, SHORT],
         "random step": own_state + shake}
followed = {key: favours(swapped(bases, h, LAYER, -2)).tolist() for key, h in tries.items()}
followed["one place further"] = favours(swapped(bases, h_source[LAYER, :, 4], LAYER, -1)).tolist()

# %% swap-control-plot
pairs = len(bases["input_ids"])
show_shares({key: wilson(sum(one), pairs) for key, one in followed.items()},
            "answers called favourable",
            f"At “short” after block {LAYER + 1}. n = {pairs} unfavourable test reviews. "
            "Lines: 95 % intervals.", ["favourable source"])

# %% swap-back
with torch.no_grad():
    kept = favours(model(**sources).logits).tolist()
back = favours(swapped(sources, own_state, LAYER, -2)).tolist()
say(f"And the other way round: of {pairs} favourable reviews the model calls {sum(kept)} "
    f"favourable as they are, and {sum(back)} with an unfavourable one's state at this place.")

# %% [markdown] swap-class
# The course's own class does the same, and more. Asserted: it gives what our hook gave, and where the source *is* the
# base, nothing changes, to the last bit.

# %% swap-class-run
from course_lib.methods import Interchange

whole = Interchange(model, LAYER, position=-2)
last_states = lambda inputs: model.base_model(**inputs).last_hidden_state  # after all blocks
with whole.on(model), torch.no_grad():
    ours = whole.logits(model, {**bases, "source": sources})
    nothing = last_states(whole.prepare({**bases, "source": bases}))
assert torch.allclose(ours, swapped(bases, h_source[LAYER, :, SHORT], LAYER, -2), atol=1e-4)
with torch.no_grad():
    assert torch.equal(nothing, last_states(bases))  # not one bit
show_source(Interchange)

# %% [markdown] swap-lab
# ## Explore: the interchange lab
#
# **Question: along which path does a fact travel?** The lab asks for a fact in a list, and swaps the states of
# another key in, at every place after every block. Follow where the other key's answer comes out.

# %% swap-lab-run
from course_lib import load_model
from course_lib.explore import interchange_lab

interchange_lab.interchange_lab(*load_model("orchard-s"))

# %% swap-lab-found
lab = interchange_lab.compute(model, tokenizer, interchange_lab.State())
paths = [max(range(len(lab.places)), key=lambda p: row[p]) for row in lab.effect]
fold("What did you find?", "<p>For the fact that the lab starts with, the strongest place is "
     + ", ".join(f"“{lab.places[p]}” after block {b + 1} ({percent(lab.effect[b][p])})"
                 for b, p in enumerate(paths))
     + ". Early blocks keep a fact with the word that it is about; later it is where the answer is "
     "to be written. (Of a key of several tokens it is mostly the last one: there the whole word "
     "has been read.)</p>")

# %% [markdown] das
# ## How much of the vector does it take?
#
# So far the whole vector was swapped, 128 numbers. The opinion may need far less: swap only the part within a
# subspace, and leave the rest to the base:
#
# $$h_b + R^\top R\,(h_s - h_b)$$
#
# The rows of $R$, shape $(r, d)$, have length 1 and stand at right angles. **Distributed alignment search** (DAS)
# trains $R$ so that after the swap the model answers what the source would. In half of the pairs base and source
# agree, so a swap that does nothing is right in about half.

# %% das-predict
from course_lib.quiz import predict, reveal

predict("08.das")

# %% das-train
from course_lib import fit
from course_lib.evaluation import answers
from course_lib.experiments.hidden_states import DAS, das_rate
from course_lib.plots import LiveCurve
from course_lib.world.summing_up import swap_rows

pairs_train, pairs_test = swap_rows("train", 320), swap_rows("test", 100)
at_short = {"layer": LAYER, "position": -2}
das = Interchange(model, **at_short, rank=1)         # R is one direction of 128, random at first
as_source = lambda network, method: [given == wanted for given, wanted in zip(
    *answers(network, tokenizer, pairs_test, method))]
fits = {"untrained direction": as_source(model, das)}
history = fit(model, tokenizer, {"train": pairs_train}, das, steps=DAS.steps, batch_size=DAS.batch,
              learning_rate=das_rate(), watch=LiveCurve())
fits["trained direction"] = as_source(model, das)

# %% das-measure
fits["whole vector"] = as_source(model, Interchange(model, **at_short))
answer = Interchange(model, **at_short, rank=1)      # the direction that needs no search
with torch.no_grad():
    answer.raw.copy_(answer_direction(model, tokenizer)[:, None])
fits["the answer's direction"] = as_source(model, answer)
say(f"The loss stays above {min(history.loss):.1f} nats: it counts every token of the answer, the "
    "newline at its end as well, which this base does not expect there. So judge by which of the "
    "two phrases is ahead.")

# %% [markdown] das-control
# The most important control: the same search in a model with random weights. A search over directions is powerful. If
# it found one there as well, finding one would say nothing about what a model has learned.

# %% das-control-run
blank = Interchange(untrained, **at_short, rank=1)
fit(untrained, tokenizer, {"train": pairs_train}, blank, steps=DAS.steps, batch_size=DAS.batch,
    learning_rate=das_rate(), progress=False)
fits["random weights, trained"] = as_source(untrained, blank)
interchange = {key: wilson(sum(right), len(right)) for key, right in fits.items()}
agree = average([a == b for a, b in zip(short_reviews("test", 100)[1], pairs_test["label"])])
reveal("08.das", round(100 * interchange["trained direction"][0]))
show_shares(interchange, "pairs answered as the source",
            f"At “short” after block {LAYER + 1}; n = {len(pairs_test)} pairs of test reviews; one "
            "run. Lines: 95 % intervals.", ["trained direction"], {"agree anyway": agree})

# %% das-beyond
for key in ("untrained direction", "the answer's direction", "random weights, trained"):
    gap, low, high = interval([[a - b] for a, b in zip(fits["trained direction"], fits[key])])
    say(f"Trained direction minus *{key}*, on the same pairs: {in_points(gap, low, high)}"
        + ("." if low > 0 else ", so **not** beyond chance."))

# %% das-explain
cosine = torch.cosine_similarity(das.R[0].detach(), v, dim=0).abs().item()
say(f"One trained direction out of {len(v)} answers "
    f"{percent(interchange['trained direction'][0])} of the pairs as the source; the whole vector "
    f"{percent(interchange['whole vector'][0])}. The cosine between it and the steering vector is "
    f"{cosine:.2f} (two random directions: about {(2 / torch.pi / len(v)) ** 0.5:.2f}).")

# %% [markdown] das-own
# One of our texts says that DAS finds causal subspaces *even in random models*. Is our control fair to it? A random
# model has no opinion of a review. But it does answer, somehow, and differently for different reviews. So ask for
# *that*: pairs in which the right answer is what the random model itself says of the source. The recorded runs:

# %% das-own-run
from course_lib import claims

verdict = claims.get("C58").judge(claims.recorded("C58"))
say(f"{verdict.because} The text's statement, by these runs: **{verdict.word}**.")
say("So a subspace with an effect tells *that* a model computes something along it, not that it "
    "has learned what you had in mind. The control with random weights and *your* labels does, as "
    "long as the search is over directions: with bent maps in place of R, Sutter et al. (2025) "
    "reach every pair even on language models with random weights. What counts as an illusion is "
    "disputed: Makelov et al. (2023) against Wu et al. (2024), under Sources.")

# %% [markdown] loreft
# ## LoReFT: learn what to write there
#
# DAS takes from a source what its subspace gets. **LoReFT** has no source: it learns what to write, from the state
# itself. The same $R$, a matrix $W$ and a vector $b$ of its own:
#
# $$h + R^\top (W h + b - R h)$$
#
# What $R$ saw of the state, $R h$, is taken out; $W h + b$ is put in its place. Read the shapes.

# %% loreft-scratch
def loreft_edit(h, R, W, b):
    """(n, d) -> (n, d); R and W are (r, d), b is (r,), the rows of R are orthonormal."""
    seen = h @ R.T                                   # (n, d) @ (d, r) -> (n, r)
    wanted = h @ W.T + b                             # (n, r)
    return h + (wanted - seen) @ R                   # (n, r) @ (r, d) -> (n, d)

# %% loreft-same
from course_lib.methods import LoReFT

fresh = LoReFT(model)                                # rank 4; first and last position, all blocks
h = h_base[0, :, 4]                                  # (B, d): some hidden states
with torch.no_grad():
    R, W, b = fresh.R[0], fresh.W[0], fresh.b[0]
    assert torch.allclose(R @ R.T, torch.eye(4), atol=1e-5)      # orthonormal rows
    assert torch.allclose(loreft_edit(h, R, W, b), h, atol=1e-5)  # it starts with W = R, b = 0
    W.add_(torch.randn(W.shape))                     # moved away from its start
    assert torch.allclose(loreft_edit(h, R, W, b), fresh.edit(0, h, None), atol=1e-4)
show_source(LoReFT)

# %% [markdown] loreft-library
# ## The same with the library
#
# `pyreft`, the paper's own library, wants old versions of everything, so it is not installed with the course. But
# its edit takes three lines on parts of PyTorch. Here they are, with our numbers.

# %% loreft-library-run
from torch import nn
from torch.nn.utils.parametrizations import orthogonal

rotate = orthogonal(nn.Linear(128, 4, bias=False))   # PyTorch keeps its rows orthonormal
learned = nn.Linear(128, 4)
rotate.weight = R                                    # copied: ours are orthonormal already
with torch.no_grad():
    learned.weight.copy_(W)
    learned.bias.copy_(b)
    rotated = rotate(h)                              # R h, as pyreft writes it
    given = h + (learned(h) - rotated) @ rotate.weight
    assert torch.allclose(given, loreft_edit(h, R, W, b), atol=1e-4)
print("largest difference:", f"{(given - loreft_edit(h, R, W, b)).abs().max():.0e}")

# %% [markdown] loreft-train
# ## LoReFT against LoRA
#
# Train both on 128 labelled reviews, short ones as above, in the same loop, with about as many parameters. The task
# asks for the label words, which the base never saw tied to an opinion. By how many **points** is LoReFT ahead of LoRA?

# %% loreft-predict
from course_lib.quiz import predict, reveal

predict("08.gap")

# %% loreft-fit
from course_lib import load_task
from course_lib.experiments import tuned
from course_lib.experiments.loreft import LORA, LOREFT
from course_lib.experiments.loreft import SHORT as DUEL
from course_lib.world.summing_up import LONGEST

task = load_task("reviews")
brief = lambda rows: rows.select([number for number, text in enumerate(rows["text"][:])
                                  if len(text.split()) <= LONGEST])
few_labels, test = {"train": brief(task["train"]).select(range(128))}, brief(task["test"])

# %% loreft-rates
arms = [tuned(DUEL, one) for one in (LOREFT, LORA)]  # each rate was found by one rule
loreft, lora = (one.build(model, tokenizer, lesson.seed) for one in arms)
for method, one in zip((loreft, lora), arms):        # LoRA of rank 1, on every linear layer
    fit(model, tokenizer, few_labels, method, steps=DUEL.steps, batch_size=DUEL.batch,
        learning_rate=one.rate, progress=False)
size = lambda method: sum(parameter.numel() for parameter in method.parameters())
print(f"LoReFT trains {size(loreft):,} parameters, LoRA {size(lora):,}")

# %% loreft-measure
tried = {"bare base": None, "LoReFT": loreft, "LoRA": lora}
duel = {key: [mine == label for mine, label in zip(*answers(model, tokenizer, test, method))]
        for key, method in tried.items()}
show_shares({key: wilson(sum(one), len(test)) for key, one in duel.items()}, "right answers",
            f"n = {len(test)} test reviews; 128 labels, {DUEL.steps} steps of "
            f"{DUEL.batch}, one run. Lines: 95 % intervals.", ["LoReFT", "LoRA"],
            {"guessing": 0.5})

# %% loreft-reveal
gap, low, high = interval([[a - b] for a, b in zip(duel["LoReFT"], duel["LoRA"])])
reveal("08.gap", round(100 * gap))
say(f"LoReFT against LoRA on the same reviews: {in_points(gap, low, high)}. " + (
    "This many reviews cannot tell them apart." if low <= 0 <= high else
    f"{'LoReFT' if gap > 0 else 'LoRA'} is ahead in this run."))
over = claims.get("C62").judge(claims.recorded("C62")).answers["what it learns beside LoRA"]
say("That interval is over reviews, and knows nothing of other seeds. Recorded, in the same loop, "
    f"{over.n} seeds: {over}.")
assert weights_hash(model) == hash_before            # neither touched a weight

# %% [markdown] rows
# ## What the edit can reach
#
# LoRA changes a weight by a matrix of low rank. LoReFT changes a hidden state by a vector in a low-rank subspace: the
# rows of $R$. Check it on the edits that were just learned: how much of an edit lies outside of them?

# %% rows-run
h, _ = states(model, batch_of(tokenizer, test_texts[:60]))  # (4, 60, 5, d)
share_outside = lambda edit, R: ((edit - edit @ R.T @ R).norm() / edit.norm()).item()
outside, elsewhere, rank = 0.0, 1.0, 0
with torch.no_grad():
    for number, (layer, _) in enumerate(loreft.sites):
        edit = loreft.edit(number, h[layer, :, 4], None) - h[layer, :, 4]       # (60, d)
        outside = max(outside, share_outside(edit, loreft.R[number]))
        elsewhere = min(elsewhere, share_outside(edit, LoReFT(model, seed=1).R[0]))  # control
        rank = max(rank, torch.linalg.matrix_rank(edit, rtol=1e-4).item())

# %% rows-lora
with lora.on(model):
    after, _ = states(model, lora.prepare(batch_of(tokenizer, test_texts[:60])))
lora_rank = torch.linalg.matrix_rank(after[1, :, 4] - h[1, :, 4], rtol=1e-4).item()
say(f"Outside of the rows of R lies {outside:.0e} of an edit: rounding. (Outside of four random "
    f"directions, the control: {percent(elsewhere)}.) The edits of {len(edit)} texts have rank "
    f"{rank} together. What LoRA changed in the states after two blocks has rank {lora_rank}.")
assert outside < 1e-4 and rank <= 4

# %% [markdown] share
# *Under one per cent of the representations*, says one text. A representation is one hidden state: one token after
# one block. Count how many of them are edited.

# %% share-run
tokens = average([len(ids) for ids in tokenizer(task["test"]["prompt"][:200])["input_ids"]])
edited = lambda layers, places, length: layers * places / (len(blocks) * length)
shares = {"ours": edited(4, 2, tokens), "last_block": edited(1, 1, tokens),
          "paper": edited(4, 14, 100)}
say("| which positions | of a prompt of | edited |\n|---|---|---|"
    f"\n| the last one, after the last block | {tokens:.0f} tokens | "
    f"{100 * shares['last_block']:.2f} % |"
    f"\n| first and last, every block (ours) | {tokens:.0f} tokens | {100 * shares['ours']:.1f} % |"
    f"\n| first 7 and last 7, every block (the paper's commonsense runs) | 100 tokens | "
    f"{100 * shares['paper']:.0f} % |")
say("So it depends on the configuration. What is under one per cent in the paper is the share of "
    "*trained parameters*.")

# %% [markdown] cost
# What does it cost to use? Count the operations of one pass over prompts of different lengths, and try to merge it.

# %% cost-run
from course_lib.errors import CourseError
from course_lib.experiments.loreft import LENGTHS, extra_work

work = extra_work(lesson.seed)
say("| tokens | the model's own, million | LoReFT adds | share |\n|---|---|---|---|" + "".join(
    f"\n| {n} | {work[f'base_{n}'] / 1e6:,.0f} | {work[f'extra_{n}']:,.0f} | "
    f"{100 * work[f'extra_{n}'] / work[f'base_{n}']:.2f} % |" for n in LENGTHS))
try:
    loreft.merge(model)
except CourseError as error:
    print(error)

# %% [markdown] cost-why
# A fixed cost, for it edits a fixed number of positions. (The counter sees products of matrices; making $R$
# orthonormal comes on top, as fixed.) But it never goes away: a weight acts on all positions
# alike, so no weight can do what LoReFT does. (A steering vector, added everywhere, is a bias: it merges into any
# model whose blocks end in one.)

# %% [markdown] grid
# ## What you choose
#
# The paper names four hyperparameters: how many *first* positions, how many *last* ones, which *layers*, and whether
# the two ends are *tied*, that is share one edit. Recorded: each moved away from the default (the first and the last
# position, all blocks, an edit for each end), one at a time, every one with a learning rate found by the one rule.
# Within a block first and last positions never overlap; two edits of the *same* position would depend on their order.

# %% grid-run
from course_lib.experiments.loreft import GRID, LONG

runs = claims.recorded("C50")
over_seeds = lambda figure: (figure.mean, min(figure.values), max(figure.values))
show_shares({name: over_seeds(runs[key]) for key, (name, _) in GRID.items()}, "right answers",
            f"Recorded, seeds: {len(runs['default'].values)}. 128 labels, {LONG.steps} steps. "
            "Lines: lowest and highest seed.", [GRID["default"][0]], {"guessing": 0.5})
say("How far the default is ahead: " + "; ".join(
    f"{setting}: {answer}" for setting, answer in claims.get("C50").judge(runs).answers.items()))

# %% [markdown] grid-why
# The first position sees the first token alone, whatever follows: its edit knows nothing of the review, and works
# through attention, as a soft prompt does. The answer is read off the last.

# %% [markdown] paper
# ## Beside the paper
#
# One of our texts calls LoReFT better than other methods on commonsense, *by a large margin* on arithmetic, and on
# GLUE. The paper's own tables say something else, and its protocol is not ours: never mix the two columns.

# %% paper-run
# what, model, LoRA, LoReFT
PAPER = (("Table 1: commonsense, accuracy", "LLaMA-7B", 74.7, 80.2),
         ("Table 2: arithmetic, accuracy", "LLaMA-7B", 46.9, 42.6),
         ("Table 3: Alpaca-Eval, win rate", "Llama-2 7B", 81.48, 85.60),
         ("Table 4: GLUE", "RoBERTa-base", 84.7, 84.2))
say("| Wu et al. 2024, v3 | model | LoRA | LoReFT | ahead |\n|---|---|---|---|---|" + "".join(
    f"\n| {what} | {base} | {theirs} | {own} | {'LoReFT' if own > theirs else '**LoRA**'} |"
    for what, base, theirs, own in PAPER))
runs = claims.recorded("C102")
say(f"| here, {LONG.steps} steps, about the same size | LoRA | LoReFT |\n|---|---|---|" + "".join(
    f"\n| {key} | {claims.share(runs[f'{key}_lora'])} | {claims.share(runs[f'{key}_loreft'])} |"
    for key in ("reviews", "spam", "stars")))

# %% paper-explain
against = claims.get("C102").judge(runs)
say(f"{against.because} That editing representations *can* be better, by these runs: "
    f"**{against.word}**.")
say("In the paper LoReFT wins on commonsense and on instructions, comes close on GLUE, and loses "
    "on arithmetic, where a long answer must be worked out: it edits the prompt and nothing of "
    "what is written after it. The paper took LoRA's arithmetic figures from earlier work, with 3 "
    "epochs beside LoReFT's 12 "
    "([a reader asked](https://github.com/stanfordnlp/pyreft/issues/42)). "
    "Lesson 13 sets all methods side by side.")

# %% [markdown] red
# An even smaller edit learns two vectors for each block, a scale and a shift for what feed-forward gives: **RED**. One
# of our texts says that such edits match LoRA and do not exceed it.

# %% red-run
red = claims.get("C60").judge(claims.recorded("C60"))
say(f"Recorded. {red.because} The text's statement: **{red.word}**. (What more steps bring to RED, "
    "these runs do not say.)")

# %% [markdown] real
# ## On a real model
#
# LoReFT runs unchanged on `minilm`, which read natural English. It is an encoder, so it gets a head. Where it is not
# installed, the cell says how to get it, and you can go on without.

# %% real-load
natural = load_task("natural")       # or your own: load_task("my.csv"), columns text and label
training, testing = natural["train"].select(range(128)), natural["test"].select(range(72))
try:
    real, real_tokenizer = load_model("minilm")
    print(f"minilm has {sum(p.numel() for p in real.parameters()):,} parameters.")
except CourseError as error:
    real = None
    print(error)

# %% real-run
from course_lib import evaluate
from course_lib.methods import Frozen

if real:
    on_real = {"head alone": Frozen(real, train=(), num_labels=2),
               "LoReFT and head": LoReFT(real, num_labels=2)}
    real_found = {}
    for key, method in on_real.items():
        fit(real, real_tokenizer, {"train": training}, method, steps=12, batch_size=16,
            learning_rate=1e-2, reuse=key == "head alone", progress=False)
        one = evaluate(real, real_tokenizer, testing, method)
        real_found[key] = one["accuracy"], one["low"], one["high"]
    show_shares(real_found, "right answers",
                f"minilm, {len(training)} sentences to learn from, n = {len(testing)} to test; "
                "one short run. Lines: 95 % intervals.", ["LoReFT and head"], {"guessing": 0.5})

# %% real-explain
if real:
    told = {key: least > 0.5 for key, (_, least, _) in real_found.items()}
    say("; ".join(f"**{key}** {'is better than' if better else 'cannot be told from'} guessing"
                  for key, better in told.items())
        + f". {len(training)} sentences of such variety are few, and so short a training is "
        "little. `.venv/bin/course bench minilm`, in a terminal in the course's folder, "
        "takes more.")

# %% [markdown] exercise
# ## Now you
#
# In [exercise 08](../exercises/08_editing.ipynb) you make a steering vector, swap a subspace, write LoReFT's edit and
# build the module that trains it. Each task has a check that names the likely mistake.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-probe
from course_lib.quiz import quiz

quiz("08.probe_proof")

# %% quiz-steer
from course_lib.quiz import quiz

quiz("08.steering_cost")

# %% quiz-swap
from course_lib.quiz import quiz

quiz("08.swap")

# %% quiz-control
from course_lib.quiz import quiz

quiz("08.das_control")

# %% quiz-size
from course_lib.quiz import quiz

quiz("08.loreft_size")

# %% quiz-share
from course_lib.quiz import quiz

quiz("08.edited_share")

# %% quiz-merge
from course_lib.quiz import quiz

quiz("08.merge")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The statements are from two texts, named below under Sources. The figures are yours, from this run, review by review.
# Code draws the verdict from them.

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

says_measured_verdict({
    "C47": {"trained": read, "random": lucky, "words": words,
            "answer": max(backwards, 1 - backwards)},
    "C48": shares | {"tokens": tokens},
    "C49": {"outside": outside, "elsewhere": elsewhere, "rank": rank,
            "changed": weights_hash(model) != hash_before},
    "C61": {"before": followed["no swap"], "swapped": followed["favourable source"],
            "same": followed["another unfavourable"], "noise": followed["random step"],
            "elsewhere": followed["one place further"], "kept": kept, "back": back},
})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all the claims of this lesson, over several
# seeds.

# %% ledger-run
ledger("08")

# %% [markdown] recap
# ## What we know now
#
# 1. A concept can lie along a direction of the hidden states; a probe finds it, and only a swap shows whether the
#    model uses it, and where.
# 2. A fixed vector steers without training: at the right place, or everywhere at a price. A subspace that is trained to
#    be swapped can be very small; every such finding needs its controls, an untrained subspace and a random model.
# 3. LoReFT learns an edit within a few directions at a few positions: few parameters, a fixed cost at every use, and
#    no way of merging it. In the paper it depends on the task whether it beats LoRA; ours are in the ledger above.
#
# **What remains unexplained:** neither LoRA nor LoReFT touched the base. Does what it knew survive all the same, and
# what of it can be won back where it does not? That is lesson 09.

# %% [markdown] sources
# ## Sources
#
# - Unite.AI, LoReFT: representation fine-tuning for language models.
# - Wikipedia, [Fine-tuning (deep learning)](https://en.wikipedia.org/wiki/Fine-tuning_(deep_learning)).
# - Wu et al. 2024, [ReFT: representation finetuning for language models](https://arxiv.org/abs/2404.03592).
# - Geiger et al. 2023, [Finding alignments between interpretable causal variables and distributed neural
#   representations](https://arxiv.org/abs/2303.02536): interchange interventions and DAS.
# - Rimsky et al. 2024, [Steering Llama 2 via contrastive activation addition](https://arxiv.org/abs/2312.06681); Turner
#   et al. 2023, [Activation addition](https://arxiv.org/abs/2308.10248): where a vector is added.
# - Tan et al. 2024, [Analysing the generalisation and reliability of steering
#   vectors](https://arxiv.org/abs/2407.12404): for many inputs they work poorly, or the wrong way.
# - Wu et al. 2025, [AxBench](https://arxiv.org/abs/2501.17148): steering beside prompting.
# - Makelov et al. 2023, [Is this the subspace you are looking for?](https://arxiv.org/abs/2311.17030), on what a search
#   over subspaces can find, and Wu et al. 2024, [A reply](https://arxiv.org/abs/2401.12631).
# - Sutter et al. 2025, [The non-linear representation dilemma](https://arxiv.org/abs/2507.08802).
