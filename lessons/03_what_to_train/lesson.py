# %% [markdown] title
# # Lesson 03 · What to train: freezing, heads, data and supervision
#
# **What this lesson claims:** which layers you train, and on which data, decides what the model can learn. You
# need Python, [lesson 00](00_start_here.ipynb) for the names of the layers, and
# [lesson 02](02_fine_tuning.ipynb) for the training step. After it you can
#
# - freeze layers, prove that they stayed where they were, and say what it saves;
# - choose the part to train by what has changed: the inputs, or the labels;
# - put a new head on a model, and say what its first steps do to the layers below;
# - make labels out of rules that err, and a prompt out of a search.

# %% setup
from course_lib.lesson import start

lesson = start("03")

# %% [markdown] freeze
# ## Freeze some, train the rest
#
# Lesson 02 moved every parameter. It need not be so: a parameter that asks for no gradient is **frozen**, and no
# optimizer ever sees it. From scratch, in plain torch: train the last of four blocks, and nothing else.

# %% load
import torch

from course_lib import load_model, load_task
from course_lib.models import weights_hash

model, tokenizer = load_model("orchard-s")
hash_before = weights_hash(model)                    # a fingerprint of every parameter
task = load_task("reviews")
rows = task["train"].select(range(16))
blocks = [f"model.layers.{place}" for place in range(len(model.model.layers))]
print(rows[0]["prompt"], "->", rows[0]["answer"])

# %% helpers
from course_lib.display import fold, percent, say, show_source
from course_lib.plots import interval, show_shares, wilson

# %% freeze-batch
from course_lib.training.batches import Batches, loss_of
from course_lib.methods import Frozen, FullFineTuning

batch = Batches(model, tokenizer, rows, FullFineTuning(model)).batch(list(range(16)))
labels = batch["labels"]                             # (B, T): -100 wherever no answer stands
inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "logits_to_keep")}

# %% freeze-scratch
import copy

last_alone = copy.deepcopy(model)                    # the base itself stays as it is
last_alone.requires_grad_(False)                     # freeze everything ...
last_alone.get_submodule(blocks[-1]).requires_grad_(True)           # ... but the last block
optimizer = torch.optim.AdamW([p for p in last_alone.parameters() if p.requires_grad],
                              lr=1e-3, weight_decay=0.01)
for _ in range(4):
    optimizer.zero_grad()
    loss_of(last_alone(**inputs).logits, labels).backward()         # (B, K, V) -> one number
    optimizer.step()

# %% [markdown] freeze-other-way
# A colleague does it another way. No layer is frozen, the optimizer has all of them, and before each step the
# gradients of all blocks but the last are **set to zero**. The optimizer is AdamW with a little weight decay, as
# above. Where are the other blocks after four steps?

# %% freeze-predict
from course_lib.quiz import predict, reveal

predict("03.zeroed")

# %% freeze-run
from course_lib.experiments.freezing import by_hand, moved

inside = [name for name, _ in model.named_parameters() if name.startswith(blocks[-1])]
outside = [name for name, _ in model.named_parameters() if name not in inside]
zeroed = by_hand(model, tokenizer, rows, (blocks[-1],), decay=0.01, zeroed=True)
no_decay = by_hand(model, tokenizer, rows, (blocks[-1],), decay=0.0, zeroed=True)
frozen = {"frozen": moved(model, last_alone, outside), "trained": moved(model, last_alone, inside),
          "zeroed": moved(model, zeroed, outside)}
assert frozen["frozen"] == 0.0                       # not one bit
reveal("03.zeroed", "still" if frozen["zeroed"] == 0 else
       "little" if frozen["zeroed"] < frozen["trained"] / 2 else "same")

# %% freeze-explain
say("| the other blocks | largest move of any number | the last block's |\n|---|---|---|\n"
    + "\n".join(f"| {name} | {moved(model, one, outside):.1g} | {moved(model, one, inside):.1g} |"
                for name, one in (("frozen", last_alone), ("gradient set to zero", zeroed),
                                  ("the same, without weight decay", no_decay))))
say("Frozen is frozen: **exactly** zero. A gradient of zero is not the same, for weight decay asks "
    "for no gradient: it shrinks whatever the optimizer holds, a little at each step.")

# %% [markdown] freeze-course
# The course's `Frozen` trains copies of the parts that you name, and puts them in the originals' places while it
# works. So the base keeps its bits, here too. Read its source; you will use it all through this lesson.

# %% freeze-source
show_source(Frozen)

