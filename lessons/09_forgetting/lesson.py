# %% [markdown] title
# # Lesson 09 · Forgetting and robustness: interpolating weights
#
# **What this lesson claims:** fine-tuning can cost what the model knew, and mixing old and new weights wins some
# of it back. You need full fine-tuning ([lesson 02](02_fine_tuning.ipynb)) and LoRA
# ([lesson 06](06_lora.ipynb)). After it you can
#
# - measure what a training has cost, where its own test does not look;
# - compare two methods at the same success, and say what the learning rate has to do with it;
# - mix a base with its tuned model, add two trainings, and name the simpler rival of each.

# %% setup
from course_lib.lesson import start
from course_lib.quiz import due

lesson = start("09")
due("09", "00.cross_entropy", "02.chosen_on_test", "06.merged")

# %% [markdown] cost
# ## What does a training cost?
#
# `orchard-s` learns to write the label of a review, `positive` or `negative`. Full fine-tuning, at the rate
# that one search found best **for the answers**. Two rulers: right answers on test reviews, and the loss on
# *old text*, documents like those of pretraining, which the training never shows.

# %% load
from course_lib import evaluate, fit, load_model
from course_lib.display import percent, say, show_table
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import forgetting, forgetting_told
from course_lib.methods import FullFineTuning

model, tokenizer = load_model("orchard-s")
SETTING, ARMS = forgetting.SETTING, forgetting.arms()   # the ways of training, each with its rate
labelled = SETTING.train_rows(tokenizer, lesson.seed)   # 1,000 short reviews
rows = SETTING.test_rows(tokenizer, lesson.seed).select(range(80))
base = FullFineTuning(model)                            # not trained yet: the base itself

# %% look
def old_text(method):
    """The loss on old text, in nats a token."""
    return old_domain_loss(model, tokenizer, method, n_documents=40)


def look(method):
    """The share of right answers on the task, and the loss on old text."""
    return {"right": evaluate(model, tokenizer, rows, method)["accuracy"], "old": old_text(method)}


def tuned(kind, steps, learned=labelled):
    """The method of this kind after so many steps."""
    method = ARMS[kind].build(model, tokenizer, lesson.seed)
    fit(model, tokenizer, {"train": learned}, method, steps=steps, batch_size=SETTING.batch,
        learning_rate=ARMS[kind].rate, seed=lesson.seed, progress=False)
    return method

# %% cost-predict
from course_lib.quiz import predict, reveal

predict("09.cost")

# %% cost-run
full = {0: base} | {steps: tuned("full", steps) for steps in (20, 50)}
full_seen = {steps: look(method) for steps, method in full.items()}
reveal("09.cost", round(100 * (full_seen[50]["old"] / full_seen[0]["old"] - 1)))
show_table([["right answers", *(percent(seen["right"]) for seen in full_seen.values())],
            ["loss on old text", *(f"{seen['old']:.2f}" for seen in full_seen.values())]],
           ["steps", *map(str, full_seen)])

# %% [markdown] asked
# Its own test does not look there. Does a test on *gadgets*, a kind of thing that no label told of? Ask it, too.
# And there is one more ruler. The base could tell favourable reviews from others before any training, if
# asked in **its own way**: the review, then `In short:`, and which of two words the base finds likelier.
# The words are searched on other reviews ([lesson 03](03_what_to_train.ipynb)). No row of the training asks so.

# %% asked-run
from course_lib import load_task
from course_lib.experiments.labels import right_share
from course_lib.prompting.search import margins, search

gadgets = load_task("reviews")["shifted"].shuffle(seed=lesson.seed).select(range(80))
searched = load_task("reviews")["validation"].shuffle(seed=lesson.seed).select(range(64))
question = search(model, tokenizer, searched, templates=("{text}\nIn short:",))[0]


def asked(method):
    """The share of the test reviews that are told apart by the base's own question."""
    with method.on(model):
        side = margins(model, tokenizer, rows["text"][:], question).sign()
    return right_share(side, rows["label"][:])


asked_base = asked(base)
say(f"By its own question the bare base is right in **{percent(asked_base)}**, n = {len(rows)}.")

# %% asked-predict
from course_lib.quiz import predict, reveal

