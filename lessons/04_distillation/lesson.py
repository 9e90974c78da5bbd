# %% [markdown] title
# # Lesson 04 · Distillation: a small model learns from a large one
#
# **What this lesson claims:** a student with fewer parameters can learn from its teacher's probabilities.
# You need Python, [lesson 00](00_start_here.ipynb) for logits and the loss, and [lesson
# 02](02_fine_tuning.ipynb) for training. After it you can
#
# - train a small model on what a large one says, and say what temperature and $T^2$ are for;
# - tell what a student has from its teacher's probabilities, and what from having more texts;
# - count what the smaller model saves, and how many answers pay for the teaching;
# - find out which parts of a model one task needs, and take the others out;
# - say what else a student takes over from its teacher.

# %% setup
from course_lib.lesson import start

lesson = start("04")

# %% [markdown] pair
# ## A teacher and a student
#
# A large model answers well, and every answer costs. A small one is cheap. Can the large one teach the small
# one? The teacher will be `orchard-m`, the student `orchard-xs`. They read the same kind of text, in the
# same tokens.

# %% load
from course_lib import fit, load_model, load_task
from course_lib.models import weights_hash
from course_lib.models.card import count_parameters

big, tokenizer = load_model("orchard-m")
small, small_tokenizer = load_model("orchard-xs")
assert tokenizer.get_vocab() == small_tokenizer.get_vocab()  # both cut a text in the same way
hash_before = weights_hash(small)
sizes = {"teacher": count_parameters(big), "student": count_parameters(small)}
for name, (total, inner) in sizes.items():
    print(f"{name}: {total:>9,} parameters, {inner:>9,} of them outside the embeddings")

# %% helpers
from course_lib.display import decimal, fold, percent, say, show_source
from course_lib.plots import bars, curve, interval, new_axes, show, show_shares, wilson

# %% [markdown] task
# The task is to tell how many stars a review gives, 1 to 5. Five answers: a model that is not sure can say
# more than one number. That will matter.

# %% task-rows
from course_lib.experiments import draws

task = load_task("stars")
# somebody paid for a few labels, of short reviews: those are quick to learn from
few = draws.shortest(task["train"].select(range(320, 2000)), 125, tokenizer, lesson.seed)
few = few.shuffle(seed=lesson.seed)                  # else all rows of a label stand together
rows = task["test"].select(range(120))
names = task["train"].features["label"].names        # the answer words: "1" to "5"
for row in few.select(range(3)):
    print(f"[{row['answer']}] {row['text']}\n")

# %% [markdown] teacher
# First the teacher: full fine-tuning on the labels, as in lesson 02. Its learning rate, and those of all
# students below, were chosen on validation.

# %% teacher-run
from course_lib.experiments.stars import LEARNING, RATES, SOFTLY, TEACHER, TEACHING, TEMPERATURES
from course_lib.methods import FullFineTuning
from course_lib.plots import LiveCurve

taught = FullFineTuning(big)
history = fit(big, tokenizer, {"train": few}, taught, learning_rate=TEACHER.rate,
              steps=TEACHING.steps, batch_size=TEACHING.batch, watch=LiveCurve())

# %% teacher-measure
from course_lib.evaluation import answers


def marks(model, method=None, asked=rows):
    """For every test review a list with 1 (right) or 0."""
    return [[given == right] for given, right in zip(*answers(model, tokenizer, asked, method))]


marked = {"teacher": marks(big, taught)}
share = lambda one: sum(map(sum, one)) / len(one)
say(f"The teacher, tuned on {len(few)} labels in {TEACHING.steps} steps, is right on "
    f"**{percent(share(marked['teacher']))}** of the test reviews. Guessing: 20 %.")

# %% [markdown] alone
# And the small model? Give it the same labels and five times as many steps. How often will it be right?

# %% alone-predict
from course_lib.quiz import predict, reveal

predict("04.alone")

# %% alone-run
alone = FullFineTuning(small)
fit(small, tokenizer, {"train": few}, alone, learning_rate=RATES["alone"], steps=LEARNING.steps,
    batch_size=LEARNING.batch, progress=False)
marked |= {"untrained for the task": marks(small), "student, labels alone": marks(small, alone)}
reveal("04.alone", round(100 * share(marked["student, labels alone"])))
say(f"**{percent(share(marked['student, labels alone']))}**, and "
    f"{percent(share(marked['untrained for the task']))} before training. Labels are few, and the "
    "small model knows less to begin with. But texts without labels are many, and the teacher can "
    "tell about each of them.")

# %% [markdown] soft
# ## What a teacher says that a label does not
#
# A label is one answer. The teacher gives a **probability to every answer**. Of forty reviews, here is the
# one of which it is least sure.

# %% soft-ask
import torch

from course_lib.distillation import Teacher

shown = rows.select(range(40))                       # forty reviews
both = {name: Teacher(model, tokenizer, {"train": shown}, method).logits
        for name, model, method in (("teacher", big, taught), ("student", small, alone))}