# %% [markdown] part
# ## The whole or a part?
#
# Two texts say that tuning the whole model often beats tuning a part, at more cost. Train three ways on 128
# labelled reviews, short ones: everything; the last block alone; and nothing but a new **head**, a small linear
# layer that reads the last hidden state. How many **points** of accuracy does the last block lose against everything?

# %% part-predict
from course_lib.quiz import predict, reveal

predict("03.part")

# %% part-run
from course_lib import fit
from course_lib.experiments import tuned
from course_lib.experiments.short_reviews import NEAR, PARTS
from course_lib.plots import LiveCurve

rates = {part: tuned(NEAR, one).rate for part, one in PARTS.items()}  # each the best for it
few, exam = NEAR.train_rows(tokenizer, lesson.seed), task["test"].select(range(120))
short = {"steps": 32, "batch_size": 16}
full, last = FullFineTuning(model), Frozen(model, train="last block")
head = Frozen(model, train=(), num_labels=2)         # a linear probe: d x 2 numbers and 2 more
fit(model, tokenizer, {"train": few}, full, **short, learning_rate=rates["full"],
    watch=LiveCurve())
for key, method in (("last", last), ("head", head)):  # frozen work is done once: reuse=True
    fit(model, tokenizer, {"train": few}, method, **short, reuse=True, progress=False,
        learning_rate=rates[key])

# %% part-measure
from course_lib.evaluation import answers


def marks(method, base=model, asked=exam):
    """For every row a list with 1 (right) or 0."""
    return [[given == right] for given, right in zip(*answers(base, tokenizer, asked, method))]


GUESSING = {"guessing": 0.5}
marked = {"bare base": marks(None), "head alone": marks(head), "last block": marks(last),
          "everything": marks(full)}
found = {name: wilson(sum(map(sum, one)), len(exam)) for name, one in marked.items()}
show_shares(found, "right answers", f"n = {len(exam)} test reviews; 128 labels, 32 steps, one run "
            "each; rates chosen on validation. Lines: 95 % intervals.", ["last block"], GUESSING)

# %% part-explain
gap, low, high = interval([[a - b] for [a], [b] in zip(marked["everything"], marked["last block"])])
reveal("03.part", round(100 * gap))
say(f"On the same reviews the last block is {abs(100 * gap):.0f} points "
    f"{'behind' if gap > 0 else 'ahead of'} everything (95 % interval of the gap: {100 * low:.0f} "
    f"to {100 * high:.0f}), " + ("which cannot be told from none." if low <= 0 <= high else
                                 "which is more than chance."))

# %% part-cost
from course_lib.cost import cost

costs = {name: cost(model, tokenizer, few.select(range(16)), method)
         for name, method in (("everything", full), ("last block", last), ("head alone", head))}
whole = costs["everything"]
say("| trained | parameters | operations of a step (millions) | the same, of the full step | "
    "optimizer's memory |\n|---|---|---|---|---|\n" + "\n".join(
        f"| {name} | {one.parameters:,} | {one.step / 1e6:,.0f} | {percent(one.step / whole.step)} "
        f"| {percent(one.optimizer_bytes / whole.optimizer_bytes)} |"
        for name, one in costs.items()))

# %% part-far
from course_lib import claims
from course_lib.experiments.short_reviews import CLOSE   # nearer than this: about equal

judged = lambda claim_id: claims.get(claim_id).judge(claims.recorded(claim_id)).because
say("Every review still goes forward through the whole model; what a part saves is the way back. "
    "So memory shrinks much, and work less.")
say("And on a task that is **far** from what the base knows? Recorded, on `orchard-s-early`, which "
    "has not learned yet what makes a review favourable: " + judged("C12"))

# %% [markdown] peft
# ## What does PEFT train?
#
# One text says of parameter-efficient tuning (PEFT) that it adjusts only a subset of the parameters in each
# iteration. Which ones, and are they others in the next iteration? Lessons 05, 06 and 08 build these methods; here
# you only look at what each of them trains.

# %% peft-predict
from course_lib.quiz import predict, reveal

predict("03.peft")

# %% peft-run
from course_lib.experiments.freezing import METHODS, subset

trained_sets = subset(lesson.seed)                   # three batches each; who got a gradient?
kinds = [(name, *(trained_sets[f"{kind}_{name.replace(' ', '_')}"] for kind in ("own", "added")))
         for name in METHODS]
reveal("03.peft", "changing" if trained_sets["changing"] else
       "own" if all(own for name, own, _ in kinds[2:]) else "added")
say(f"| method | of the base's {trained_sets['base']:,} | added |\n|---|---|---|\n" + "\n".join(
    f"| {name} | {own:,} | {added:,} |" for name, own, added in kinds))
say(f"Parameters with a gradient in one iteration and not in another: "
    f"**{trained_sets['changing']}**.")