predict("09.asked")

# %% asked-reveal
from course_lib.plots import curve, show, wilson

by_steps = {"task's prompt": [seen["right"] for seen in full_seen.values()],
            "base's question": [asked_base, *(asked(full[steps]) for steps in (20, 50))],
            "gadgets": [evaluate(model, tokenizer, gadgets, one)["accuracy"]
                        for one in full.values()]}
reveal("09.asked", round(100 * by_steps["base's question"][-1]))
banded = lambda shares: tuple(zip(*(wilson(round(80 * share), 80) for share in shares)))
bands = {name: banded(shares) for name, shares in by_steps.items()}
show(curve(list(full), bands, x_label="steps of full fine-tuning", y_label="right answers",
           y_limits=(0, 1), baselines={"guessing": 0.5}),
     alt="Right answers by steps, " + "; ".join(
         f"{name}: {', '.join(map(percent, shares))}" for name, shares in by_steps.items()),
     caption="One run; n = 80 reviews each. Bands: 95 % intervals.")

# %% [markdown] match
# ## Who forgets less, LoRA or full fine-tuning?
#
# "LoRA keeps most of what the base knew", says the text. But what is compared with what? After the **same
# steps** one may have learned more than the other, and whoever hardly moves forgets nothing. So compare
# at the same success: there where each has *just* reached the same loss on the task. Three ways of training:
# LoRA and full fine-tuning, each at the rate that is best for the answers, and full fine-tuning at a tenth of
# its rate.

# %% match-predict
from course_lib.quiz import predict, reveal

predict("09.who")

# %% match-run
ways = {"full, best rate": {steps: full[steps] for steps in (20, 50)},
        "full, a tenth": {steps: tuned("slower", steps) for steps in (20, 50)},
        "LoRA": {steps: tuned("lora", steps) for steps in (15, 25)}}
on_task = lambda method: forgetting.on_the_task(model, tokenizer, method,
                                                rows.select(range(40)))[0]
points = {name: [(on_task(one), old_text(one)) for one in runs.values()]
          for name, runs in ways.items()}            # of each run: (the task's loss, old text's)
show_table([[name, *(f"{steps} steps: {loss:.2f} → {old:.2f}"
                     for steps, (loss, old) in zip(ways[name], seen))]
            for name, seen in points.items()],
           ["", "shorter run: task's loss → old text's", "longer run"])

# %% fill-in 09.at_loss

# %% match-level
LEVEL = forgetting.LEVEL                             # nats on the task
old_at_level = {name: at_loss(LEVEL, *zip(*seen)) for name, seen in points.items()}
for name, old in old_at_level.items():
    print(f"{name:16} {old:.2f} nats on old text, where the task's loss is {LEVEL}")
reveal("09.who", forgetting_told.least_forgotten(old_at_level))
say(forgetting_told.told_least(old_at_level))

# %% [markdown] match-said
# Over seeds, C27 in the ledger says how sure that is, and what a *third* of the rate has forgotten. By how much
# was the best rate better for the answers? In a terminal, `.venv/bin/course claims list C27` shows what was tried.
# In large models LoRA *did* forget less than full fine-tuning, which also learned more
# ([Biderman et al. 2024](https://arxiv.org/abs/2405.09673)). Before you say that a method forgets, give its rival
# more than one rate.

# %% [markdown] kl
# ## Can you tell what it forgets without any old text?
#
# It would be handy: who adapts a model has no pretraining documents. One proposal looks only at the **new**
# task. How far have the answers' probabilities moved from the base's, measured as a KL divergence? In large
# models it predicted what was forgotten, whatever the method
# ([Shenfeld et al. 2025](https://arxiv.org/abs/2509.04259)). Here are five ways of training, at one loss on
# the task: the three above, full fine-tuning at a third of the rate, and adapters. The loss is matched, so only the
# way there differs.

# %% kl-predict
from course_lib.quiz import predict, reveal

predict("09.kl")

# %% kl-run
from course_lib import claims
from course_lib.intervals import students_t

recorded = claims.recorded("C27")                    # five trainings and several seeds: recorded
called = {"full": "full, best rate", "slow": "full, a third", "slower": "full, a tenth",
          "lora": "LoRA", "adapter": "adapters"}