said, heard = (torch.cat(list(one.values())) for one in both.values())  # (40, 5): logits of each
chance = said.softmax(-1)                            # (40, 5)
unsure = chance.amax(-1).argmin().item()             # the row whose best answer is weakest
print(f"[{shown[unsure]['answer']}] {shown[unsure]['text']}")

# %% soft-picture
hot = {f"T = {T}": (said[unsure] / T).softmax(-1).tolist() for T in (1, 2, 8)}
told = "; ".join(f"{name}: {', '.join(percent(p) for p in values)}" for name, values in hot.items())
show(curve([1, 2, 3, 4, 5], {name: (values,) for name, values in hot.items()}, x_label="stars",
           y_label="probability", y_limits=(0, 1)),
     alt=f"Three curves over the stars 1 to 5. {told}.",
     caption="What the teacher says to this one review, at three temperatures.")

# %% [markdown] soft-why
# Divide the logits by a **temperature** $T$ before the softmax, and the small probabilities grow: at $T = 1$
# you hardly see which wrong answers are nearly right, at a higher $T$ you do. The higher, the flatter.
# Hinton and others taught a small model with such *soft targets*: let $p$ be the teacher's distribution at
# $T$, and $q$ the student's. The loss is how far $q$ is from $p$, their *Kullback–Leibler divergence* (KL),
# times $T^2$:
#
# $$T^2 \sum_i p_i \, (\ln p_i - \ln q_i).$$

# %% soft-by-hand
def by_hand(student, teacher, T):
    """T² times the mean of KL(p ‖ q), for logits (R, N) and (R, N)."""
    p = (teacher / T).softmax(-1)                    # (R, N): over the answers, not over the rows
    log_p = (teacher / T).log_softmax(-1)            # (R, N)
    log_q = (student / T).log_softmax(-1)            # (R, N): the same T on both sides
    kl = (p * (log_p - log_q)).sum(-1)               # (R, N) -> (R,)
    return T**2 * kl.mean()                          # (R,) -> ()


loss = by_hand(heard, said, T=2.0)
print(f"{loss:.4f} nats for this student, {by_hand(said, said, 2.0):.4f} for the teacher itself")

# %% [markdown] soft-same
# The course's own loss is the same, and so is the one that comes with torch, but for its $T^2$, which you
# have to put there yourself. Assert both, gradients as well.

# %% soft-same-run
from torch.nn.functional import kl_div

from course_lib.distillation import soft_target_loss


def torchs(student, teacher, T):
    """The same with the library."""
    return T**2 * kl_div((student / T).log_softmax(-1), (teacher / T).log_softmax(-1),
                         reduction="batchmean", log_target=True)


def slope(loss_function, T):
    """(the loss, its gradient for the student's logits)"""
    logits = heard.clone().requires_grad_()
    value = loss_function(logits, said, T)
    return value.detach(), torch.autograd.grad(value, logits)[0]  # (), (40, 5)

# %% soft-same-assert
for T in (0.5, 1.0, 4.0):
    wanted, its_slope = slope(by_hand, T)
    for other in (soft_target_loss, torchs):
        value, gradient = slope(other, T)
        assert torch.allclose(value, wanted) and torch.allclose(gradient, its_slope, atol=1e-6)
show_source(soft_target_loss)

# %% [markdown] squared
# ### What is T² for?
#
# Leave it out, and raise the temperature from 1 to 8. What becomes of the gradient?

# %% squared-predict
from course_lib.quiz import predict, reveal

predict("04.t_squared")

# %% squared-run
hotness = [1, 2, 4, 8, 16]
with_it = [slope(soft_target_loss, T)[1].norm().item() for T in hotness]
bare_size = [size / T**2 for size, T in zip(with_it, hotness)]
fall, kept = bare_size[0] / bare_size[3], with_it[3] / with_it[0]
reveal("04.t_squared", "same" if fall < 1.5 else "little" if fall < 8 else "much")
show(curve(hotness, {"with T²": (with_it,), "without": (bare_size,)}, x_label="temperature",
           y_label="size of the gradient"),
     alt=f"Two curves. Without T² the gradient falls from {bare_size[0]:.3f} at T = 1 to "
         f"{bare_size[-1]:.4f} at T = 16; with it, from {with_it[0]:.3f} to {with_it[-1]:.3f}.",
     caption=f"The gradient of the soft-target loss for a student's logits, {len(shown)} reviews.")
say(f"Without T² the gradient at T = 8 is **{fall:.0f} times smaller** than at T = 1; with it, "
    f"{kept:.1f} times as large. So T² keeps soft targets and labels in balance, whatever T is.")

# %% [markdown] lab
# ## Explore: temperature
#
# **Question: what does the student still hear when the teacher is very hot, and what when it is very cold?**
# Move the temperature and watch both distributions and the push. Then switch T² off. (It shows the two models
# above: after a restart of the kernel, choose Run, Run All Above Selected Cell first.)

# %% lab-run
from course_lib.explore.temperature import State, compute, temperature

temperature(said, heard, names, shown["text"][:], start=State(unsure))

# %% lab-found
def looked(T, squared=True):
    """The explorable's result for the unsure review."""
    return compute(said, heard, names, State(unsure, T, squared))