# %% [markdown] peft-explain
# So it is no subset that changes from iteration to iteration: it is **fixed** before training starts. And for
# most methods it is none of the model's own parameters, but a few new ones beside them. Only freezing, of what
# you see here, trains a subset in the sense of the word.

# %% [markdown] block
# ## Which block?
#
# One text says that some architectures keep their early layers frozen: those see edges and colours, which every
# picture has. Does that carry over to text? It may depend on **what has changed** since the model was trained.
# Your tuned model goes to work, and one of two things happens:
#
# - *the inputs change*: users type on a keyboard whose `e` is dead;
# - *the labels change*: a new editor calls good what was called bad, and the other way round.

# %% block-shifts
from course_lib.experiments.blocks import BLOCK_LABELS, STEPS, block_rate, shifted, tuned_part
from course_lib.shifts import dead_key, relabelled

full.merge(model)
source = copy.deepcopy(model)                        # the tuned model, as it went to work
full.unmerge(model)
assert weights_hash(model) == hash_before
asked = task["test"].select(range(120, 220))
strange = {shift: shifted(asked, shift) for shift in ("input", "label")}
before = {shift: marks(None, source, strange[shift]) for shift in strange}
print(strange["input"][0]["text"])

# %% block-shifts-shown
for function in (dead_key, relabelled):
    show_source(function)
right_of = lambda one: sum(map(sum, one)) / len(one)  # of a list of marks
say(f"As trained it is right in {percent(right_of(marks(None, source, asked)))}; with the dead key "
    f"in **{percent(right_of(before['input']))}**, with the new editor in "
    f"**{percent(right_of(before['label']))}**.")

# %% [markdown] block-ask
# You get some new labels of each kind and may tune **one** block of the four: the first, which reads the words,
# or the last, which is nearest to the answer. Which does better, under each of the two, in a few steps?

# %% block-predict
from course_lib.quiz import predict, reveal

predict("03.input_block")
predict("03.label_block")

# %% block-run
def retuned(shift, steps=24):
    """For block 1 and for block 4: the marks of the source model with this block tuned."""
    return {(shift, part): marks(tuned_part(source, tokenizer, shift, part, BLOCK_LABELS,
                                            lesson.seed, steps, block_rate(shift, part, STEPS)),
                                 source, strange[shift]) for part in ("block 1", "block 4")}


tuned_blocks = retuned("input")

# %% block-run-label
tuned_blocks |= retuned("label")

# %% block-plot
by_shift = {f"{called}: {part}": wilson(sum(map(sum, one)), len(asked))
            for shift, called in (("input", "dead key"), ("label", "new editor"))
            for part, one in (("as it is", before[shift]),
                              *((f"block {n}", tuned_blocks[shift, f"block {n}"]) for n in (1, 4)))}
show_shares(by_shift, "right answers", f"n = {len(asked)} test reviews under each shift; "
            f"{BLOCK_LABELS} labels, 24 steps at the rates that were found for {STEPS}. One run "
            "each. Lines: 95 % intervals.",
            [name for name in by_shift if "block" in name], GUESSING)

# %% block-reveal
for shift in strange:
    both = zip(tuned_blocks[shift, "block 1"], tuned_blocks[shift, "block 4"])
    _, low, high = interval([[a - b] for [a], [b] in both])
    reveal(f"03.{shift}_block", "first" if low > 0 else "last" if high < 0 else "untold")

# %% [markdown] lab
# ### Explore: which block?
#
# **Question: how much of the lost accuracy does each block win back, and does it matter more or less which one you
# tune, the more labels you have?** These runs are recorded; each dot is one seed, the dashed lines are the model as
# it is, and all of it tuned.

# %% lab-run
from course_lib.explore.which_block import LABELS, SHIFTS, State, best, compute, which_block

which_block()

# %% lab-found
told = []
for shift, called in SHIFTS.items():
    told.append(f"**{called.capitalize()}.**")
    for n_labels in LABELS:
        lab = compute(State(shift, n_labels))
        shares = [one.mean for one in lab.blocks]
        told.append(f"With {n_labels} labels block {best(lab) + 1} does best "
                    f"({percent(max(shares))}, the worst {percent(min(shares))}; as it is "
                    f"{percent(lab.before.mean)}, everything {percent(lab.everything.mean)})" +
                    (": little is won." if max(shares) - lab.before.mean <= CLOSE else "."))
fold("What did you find?", " ".join(told))

# %% block-why
say("Recorded: " + judged("C13"))
inputs, labels = claims.get("C13").judge(claims.recorded("C13")).answers.values()
if inputs.high < 0:
    say("Where the spelling changed, the first block does better. A likely reason: the words must "
        "be read anew, and what the later blocks do with them may stay.")