by_seed = list(zip(*(zip(recorded[f"{one}_kl"].values, recorded[f"{one}_old"].values)
                     for one in called)))            # of each seed: five pairs (KL, old text)
in_order, low, high = students_t([forgetting_told.pairs_in_order(*zip(*points))
                                  for points in by_seed])
reveal("09.kl", round(100 * in_order))

# %% kl-plot tags=["presentation"]
from course_lib.plots.scatter import clouds

clouds_of = {name: tuple(zip(*(one[place] for one in by_seed)))
             for place, name in enumerate(called.values())}
middle = lambda values: sum(values) / len(values)
show(clouds(clouds_of, x_label="KL from the base on the task (nats)", y_label="loss on old text"),
     alt="Points by KL and by loss on old text; means: " + "; ".join(
         f"{name} {middle(xs):.1f} and {middle(ys):.2f}" for name, (xs, ys) in clouds_of.items()),
     caption=f"Recorded; seeds: {len(by_seed)}, a point for each. All are read off, as above, "
             f"where the loss on the task is {LEVEL} nats.")
say(f"In **{percent(in_order)}** of the pairs (95 % interval {percent(max(low, 0))} to "
    f"{percent(min(high, 1))}) more KL goes with more forgetting. "
    + forgetting_told.told_order(in_order, low, high))

# %% [markdown] kl-said
# *Which* of two forgets more is not *how much*: compare LoRA and the adapters. And what if the loss is not the same?
# [More measurements](09_forgetting_more.ipynb) ask that of nine methods.

# %% [markdown] line
# ## Half way back
#
# You have two models, one that knows the old and one that knows the new, and both are lists of the same
# tensors. Between them lies a line. Each point on it is a model, too.

# %% line-draw
from course_lib.plots.drawings import line_and_sum

show(line_and_sum(), alt="Left: on a line from the base to the tuned model, alpha = one half lies "
     "in the middle. Right: from the base, change 1 leads to reviews and change 2 to spam; both "
     "changes one after the other lead to a model called both.",
     caption="A point is a model, all of its weights. Left: a mix. Right: a sum, further below.")

# %% fill-in 09.between

# %% line-predict
from course_lib.quiz import predict, reveal

predict("09.half")

# %% line-run
import torch

from course_lib.merging import wise_ft


def with_weights(state):
    """Full fine-tuning, as a method, with these weights."""
    method = FullFineTuning(model)
    method.load_state_dict(state)
    return method


ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)
W_old, W_new = base.state_dict(), full[50].state_dict()
line = {alpha: with_weights(between(W_old, W_new, alpha)) for alpha in ALPHAS}
theirs = wise_ft(model, full[50], 0.5).state_dict()  # the course's own
assert all(torch.allclose(line[0.5].state_dict()[name], theirs[name], atol=1e-6) for name in W_old)

# %% line-measure
line_seen = {alpha: look(one) | {"asked": asked(one)} for alpha, one in line.items()
             if 0 < alpha < 1}                       # the ends are known already
line_seen = {0.0: full_seen[0] | {"asked": asked_base}, **line_seen,
             1.0: full_seen[50] | {"asked": by_steps["base's question"][-1]}}
at = lambda what: [seen[what] for seen in line_seen.values()]
reveal("09.half", forgetting_told.half_way(at("right")[::2], at("asked")[::2]))
bands = {"task's prompt": banded(at("right")), "base's question": banded(at("asked"))}
show(curve(ALPHAS, bands, x_label="alpha, from the base (0) to the tuned model (1)",
           y_label="right answers", y_limits=(0, 1), baselines={"guessing": 0.5}),
     alt=f"Right answers by alpha. Task's prompt: {', '.join(map(percent, at('right')))}; base's "
         f"question: {', '.join(map(percent, at('asked')))}.",
     caption="One run; n = 80 reviews. Bands: 95 % intervals. Old text, nats: "
             + ", ".join(f"{old:.2f}" for old in at("old")))