cold, warm, hottest, bare_hot = looked(0.25), looked(2), looked(32), looked(32, squared=False)
second = lambda result: sorted(result.teacher)[-2]
fold("What did you find?", "<p>At T = 0.25 the teacher gives its second answer "
     f"{percent(second(cold))}: what is left is all but a label. At T = 2 it gives it "
     f"{percent(second(warm))}. At T = 32 all answers have between {percent(min(hottest.teacher))} "
     f"and {percent(max(hottest.teacher))}; the push on the logits is still up to "
     f"{decimal(max(map(abs, hottest.push)))}, for what counts now are the differences between the "
     f"logits. Without T² it is {decimal(max(map(abs, bare_hot.push)))}.</p>")

# %% [markdown] teach
# ## Teach
#
# Now take reviews **without labels**. The teacher answers them, and says how probable each answer is. It is
# asked once, and what it says is kept: the large model plays no part in the training itself. (An answer here
# is a number and a newline. The number is taught softly; the newline follows, and is learned as it stands.)

# %% teach-ask
from course_lib.distillation import distil, taught_rows

texts = task["train"].select(range(128, 320))           # their labels stay hidden
told_rows = taught_rows(big, tokenizer, texts, taught)  # the teacher's answers, not the labels
teacher = Teacher(big, tokenizer, {"train": told_rows}, taught)
agree = sum(a == b for a, b in zip(told_rows["label"], texts["label"])) / len(texts)
sure = torch.cat(list(teacher.logits.values())).softmax(-1).amax(-1).mean().item()  # (n, 5) -> ()
say(f"{len(texts)} reviews; the hidden labels agree with the teacher on {percent(agree)}. To its "
    f"answer it gives a probability of {percent(sure)}, in the mean.")

# %% [markdown] teach-predict-text
# The same student, the same steps, but what it learns from is the teacher. The temperature is a
# hyperparameter like the learning rate; of a few it was chosen on validation. By how many **points** will it
# be ahead of the student that had the labels alone?

# %% teach-predict
from course_lib.quiz import predict, reveal

predict("04.distilled")

# %% teach-run
T, soft, rate = SOFTLY["distilled"]
distilled = FullFineTuning(small)
history = distil(teacher, small, tokenizer, distilled, T, soft, learning_rate=rate,
                 steps=LEARNING.steps, batch_size=LEARNING.batch, watch=LiveCurve())
marked["student, distilled"] = marks(small, distilled)

# %% teach-plot
GUESSING = {"guessing": 0.2}
order = ("untrained for the task", "student, labels alone", "student, distilled", "teacher")
assert weights_hash(small) == hash_before            # two students, and the base keeps its bits
found = {name: wilson(sum(map(sum, marked[name])), len(rows)) for name in order}
show_shares(found, "right stars",
            f"n = {len(rows)} test reviews, one run. Labels alone: {len(few)}. Distilled: "
            f"{len(texts)} texts, none with a label. Lines: 95 % intervals.",
            ["student, distilled"], GUESSING)

# %% teach-reveal
def ahead(one, other):
    """(points by which `one` is ahead of `other` on the same reviews; the same in words)"""
    pairs = zip(marked[one], marked[other])
    mean, low, high = (100 * value for value in interval([[a - b] for [a], [b] in pairs]))
    clear = "more than chance" if low > 0 or high < 0 else "no difference that we can tell"
    return mean, f"{mean:+.0f} points ({low:+.0f} to {high:+.0f}: {clear})"


gain, gain_told = ahead("student, distilled", "student, labels alone")
reveal("04.distilled", round(gain))
say(f"(T = {T} did best on validation, of {', '.join(map(str, TEMPERATURES))}.)")
say(f"Distilled against labels alone: **{gain_told}**. Against its teacher: "
    f"{ahead('student, distilled', 'teacher')[1]}. Intervals: 95 %, review by review.")

# %% [markdown] parts-of-it
# Two things were different: there were more texts, and there were probabilities. What helped? The controls
# are the same student on as many texts with their *right* labels, which in life nobody would have, and with
# the teacher's bare answers. One more question is what to compare: the two models' probabilities of the
# label words, as here, or of the whole vocabulary. Over several seeds, recorded:

# %% parts-of-it-run
from course_lib import claims

runs = claims.recorded("C65")
over_seeds = lambda figure: (figure.mean, min(figure.values), max(figure.values))
kinds = {"bare": "untrained for the task", "random": "distilled, random weights",
         "alone": "labels alone", "vocabulary": "distilled, whole vocabulary",
         "hard": "teacher's answers only", "gold": "all right labels", "distilled": "distilled",
         "teacher": "teacher"}
show_shares({name: over_seeds(runs[key]) for key, name in kinds.items()}, "right stars",
            f"Recorded, seeds: {len(runs['teacher'].values)}; n = {TEACHING.test} test reviews; "
            "lines from the lowest to the highest seed.", ["distilled"], GUESSING)

# %% parts-of-it-explain
from course_lib.intervals import students_t