if labels.low > 0:
    say("Where the meaning of the answers changed, the last block does better. A likely reason: "
        "all that was read is still right, and only the last step must turn round.")

# %% [markdown] block-beside
# On pictures, Lee et al. (2023, under Sources) found it so: the first block for changed inputs, the last for
# changed labels. They call it *surgical fine-tuning*.

# %% [markdown] head
# ## A new head
#
# Put a new task head, trained from scratch, on top: so says one text. A new head is **random** at first. Train it
# together with everything below, and its random numbers decide in which direction the layers below are sent in
# the first steps. The other way: train the head alone first, with all else frozen (a *probe*; you have one
# already), and only then everything. It is called LP-FT. First look at what the layers below feel: take two heads
# that start from different seeds. Do they send the layers the same way?

# %% head-two
other = Frozen(model, train=(), num_labels=2, seed=1)
fit(model, tokenizer, {"train": few}, other, **short, reuse=True, progress=False,
    learning_rate=rates["head"])
probes = {0: head.head.state_dict(), 1: other.head.state_dict()}
starts = {(kind, seed): FullFineTuning(model, num_labels=2, seed=seed)
          for kind in ("random head", "probed head") for seed in probes}
for seed, state in probes.items():
    starts["probed head", seed].head.load_state_dict(state)
classes = Batches(model, tokenizer, rows, head).batch(list(range(16)))  # other reviews

# %% head-gradient
def push(method):
    """The gradient that the model below the head gets, as one vector."""
    with method.on(model):
        loss = loss_of(method.logits(model, classes), classes["labels"])        # (B, 2) -> ()
        below = torch.autograd.grad(loss, list(method.copies), allow_unused=True)
    return torch.cat([g.flatten() for g in below if g is not None])             # (numbers,)


cosine = {}
for kind in ("random head", "probed head"):
    one, two = (push(starts[kind, seed]) for seed in probes)
    cosine[kind] = torch.cosine_similarity(one, two, dim=0).item()
    print(f"{kind}: cosine {cosine[kind]:.2f}, sizes {one.norm():.1f} and {two.norm():.1f}")

# %% head-gradient-read
say("A cosine of 1 is the same direction, 0 an unrelated one. "
    + ("Two probed heads send the layers below much the same way, two random ones do not: their "
       "direction is drawn, not learned." if cosine["random head"] < 0.5 < cosine["probed head"]
       else "So here the start does not decide the direction."))

# %% head-predict
from course_lib.quiz import predict, reveal

predict("03.head")

# %% head-run
from course_lib.experiments.new_head import RANDOM, probed_rate

heads = {kind: copy.deepcopy(starts[kind, 0]) for kind in ("random head", "probed head")}
head_rates = {"random head": tuned(*RANDOM).rate, "probed head": probed_rate()}
for name, method in heads.items():                   # as many rows in all: the probe saw half
    fit(model, tokenizer, {"train": few}, method, batch_size=16,
        steps=short["steps"] * (1 if name == "probed head" else 2), progress=False,
        learning_rate=head_rates[name])
places = {"its own test": asked, "the dead key": strange["input"]}
scored = {(name, place): marks(method, model, where)
          for name, method in (("head alone", head), *heads.items())
          for place, where in places.items()}
head_shares = {pair: wilson(sum(map(sum, one)), len(one)) for pair, one in scored.items()}

# %% head-plot
order = [(name, place) for place in places for name in ("head alone", *heads)]
show_shares({f"{place}: {name}": head_shares[name, place] for name, place in order},
            "right answers", f"128 labels; {2 * short['steps']} steps from the random head, half "
            "of them for the probe and half from there. n = 100 reviews, typed in both ways, one "
            "run. Lines: 95 % intervals.",
            [f"{place}: probed head" for place in places], GUESSING)

# %% head-explain
gains = {place: interval([[a - b] for [a], [b] in zip(scored["probed head", place],
                                                      scored["random head", place])])
         for place in places}
_, low, high = gains["the dead key"]
reveal("03.head", "probed" if low > 0 else "random" if high < 0 else "untold")
say("What the probe buys, in points, on the same reviews: " + "; ".join(
    f"{place} **{100 * gain:+.0f}** ({100 * low:+.0f} to {100 * high:+.0f})"
    for place, (gain, low, high) in gains.items()) + ". In brackets: 95 % intervals"
    + ("; the second holds 0, so that gain may be luck."
       if gains["the dead key"][1] <= 0 <= gains["the dead key"][2] else "."))