# %% [markdown] rival
# That is **WiSE-FT**. It was shown on images
# ([Wortsman et al. 2021](https://arxiv.org/abs/2109.01903)); newer work has it for language models
# ([Hao et al. 2025](https://arxiv.org/abs/2506.01901)). Two checks before you believe it. The rival: simply the
# lower rate from above, nothing interpolated. The control: the same mix with a model of random weights.

# %% rival-run
stranger = FullFineTuning(load_model("orchard-s", random=True, seed=lesson.seed)[0]).state_dict()
mixed = with_weights(between(W_old, stranger, 0.5))
table = {"half way": line_seen[0.5]} | {name: look(one) | {"asked": asked(one)} for name, one in {
    "a tenth of the rate": ways["full, a tenth"][50], "half way to random": mixed}.items()}
show_table([[name, percent(seen["right"]), percent(seen["asked"]), f"{seen['old']:.2f}"]
            for name, seen in table.items()],
           ["", "task's prompt", "base's question", "old text (nats)"],
           f"One run each; n = {len(rows)} reviews.")
say(forgetting_told.told_rival(table["half way"], table["a tenth of the rate"]))

# %% [markdown] alphas
# ### Explore: the alpha line
#
# **Question: is there an alpha that keeps both the task and the base's own question?** Then take a lower rate:
# what is left for alpha to do? Recorded, over several seeds. The grey parts are *extrapolation*: points beyond
# one of the two models, which no mix gives. Below stands what the model at your alpha writes, between its two ends.

# %% alphas-run
from course_lib.display import fold
from course_lib.explore.alpha_line import alpha_line, found

alpha_line()
fold("What did you find?", found())

# %% [markdown] sum
# ## Two tasks in one model
#
# A line needs one training. With two, on reviews and on spam, each from the same base, the changes could be
# **added** ([Ilharco et al. 2022](https://arxiv.org/abs/2212.04089)). Neither training knew of the other. And a
# change that can be added can be taken away from the base: what is gone then?

# %% fill-in 09.add_changes

# %% sum-predict
from course_lib.quiz import predict, reveal

predict("09.sum")

# %% sum-run
from course_lib.experiments import composing
from course_lib.merging import combine

letters = composing.rows_of("spam", tokenizer, lesson.seed)
spam_rows = composing.TASKS["spam"].test_rows(tokenizer, lesson.seed).select(range(80))
two = {"reviews": full[50], "spam": tuned("full", 40, letters)}
states = [method.state_dict() for method in two.values()]
made = {"base": base, **two} | {name: with_weights(add_changes(W_old, states, weights))
                                for name, weights in {"sum": [1.0, 1.0], "mean": [0.5, 0.5],
                                                      "base minus reviews": [-1.0, 0.0]}.items()}
theirs = combine(model, list(two.values())).state_dict()  # the course's own
summed = made["sum"].state_dict()
assert all(torch.allclose(summed[name], theirs[name], atol=1e-5) for name in W_old)

# %% sum-reveal
both = {name: [evaluate(model, tokenizer, some, method)["accuracy"] for some in (rows, spam_rows)]
        for name, method in made.items()}
alone = (both["reviews"][0], both["spam"][1])
reveal("09.sum", round(100 * max(one - two for one, two in zip(alone, both["sum"]))))
show_table([[name, *map(percent, shares)] for name, shares in both.items()],
           ["right in", "reviews", "spam"], f"One run each; n = {len(rows)} rows of each task.")
say("By the base's own question the base less the change of reviews is right in **"
    f"{percent(asked(made['base minus reviews']))}** of the reviews, the base itself in "
    f"{percent(asked_base)}.")

# %% [markdown] library
# `peft` adds LoRA with `add_weighted_adapter`. For a sum of the *changes* say `"cat"`, which puts the thin
# matrices beside each other. `"linear"` adds the A and the B on their own, and $(B_1 + B_2)(A_1 + A_2)$ is
# another product.

# %% library-run
from course_lib.experiments.peft_sum import added_by_peft

adapters = {"reviews": ways["LoRA"][25], "spam": tuned("lora", 4, letters)}
texts = tokenizer(rows["prompt"][:8], return_tensors="pt", padding=True)
batch = {name: texts[name] for name in ("input_ids", "attention_mask")}
with torch.no_grad(), combine(model, list(adapters.values())).on(model):
    ours = model(**batch).logits                     # (8, T, V): the sum of the two products