def brings(one, other):
    """(lowest, highest) points that `one` may bring against `other`, by seed; the same in words."""
    mean, low, high = students_t([100 * gain for gain in (runs[one] - runs[other]).values])
    told = f"{mean:+.0f} points ({low:+.0f} to {high:+.0f})"
    return (low, high), told + ", which cannot be told from none" * (low <= 0 <= high)


say(f"Distilled, against labels alone: **{brings('distilled', 'alone')[1]}**. The teacher's bare "
    f"answers, against labels alone: {brings('hard', 'alone')[1]}.")
say(f"Its probabilities, against its answers: **{brings('distilled', 'hard')[1]}**; against as "
    f"many right labels: {brings('distilled', 'gold')[1]}. The whole vocabulary, against the label "
    f"words: {brings('vocabulary', 'distilled')[1]}. A pretrained student, against random weights: "
    f"{brings('distilled', 'random')[1]}. Intervals: 95 %, over the seeds.")

# %% [markdown] why-not
# Do probabilities teach more than answers, then? Stars are graded, four being nearly five, so what a teacher
# gives to other answers means something. But one that is nearly always right, and sure of it, gives them
# little. So give probabilities a better chance: a teacher that had few labels, is wrong more often, and may
# say so. Recorded again, the rates and the temperature chosen anew:

# %% why-not-run
from course_lib.experiments.stars import FEW

(sure_low, sure_high), sure_told = brings("distilled", "hard")
(few_low, few_high), few_told = brings("few_soft", "few_hard")
say("| the teacher has | and is right on | its probabilities against its answers |\n"
    f"|---|---|---|\n| {TEACHING.labels} labels | {percent(runs['teacher'].mean)} | {sure_told} |\n"
    f"| {FEW} labels | {percent(runs['few_teacher'].mean)} | {few_told} |")
say(("So what helped the student here is **more texts**: that" if brings("hard", "alone")[0][0] > 0
     else "That") + " probabilities teach more than answers, neither teacher shows."
    if max(sure_low, few_low) <= 0 else
    "So probabilities can teach **more than answers**: an interval lies above none.")

# %% [markdown] sequence
# ### When there are no labels to choose from
#
# For a summary or an answer in free text, let the teacher **write** it, and train the student on what it
# wrote: *sequence-level distillation*. Nothing new is needed, and the two need not even share a vocabulary.
# `taught_rows` does it; it was used above for the answers. *On-policy* distillation turns it round: the student
# writes, and the teacher says of every token how probable it finds it ([Agarwal et al.
# 2023](https://arxiv.org/abs/2306.13649)), so that the student learns from its own mistakes.

# %% sequence-run
show_source(taught_rows)
show_source(distil)

# %% [markdown] cost
# ## What does it save?
#
# Count the operations for a token, then measure the time, in pairs: the student right after the teacher,
# again and again, so that whatever else your computer does hits both. The student has about a tenth of the
# parameters. How much of the teacher's **time** will it take?

# %% cost-predict
from course_lib.quiz import predict, reveal

predict("04.time")

# %% cost-run
from course_lib.cost import operations
from course_lib.experiments import answering

reads = [answering.batch_of(tokenizer, rows.select(range(first, first + 16)))
         for first in (0, 16, 32)]                   # three times 16 prompts, as they are read
per_token = {name: [operations(model, one) / one["input_ids"].numel() for one in reads]
             for name, model in (("teacher", big), ("student", small))}
times = [answering.in_pairs(big, small, one, pairs=3) for one in reads]  # teacher's / student's
time_share = len(times) / sum(times)
reveal("04.time", round(100 * time_share))
say("| | parameters | million operations a token |\n|---|---|---|" + "".join(
    f"\n| {name} | {sizes[name][0]:,} | {per_token[name][0] / 1e6:.2f} |" for name in sizes))
work_share = per_token["student"][0] / per_token["teacher"][0]
say(f"The student takes {percent(work_share)} of the operations and **{percent(time_share)}** of "
    "the time" + (": very small steps are not as quick as their operations say, for each has a "
                  "fixed price." if time_share > 1.2 * work_share else "."))

# %% [markdown] energy
# What an answer costs the environment goes with the work. Processor time stands for it where a computer does
# not report its energy. But teaching is work, too: the teacher's training, its answers, the student's
# training. Whoever has no small model yet pays for its pretraining, too. How many answers pay for it?

# %% energy-run
each = [[count * one["input_ids"].numel() / 16 for count, one in zip(counts, reads)]
        for counts in per_token.values()]            # for one answer
first = [one[0] for one in each]
paid = answering.break_even(big, small, tokenizer, texts.select(range(16)), first, len(texts))
pretrained = answering.pretraining("orchard-xs") / (first[0] - first[1])
spent = {"teacher": [1000 * one for one in each[0]], "student": [1000 * one for one in each[1]],
         "time": times, "break_even": paid, "with_pretraining": paid + pretrained}