say("That is one run. Recorded, over several seeds: " + judged("C14"))

# %% [markdown] head-beside
# Beside it, from ten kinds of shift on pictures:
#
# > However, in this paper, we find that fine-tuning can achieve worse accuracy than linear probing
# > out-of-distribution (OOD) when the pretrained features are good and the distribution shift is large.
# >
# > — [Kumar et al. 2022, abstract](https://arxiv.org/abs/2202.10054)

# %% [markdown] weak
# ## Labels that nobody wrote
#
# Labels are what costs. So write **rules**: small programs that look at a review and vote, 1 for positive, -1
# for negative, 0 where they have nothing to say. Each errs. Here are five; whoever wrote their lists of words had
# read a great many reviews. Nobody labels anything: the 2,000 reviews below are used without their labels.

# %% weak-rules
from course_lib import weak_supervision
from course_lib.weak_supervision import RULES, votes_of

for rule in RULES[:3]:
    show_source(rule)
unlabelled = task["train"].select(range(1000, 3000))
votes = votes_of(unlabelled["text"][:])              # (n, m): 1, -1 or 0

# %% [markdown] weak-vote
# The labels exist, so you can see how good each rule is; in real life you could not. Then let the rules vote.
# Where as many say yes as no, or nobody speaks, the vote abstains: a coin's label would be wrong half of the time.

# %% weak-vote-run
truth = 2 * torch.tensor(unlabelled["label"][:]) - 1                        # (n,): 1 or -1
right_where = lambda signs: (signs == truth)[signs != 0].float().mean().item()
given = lambda signs: percent((signs != 0).float().mean().item())           # on how many it speaks
true_accuracy = [right_where(votes[:, place]) for place in range(len(RULES))]
majority = votes.sum(1).sign()                       # (n, m) -> (n,): 1, -1, or 0 for none
assert torch.equal(majority, weak_supervision.majority(votes))
say("| rule | what it believes | votes on | right |\n|---|---|---|---|\n" + "\n".join(
    f"| `{rule.__name__}` | {rule.__doc__} | {given(votes[:, j])} | {percent(true_accuracy[j])} |"
    for j, rule in enumerate(RULES)))
say(f"The majority speaks on {given(majority)} of the reviews and is right in "
    f"**{percent(right_where(majority))}** of them.")

# %% [markdown] weak-model
# The vote believes a coin as much as an expert. Can one find out, without labels, who is the coin? The rules
# check each other: who often agrees with the others is probably good. So go round: from the accuracies $a_j$ to
# a probability for each review, and from these back to the accuracies. A vote counts with its rule's *log odds*,
# $\log\frac{a_j}{1 - a_j}$: 0 for a coin, and the more, the better the rule. Their sum, pressed between 0 and 1
# by the sigmoid, is the probability. That is the whole *label model*:

# %% weak-model-scratch
def label_model_by_hand(votes, rounds=50):
    """(m,) the accuracy of each rule, (n,) the probability of positive of each review"""
    accuracy, cast = torch.full(votes.shape[1:], 0.7), votes != 0           # (m,), (n, m)
    for _ in range(rounds):
        positive = (votes.float() @ accuracy.logit()).sigmoid()             # (n, m) @ (m,) -> (n,)
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])    # (n, m)
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)          # (m,)
    return accuracy, (votes.float() @ accuracy.logit()).sigmoid()


believed, positive = label_model_by_hand(votes)
for mine, theirs in zip((believed, positive), weak_supervision.label_model(votes)):
    assert torch.allclose(mine, theirs)
sure = (positive >= 0.8).int() - (positive <= 0.2).int()                    # (n,): 0 where unsure

# %% weak-model-explain
say("| rule | believed, without a label | in truth |\n|---|---|---|\n" + "\n".join(
    f"| `{rule.__name__}` | {percent(a.item())} | {percent(t)} |"
    for rule, a, t in zip(RULES, believed, true_accuracy)))
say(f"It is sure, to 80 %, of {given(sure)} of the reviews, and right in "
    f"**{percent(right_where(sure))}** of those.")

# %% [markdown] weak-copy
# It takes much for granted: both classes are equally frequent, most rules are right more often than not, each errs
# as often on the one class as on the other, and they err **independently** of each other. What if two of them read
# the same words? Add a sixth rule, which counts all words of praise and blame, whatever stands around them.

# %% weak-copy-run
def all_words(text):
    """More praise or more blame in the whole review, whatever stands around the words?"""
    return weak_supervision.balance(weak_supervision.sentences(text))


