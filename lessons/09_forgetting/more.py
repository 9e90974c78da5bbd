# %% [markdown] title
# # Lesson 09 · More measurements
#
# Beside the main line of [lesson 09](09_forgetting.ipynb), for those who want to know.

# %% setup
from course_lib.lesson import start

lesson = start("09", more=True)

# %% load
from course_lib import evaluate, fit, load_model
from course_lib.display import percent, say
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import forgetting
from course_lib.merging import wise_ft
from course_lib.methods import FullFineTuning

model, tokenizer = load_model("orchard-s")
SETTING, ARMS = forgetting.SETTING, forgetting.arms()
labelled = SETTING.train_rows(tokenizer, lesson.seed)
rows = SETTING.test_rows(tokenizer, lesson.seed).select(range(100))


def measured(method):
    """(right answers on the task, the loss on old text)"""
    return (evaluate(model, tokenizer, rows, method)["accuracy"],
            old_domain_loss(model, tokenizer, method, n_documents=40))

# %% [markdown] scaled
# ## LoRA, scaled down
#
# LoRA was found to write a few strong new directions into each matrix, *intruder dimensions*
# ([Shuttleworth et al. 2024](https://arxiv.org/abs/2410.21228), and [lesson 06](06_lora.ipynb), which counts
# them). Scaled down after training, the change may forget less and still do the task. For LoRA this is the same
# line as in the lesson: only the scale of BA changes.

# %% scaled-run
lora = ARMS["lora"].build(model, tokenizer, lesson.seed)
fit(model, tokenizer, {"train": labelled}, lora, steps=40, batch_size=SETTING.batch,
    learning_rate=ARMS["lora"].rate, seed=lesson.seed, progress=False)
scaled = {alpha: measured(wise_ft(model, lora, alpha)) for alpha in (0.0, 0.25, 0.5, 0.75, 1.0)}
say("| LoRA's change, times | right answers | old text, nats |\n|---|---|---|" + "".join(
    f"\n| {alpha:g} | {percent(right)} | {old:.2f} |" for alpha, (right, old) in scaled.items()))

# %% [markdown] probe
# ## First the head, then all of it
#
# The lesson answers with a word, so nothing is new in the model. A **new head** is another matter: it begins at
# random, and what it sends back in its first steps moves every layer below it. So train the head alone first, on
# the frozen model, and then everything: *LP-FT*
# ([Kumar et al. 2022](https://arxiv.org/abs/2202.10054)). Which of the two ways forgets less?

# %% probe-run
from course_lib.experiments import near_and_far, tuning
from course_lib.methods import Frozen

HEAD_RATE = tuning.tuned(near_and_far.NEAR, near_and_far.HEAD).rate
common = {"batch_size": SETTING.batch, "seed": lesson.seed, "progress": False}
at_once, after_head = (FullFineTuning(model, num_labels=2, seed=lesson.seed) for _ in range(2))
head = Frozen(model, train=(), num_labels=2, seed=lesson.seed)
fit(model, tokenizer, {"train": labelled}, head, steps=80, learning_rate=HEAD_RATE, reuse=True,
    **common)
after_head.head.load_state_dict(head.head.state_dict())
heads = {"head alone": measured(head)}
for name, method in (("everything at once", at_once), ("head first, then everything", after_head)):
    fit(model, tokenizer, {"train": labelled}, method, steps=40,
        learning_rate=ARMS["full"].rate, **common)
    heads[name] = measured(method)

# %% probe-table
say("| | right answers | old text, nats |\n|---|---|---|" + "".join(
    f"\n| {name} | {percent(right)} | {old:.2f} |" for name, (right, old) in heads.items()))
say("One run each, at one rate; the second way had the steps of the head as well. Old text is read "
    "with the model's own output layer, which no row of this training used.")

# %% [markdown] kl
# ## Explore: forgetting against KL
#
# The lesson compares ways of training at one loss on the task. Here are more methods, each trained for several
# lengths. **Question: which tells best what a training forgets: its KL from the base, its steps, or its loss on the
# task?** Longer training moves all of them at once, so look at pairs of two *different* methods. And who has not
# learned the task need not have moved: leave out those with a high loss.

# %% kl-run
from course_lib.display import fold
from course_lib.explore.forgetting_kl import forgetting_kl, found

forgetting_kl()
fold("What did you find?", found())