joules = [answering.joules(model, reads[0]) for model in (big, small)]
written = [f"{one:,.1f}" if one is not None else "not reported here" for one in joules]
cpu = [1000 / 16 * answering.seconds(model, reads[0]) for model in (big, small)]  # of one pass
say("| for 1,000 answers | teacher | student |\n|---|---|---|\n| billion operations | "
    f"{first[0] / 1e6:,.0f} | {first[1] / 1e6:,.0f} |\n| processor seconds "
    f"| {cpu[0]:.1f} | {cpu[1]:.1f} |\n| joules | {written[0]} | {written[1]} |")
say(f"Teaching took as many operations as **{paid:,.0f} answers** save, with the student's "
    f"pretraining {paid + pretrained:,.0f}. For fewer, distilling costs more than it saves.")

# %% [markdown] prune
# ## What does one application need?
#
# There is another way to a smaller model: take parts of the large one out. A text says that large parts of a
# model do not matter to one application. Which parts matter to ours? Multiply what a part adds by a number
# $\xi$ that is 1, and ask how steeply the loss depends on it: $|\partial L / \partial \xi|$, averaged over
# texts ([Michel et al. 2019](https://arxiv.org/abs/1905.10650)). A part that nobody listens to has 0.

# %% prune-importance
from course_lib.distillation import importance, least, prune

scores = importance(big, tokenizer, few.select(range(64)), taught)
tuned = load_model("orchard-m")[0]
taught.merge(tuned)                                  # puts the tuned weights in their places
n_layers, n_heads = scores.heads.shape               # (L, H)
say(f"{n_layers} layers of {n_heads} heads. The most important head has "
    f"{(scores.heads.max() / scores.heads.min()).item():.0f} times the importance of the least.")

# %% prune-real
with torch.no_grad():                                # taking a head out does what zeros would do
    without_two = prune(tuned, heads={2: [0, 3]})
    masked, _ = load_model("orchard-m")
    masked.load_state_dict(tuned.state_dict())
    attention = masked.model.layers[2].self_attn
    for head in (0, 3):
        attention.o_proj.weight[:, head * attention.head_dim:(head + 1) * attention.head_dim] = 0
    apart = (without_two(**reads[0]).logits - masked(**reads[0]).logits).abs().max().item()
assert apart < 1e-3
print(f"logits differ by at most {apart:.0e}; {without_two.num_parameters():,} parameters are left")
show_source(prune)

# %% [markdown] prune-predict-text
# Take out **half of all heads**, those with the least importance, and train nothing afterwards. How many of
# the stars will be right?

# %% prune-predict
from course_lib.quiz import predict, reveal

predict("04.heads")

# %% prune-run
from course_lib.evaluation import old_domain_loss