more_votes = torch.cat([votes, votes_of(unlabelled["text"][:], (all_words,))], 1)
misled, _ = weak_supervision.label_model(more_votes)
say("| rule | believed before | with the sixth rule | in truth |\n|---|---|---|---|\n" + "\n".join(
    f"| `{rule.__name__}` | {percent(a.item())} | {percent(b.item())} | {percent(t)} |"
    for rule, a, b, t in zip(RULES, believed, misled, true_accuracy)))
say(f"`all_words` is right in {percent(right_where(more_votes[:, -1]))}, and is believed to "
    f"**{percent(misled[-1].item())}**"
    + (": two that read the same words agree, right or wrong, and the model takes it for proof."
       if misled[-1] > right_where(more_votes[:, -1]) + 0.05 else "."))

# %% [markdown] weak-train
# Now train on what the label model is sure of: full fine-tuning, as above, and not one label by hand. What share
# of the test reviews will the **model** get right? Remember how many of its labels are wrong.

# %% weak-predict
from course_lib.quiz import predict, reveal

predict("03.weak")

# %% weak-run
from course_lib.experiments.draws import brief
from course_lib.experiments.labels import labelled, right_share

weakly = brief(labelled(unlabelled, sure))           # short rows with the labels that rules gave
student = FullFineTuning(model)
fit(model, tokenizer, {"train": weakly}, student, **short, progress=False,
    learning_rate=rates["full"])
with_coin = [right_share(rule, unlabelled["label"][:], guess=True) for rule in votes.T]

# %% weak-plot
n_rows, weak_marks = len(unlabelled), marks(student)
weak_shares = {"best rule, and a coin": wilson(round(max(with_coin) * n_rows), n_rows),
               "trained on rules' labels": wilson(sum(map(sum, weak_marks)), len(exam)),
               "trained on 128 right ones": found["everything"]}
show_shares(weak_shares, "right answers", f"Both models: n = {len(exam)} test reviews, 32 steps of "
            f"16. The rule: n = {n_rows:,}, with a coin where it abstains. Lines: 95 % intervals.",
            ["trained on rules' labels"], GUESSING)
tuned_weak = right_of(weak_marks)
reveal("03.weak", 100 * tuned_weak)

# %% weak-explain
say(f"Of its labels {percent(right_where(sure))} were right, of its own answers "
    f"**{percent(tuned_weak)}**; and it answers every review, not only {given(sure)}.")
say("Recorded: " + judged("C82"))
if claims.get("C82").judge(claims.recorded("C82")).word == claims.HOLDS:
    say("So it is ahead of every rule that taught it, and of all of them together. A likely "
        "reason: what the base knows of reviews fits the right labels better than the wrong ones. "
        "Where a large model learns from a weak one, it is called *weak-to-strong generalisation* "
        "([Burns et al. 2023](https://arxiv.org/abs/2312.09390)).")

# %% [markdown] weak-beside
# Beside it, from a system that does this for real texts and pictures:
#
# > Snorkel provides 132% average improvements to predictive performance over prior heuristic approaches and comes
# > within an average 3.60% of the predictive performance of large hand-curated training sets.
# >
# > — [Ratner et al. 2017, abstract](https://arxiv.org/abs/1711.10160)

# %% [markdown] raw
# ## Text without labels, and the order of the rows
#
# Two more pieces of advice about data, measured in recorded runs, for each needs several trainings. The first:
# *read raw text of the domain, then learn the labels.* Text without labels is cheap, and a base model learns from
# it as it did in pretraining, token by token. The domain is the keyboard with the dead `e`: 1,024 reviews without
# labels, then 100 with. The control reads as many reviews typed as usual before the same 100.

# %% raw-predict
from course_lib.quiz import predict, reveal

predict("03.raw")

# %% raw-run
over_seeds = lambda figure: (figure.mean, min(figure.values), max(figure.values))
domain, order_of_rows = claims.recorded("C83"), claims.recorded("C80")
gained = claims.get("C83").judge(domain).answers["than at once"]
reveal("03.raw", "helps" if gained.low > 0 else "harms" if gained.high < 0 else "untold")
show_shares({name: over_seeds(domain[key]) for key, name in (
    ("at_once", "100 labels at once"), ("other", "usual raw text first"),
    ("domain", "dead-key raw text first"))},
    "right answers", f"Recorded: n = {NEAR.test} reviews typed with the dead key, seeds: "
    f"{len(domain['at_once'].values)}. Lines: lowest to highest seed.",
    ["dead-key raw text first"], GUESSING)

# %% raw-explain
say(judged("C83"))
say("The first line answers the question above; the advice needs both.")
if claims.get("C83").judge(claims.recorded("C83")).word != claims.HOLDS:
    say("Why may it be little? To continue such text the model need not know what makes a "
        "review favourable; it has to learn how words are spelled and which follow which. Where "
        "papers report a gain (one stands under Sources), the raw text is very much longer.")