for kind in ("cat", "linear"):
    added = added_by_peft(load_model("orchard-s")[0], adapters, kind)
    with torch.no_grad():
        off = (added(**batch).logits - ours).abs().max().item()
    print(f"{kind:7} logits differ from our sum by up to {off:.1g}")
    assert kind == "linear" or off < 1e-3

# %% [markdown] replay
# ## One after the other
#
# Often the second task comes later, when the first is in the model already. Spam is learned after reviews:
# what becomes of reviews? And what do a few old rows among the new ones do, called *replay*?

# %% replay-predict
from course_lib.quiz import predict, reveal

predict("09.replay")

# %% replay-reveal
from course_lib.plots import show_shares

later = claims.recorded("C81")                       # recorded
over_seeds = lambda figure: (figure.mean, min(figure.values), max(figure.values))
lost = later["reviews_alone"] - later["reviews_after"]
won = later["reviews_replay"] - later["reviews_after"]
reveal("09.replay", round(100 * lost.mean))
trainings = {"alone": "reviews alone", "after": "then spam", "replay": "then spam, with replay",
             "joint": "both at once"}
spam = [percent(later[f"spam_{what}"].mean) for what in trainings if what != "alone"]
show_shares({name: over_seeds(later[f"reviews_{what}"]) for what, name in trainings.items()},
            "right answers in reviews", f"Recorded, seeds: {len(lost.values)}; lines from the "
            "lowest to the highest. Each has the rate that is best for what it learns last. "
            f"The last three in spam: {', '.join(spam)}.", ["then spam"], {"guessing": 0.5})
say(forgetting_told.told_replay(lost.mean, *students_t(won.values)))

# %% [markdown] exercise
# ## Now you
#
# In [exercise 09](../exercises/09_forgetting.ipynb) you build a mix and a sum yourself, and measure them. Each
# check names the likely mistake. Then the quiz; a wrong answer says why it was tempting.

# %% quiz-fair
from course_lib.quiz import quiz

quiz("09.fair")
quiz("09.between_runs")

# %% quiz-shift
from course_lib.quiz import quiz

quiz("09.shift")

# %% quiz-line
from course_lib.quiz import quiz

quiz("09.line")

# %% quiz-sum
from course_lib.quiz import quiz

quiz("09.vectors")

# %% quiz-peft
from course_lib.quiz import quiz

quiz("09.peft")

# %% [markdown] ledger
# ## What the texts say, what we measured
#
# One run is one run. The ledger holds the recorded runs of this lesson's claims, over several seeds.

# %% ledger-run
from course_lib.claims.view import ledger

ledger("09")

# %% [markdown] recap
# ## What we know now
#
# 1. What a training costs is seen only by a ruler that it was not made for: old text, or a question that the
#    base could answer before.
# 2. Whether a method forgets less is a question at the same success, and about its rate as much as its name.
# 3. Models from one base can be mixed and added like vectors. Whether the result still does both must be measured,
#    and against a simpler rival, a lower rate or training together: the trick is worth what it wins over that.
#
# **What stays open:** every training so far was told the right answer. What if nobody can say it, and people can
# only say which of two answers is better? Lesson 10 takes that up.

# %% [markdown] sources
# ## Sources
#
# - Unite.AI, Complete guide to fine-tuning large language models; Wikipedia,
#   [Fine-tuning (deep learning)](https://en.wikipedia.org/wiki/Fine-tuning_(deep_learning)).
# - Biderman et al. 2024, [LoRA learns less and forgets less](https://arxiv.org/abs/2405.09673).
# - Shenfeld et al. 2025, [RL's razor](https://arxiv.org/abs/2509.04259).
# - Wortsman et al. 2021, [Robust fine-tuning of zero-shot models](https://arxiv.org/abs/2109.01903).
# - Hao et al. 2025, [Understanding overadaptation in supervised
#   fine-tuning](https://arxiv.org/abs/2506.01901).
# - Ilharco et al. 2022, [Editing models with task arithmetic](https://arxiv.org/abs/2212.04089).