few_rows, generator = rows.select(range(80)), torch.Generator().manual_seed(lesson.seed)
parts_found = {"whole": tuned}
for part, ranks in (("heads", scores.heads), ("neurons", scores.neurons)):
    by_chance = torch.rand(ranks.shape, generator=generator)
    for name, chosen in ((part, ranks), (f"{part}_random", by_chance)):
        parts_found[name] = prune(tuned, **{part: least(chosen, chosen.numel() // 2)})
by_part = {name: marks(model, asked=few_rows) for name, model in parts_found.items()
           if name != "whole"} | {"whole": marked["teacher"][:len(few_rows)]}  # asked above
right = {name: wilson(sum(map(sum, one)), len(few_rows)) for name, one in by_part.items()}
language = {name: old_domain_loss(parts_found[name], tokenizer, n_documents=20)
            for name in ("whole", "heads", "neurons")}

# %% prune-plot
gone_told = {"whole": "nothing", "heads": "half of the heads", "heads_random": "as many, by chance",
             "neurons": "half of the neurons", "neurons_random": "as many neurons, by chance"}
show_shares({told: right[name] for name, told in gone_told.items()}, "right stars",
            f"What is taken out of the tuned teacher. n = {len(few_rows)} test reviews; nothing is "
            "trained after it. Lines: 95 % intervals.", [gone_told["heads"], gone_told["neurons"]],
            GUESSING)
reveal("04.heads", round(100 * right["heads"][0]))
say("| taken out | parameters left | loss on ordinary text |\n|---|---|---|" + "".join(
    f"\n| {gone_told[name]} | {percent(parts_found[name].num_parameters() / big.num_parameters())} "
    f"| {value:.2f} |" for name, value in language.items()))

# %% prune-explain
lost = {name: 100 * (right["whole"][0] - share) for name, (share, *_) in right.items()}
told = [f"{lost[name]:.0f} without {gone_told[name]} ({lost[name + '_random']:.0f} with as many "
        "drawn by chance)" for name in ("heads", "neurons")]
say(f"Points that the teacher loses: **{' and '.join(told)}**. The loss on ordinary text goes from "
    f"{language['whole']:.2f} to {language['heads']:.2f} and {language['neurons']:.2f} nats"
    + (": the parts mattered, to other things than this application."
       if min(lost["heads"], lost["neurons"]) <= 5 and language["neurons"] > language["whole"] + 0.2
       else "."))

# %% [markdown] prune-lab
# ## Explore: the prune lab
#
# **Question: what can you take out before the answers go, and what goes first, the task or the language?**
# Choose a kind of part and an order, and go step by step. The runs behind it are recorded.

# %% prune-lab-run
from course_lib.explore import prune_lab
from course_lib.explore.recorded import pruning

prune_lab.prune_lab()

# %% prune-lab-found
stories = ""
for part in pruning.TAKEN:
    ends = {order: prune_lab.compute(prune_lab.State(part, order)) for order in pruning.ORDERS}
    first_best = ends[pruning.ORDERS[0]]
    keeps = {order: max(gone for gone, accuracy in zip(one.shares, one.accuracy)
                        if accuracy >= one.accuracy[0] - 0.05) for order, one in ends.items()}
    at = first_best.shares.index(keeps[pruning.ORDERS[0]])
    stories += (f"<p><b>{part}</b>: within five points of the whole up to "
                f"{percent(keeps[pruning.ORDERS[0]])} taken out, by chance up to "
                f"{percent(keeps['random'])}, the most important first up to "
                f"{percent(keeps[pruning.ORDERS[2]])}. There, the loss on ordinary text has "
                f"gone from {first_best.loss[0]:.2f} to {first_best.loss[at]:.2f}.</p>")
fold("What did you find?", stories + "<p>To reproduce the runs, in a terminal in the course's "
     f"folder: <code>{pruning.COMMAND}</code></p>")

# %% [markdown] bias
# ## What else the student learns
#
# Suppose the labels that your teacher learned from were **skewed**: a harsh critic gave two in three reviews one
# star less than they say. The student then learns from texts of which as many are good as bad. It sees no skewed
# label, only its teacher. What becomes of the skew?

# %% bias-predict
from course_lib.quiz import predict, reveal

predict("04.bias")

# %% bias-plot
gaps = claims.recorded("C97")
who = {"teacher": "skewed teacher", "student": "its student", "fair": "fair teacher",
       "fair_student": "student of the fair one", "labels": "student of right labels"}
level = lambda key: gaps[key].mean
told = ", ".join(f"{name} {level(key):.2f}" for key, name in who.items())
ends = [(min(gaps[key].values), max(gaps[key].values)) for key in who]
axes = bars(list(who.values()), [level(key) for key in who], ends, highlight=["its student"],
            x_label="stars that a review gets too few", number="{:.2f}".format)
axes.set_xlim(left=min(0.0, *(low for low, _ in ends)) - 0.05)
axes.axvline(0, color="black", linewidth=0.8)
show(axes, alt=f"Bars with the stars that a review gets too few: {told}.",
     caption=f"Recorded, seeds: {len(gaps['teacher'].values)}; {TEACHING.test} test reviews, the "
             "mean over them. Lines: lowest to highest seed. Below zero: too many stars.")

# %% bias-explain
verdict = claims.get("C97").judge(gaps)
say(verdict.because + (" Balanced texts did not help: the skew is in the answers."
                       if verdict.word == claims.HOLDS else ""))
own, theirs = gaps["student"] - gaps["fair_student"], gaps["teacher"] - gaps["fair"]
more, low, high = students_t((own - theirs).values)
reveal("04.bias", "none" if students_t(own.values)[1] <= 0 else "less" if high < 0 else "much")
by_seed = [one / other for one, other in zip(own.values, theirs.values)]
say(f"Each compared with its fair twin, the teacher gives {theirs.mean:.2f} stars too few, and its "
    f"student {own.mean:.2f}: {more:+.2f} ({low:+.2f} to {high:+.2f}, a 95 % interval). By seed "
    f"that is {percent(min(by_seed))} to {percent(max(by_seed))} of the teacher's bias.")

# %% [markdown] size
# ## Are more parameters always better?
#
# “Almost always”, says a text. The cards of our three decoders hold their losses during pretraining. Look at
# them twice: by the text that they had read, and by the work that reading it took.

# %% size-plot
from course_lib.models.card import BUNDLED, read_card

axes = new_axes(3.0)
axes.set(xscale="log", xlabel="operations of pretraining (6 for each parameter and token)",
         ylabel="loss (nats a token)", xlim=(3e11, 5e14), ylim=(0, 5.5))
for name, colour in zip(("orchard-xs", "orchard-s", "orchard-m"),
                        ("#D55E00", "#009E73", "#0072B2")):
    card = read_card(BUNDLED / name)
    work = [6 * card["parameters"] * point["tokens"] for point in card["curve"]]
    losses = [point["validation_loss"] for point in card["curve"]]
    axes.plot(work, losses, color=colour)
    axes.annotate(name, (work[0], losses[0]), (-6, 0), textcoords="offset points", color=colour,
                  ha="right")

# %% size-show
sizes_found = claims.recorded("C66")
show(axes, alt="Three falling curves of loss over operations. "
               + claims.get("C66").judge(sizes_found).because,
     caption="From the cards of the shipped models, one run each. At its left end every curve is "
             "early in its schedule, with a learning rate that still rises: a handicap.")

# %% size-explain
verdict = claims.get("C66").judge(sizes_found)
say(f"{verdict.because} The statement: **{verdict.word}**.")

# %% [markdown] statements
# ## Three statements, one by one
#
# The course from which many of these claims come asks a quiz question with three statements on parameters.
# We have everything to measure them.

# %% statements-run
from course_lib.prompting import complete

distilled.merge(small)
after_distilling = small.num_parameters()
distilled.unmerge(small)
taught.merge(big)
after_tuning = big.num_parameters()
taught.unmerge(big)
complete(big, tokenizer, "peach: drupe\napple:")
after_prompting, whole = big.num_parameters(), sizes["teacher"][0]

# %% statements-table
statements = {
    "A distilled model has fewer parameters than its teacher": (after_distilling,
                                                                after_distilling < whole),
    "A fine-tuned model has fewer parameters than its base": (after_tuning, after_tuning < whole),
    "Prompting adds parameters to the model": (after_prompting, after_prompting > whole)}
say("| statement | before, or teacher | after, or student | |\n|---|---|---|---|" + "".join(
    f"\n| {told} | {whole:,} | {count:,} | **{'true' if holds else 'false'}** |"
    for told, (count, holds) in statements.items()))

# %% [markdown] library
# ## The same with the library
#
# `transformers` has no distillation of its own; what one does is to change one method of its `Trainer`: the
# loss. Give it the same three batches as our `distil`, and torch's own divergence, and compare all
# parameters.

# %% library-ours
import copy

from course_lib.training.batches import Batches

first = {"train": told_rows.select(range(12))}
taught_first = Teacher(big, tokenizer, first, taught)
ours = FullFineTuning(small)
distil(taught_first, small, tokenizer, ours, 2.0, 1.0, steps=3, batch_size=4, learning_rate=3e-4,
       seed=1, progress=False)
order = torch.randperm(12, generator=torch.Generator().manual_seed(1)).split(4)  # as fit draws it
data, batches = Batches(small, tokenizer, first["train"], ours), []
for part in order:
    batch = data.batch(part.tolist())
    batch["position_ids"] = (batch["attention_mask"].cumsum(1) - 1).clamp(0)     # (B, T)
    batch["teacher"] = torch.cat([taught_first.logits["train", row] for row in part.tolist()])
    batches.append(batch)
first_tokens = [tokenizer(f" {name}")["input_ids"][0] for name in names]         # of the 5 answers

# %% library-trainer
from torch.nn.functional import cross_entropy
from transformers import Trainer


class DistillationTrainer(Trainer):
    """The library's loop with another loss."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        teacher, labels = inputs.pop("teacher"), inputs.pop("labels")   # (B, 5), (B, T)
        logits = model(**inputs).logits                                 # (B, 3, V): the last places
        loss = torchs(logits[:, 0, first_tokens], teacher, T=2.0)       # the answer's first place
        loss = loss + cross_entropy(logits[:, 1], labels[:, -1])        # the newline after it
        return (loss, logits) if return_outputs else loss

# %% library-run
import tempfile

from torch.utils.data import DataLoader
from transformers import PrinterCallback, TrainingArguments

theirs = copy.deepcopy(small)
with tempfile.TemporaryDirectory() as folder:
    arguments = TrainingArguments(folder, use_cpu=True, max_steps=3, learning_rate=3e-4,
                                  lr_scheduler_type="linear", weight_decay=0.0, max_grad_norm=1.0,
                                  report_to=[], save_strategy="no", logging_strategy="no",
                                  disable_tqdm=True, remove_unused_columns=False)
    trainer = DistillationTrainer(theirs, arguments, train_dataset=batches)
    trainer.get_train_dataloader = lambda: DataLoader(batches, batch_size=None)
    trainer.remove_callback(PrinterCallback)
    trainer.train()

# %% library-compare
furthest = max((a - b).abs().max().item()
               for a, b in zip(ours.parameters(), theirs.parameters()))
moved = max((a - b).abs().max().item() for a, b in zip(ours.parameters(), small.parameters()))
assert furthest < 1e-5 < moved
print(f"3 steps moved parameters by up to {moved:.1g}; ours and theirs differ by {furthest:.1g}")

# %% [markdown] real
# ## On a real model
#
# All of it runs on a model that read natural English: `minilm`, six layers. Take four of them out, which
# hurts, and teach the two that are left to say what all six said. Here the student matches the teacher's
# **hidden states**, so no label is needed. Where `minilm` is not installed, the cell says how to get it, and
# you can go on without.

# %% real-load
from course_lib.errors import CourseError

natural = load_task("natural")       # or your own: load_task("my.csv"), columns text and label
training, testing = natural["train"].select(range(96)), natural["test"].select(range(60))
try:
    real, real_tokenizer = load_model("minilm")
    shallow = prune(real, layers=(1, 2, 3, 4))
    print(f"six layers: {real.num_parameters():,} parameters, two: {shallow.num_parameters():,}, "
          f"of which {count_parameters(real)[0] - count_parameters(real)[1]:,} are embeddings")
except CourseError as error:
    real = None
    print(error)

# %% real-likeness
def first_vectors(model, method, block):
    """What a block says to the first token of each test sentence: [(d,), …]."""
    said = Teacher(model, real_tokenizer, {"train": testing}, method, blocks=(block,)).hidden
    return [states[block][0] for states in said.values()]


def likeness(ours, theirs):
    """The mean cosine of two lists of vectors, pair by pair."""
    return torch.cosine_similarity(torch.stack(ours), torch.stack(theirs), dim=1).mean().item()

# %% real-teach
from course_lib.methods import Frozen

if real:
    probe = Frozen(real, train=(), num_labels=2)     # an encoder answers through a head
    six = Teacher(real, real_tokenizer, {"train": training}, probe, blocks=(5,))
    wanted = first_vectors(real, probe, 5)
    two = FullFineTuning(shallow, num_labels=2)
    alike = {"two layers, as cut": likeness(first_vectors(shallow, two, 1), wanted)}
    distil(six, shallow, real_tokenizer, two, match={1: 5}, soft=1.0, steps=9, batch_size=16,
           learning_rate=1e-3, progress=False)   # of 3e-4, 1e-3, 3e-3, by validation sentences
    alike["two layers, taught"] = likeness(first_vectors(shallow, two, 1), wanted)
    alike["six layers, another sentence"] = likeness(wanted, wanted[1:] + wanted[:1])

# %% real-plot
if real:
    show(bars(list(alike), list(alike.values()), limit=1, highlight=["two layers, taught"],
              x_label="likeness to what six layers say (cosine)"),
         alt="Bars with the cosine to the six layers' vectors: "
             + ", ".join(f"{name} {value:.2f}" for name, value in alike.items()) + ".",
         caption=f"n = {len(testing)} sentences that were not trained on; one short run. The "
                 "control is what six layers say to the next sentence.")
    inner = [count_parameters(model)[1] for model in (real, shallow)]
    say(f"A third of the layers, {percent(inner[1] / inner[0])} of the parameters outside the "
        "embeddings; the likeness goes from "
        f"{alike['two layers, as cut']:.2f} to **{alike['two layers, taught']:.2f}**.")

# %% [markdown] exercise
# ## Now you
#
# In [exercise 04](../exercises/04_distillation.ipynb) you soften a distribution, write the loss, mix it with
# the labels', and choose what to prune. Each task has a check that names the likely mistake.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-temperature
from course_lib.quiz import quiz

quiz("04.temperature")

# %% quiz-loss
from course_lib.quiz import quiz

quiz("04.by_hand")

# %% quiz-squared
from course_lib.quiz import quiz

quiz("04.squared")

# %% quiz-parameters
from course_lib.quiz import quiz

quiz("04.params")

# %% quiz-control
from course_lib.quiz import quiz

quiz("04.control")

# %% quiz-prune
from course_lib.quiz import quiz

quiz("04.prune")

# %% quiz-bias
from course_lib.quiz import quiz

quiz("04.inherit")

# %% [markdown] verdicts
# ## The text says, we measured
#
# All statements are from one text, named below under Sources. The figures are yours, from this run, the intervals
# over three batches of prompts. Code draws the verdict from them.

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

says_measured_verdict({
    "C63": {"teacher": sizes["teacher"][0], "student": sizes["student"][0],
            "taught": after_distilling, "teacher_inner": sizes["teacher"][1],
            "student_inner": sizes["student"][1]},
    "C64": {**per_token, "time": times}, "C99": spent})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all the claims of this lesson, over several
# seeds.

# %% ledger-run
ledger("04")

# %% [markdown] recap
# ## What we know now
#
# 1. A teacher can teach a small model on texts that nobody has labelled, by telling how probable each answer
#    is. The student ends between the labels alone and its teacher. What of it is due to the probabilities,
#    and what to more texts, only a control can tell.
# 2. The student is smaller for good: fewer parameters, fewer operations, less time, for every answer from
#    now on. Teaching is paid once, and pays only if enough answers follow.
# 3. One application needs far less than the whole model, and what a student takes over from its teacher
#    includes its mistakes.
#
# **What remains unexplained:** a student is a whole new model for every task. Could one large model be
# turned to a task without touching it at all? Lesson 05 tries with a few vectors. Where bias comes from, and
# what helps, is the matter of lesson 12.

# %% [markdown] sources
# ## Sources
#
# - Google, Machine Learning Crash Course: [LLMs: fine-tuning, distillation and prompt
#   engineering](https://developers.google.com/machine-learning/crash-course/llm/tuning): the statements.
# - Hinton, Vinyals & Dean 2015, [Distilling the knowledge in a neural
#   network](https://arxiv.org/abs/1503.02531).
# - Kim & Rush 2016, [Sequence-level knowledge distillation](https://arxiv.org/abs/1606.07947).
# - Sanh et al. 2019, [DistilBERT](https://arxiv.org/abs/1910.01108); Jiao et al. 2020,
#   [TinyBERT](https://arxiv.org/abs/1909.10351): hidden states.
# - Michel, Levy & Neubig 2019, [Are sixteen heads really better than one?](https://arxiv.org/abs/1905.10650)