# %% [markdown] order
# The second: *start with what is easy* (a curriculum). How easy a review is says a model that was tuned on other
# reviews: by how probable it finds the right label. Three stages, with a third, two thirds and all of the rows. The
# runs are so short that the shuffled one leaves room above it; each order has the learning rate that is best for it.

# %% order-run
show_shares({name: over_seeds(order_of_rows[key]) for key, name in (
    ("shuffled", "shuffled"), ("easy_first", "easiest first"), ("hard_first", "hardest first"))},
    "right answers", f"Recorded: n = {NEAR.test} reviews, seeds: "
    f"{len(order_of_rows['shuffled'].values)}. Lines: lowest to highest seed.", ["easiest first"],
    GUESSING)
say(judged("C80"))

# %% [markdown] prompts
# ## Prompts that nobody wrote
#
# Back to the base, and not one step of training. Asked `label:`, it guesses. But that question was ours, and so
# were the words "positive" and "negative". Let a program ask: it tries several ways to end the prompt, takes the
# words **that the model itself would say** there, and keeps the pair of words that tells the labels of 48
# validation reviews best. (How the prompt ends is still from a list of ours. `In short:` is in it, with which some
# of the reviews close that the base has read; the program does not know that.) What share of the test reviews will
# the bare base then get right?

# %% prompts-predict
from course_lib.quiz import predict, reveal

predict("03.searched")

# %% prompts-run
from course_lib.prompting.search import TEMPLATES, best_pair, margins, search

searched = search(model, tokenizer, task["validation"].select(range(48)), TEMPLATES[:3], seen=4)
show_source(best_pair)
say("| the prompt ends with | word for negative | word for positive | right, on validation |\n"
    "|---|---|---|---|\n" + "\n".join(
        f"| `{one.template.split('}')[1].strip()}` | {' | '.join(one.words)} | "
        f"{percent(one.accuracy)} |" for one in searched))

# %% prompts-test
prompt = searched[0]
side = margins(model, tokenizer, exam["text"][:], prompt) > 0
right = sum(given == wanted for given, wanted in zip(side.tolist(), exam["label"][:]))
by_search = wilson(right, len(exam))
reveal("03.searched", 100 * by_search[0])
show_shares({"our prompt": found["bare base"], "searched prompt": by_search,
             "tuned on 128 labels": found["everything"]}, "right answers",
            f"The same {len(exam)} test reviews, which no choice has seen. Lines: 95 % intervals.",
            ["searched prompt"], GUESSING)

# %% prompts-explain
say(f"Asked `{prompt.template.split('}')[1].strip()}`, and compared by “{prompt.words[1]}” and "
    f"“{prompt.words[0]}”, the base is right in **{percent(by_search[0])}**, without a single "
    "changed parameter. "
    + ("It knew what the reviews mean; we had asked in the wrong words. " if by_search[1] > 0.7
       else "") + f"On validation it was {percent(prompt.accuracy)}"
    + (": the best of many is also the luckiest." if prompt.accuracy > by_search[0] else "."))
assert weights_hash(model) == hash_before

# %% [markdown] written
# And could the model write its own training data? It writes reviews from two first words each, the found prompt
# labels them, and only the surest half is kept.

# %% written-run
from course_lib.experiments.labels import written
from course_lib.intervals import students_t

beginnings = [" ".join(text.split()[:2]) for text in task["validation"]["text"][50:53]]
own = written(model, tokenizer, beginnings, seed=lesson.seed)
for text, value in zip(own, margins(model, tokenizer, own, prompt)):
    print(f"{value:+.1f}  {text}")
say("Recorded: " + judged("C101"))
written_runs = claims.recorded("C101")
filtered = (written_runs["written_kept"] - written_runs["written_all"]).values
_, low, high = students_t([100 * points for points in filtered])
say(f"The filter brings {low:+.0f} to {high:+.0f} points (95 % interval)"
    + (": it does harm. A likely reason: what the prompt is surest of is alike, and a model learns "
       "less from many reviews of one kind." if high < 0 else
       ", which cannot be told from none." if low <= 0 else "."))

# %% [markdown] library
# ## The same with the library
#
# `transformers` has no class for freezing: you set `requires_grad`, and its `Trainer` leaves the frozen
# parameters out of the optimizer. Give it the same batches as `fit`, and compare all parameters.

