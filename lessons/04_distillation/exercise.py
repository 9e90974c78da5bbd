# %% [markdown] title
# # Exercise 04 · Distillation, built by hand
#
# Each task is a step up: one line, a loss, a loss with its gradient, and a choice of what to take out of a
# model. You build from scratch what [lesson 04](../notebooks/04_distillation.ipynb) explains. Below each
# task stands a check. Run it as often as you like: it names the likely mistake, and what you have solved is
# kept. Below the check, your own code meets the models.

# %% start
import torch

from course_lib import evaluate, fit, load_model, load_task
from course_lib.checks import check, passed
from course_lib.distillation import Teacher, importance, prune
from course_lib.methods import FullFineTuning
from course_lib.plots import bars, curve, show

task = load_task("stars")
few, test = task["train"].select(range(64)), task["test"].select(range(100))
big, tokenizer = load_model("orchard-m")

# %% [markdown] teacher
# A teacher for the cells below: a short training, so that there is something to learn from. It takes some
# seconds.

# %% teacher-run
taught = FullFineTuning(big)
fit(big, tokenizer, {"train": few}, taught, steps=12, batch_size=16, learning_rate=5e-4)
asked = Teacher(big, tokenizer, {"train": few}, taught)
said = torch.cat([asked.logits["train", row] for row in range(len(few))])   # (64, 5)

# %% task 04.1

# %% [markdown] your-soften-question
# With the real teacher: its first review at four temperatures, softened by you.

# %% your-soften
if passed("04.1"):
    hot = {f"T = {T}": (soften(said[:1], T)[0].tolist(),) for T in (0.5, 1, 4, 16)}
    told = "; ".join(f"{name}: {', '.join(f'{p:.2f}' for p in values)}"
                     for name, (values,) in hot.items())
    show(curve([1, 2, 3, 4, 5], hot, x_label="stars", y_label="probability", y_limits=(0, 1)),
         alt=f"Four curves over the stars 1 to 5. {told}.", caption=few[0]["text"])

# %% task 04.2

# %% [markdown] your-loss-question
# Your loss against torch's own divergence, on what teacher and bare student really say.

# %% your-loss
small, _ = load_model("orchard-xs")
student = FullFineTuning(small)
if passed("04.2"):
    heard = Teacher(small, tokenizer, {"train": few}, student).logits
    heard = torch.cat([heard["train", row] for row in range(len(few))])     # (64, 5)
    for T in (1.0, 2.0, 8.0):
        torchs = T**2 * torch.nn.functional.kl_div(
            (heard / T).log_softmax(-1), (said / T).softmax(-1), reduction="batchmean")
        print(f"T = {T}: yours {soft_target_loss(heard, said, T):.5f}, torch's {torchs:.5f}")

# %% task 04.3

# %% [markdown] your-student-question
# Now train a student with your gradient. The loop is the plainest there is, and the student the plainest,
# too: one number for each review and answer. Does your loss fall, and does the student end where the teacher
# is?

# %% your-student
if passed("04.3"):
    numbers, labels = torch.zeros_like(said), torch.tensor(few["label"])    # (64, 5), (64,)
    for step in range(301):
        loss, slope = student_loss(numbers, said, labels, T=2.0, soft=0.9)
        numbers -= 20.0 * slope                                             # against the gradient
        if step % 100 == 0:
            same = (numbers.argmax(-1) == said.argmax(-1)).float().mean().item()
            print(f"step {step:>3}: loss {loss:.3f}, the teacher's answer in {100 * same:.0f} %")

# %% task 04.4

# %% [markdown] your-pruning-question
# Take your choice out of the tuned teacher, and as many heads drawn by chance from another one. What is left
# of each?

# %% your-pruning
if passed("04.4"):
    scores = importance(big, tokenizer, few, taught).heads                  # (L, H)
    chance = torch.rand(scores.shape, generator=torch.Generator().manual_seed(0))
    taught.merge(big)
    pruned = {"whole": big, "yours taken out": prune(big, heads=least_important(scores, 12)),
              "drawn by chance": prune(big, heads=least_important(chance, 12))}
    found = {name: evaluate(one, tokenizer, test) for name, one in pruned.items()}
    taught.unmerge(big)
    told = ", ".join(f"{name} {one['accuracy']:.2f}" for name, one in found.items())
    show(bars(list(found), [one["accuracy"] for one in found.values()],
              [(one["low"], one["high"]) for one in found.values()], limit=1,
              highlight=["yours taken out"], x_label="share of right stars"),
         alt=f"Bars with the share of right stars: {told}.",
         caption=f"12 of {scores.numel()} heads. n = {len(test)} reviews. Lines: 95 % intervals.")

# %% [markdown] end
# You have softened, measured, taught and pruned. To see what you have solved so far, run `%run -m
# course_lib.cli progress` in a cell.