# %% library-ours
steps, small = 3, task["train"].select(range(12))
ours = Frozen(model)
fit(model, tokenizer, {"train": small}, ours, steps=steps, batch_size=4, learning_rate=3e-4,
    warm_up=0, seed=1, progress=False)
drawn = torch.randperm(12, generator=torch.Generator().manual_seed(1)).split(4)  # as fit draws it
data = Batches(model, tokenizer, small, ours)
batches = [data.batch(part.tolist()) for part in drawn]
for one in batches:  # without fit's hint to compute logits at the answers alone
    del one["logits_to_keep"], one["use_cache"]
    one["position_ids"] = (one["attention_mask"].cumsum(1) - 1).clamp(0)         # (B, T)

# %% library-run
import tempfile

from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

library_model = copy.deepcopy(model).requires_grad_(False)
library_model.get_submodule(blocks[-1]).requires_grad_(True)
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
theirs = dict(library_model.named_parameters())
apart = max((mine - theirs[names[0]]).abs().max().item()
            for names, mine in zip(ours.names, ours.copies))
assert apart < 1e-5 and moved(model, library_model, outside) == 0.0
say(f"After {steps} steps no parameter of the last block differs by more than {apart:.1g}, and the "
    "library, too, has left every other parameter where it was.")

# %% [markdown] exercise
# ## Now you
#
# In [exercise 03](../exercises/03_what_to_train.ipynb) you choose what is frozen, let rules vote and abstain,
# write the label model, and train a head before the rest. Each task has a check that names the likely mistake.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-frozen
from course_lib.quiz import quiz

quiz("03.frozen")

# %% quiz-saving
from course_lib.quiz import quiz

quiz("03.saving")

# %% quiz-subset
from course_lib.quiz import quiz

quiz("03.subset")

# %% quiz-shift
from course_lib.quiz import quiz

quiz("03.shift")

# %% quiz-head
from course_lib.quiz import quiz

quiz("03.new_head")

# %% quiz-vote
from course_lib.quiz import quiz

quiz("03.vote")

# %% quiz-rules
from course_lib.quiz import quiz

quiz("03.rules")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The statements are from three texts; the titles stand below the table. The figures are yours, from this run. Code
# draws the verdict; what one run cannot tell stands in the ledger.

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

head_marks = {f"{kind}_{place}": [mark for [mark] in scored[name, where]]
              for kind, name in (("probe", "head alone"), ("random", "random head"),
                                 ("probed", "probed head"))
              for place, where in zip(("own", "dead_key"), places)}
says_measured_verdict({"C07": frozen, "C14": head_marks, "C15": trained_sets})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all claims of this lesson, over several seeds.

# %% ledger-run
ledger("03")

# %% [markdown] recap
# ## What we know now
#
# 1. Frozen parameters keep every bit; what is saved is the way back and the optimizer's memory, and never the
#    way forward.
# 2. What to train may depend on what has changed: another way of writing is best met early in the model, and not at
#    its end.
# 3. Labels need not be written one by one: rules that err can teach a model that errs less, and a good question
#    may need no labels to learn from at all, only some to choose by.
#
# **What remains unexplained:** near to what the model knew, one block learned most of what the whole did. Could one
# leave the other parts *out*, and have a smaller model? Lesson 04 makes one. And why train a block, if a few new
# vectors or two thin matrices do? Lessons 05 and 06.

# %% [markdown] sources
# ## Sources
#
# - Wikipedia, [Fine-tuning (deep learning)](https://en.wikipedia.org/wiki/Fine-tuning_(deep_learning)): frozen
#   layers, new heads, weak supervision.
# - Unite.AI, Complete guide to fine-tuning large language models: curricula, raw text, automation.
# - Google, Machine Learning Crash Course,
#   [LLMs: fine-tuning, distillation and prompt engineering](https://developers.google.com/machine-learning/crash-course/llm/tuning).
# - Lee et al. 2023, [Surgical fine-tuning improves adaptation to distribution
#   shifts](https://arxiv.org/abs/2210.11466).
# - Kumar et al. 2022, [Fine-tuning can distort pretrained features and underperform
#   out-of-distribution](https://arxiv.org/abs/2202.10054): LP-FT.
# - Dawid & Skene 1979, [Maximum likelihood estimation of observer error-rates using the EM
#   algorithm](https://doi.org/10.2307/2346806): the label model.
# - Ratner et al. 2017, [Snorkel: rapid training data creation with weak
#   supervision](https://arxiv.org/abs/1711.10160).
# - Gururangan et al. 2020, [Don't stop pretraining](https://arxiv.org/abs/2004.10964): raw text of the domain.
# - Bengio et al. 2009, [Curriculum learning](https://doi.org/10.1145/1553374.1553380).
